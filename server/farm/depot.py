"""The coordinator's side of the store: footage for workers, and what they make of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from compiler.errors import Loc, ReelError
from compiler.pipeline.identity import Content
from compiler.supervise.films.unit import Input, UnitResult
from compiler.supervise.record import Media
from server.footage.facts import Facts, write_facts
from server.footage.units import StoredUnits, folder, output_of
from server.storage.copies import copy_object
from server.storage.objects import ChangedObject, DamagedObject, Missing, ObjectStore, Stat, StoreFailed
from server.tasks import shared
from server.threads import checksums_of_file, in_thread

MEDIA, UNITS = "farm/media/", "farm/units/"
"""Where the files of `reelc render` are for workers, by the hashes of their bytes, and where its units are."""

USED = ".used"
"""The ending of the name of an empty object that says when a file was last used."""


class FarmDepot:
    """Units of one owner in the store; `prefix` begins their keys."""

    def __init__(self, store: ObjectStore, prefix: str) -> None:
        self._store, self._prefix = store, prefix

    def output(self, key: str) -> str:
        """The object key of what a unit of this key becomes, without the hash of its bytes."""
        return output_of(self._prefix, key)

    async def fetch(self, result: UnitResult, target: Path) -> bool:
        """Copy what a unit became to `target`; StoreFailed. False if it is gone, as a damaged object is after this."""
        target.unlink(missing_ok=True)
        try:
            copied = await copy_object(self._store, result.output, target, sha256=result.sha256)
        except Missing:
            return False
        if copied.sha256 == result.sha256:
            return True
        target.unlink()
        await self._store.delete(result.output)
        return False

    async def forget(self, keys: Sequence[str]) -> None:
        """Delete what units of these keys became; StoreFailed."""
        for key in keys:
            async for stat in self._store.listing(f"{self.output(key)}-"):
                await self._store.delete(stat.key)


class FilesDepot(FarmDepot):
    """The files of a reel on this machine, which are put into the store before their first unit."""

    def __init__(self, store: ObjectStore, files: Iterable[Media], content: Content) -> None:
        super().__init__(store, UNITS)
        self._files, self._content = {media.path: media for media in files}, content
        self._coming: dict[str, asyncio.Task[Stat]] = {}

    async def input_of(self, path: str, *, read: bool) -> Input:
        """A file as an input; StoreFailed, OSError, RC604 for a file that changes meanwhile."""
        sha256 = await in_thread(self._content, path)
        if path not in self._coming:
            self._coming[path] = asyncio.create_task(self._stored(path, sha256))
        stat = await shared(self._coming[path])
        return Input(stat.key, Path(path).name, stat.size, stat.etag, sha256, read)

    async def _stored(self, path: str, sha256: str) -> Stat:
        """The object of a file, which is stored now if it is not there."""
        key = f"{MEDIA}{sha256}"
        await self._store.put(f"{key}{USED}", b"")  # first: a sweep looks at it
        try:
            return await self._store.head(key)
        except Missing:
            checksums = await checksums_of_file(Path(path))
            if checksums.sha256 != sha256:
                message = "a media file changed while the film was rendered"
                raise ReelError("RC604", Loc(), message, detail=Path(path).name, hint="render again") from None
            await write_facts(self._store, key, self._files[path], checksums)
            return await self._store.put_file(key, Path(path))


class FootageDepot(FarmDepot):
    """The footage of a user, which is in the store; units count as the user's."""

    def __init__(
        self,
        store: ObjectStore,
        uid: str,
        footage: Sequence[tuple[Stat, Facts]],
        content: Content,
        units: StoredUnits | None,
    ) -> None:
        super().__init__(store, folder(uid))
        self._footage = {facts.media.path: stat for stat, facts in footage}
        self._content, self._units = content, units

    async def input_of(self, path: str, *, read: bool) -> Input:
        """Footage as an input."""
        stat = self._footage[path]
        return Input(stat.key, Path(path).name, stat.size, stat.etag, self._content(path), read)

    async def fetch(self, result: UnitResult, target: Path) -> bool:
        """Copy what a unit became to `target`, and keep the object within the user's bounds."""
        there = await super().fetch(result, target)
        if there and (self._units is None or not result.complete or not await self._units.note(result.output)):
            await self._store.delete(result.output)
        return there


@contextmanager
def store_errors() -> Iterator[None]:
    """The failures of a store as coded errors: RC703 if it fails, RC604 for media in it that are not what was put."""
    try:
        yield
    except StoreFailed as error:
        hint = "check that every machine of the farm reaches the store, then render again"
        raise ReelError("RC703", Loc(), "the object store failed", detail=str(error), hint=hint) from error
    except (Missing, ChangedObject, DamagedObject) as error:
        message = "a file in the object store was lost or changed while the film was rendered"
        raise ReelError("RC604", Loc(), message, detail=str(error), hint="render again") from error


async def sweep_farm(store: ObjectStore, before: datetime) -> int:
    """Delete what `reelc render` put into the store and used last before a time; return the number of objects."""
    units = [stat.key async for stat in store.listing(UNITS) if stat.modified < before]
    media = [stat async for stat in store.listing(MEDIA)]
    old = {stat.key.removesuffix(USED) for stat in media if stat.key.endswith(USED) and stat.modified < before}
    gone = [*units, *(stat.key for stat in media if stat.key.partition(".")[0] in old)]
    for key in gone:
        await store.delete(key)
    return len(gone)
