"""Waiting for a condition: the only place where tests of the server sleep. It waits as long as the condition needs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

PAUSE, PATIENCE = 0.02, 120.0
"""Seconds between two looks, and seconds until the wait fails, enough for the slowest machine."""


def until(look: Callable[[], T | None], what: str = "") -> T:
    """The first true result of `look`."""
    given_up = time.monotonic() + PATIENCE
    while not (answer := look()):
        assert time.monotonic() < given_up, what or f"it stays {answer!r}"
        time.sleep(PAUSE)
    return answer


async def reached(look: Callable[[], T | None], what: str = "") -> T:
    """The first true result of `look`, while others in the loop go on."""
    given_up = time.monotonic() + PATIENCE
    while not (answer := look()):
        assert time.monotonic() < given_up, what or f"it stays {answer!r}"
        await asyncio.sleep(PAUSE)
    return answer
