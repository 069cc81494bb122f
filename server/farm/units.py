"""The object store as workers meet it: footage is read from it, and units are published in it (ADR 80).

A unit's object is named by its key and by the hash of its bytes, so that what stands under a name never changes. Where
two attempts made different bytes, the earlier object stays.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from compiler.errors import Loc, ReelError
from compiler.pipeline.identity import digest
from compiler.supervise.films.film import check_written
from compiler.supervise.films.run_unit import Inputs
from compiler.supervise.films.unit import Input, PortableUnit, UnitResult
from compiler.supervise.unit_cache import content_of
from server.footage import checked
from server.footage.by_parts import placed
from server.footage.cache import MediaCache
from server.footage.facts import Facts
from server.footage.units import DIGITS, output_of
from server.problem import Problem
from server.storage.objects import ChangedObject, ObjectStore, Stat
from server.threads import in_thread


class FarmStore:
    """The store of one worker, with its copies of footage."""

    def __init__(self, store: ObjectStore, cache: MediaCache) -> None:
        self._store, self._cache = store, cache

    async def read(self, key: str) -> bytes:
        """An object; StoreFailed, Missing."""
        return await self._store.get(key)

    async def find(self, unit: PortableUnit) -> UnitResult | None:
        """What an earlier attempt made; StoreFailed."""
        made = await self._made(unit.output)
        return result_of(unit.key, made[0], found=True) if made else None

    @asynccontextmanager
    async def inputs(self, unit: PortableUnit, folder: Path) -> AsyncIterator[Inputs]:
        """The unit's media under their own names, which errors quote; StoreFailed, Missing, ChangedObject,
        DamagedObject."""
        footage = [await self._looked_up(each) for each in unit.inputs]
        try:
            async with checked.fetched(self._store, self._cache, footage) as partial:
                files = enumerate(zip(unit.inputs, footage, strict=True))
                paths = [_named(folder, n, each.name, facts.media.path) for n, (each, (_, facts)) in files]
                yield Inputs(paths, partial)
        except Problem as problem:  # the cache is too small
            raise ReelError("RC611", Loc(), problem.message, hint=problem.members.get("hint", "")) from problem

    async def publish(self, unit: PortableUnit, made: Path, complete: bool) -> UnitResult:
        """Store what was made; StoreFailed. What is not complete gets a key of its own, under which nobody looks."""
        check_written(made)
        output = unit.output if complete else _of_attempt(unit)
        key = f"{output}-{await in_thread(content_of, str(made))}"
        there = await self._made(output)
        if not there:
            await self._store.put_file(key, made)
            there = await self._made(output)
        first = there[0]
        if first.key != key:  # another attempt was earlier
            await self._store.delete(key)
        return replace(result_of(unit.key, first, found=first.key != key), complete=complete)

    async def _made(self, output: str) -> list[Stat]:
        """The objects of a unit, the earliest first."""
        found = [stat async for stat in self._store.listing(f"{output}-")]
        return sorted(found, key=lambda stat: (stat.modified, stat.key))

    async def _looked_up(self, wanted: Input) -> tuple[Stat, Facts]:
        """A media file and its facts, which lead to a copy with holes if it may have some."""
        stat = await self._store.head(wanted.key)
        if stat.etag != wanted.etag:
            raise ChangedObject(wanted.key)
        facts = await checked.facts_of(self._store, self._cache, stat, self._cache.path(stat))
        facts = replace(facts, sha256=wanted.sha256)
        return stat, await placed(self._cache, stat, facts)


def result_of(key: str, stat: Stat, *, found: bool) -> UnitResult:
    """The answer for a unit whose object this is."""
    return UnitResult(key, stat.key, stat.size, stat.key.rpartition("-")[2], complete=True, found=found)


def _of_attempt(unit: PortableUnit) -> str:
    return output_of(unit.output[:-DIGITS], digest(unit.key, unit.attempt))


def _named(folder: Path, number: int, name: str, path: str) -> str:
    """A link of a file's own name to its copy."""
    if name != Path(name).name or name in ("", ".."):
        raise ReelError("RC802", Loc(), "the unit names a file that is none", detail=name)
    place = folder / f"media-{number}"
    place.mkdir()
    (place / name).symlink_to(path)
    return str(place / name)
