"""The servers over one store: each puts a beat at regular intervals, and sees by the beats of others which ones live.

    servers/<name>    its process, its address for other servers, and a number that changes with each beat

A server is gone when its object is deleted, or when an observer has seen it unchanged for `stale` seconds. The observer
counts them on its own clock and from its own looks: the clocks of two machines are never compared.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass

from server.logs import logger
from server.storage.lock import this_process
from server.storage.objects import Missing, ObjectStore, Stat

FOLDER = "servers/"

Seconds = Callable[[], float]


@dataclass(slots=True)
class _Seen:
    """A server as it was last seen, and for how many seconds its object was seen unchanged."""

    etag: str
    quiet: float = 0.0
    address: str | None = None
    """None until it is asked for."""


class Servers:
    """The servers over a store, as one of them sees them; `name` and `address` are its own."""

    def __init__(
        self, store: ObjectStore, name: str, address: str, *, beat: float, stale: float, clock: Seconds
    ) -> None:
        self.name, self.address, self.stale = name, address, stale
        self._store, self._clock = store, clock
        self._every, self._longest = beat, 2 * beat
        """Seconds that the time between two looks counts at most: the store may have been away in between."""
        self._seen: dict[str, _Seen] = {}
        self._looked: float | None = None
        self._turn = asyncio.Lock()
        self.gone = asyncio.Event()
        """Set when another server has gone, whichever look found that."""
        self._beats = 0

    @property
    def folder_id(self) -> str:
        """The part of the name that all processes on this data folder have in common."""
        return folder_id_of(self.name)

    def others(self) -> int:
        """The number of other servers that live."""
        return len(self._seen)

    async def beat(self) -> None:
        """Put a beat, the first time in place of those of earlier processes on this data folder; StoreFailed."""
        if not self._beats:
            async for stat in self._store.listing(f"{FOLDER}{self.folder_id}."):
                await self._store.delete(stat.key)
        self._beats += 1
        body = json.dumps({"process": this_process(), "address": self.address, "beat": self._beats})
        await self._store.put(FOLDER + self.name, body.encode())

    async def fall_silent(self) -> None:
        """Delete the beat: this server has no lease any more; StoreFailed."""
        await self._store.delete(FOLDER + self.name)

    async def look(self) -> None:
        """Look at the beats of the others; StoreFailed."""
        async with self._turn:
            await self._look()

    async def _look(self) -> None:
        names = {stat.key.removeprefix(FOLDER): stat async for stat in self._store.listing(FOLDER)}
        listed = {name: stat for name, stat in names.items() if folder_id_of(name) != self.folder_id}
        now = self._clock()
        passed = 0.0 if self._looked is None else min(now - self._looked, self._longest)
        self._looked = now
        gone = self._seen.keys() - listed.keys()
        for name in gone:
            del self._seen[name]
        stale = [name for name, stat in listed.items() if self._is_stale(name, stat, passed)]
        for name in stale:
            logger.warning("a server does not beat any more", extra={"server": name, "seconds": self.stale})
            del self._seen[name]
            await self._store.delete(FOLDER + name)  # a server that comes back makes it anew, and all its leases
        if gone or stale:
            self.gone.set()

    async def lives(self, name: str) -> bool:
        """Whether another server lives, as far as can be seen; StoreFailed. Earlier processes on our folder do not."""
        if name not in self._seen and folder_id_of(name) != self.folder_id:
            await self.look()
        return name in self._seen

    async def beats(self, name: str) -> bool:
        """Wait until another server beats again, or has gone; whether it lives. StoreFailed."""
        await self.look()
        first = self._seen.get(name)
        while (now := self._seen.get(name)) is not None and now is first:
            await asyncio.sleep(self._every)
            await self.look()
        return now is not None

    async def described(self, name: str) -> str:
        """Another server as people know it: its process and its address, as far as it states them. StoreFailed."""
        try:
            stated = json.loads(await self._store.get(FOLDER + name))
            words = [str(stated.get("process", "")), str(stated.get("address", ""))]
        except (Missing, ValueError, AttributeError, RecursionError):
            words = []
        return ", ".join(word for word in (*words, f"server {name}") if word)

    def sees(self, name: str) -> bool:
        """Whether another server was there when this one looked last."""
        return name in self._seen

    async def address_of(self, name: str) -> str:
        """The address of another server for this one; empty if it has none or has gone. StoreFailed."""
        seen = self._seen.get(name)
        if seen is not None and seen.address is None:
            try:
                seen.address = str(json.loads(await self._store.get(FOLDER + name))["address"])
            except (Missing, ValueError, KeyError, TypeError, RecursionError):
                return ""
        return seen.address or "" if seen else ""

    def _is_stale(self, name: str, stat: Stat, passed: float) -> bool:
        """Whether a listed server has been seen unchanged for too long."""
        seen = self._seen.get(name)
        if seen is None or seen.etag != stat.etag:
            self._seen[name] = _Seen(stat.etag, address=seen.address if seen else None)
            return False
        seen.quiet += passed
        return seen.quiet >= self.stale


def folder_id_of(name: str) -> str:
    """The id of the data folder in a server's name."""
    return name.partition(".")[0]
