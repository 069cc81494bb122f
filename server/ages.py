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
        self._started = clock()
        self._settled = wall()
        """The time at which `_started` was, by the last step that counted."""
        self._ahead: tuple[datetime, float] | None = None
        """The same by a step that does not count yet, and when it was first seen."""

    def now(self) -> datetime:
        """The time by which ages are counted."""
        passed = self._clock()
        started = self._wall() - timedelta(seconds=passed - self._started)
        if started <= self._settled + STEP or self._has_stood(started, passed):
            self._settled, self._ahead = started, None
        return self._settled + timedelta(seconds=passed - self._started)

    def _has_stood(self, started: datetime, passed: float) -> bool:
        """Whether a step ahead was first seen a day ago, and none has come on top of it since."""
        least, since = self._ahead or (started, passed)
        if started > least + STEP:
            least, since = started, passed
        self._ahead = min(least, started), since
        if passed - since < BELIEVED_AFTER:
            return False
        extra = {"seconds": round((started - self._settled).total_seconds())}
        logger.warning("the clock was set ahead a day ago, and now counts for deletions", extra=extra)
        return True


_CLOCK = SettledClock()


def settled() -> datetime:
    """The time by which this process counts ages; see `SettledClock`."""
    return _CLOCK.now()
