"""Waiting for what is to become true: the only place where tests of the server sleep, and for as long as it takes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

PAUSE, PATIENCE = 0.02, 120.0
"""Seconds between two looks; seconds after which something is broken, on the slowest of machines."""


def until(look: Callable[[], T | None], what: str = "") -> T:
    """The first answer of `look` that is true."""
    given_up = time.monotonic() + PATIENCE
    while not (answer := look()):
        assert time.monotonic() < given_up, what or f"it stays {answer!r}"
        time.sleep(PAUSE)
    return answer
