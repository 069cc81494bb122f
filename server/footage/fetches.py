"""The fetches of copies that are under way: those who want the same copy share one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from weakref import WeakValueDictionary

from server.tasks import shared

Fetch = Callable[[], Awaitable[None]]


class Fetches:
    """Fetches by the names of their copies. One of a name begins when the one before it has ended."""

    def __init__(self) -> None:
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._all: set[asyncio.Task[None]] = set()
        """With those that were stopped, and have not ended yet."""
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def __contains__(self, name: str) -> bool:
        """Whether there is one of this name, which has not been stopped."""
        return name in self._under_way

    async def fetched(self, name: str, fetch: Fetch) -> None:
        """Wait for the fetch of this name, which begins now if there is none; its exceptions."""
        await shared(self._under_way.get(name) or self._begun(name, fetch))

    async def stop(self, names: Iterable[str]) -> None:
        """Stop those that nobody waits for any more, and return when they have ended."""
        tasks = [self._under_way.pop(name) for name in names if name in self._under_way]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def close(self) -> None:
        """Stop all, and return when they have ended."""
        await self.stop(list(self._under_way))
        await asyncio.gather(*self._all, return_exceptions=True)

    def _begun(self, name: str, fetch: Fetch) -> asyncio.Task[None]:
        task = self._under_way[name] = asyncio.create_task(self._in_turn(name, fetch))
        self._all.add(task)
        task.add_done_callback(lambda task: self._ended(name, task))
        return task

    async def _in_turn(self, name: str, fetch: Fetch) -> None:
        turn = self._turns.setdefault(name, asyncio.Lock())
        async with turn:
            await fetch()

    def _ended(self, name: str, task: asyncio.Task[None]) -> None:
        self._all.discard(task)
        if self._under_way.get(name) is task:
            del self._under_way[name]
