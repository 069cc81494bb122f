"""Media as it is served and deleted: nothing is deleted from under somebody it is being sent to."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterable

from server.metrics import Metrics
from server.storage.objects import ObjectStore, StoreFailed
from server.storage.sync import Seconds, awake

LATELY = 3600.0
"""Seconds after which one who was sent a part of a film is not expected to ask for the next."""


class Sending:
    """The media of one store, as this process serves it."""

    def __init__(self, store: ObjectStore, metrics: Metrics, clock: Seconds = awake) -> None:
        self._store, self._metrics, self._clock = store, metrics, clock
        self._readers: Counter[str] = Counter()
        self._last_sent: dict[str, float] = {}

    async def stream(self, key: str, start: int, stop: int) -> AsyncIterator[bytes]:
        """The bytes `[start, stop)` of an object, which stays meanwhile."""
        self._readers[key] += 1
        try:
            async for piece in self._store.stream(key, start, stop):
                yield piece
        finally:
            self._readers -= Counter([key])
            now = self._clock()
            self._last_sent = {each: when for each, when in self._last_sent.items() if now - when < LATELY} | {key: now}

    def is_sent(self, key: str) -> bool:
        """Whether an object is being sent to anybody."""
        return self._readers[key] > 0

    def watched(self) -> set[str]:
        """The objects that are being sent, or lately were: players ask for one part after another."""
        now = self._clock()
        return {key for key, when in self._last_sent.items() if now - when < LATELY} | {
            key for key, count in self._readers.items() if count
        }

    async def discard(self, keys: Iterable[str]) -> None:
        """Delete objects that no row names any more, durably so; what is being sent, or stays, is swept later."""
        for key in keys:
            if self.is_sent(key):
                continue
            try:
                await self._store.delete(key)
            except StoreFailed:
                self._metrics.orphans.inc()
