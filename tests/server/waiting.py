"""Waiting for a condition: the only place where tests of the server sleep. It waits as long as the condition needs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any, TypeVar

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


def patient(faulty: Callable[[], bool]) -> property:
    """A setting in seconds, such as `RequestDatabases.within`, that holds while a fault is planned: else PATIENCE does.

    So a test of a fault is quick, and a machine that stands still for a while makes none of its own.
    """

    def seconds(self: Any) -> float:
        return float(self.set_seconds) if faulty() else PATIENCE

    def set_seconds(self: Any, given: float) -> None:
        self.set_seconds = given

    return property(seconds, set_seconds)


async def reached(look: Callable[[], T | None], what: str = "") -> T:
    """The first true result of `look`, while others in the loop go on."""
    given_up = time.monotonic() + PATIENCE
    while not (answer := look()):
        assert time.monotonic() < given_up, what or f"it stays {answer!r}"
        await asyncio.sleep(PAUSE)
    return answer
