"""Units of films in the object store, from which the next render of a user goes on.

`users/<uid>/units/<key>-<hash>` is what one step of a render made: the key is the beginning of the hash of everything
that decides its bytes, the second hash that of the bytes. No row names it, and nothing but time is lost with it: the
oldest ones are deleted when a user has too many.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from compiler.errors import Notice
from compiler.pipeline.identity import Content
from compiler.supervise.unit_cache import content_of
from server.logs import logger
from server.storage.copies import copy_object
from server.storage.objects import Missing, ObjectStore, Stat, StoreFailed

T = TypeVar("T")

DIGITS = 40
"""Digits of a key that are in a name: a segment of an object's key has at most 128 characters."""


class StoredUnits:
    """The units of one user, for one render: at most `limit` bytes.

    All methods but `has` wait for the store, and run in threads beside the event loop.
    """

    keeps_films = False
    """Whether whole films are kept: they are objects with rows already."""

    def __init__(self, store: ObjectStore, uid: str, content: Content, limit: int, there: Sequence[Stat]) -> None:
        self._store, self._folder, self._limit = store, folder(uid), limit
        self.content = content
        self.notices: list[Notice] = []
        self._there = {_key(stat): stat for stat in there}
        self._loop = asyncio.get_running_loop()

    @classmethod
    async def of(cls, store: ObjectStore, uid: str, content: Content, limit: int) -> StoredUnits | None:
        """The units that a user has; None for a limit of 0, or if the store fails."""
        try:
            return cls(store, uid, content, limit, await units_of(store, uid)) if limit else None
        except StoreFailed as error:
            logger.warning("rendered without units", extra={"why": str(error)})
            return None

    def has(self, key: str) -> bool:
        """Whether there is a unit, damaged or not."""
        return key[:DIGITS] in self._there

    def get(self, key: str, target: Path) -> bool:
        """Copy a unit to `target`; False if there is none, or if it is damaged, which deletes it."""
        stat = self._there.get(key[:DIGITS])
        if stat is None:
            return False
        found = self._wait(_copied(self._store, stat, target))
        if found == stat.key.rpartition("-")[2]:
            return True
        target.unlink(missing_ok=True)
        logger.warning("a kept unit cannot be used, and is made again", extra={"key": stat.key, "sha256": found})
        if found is not None:
            self.forget([key])
        return False

    def put(self, key: str, made: Path) -> None:
        """Store a file under a key, and make room for it."""
        size = made.stat().st_size
        if self.has(key) or size > self._limit:
            return
        self._wait(self._put(f"{output_of(self._folder, key)}-{content_of(str(made))}", made, size))

    async def note(self, name: str) -> bool:
        """Count a unit that a worker stored under this name, and make room for it; False if there is none."""
        try:
            stat = await self._store.head(name)
        except Missing:
            return False
        if stat.size > self._limit:
            return False
        await self._make_room(stat.size)
        self._there[_key(stat)] = stat
        return True

    def forget(self, keys: Sequence[str]) -> None:
        """Delete the units of these keys."""
        for key in keys:
            if (stat := self._there.pop(key[:DIGITS], None)) is not None:
                self._wait(_deleted(self._store, [stat]))

    def unchanged(self, _: Sequence[str]) -> bool:
        """Whether footage is as it was when its content was asked for: copies in the cache never change."""
        return True

    async def _put(self, name: str, made: Path, size: int) -> None:
        try:
            await self._make_room(size)
            stat = await self._store.put_file(name, made)
            self._there[_key(stat)] = stat
        except (StoreFailed, OSError) as error:
            logger.warning("a unit is not kept", extra={"key": name, "why": f"{type(error).__name__}: {error}"})

    async def _make_room(self, size: int) -> None:
        gone = surplus([*self._there.values()], self._limit - size)
        for stat in gone:
            del self._there[_key(stat)]
        await _deleted(self._store, gone)

    def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()


def folder(uid: str) -> str:
    """The prefix of the keys of a user's units."""
    return f"users/{uid}/units/"


def output_of(prefix: str, key: str) -> str:
    """The object key of a unit, without the hash of its bytes."""
    return f"{prefix}{key[:DIGITS]}"


async def units_of(store: ObjectStore, uid: str) -> list[Stat]:
    """The units of a user; StoreFailed."""
    return [stat async for stat in store.listing(folder(uid))]


def surplus(units: Sequence[Stat], limit: int) -> list[Stat]:
    """The oldest units, beyond `limit` bytes in all."""
    left, gone = sum(stat.size for stat in units), []
    for stat in sorted(units, key=lambda stat: (stat.modified, stat.key)):
        if left <= limit:
            break
        left -= stat.size
        gone.append(stat)
    return gone


async def sweep_units(store: ObjectStore, uid: str, limit: int, before: datetime) -> int:
    """Delete a user's units of before a time, and the oldest ones beyond `limit` bytes; return their number.
    StoreFailed."""
    units = await units_of(store, uid)
    old = [stat for stat in units if stat.modified < before]
    return await _deleted(store, [*old, *surplus([stat for stat in units if stat.modified >= before], limit)])


async def make_room_of_units(store: ObjectStore, uid: str, room: int) -> int:
    """Delete a user's oldest units until the rest has at most `room` bytes; return its bytes. StoreFailed."""
    units = await units_of(store, uid)
    gone = surplus(units, max(0, room))
    await _deleted(store, gone)
    return sum(stat.size for stat in units) - sum(stat.size for stat in gone)


async def _deleted(store: ObjectStore, units: Sequence[Stat]) -> int:
    for stat in units:
        await store.delete(stat.key)
    return len(units)


async def _copied(store: ObjectStore, stat: Stat, target: Path) -> str | None:
    """Copy a unit; the hash of its bytes, or None if it is not there, or cannot be read now."""
    try:
        return (await copy_object(store, stat.key, target)).sha256
    except (Missing, StoreFailed, OSError):
        return None


def _key(stat: Stat) -> str:
    return stat.key.rpartition("/")[2].partition("-")[0]
