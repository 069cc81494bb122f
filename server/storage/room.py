"""A bound on what is open at the same time: the one that was not used for the longest time is closed for another."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Generic, Protocol, TypeVar

TRIES, PAUSE = 50, 0.02
"""Tries to find room for one more, and the seconds between them."""


class Used(Protocol):
    """Something open; `used` is when it was last used."""

    used: float


U = TypeVar("U", bound=Used)


class Room(Generic[U]):
    """Room for `most` that are open; `close` leaves those open that are needed."""

    def __init__(self, most: int, opened: Mapping[str, U], close: Callable[[U], Awaitable[None]]) -> None:
        self._most, self._opened, self._close = most, opened, close
        self._coming = 0

    @asynccontextmanager
    async def for_one_more(self) -> AsyncIterator[None]:
        """Room for one that is opened inside the context. If all stay open for a second, there are more than `most`."""
        for _ in range(TRIES):
            for each in sorted(self._opened.values(), key=lambda each: each.used):
                if self._full():
                    await self._close(each)
            if not self._full():
                break
            await asyncio.sleep(PAUSE)
        self._coming += 1
        try:
            yield
        finally:
            self._coming -= 1

    def _full(self) -> bool:
        return len(self._opened) + self._coming >= self._most
