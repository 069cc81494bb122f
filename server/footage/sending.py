"""Sends objects, and throws them away: an object that is being sent is not deleted."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterable

from server.ages import Seconds, awake
from server.footage.trash import throw_away
from server.metrics import Metrics
from server.storage.objects import ObjectStore, StoreFailed

LATELY = 3600.0
"""Seconds for which a client that got a part of a film is expected to request the next part."""


class Sending:
    """Counts the readers of each object that this process sends."""

    def __init__(self, store: ObjectStore, metrics: Metrics, clock: Seconds = awake) -> None:
        self._store, self._metrics, self._clock = store, metrics, clock
        self._readers: Counter[str] = Counter()
        self._last_sent: dict[str, float] = {}

    async def stream(self, key: str, start: int, stop: int) -> AsyncIterator[bytes]:
        """Stream the bytes `[start, stop)` of an object, which is not deleted meanwhile."""
        self._readers[key] += 1
        try:
            async for piece in self._store.stream(key, start, stop):
                yield piece
        finally:
            self._readers -= Counter([key])
            now = self._clock()
            self._last_sent = {each: when for each, when in self._last_sent.items() if now - when < LATELY} | {key: now}

    def is_sent(self, key: str) -> bool:
        """Whether the object is being sent to a client."""
        return self._readers[key] > 0

    def watched(self) -> set[str]:
        """The keys of objects sent now or within the last hour: players request one part after another."""
        now = self._clock()
        return {key for key, when in self._last_sent.items() if now - when < LATELY} | {
            key for key, count in self._readers.items() if count
        }

    async def discard(self, keys: Iterable[str]) -> None:
        """Put objects whose rows are durably gone into the trash; failures are left to `sweep`."""
        for key in keys:
            try:
                await throw_away(self._store, key)
            except StoreFailed:
                self._metrics.orphans.inc()
