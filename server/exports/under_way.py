"""Films that are made now: an export of the same film waits for the first one, and gets its film (ADR 85).

A user is at one server, which so knows all exports that could make a film twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from server.exports.job import Job
from server.exports.progress import Tracker
from server.tasks import until_first


@dataclass(frozen=True, slots=True)
class _Making:
    """The making of a film: its progress, and the event of its end, whether there is a film then or not."""

    tracker: Tracker
    over: asyncio.Event = field(default_factory=asyncio.Event)


class FilmsUnderWay:
    """The films that this server makes now, each film of a user for one export at a time."""

    def __init__(self) -> None:
        self._makings: dict[tuple[str, str], _Making] = {}

    def has(self, uid: str, identity: str | None) -> bool:
        """Whether this film of a user is made now; one without an identity is like no other."""
        return identity is not None and (uid, identity) in self._makings

    @asynccontextmanager
    async def of(self, job: Job, identity: str | None) -> AsyncIterator[None]:
        """Be the one export that makes a film inside the context; until then show the progress of the others."""
        if identity is None:
            yield
            return
        film = job.uid, identity
        while (other := self._makings.get(film)) is not None:
            await _follow(job.tracker, other)
        making = self._makings[film] = _Making(job.tracker)
        try:
            yield
        finally:
            del self._makings[film]
            making.over.set()


async def _follow(tracker: Tracker, other: _Making) -> None:
    """Show another export's progress until that is over."""
    while not other.over.is_set():
        state = other.tracker.state
        tracker.follow(state)
        await until_first(other.tracker.after(state.seq), other.over.wait())
    tracker.back()
