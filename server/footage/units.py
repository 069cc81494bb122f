"""Units of films in the object store, from which the next render of a user goes on.

    users/<uid>/units/<key>-<hash>    what one step of a render made: the key is the beginning of the hash of everything
                                      that decides its bytes, the second hash that of the bytes
    users/<uid>/units/<key>.used      an empty object for a unit that was used on a later day than it was stored; it is
                                      put once a day at most, and its time says when

No row names a unit, and nothing but time is lost with it: those that were used longest ago are deleted when a user has
too many.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from compiler.errors import Notice
from compiler.pipeline.identity import Content
from compiler.supervise.unit_cache import content_of
from server.logs import logger
from server.storage.copies import copy_object
from server.storage.objects import Missing, ObjectStore, Stat, StoreFailed

T = TypeVar("T")
Unchanged = Callable[[Sequence[str]], bool]

DIGITS = 40
"""Digits of a key that are in a name: a segment of an object's key has at most 128 characters."""


USED = ".used"


@dataclass(frozen=True, slots=True)
class StoredUnit:
    """A unit in the store, and the object that says when it was used again, if it was."""

    stat: Stat
    mark: Stat | None = None

    @property
    def used(self) -> datetime:
        """When it was stored, or used again: the later day counts."""
        return max(self.stat.modified, self.mark.modified) if self.mark else self.stat.modified

    @property
    def keys(self) -> list[str]:
        """The keys of its objects."""
        return [self.stat.key, *([self.mark.key] if self.mark else [])]


class StoredUnits:
    """The units of one user, for one render: at most `limit` bytes.

    All methods but `has` wait for the store, and run in threads beside the event loop.
    """

    keeps_films = False
    """Whether whole films are kept: they are objects with rows already."""

    def __init__(
        self,
        store: ObjectStore,
        uid: str,
        content: Content,
        limit: int,
        there: Sequence[StoredUnit],
        unchanged: Unchanged = lambda _: True,
    ) -> None:
        self._store, self._folder, self._limit = store, folder(uid), limit
        self.content, self._unchanged = content, unchanged
        self.notices: list[Notice] = []
        self._there = {_key(unit.stat): unit for unit in there}
        self._loop = asyncio.get_running_loop()

    @classmethod
    async def of(
        cls,
        store: ObjectStore,
        uid: str,
        content: Content,
        limit: int,
        unchanged: Unchanged = lambda _: True,
    ) -> StoredUnits | None:
        """The units that a user has; None for a limit of 0, or if the store fails. `unchanged` is asked before what was
        made of files is stored."""
        try:
            return cls(store, uid, content, limit, await units_of(store, uid), unchanged) if limit else None
        except StoreFailed as error:
            logger.warning("rendered without units", extra={"why": str(error)})
            return None

    def has(self, key: str) -> bool:
        """Whether there is a unit, damaged or not."""
        return key[:DIGITS] in self._there

    def get(self, key: str, target: Path) -> bool:
        """Copy a unit to `target`; False if there is none, or if it is damaged, which deletes it."""
        unit = self._there.get(key[:DIGITS])
        if unit is None:
            return False
        sha256 = unit.stat.key.rpartition("-")[2]
        if (found := self._wait(_copied(self._store, unit.stat, target, sha256))) == sha256:
            self._wait(self._note_use(unit))
            return True
        target.unlink(missing_ok=True)
        logger.warning("a kept unit cannot be used, and is made again", extra={"key": unit.stat.key, "sha256": found})
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
        self._there[_key(stat)] = StoredUnit(stat)
        return True

    def forget(self, keys: Sequence[str]) -> None:
        """Delete the units of these keys; those that cannot be deleted now are not used by this render."""
        for key in keys:
            if (unit := self._there.pop(key[:DIGITS], None)) is not None:
                self._wait(self._forgotten(unit))

    def knows(self, _: Sequence[str]) -> bool:
        """Whether the contents of footage are known: they were computed when it was stored."""
        return True

    def unchanged(self, paths: Sequence[str]) -> bool:
        """Whether files are as they were when their contents were asked for."""
        return self._unchanged(paths)

    async def _put(self, name: str, made: Path, size: int) -> None:
        try:
            await self._make_room(size)
            stat = await self._store.put_file(name, made)
            self._there[_key(stat)] = StoredUnit(stat)
        except (StoreFailed, OSError) as error:
            logger.warning("a unit is not kept", extra={"key": name, "why": f"{type(error).__name__}: {error}"})

    async def _forgotten(self, unit: StoredUnit) -> None:
        try:
            await _deleted(self._store, [unit])
        except StoreFailed as error:
            logger.warning("a unit is not deleted", extra={"key": unit.stat.key, "why": str(error)})

    async def _note_use(self, unit: StoredUnit) -> None:
        """Note that a unit is used, once a day."""
        key = _key(unit.stat)
        if unit.used.date() < datetime.now(UTC).date() and key in self._there:
            try:
                self._there[key] = replace(unit, mark=await self._store.put(f"{self._folder}{key}{USED}", b""))
            except StoreFailed as error:
                logger.warning("the use of a unit is not noted", extra={"key": unit.stat.key, "why": str(error)})

    async def _make_room(self, size: int) -> None:
        gone = surplus([*self._there.values()], self._limit - size)
        for unit in gone:
            del self._there[_key(unit.stat)]
        await _deleted(self._store, gone)

    def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()


def folder(uid: str) -> str:
    """The prefix of the keys of a user's units."""
    return f"users/{uid}/units/"


def output_of(prefix: str, key: str) -> str:
    """The object key of a unit, without the hash of its bytes."""
    return f"{prefix}{key[:DIGITS]}"


async def units_of(store: ObjectStore, uid: str) -> list[StoredUnit]:
    """The units of a user; StoreFailed."""
    return (await _listed(store, uid))[0]


def surplus(units: Sequence[StoredUnit], limit: int) -> list[StoredUnit]:
    """The units that were used longest ago, beyond `limit` bytes in all."""
    left, gone = sum(unit.stat.size for unit in units), []
    for unit in sorted(units, key=lambda unit: (unit.used, unit.stat.key)):
        if left <= limit:
            break
        left -= unit.stat.size
        gone.append(unit)
    return gone


async def sweep_units(store: ObjectStore, uid: str, limit: int, before: datetime) -> int:
    """Delete a user's units that were last used before a time, and those that were used longest ago beyond `limit`
    bytes; return their number. StoreFailed."""
    units, marks = await _listed(store, uid)
    old = [unit for unit in units if unit.used < before]
    gone = [*old, *surplus([unit for unit in units if unit.used >= before], limit)]
    await _deleted(store, gone)
    for mark in marks:
        if mark.modified < before:
            await store.delete(mark.key)
    return len(gone)


async def make_room_of_units(store: ObjectStore, uid: str, room: int) -> int:
    """Delete a user's units, those that were used longest ago first, until the rest has at most `room` bytes; return
    its bytes. StoreFailed."""
    units = await units_of(store, uid)
    gone = surplus(units, max(0, room))
    await _deleted(store, gone)
    return sum(unit.stat.size for unit in units) - sum(unit.stat.size for unit in gone)


async def _listed(store: ObjectStore, uid: str) -> tuple[list[StoredUnit], list[Stat]]:
    """The units of a user, and the marks of units that are gone."""
    stats = [stat async for stat in store.listing(folder(uid))]
    marks = {_key(stat): stat for stat in stats if stat.key.endswith(USED)}
    units = [StoredUnit(stat, marks.get(_key(stat))) for stat in stats if not stat.key.endswith(USED)]
    there = {_key(unit.stat) for unit in units}
    return units, [mark for key, mark in marks.items() if key not in there]


async def _deleted(store: ObjectStore, units: Sequence[StoredUnit]) -> None:
    for unit in units:
        for key in unit.keys:
            await store.delete(key)


async def _copied(store: ObjectStore, stat: Stat, target: Path, sha256: str) -> str | None:
    """Copy a unit; the hash of its bytes, or None if it is not there, or cannot be read now."""
    try:
        return (await copy_object(store, stat.key, target, sha256=sha256)).sha256
    except (Missing, StoreFailed, OSError):
        return None


def _key(stat: Stat) -> str:
    return stat.key.rpartition("/")[2].removesuffix(USED).partition("-")[0]
