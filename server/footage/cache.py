"""The local cache of footage: a bounded folder of copies of objects, each under the hash of its key and etag.

Copies in use are never evicted; of the others the least recently used goes first. Concurrent requests for an object
share one fetch. A copy gets its name only when it is complete, has the object's checksum if one is known, and is synced
to the disk. One of an earlier process, and one that changed, is compared again before it is used; those who used one
that changed meanwhile fail.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import secrets
import time
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from types import MappingProxyType

from compiler.errors import ReelError, ReelErrors
from server.checksums import Checksums
from server.footage.compared import Compared, may_be_damage
from server.footage.fetches import Fetches
from server.footage.parts import PartialCopy, PartialFiles
from server.logs import logger
from server.problem import Problem
from server.storage.copies import Copied, copy_object
from server.storage.objects import DamagedObject, ObjectStore, Stat, StoreFailed
from server.threads import in_thread

CHANGED = "the cache failed: copies of footage changed while they were read"
PARTIAL = ".partial"
"""The ending of the names of copies with holes."""


class MediaCache:
    """Copies of objects in `folder`, at most `limit` bytes; files being fetched are in `coming`."""

    def __init__(self, store: ObjectStore, folder: Path, coming: Path, limit: int) -> None:
        self._store, self._coming, self.limit = store, coming, limit
        self._folder = folder.absolute()  # ffmpeg runs in a folder of its own
        self._here: dict[str, int] | None = None
        """Sizes of the copies, least recently used first; None until the folder is first read."""
        self._sizes: dict[str, int] = {}
        self._users: dict[str, int] = {}
        """How many use each copy; 0 until its fetch has ended, which was stopped."""
        self._compared = Compared(self._folder)
        self._fetches = Fetches()
        self._checksums: dict[str, Checksums] = {}
        """Of the copies that were fetched by this process."""
        self._partial: dict[str, PartialCopy] = {}
        """The copies with holes, which an earlier process cannot leave: what it had filled is not known."""
        self._freed = asyncio.Condition()

    def path(self, stat: Stat) -> Path:
        """The path of an object's copy, whether or not the copy exists."""
        return self._folder / _name(stat)

    def partial_path(self, stat: Stat) -> Path:
        """The path of an object's copy with holes."""
        return self._folder / (_name(stat) + PARTIAL)

    def checksums(self, stat: Stat) -> Checksums | None:
        """The checksums of an object's copy; None unless this process fetched it."""
        return self._checksums.get(_name(stat))

    def absent(self, stats: Iterable[Stat]) -> int:
        """The number of bytes still to be fetched."""
        here = self._copies()
        return sum(stat.size for name, stat in _named(stats).items() if name not in here)

    def check_room(self, stats: Iterable[Stat]) -> None:
        """500 `storage_error` for objects that together exceed the cache's limit."""
        needed = sum(stat.size for stat in _named(stats).values())
        if needed > self.limit:
            message = f"the footage of this film has {needed} bytes, which exceeds the cache's limit of {self.limit}"
            raise Problem(500, "storage_error", message, hint="set REELC_CACHE_LIMIT higher")

    @asynccontextmanager
    async def held(
        self,
        stats: Iterable[Stat],
        fetched: Copied = lambda _: None,
        checksums: Mapping[str, str | None] = MappingProxyType({}),
        sums: Mapping[str, bytes] = MappingProxyType({}),
    ) -> AsyncIterator[PartialFiles | None]:
        """Fetch every object to its `path` and keep it there inside the context; StoreFailed, Missing, ChangedObject.

        StoreFailed too if copies were damaged or taken away meanwhile, at the end or in place of a ReelError.
        Objects whose keys are in `sums`, with the checksums of their blocks, are not fetched: at their `partial_path`
        are files with holes, which are filled through what is yielded.
        DamagedObject if what is fetched has another SHA-256 than `checksums` states for the object's key. Space is
        reserved for all objects at once, so that two callers that wait for space cannot deadlock.
        """
        wanted = _named(stats, sums)
        self.check_room(wanted.values())
        async with self._freed:
            await self._freed.wait_for(lambda: self._fits(wanted))
            self._take(wanted)
        try:
            self._make_room(wanted)
            partial = [self._opened(name, stat, sums[stat.key]) for name, stat in wanted.items() if _has_holes(name)]
            for name, stat in wanted.items():
                if not _has_holes(name):
                    await self._have(name, stat, fetched, checksums.get(stat.key))
            paths, unchanged = [str(self._folder / name) for name in wanted], self.watched(wanted.values(), sums)
            try:
                yield PartialFiles(partial) if partial else None
            except (ReelError, ReelErrors) as error:
                if not unchanged(paths) or (may_be_damage(error) and not await self._are_whole(wanted, checksums)):
                    raise StoreFailed(CHANGED) from error
                raise
            if not unchanged(paths):
                raise StoreFailed(CHANGED)
        finally:
            await asyncio.shield(self._release(wanted))

    async def check(
        self, stats: Iterable[Stat], checksums: Mapping[str, str | None], sums: Collection[str] = ()
    ) -> None:
        """StoreFailed unless copies in use are what they should be; they are read again."""
        if not await self._are_whole(_named(stats, sums), checksums):
            raise StoreFailed(CHANGED)

    def watched(self, stats: Iterable[Stat], sums: Collection[str] = ()) -> Callable[[Sequence[str]], bool]:
        """Whether copies at some paths are as they are now, or have gone; other paths count as unchanged. Those whose
        keys are in `sums` have holes."""
        names = {str(self._folder / name): name for name in _named(stats, sums)}
        before = {name: self._compared.changes[name] for name in names.values()}

        def unchanged(paths: Sequence[str]) -> bool:
            return all([self._is_same(names[path], before[names[path]]) for path in paths if path in names])

        return unchanged

    async def close(self) -> None:
        """Stop every fetch."""
        for copy in self._partial.values():
            copy.close()
        await self._fetches.close()

    def _copies(self) -> dict[str, int]:
        if self._here is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            for path in self._folder.glob(f"*{PARTIAL}"):
                path.unlink()
            found = sorted((path.stat().st_atime, path.name, path.stat().st_size) for path in self._folder.iterdir())
            self._here = {name: size for _, name, size in found}
        return self._here

    def _fits(self, wanted: Mapping[str, Stat]) -> bool:
        in_use = sum(self._sizes[name] for name in self._users if name not in wanted)
        return in_use + sum(stat.size for stat in wanted.values()) <= self.limit

    def _take(self, wanted: Mapping[str, Stat]) -> None:
        """Count one more user of each copy, and the room that it takes."""
        for name, stat in wanted.items():
            self._users[name] = self._users.get(name, 0) + 1
            self._sizes[name] = stat.size

    def _make_room(self, wanted: Mapping[str, Stat]) -> None:
        """Note that copies are used, and remove those that were not for the longest; StoreFailed."""
        try:
            here = self._copies()
            for name in wanted:
                if name in here:
                    here[name] = here.pop(name)
                    with contextlib.suppress(FileNotFoundError):  # the folder was cleared: the copy is fetched again
                        modified = (self._folder / name).stat().st_mtime_ns
                        os.utime(self._folder / name, ns=(time.time_ns(), modified))
            held = sum(self._sizes.values()) + sum(size for name, size in here.items() if name not in self._sizes)
            for name in [name for name in here if name not in self._users]:
                if held <= self.limit:
                    break
                (self._folder / name).unlink(missing_ok=True)
                held -= here.pop(name)
                self._checksums.pop(name, None)
                self._compared.forget(name)
                if name in self._partial:
                    self._partial.pop(name).close()
        except OSError as error:
            raise StoreFailed(f"the cache failed: {error.strerror}") from error

    async def _release(self, wanted: Mapping[str, Stat]) -> None:
        """Count one user less of each copy. The fetches of those that nobody uses any more are stopped: their callers
        were cancelled, maybe at once. Others need not wait for that, except for the room."""
        for name in wanted:
            self._users[name] -= 1
        unused = {name: stat for name, stat in wanted.items() if not self._users[name]}
        await self._fetches.stop(unused)
        async with self._freed:
            for name, stat in unused.items():
                if self._users.get(name) == 0:
                    del self._users[name], self._sizes[name]
                    if name in self._partial:
                        self._copies()[name] = filled = self._partial[name].filled
                        logger.info(
                            "footage is here in parts", extra={"key": stat.key, "bytes": filled, "of": stat.size}
                        )
            self._freed.notify_all()

    def _opened(self, name: str, stat: Stat, sums: bytes) -> PartialCopy:
        """The copy with holes of this name, made now if there is none; StoreFailed if it cannot be made."""
        path = self._folder / name
        try:
            if name not in self._partial or not self._partial[name].is_there():
                self._folder.mkdir(parents=True, exist_ok=True)
                if name in self._partial:  # those who use that one would fill this file, and read the other
                    self._partial.pop(name).close()
                    self._compared.changed(name)
                    path.unlink(missing_ok=True)
                self._partial[name] = PartialCopy(self._store, stat, sums, path)
                self._copies()[name] = 0
        except OSError as error:
            raise StoreFailed(f"the cache failed: {error.strerror}") from error
        return self._partial[name]

    async def _have(self, name: str, stat: Stat, fetched: Copied, sha256: str | None) -> None:
        if name in self._copies() and self._compared.is_same(name, sha256):
            return
        others = name in self._fetches
        await self._fetches.fetched(name, lambda: self._fetch(name, stat, fetched, sha256))
        if others:
            fetched(stat.size)

    async def _fetch(self, name: str, stat: Stat, fetched: Copied, sha256: str | None) -> None:
        coming = self._coming / f"{name}.{secrets.token_hex(4)}.part"
        if await self._is_here(name, stat, sha256):
            return
        try:
            for folder in (self._coming, self._folder):
                await in_thread(folder.mkdir, parents=True, exist_ok=True)
            found = await self._copy(stat, coming, fetched, sha256)
            if sha256 not in (None, found.sha256):
                raise DamagedObject(stat.key)
            self._checksums[name] = found
            await in_thread(os.replace, coming, self._folder / name)
            self._compared.note(name, found.sha256)
            self._copies()[name] = stat.size
        except OSError as error:
            raise StoreFailed(f"the cache failed: {error.strerror}") from error
        finally:
            with contextlib.suppress(OSError):
                coming.unlink(missing_ok=True)

    async def _is_here(self, name: str, stat: Stat, sha256: str | None) -> bool:
        """Whether there is a whole copy; one that is not is forgotten."""
        if name in self._copies() and await self._compared.is_whole(name, stat.size, sha256):
            return True
        if self._copies().pop(name, None) is not None and (self._folder / name).exists():
            self._compared.changed(name)
            logger.warning("a copy of footage is damaged, and is fetched again", extra={"key": stat.key})
        return False

    def _is_same(self, name: str, changes: int) -> bool:
        """Whether a copy is as it was when it had changed so often, or has gone: what was read of it was right."""
        if self._compared.changes[name] != changes:
            return False
        there = self._partial[name].is_there() if name in self._partial else self._compared.is_same(name)
        if there or not (self._folder / name).exists():
            return True
        self._compared.changed(name)
        return False

    async def _are_whole(self, wanted: Mapping[str, Stat], checksums: Mapping[str, str | None]) -> bool:
        """Whether copies in use are what they should be; they are read again."""
        whole = True
        for name, stat in wanted.items():
            if _has_holes(name):
                copy = self._partial.get(name)  # none where a copy was taken away, and no other could be made
                whole = copy is not None and await copy.is_whole() and whole
            elif not await self._compared.is_whole(name, stat.size, checksums.get(stat.key)):
                self._compared.changed(name)
                whole = False
        return whole

    async def _copy(self, stat: Stat, path: Path, fetched: Copied, sha256: str | None) -> Checksums:
        """Copy an object to a file and return its checksums; ChangedObject if it was replaced since `stat`."""
        checksums = await copy_object(self._store, stat.key, path, fetched, etag=stat.etag, sha256=sha256)
        if (size := path.stat().st_size) != stat.size:
            raise StoreFailed(f"{stat.key} has {stat.size} bytes, of which {size} were received")
        return checksums


def _named(stats: Iterable[Stat], partial: Collection[str] = ()) -> dict[str, Stat]:
    return {_name(stat) + (PARTIAL if stat.key in partial else ""): stat for stat in stats}


def _has_holes(name: str) -> bool:
    return name.endswith(PARTIAL)


def _name(stat: Stat) -> str:
    """A hash of key and etag: an etag alone may also belong to another user's object."""
    return hashlib.sha256(f"{stat.key}\n{stat.etag}".encode()).hexdigest()[:40]
