"""Footage and films that are compared with their checksums before they are used.

Footage is compared when it is fetched into the cache; films are compared once by each process, before their first byte
is sent.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

from compiler.errors import Loc, ReelError, ReelErrors
from compiler.supervise.probe import probing
from server.footage.cache import MediaCache
from server.footage.facts import Facts, add_checksum, read_facts, write_facts
from server.logs import logger
from server.problem import Problem
from server.storage.copies import Copied
from server.storage.objects import DamagedObject, Missing, ObjectStore, Stat, StoreFailed
from server.threads import in_thread

MOST_REMEMBERED = 10_000
"""Films whose comparison is remembered, the latest."""

REPAIR = "restore the file from a backup, or upload it again and add it to the project; reelc scrub lists all damage"


def damaged_footage(name: str, clip_id: str | None = None) -> Problem:
    """500 `damaged_media` for footage that has changed since it was uploaded."""
    message = f"the footage {name!r} is damaged in the object store: it is not what was uploaded"
    return Problem(500, "damaged_media", message, clip_id=clip_id, hint=REPAIR)


async def facts_of(store: ObjectStore, cache: MediaCache, stat: Stat, path: Path) -> Facts:
    """The facts of a stored file, for a copy at `path`; damaged ones are probed anew. Missing; DamagedObject."""
    try:
        return await read_facts(store, stat.key, path)
    except DamagedObject:
        logger.warning("damaged facts are probed anew", extra={"key": stat.key})
    async with cache.held([stat]):
        copy = cache.path(stat)
        try:
            media = (await probing([(copy, Loc())]))[copy]
        except (ReelError, ReelErrors) as error:
            raise DamagedObject(stat.key) from error
        sha256 = cache.checksum(stat)
        if sha256 is None:  # fetched by an earlier process
            sha256 = await in_thread(checksum_of_file, copy)
        await write_facts(store, stat.key, media, sha256)
    return await read_facts(store, stat.key, path)


@asynccontextmanager
async def fetched(
    store: ObjectStore, cache: MediaCache, footage: Iterable[tuple[Stat, Facts]], on_fetched: Copied = lambda _: None
) -> AsyncIterator[None]:
    """Keep copies of footage in the cache inside the context; StoreFailed, Missing, DamagedObject.

    The checksum of footage that has none is recorded when it is fetched for the first time.
    """
    checksums = {stat.key: facts.sha256 for stat, facts in footage}
    stats = [stat for stat, _ in footage]
    async with cache.held(stats, on_fetched, checksums):
        for stat in stats:
            found = cache.checksum(stat)
            if checksums[stat.key] is None and found is not None:
                await _record(store, stat.key, found)
        yield


async def _record(store: ObjectStore, key: str, sha256: str) -> None:
    try:
        await add_checksum(store, key, sha256)
    except (StoreFailed, Missing, ValueError) as error:  # the next fetch tries again
        logger.warning("checksum not recorded", extra={"key": key, "why": str(error)})


def checksum_of_file(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


async def checksum_of(store: ObjectStore, key: str) -> str:
    """The SHA-256 of an object, which is read whole; StoreFailed, Missing."""
    digest = hashlib.sha256()
    async for piece in store.stream(key):
        await in_thread(digest.update, piece)
    return digest.hexdigest()


class FilmCheck:
    """Compares films with the checksums in their rows, each film once while its object stays the same."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._checks: dict[tuple[str, str], asyncio.Task[str]] = {}

    async def check(self, stat: Stat, size: int, sha256: str) -> None:
        """500 `damaged_media` unless the object is the film of this size and checksum; StoreFailed, Missing.

        Concurrent requests share one reading, which goes on when they are cancelled.
        """
        if stat.size != size or await self._checksum(stat) != sha256:
            message = "the film is damaged in the object store: it is not what was rendered"
            hint = "export the project again, or restore the file from a backup"
            raise Problem(500, "damaged_media", message, hint=hint)

    async def stop(self) -> None:
        """Stop every reading."""
        for task in self._checks.values():
            task.cancel()
        await asyncio.gather(*self._checks.values(), return_exceptions=True)

    async def _checksum(self, stat: Stat) -> str:
        place = stat.key, stat.etag
        task = self._checks.get(place)
        if task is None or (task.done() and (task.cancelled() or task.exception() is not None)):
            task = self._checks[place] = asyncio.create_task(
                checksum_of(self._store, stat.key), name=f"check {place[0]}"
            )
            for old in list(self._checks)[:-MOST_REMEMBERED]:
                if self._checks[old].done():
                    del self._checks[old]
        return await asyncio.shield(task)
