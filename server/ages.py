"""The time by which ages are counted before anything is deleted for good (ADR 96).

A wall clock can be wrong for a while. What it deletes too late is deleted later; what it deletes too early is lost.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from server.logs import logger

Seconds = Callable[[], float]

STEP = timedelta(hours=1)
"""How far a wall clock may get ahead of the one that cannot be set, and still be believed at once."""

BELIEVED_AFTER = 86_400.0
"""Seconds that a larger step ahead has to stand before it counts."""


def awake() -> float:
    """Seconds on a clock that cannot be set and that runs while the machine is suspended."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def _wall() -> datetime:
    return datetime.now(UTC)


class SettledClock:
    """The wall clock, without a step ahead that has not stood for a day; a step back counts at once."""

    def __init__(self, wall: Callable[[], datetime] = _wall, clock: Seconds = awake) -> None:
        self._wall, self._clock = wall, clock
        self._started = self._ahead_since = clock()
        self._settled = wall()
        """The time at which `_started` was, by the last step that counted."""

    def now(self) -> datetime:
        """The time by which ages are counted."""
        passed = self._clock()
        started = self._wall() - timedelta(seconds=passed - self._started)
        if started <= self._settled + STEP:
            self._settled, self._ahead_since = started, passed
        elif passed - self._ahead_since >= BELIEVED_AFTER:
            extra = {"seconds": round((started - self._settled).total_seconds())}
            logger.warning("the clock was set ahead a day ago, and now counts for deletions", extra=extra)
            self._settled, self._ahead_since = started, passed
        return self._settled + timedelta(seconds=passed - self._started)


_CLOCK = SettledClock()


def settled() -> datetime:
    """The time by which this process counts ages; see `SettledClock`."""
    return _CLOCK.now()
