"""Footage and films that are compared with their checksums before they are used.

Footage is compared when it is fetched into the cache; films are compared once by each process, before their first byte
is sent.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from compiler.errors import Loc, ReelError, ReelErrors
from compiler.pipeline.identity import Content
from compiler.supervise.probe import probing
from compiler.supervise.unit_cache import content_in, state_of
from server.checksums import Checksums, Hashing
from server.footage.cache import MediaCache
from server.footage.facts import Facts, add_checksums, read_facts, write_facts
from server.footage.parts import PartialFiles
from server.logs import logger
from server.problem import Problem
from server.storage.again import changed
from server.storage.copies import Copied
from server.storage.objects import ChangedObject, DamagedObject, Missing, ObjectStore, Stat, StoreFailed
from server.tasks import shared
from server.threads import checksums_of_file, in_thread

MOST_REMEMBERED = 10_000
"""Films whose comparison is remembered, the latest."""

REPAIR = "restore the file from a backup, or upload it again and add it to the project; reelc scrub lists all damage"


def damaged_footage(name: str, clip_id: str | None = None) -> Problem:
    """500 `damaged_media` for footage that has changed since it was uploaded."""
    message = f"the footage {name!r} is damaged in the object store: it is not what was uploaded"
    return Problem(500, "damaged_media", message, clip_id=clip_id, hint=REPAIR)


async def facts_of(store: ObjectStore, cache: MediaCache, stat: Stat, path: Path) -> Facts:
    """The facts of a stored file, for a copy at `path`; damaged ones are probed anew.

    Missing; DamagedObject; StoreFailed.
    """
    try:
        return await read_facts(store, stat.key, path)
    except DamagedObject:
        logger.warning("damaged facts are probed anew", extra={"key": stat.key})
    try:
        await _probed_anew(store, cache, stat)
    except ChangedObject as error:
        raise StoreFailed(f"{stat.key} was replaced while it was read") from error
    return await read_facts(store, stat.key, path)


async def _probed_anew(store: ObjectStore, cache: MediaCache, stat: Stat) -> None:
    """Write the facts of a stored file."""
    async with cache.held([stat]):
        copy = cache.path(stat)
        try:
            media = (await probing([(copy, Loc())]))[copy]
        except (ReelError, ReelErrors) as error:
            raise DamagedObject(stat.key) from error
        checksums = cache.checksums(stat)
        if checksums is None:  # fetched by an earlier process
            checksums = await checksums_of_file(copy)
        await write_facts(store, stat.key, media, checksums)


@asynccontextmanager
async def fetched(
    store: ObjectStore, cache: MediaCache, footage: Sequence[tuple[Stat, Facts]], on_fetched: Copied = lambda _: None
) -> AsyncIterator[PartialFiles | None]:
    """Keep copies of footage in the cache inside the context; StoreFailed, Missing, ChangedObject, DamagedObject.

    Footage whose facts lead to its `partial_path` is fetched through what is yielded, when it is read.

    The checksums of footage that lacks some are recorded when it is fetched whole for the first time.
    """
    checksums = {stat.key: facts.sha256 for stat, facts in footage}
    sums = _sums(cache, footage)
    async with cache.held([stat for stat, _ in footage], on_fetched, checksums, sums) as partial:
        for stat, facts in footage:
            found = cache.checksums(stat)
            if facts.blocks is None and found is not None:
                await _record(store, stat.key, found)
        yield partial


async def check(cache: MediaCache, footage: Sequence[tuple[Stat, Facts]]) -> None:
    """StoreFailed unless copies of footage, which are in use, are what was uploaded; they are read again."""
    checksums = {stat.key: facts.sha256 for stat, facts in footage}
    await cache.check([stat for stat, _ in footage], checksums, _sums(cache, footage))


def watched(cache: MediaCache, footage: Sequence[tuple[Stat, Facts]]) -> Callable[[Sequence[str]], bool]:
    """Whether the copies of footage at some paths stay as they are now."""
    return cache.watched([stat for stat, _ in footage], _sums(cache, footage))


def _sums(cache: MediaCache, footage: Sequence[tuple[Stat, Facts]]) -> dict[str, bytes]:
    """The checksums of the blocks of footage that is fetched in parts."""
    return {stat.key: facts.blocks for stat, facts in footage if facts.blocks and has_holes(cache, stat, facts)}


def contents_of(footage: Sequence[tuple[Stat, Facts]], cache: MediaCache) -> Content:
    """The contents of footage by its checksums, and of other files, such as ffmpeg, by their bytes.

    A copy with holes must not be read for its hash.
    """
    known = {facts.media.path: facts.sha256 or _sum_of_copy(cache, stat) for stat, facts in footage}
    return functools.cache(lambda path: known.get(path) or content_in(path, state_of(path)))


def _sum_of_copy(cache: MediaCache, stat: Stat) -> str | None:
    found = cache.checksums(stat)
    return None if found is None else found.sha256


def has_holes(cache: MediaCache, stat: Stat, facts: Facts) -> bool:
    """Whether facts lead to a copy with holes."""
    return facts.media.path == str(cache.partial_path(stat))


async def _record(store: ObjectStore, key: str, checksums: Checksums) -> None:
    try:
        await add_checksums(store, key, checksums)
    except (StoreFailed, Missing, ValueError) as error:  # the next fetch tries again
        logger.warning("checksum not recorded", extra={"key": key, "why": str(error)})


async def checksum_of(store: ObjectStore, key: str, expected: str | None = None) -> str:
    """The SHA-256 of an object, which is read whole, and again unless that is the expected one; StoreFailed, Missing.

    None expects nothing.
    """
    return (await checksums_of(store, key, expected)).sha256


async def checksums_of(store: ObjectStore, key: str, expected: str | None = None) -> Checksums:
    """The checksums of an object, which is read as for `checksum_of`; StoreFailed, Missing."""

    async def read() -> Checksums:
        hashing = Hashing()
        async for piece in store.stream(key):
            await in_thread(hashing.update, piece)
        return hashing.checksums

    found = await read()
    if expected in (None, found.sha256):
        return found
    changed(key)
    return await read()


class FilmCheck:
    """Compares films with the checksums in their rows, each film once while its object stays the same."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._checks: dict[tuple[str, str], asyncio.Task[str]] = {}

    async def check(self, stat: Stat, size: int, sha256: str) -> None:
        """500 `damaged_media` unless the object is the film of this size and checksum; StoreFailed, Missing.

        Concurrent requests share one reading, which goes on when they are cancelled.
        """
        if stat.size != size or await shared(self._checksum(stat, sha256)) != sha256:
            message = "the film is damaged in the object store: it is not what was rendered"
            hint = "export the project again, or restore the file from a backup"
            raise Problem(500, "damaged_media", message, hint=hint)

    async def stop(self) -> None:
        """Stop every reading."""
        for task in self._checks.values():
            task.cancel()
        await asyncio.gather(*self._checks.values(), return_exceptions=True)

    def _checksum(self, stat: Stat, expected: str) -> asyncio.Task[str]:
        """The task that reads the object and has its checksum, a new one after one that failed."""
        place = stat.key, stat.etag
        task = self._checks.get(place)
        if task is None or (task.done() and (task.cancelled() or task.exception() is not None)):
            task = self._checks[place] = asyncio.create_task(
                checksum_of(self._store, stat.key, expected), name=f"check {place[0]}"
            )
            for old in list(self._checks)[:-MOST_REMEMBERED]:
                if self._checks[old].done():
                    del self._checks[old]
        return task
