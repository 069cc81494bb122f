"""A local folder as object store, the default. Every write is synced to the disk before it returns."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import BinaryIO, TypeVar

from server.storage.objects import CHUNK, ChangedObject, Exists, Missing, Stat, StoreFailed, check_key
from server.storage.skipped import listed
from server.threads import close_in, opened_in

T = TypeVar("T")
THREADS = 8
COMING = ".coming"
"""The folder of files being written, whose name is not a valid key."""


class FolderStore:
    """Objects as files below `root`. A file gets its name only when it is complete and synced.

    One key must not be the folder of another (`a` and `a/b`), because a path cannot be both file and folder.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()
        self._threads = ThreadPoolExecutor(THREADS, "folder")

    async def put(self, key: str, body: bytes, *, if_absent: bool = False) -> Stat:
        """Store `body`; with `if_absent`, Exists if the key is taken: of concurrent puts exactly one succeeds."""
        return await self._run(self._put, key, lambda file: file.write(body), if_absent)

    async def put_file(self, key: str, path: Path) -> Stat:
        """Store a file's content without loading it into memory."""

        def copy(file: BinaryIO) -> None:
            with path.open("rb") as source:
                shutil.copyfileobj(source, file, CHUNK)

        return await self._run(self._put, key, copy, False)

    async def get(self, key: str, start: int = 0, stop: int | None = None) -> bytes:
        """The bytes `[start, stop)` of an object, to its end by default; Missing if it does not exist."""
        return await self._run(self._get, key, start, stop)

    async def stream(
        self, key: str, start: int = 0, stop: int | None = None, *, etag: str | None = None
    ) -> AsyncIterator[bytes]:
        """The bytes of `get`, in pieces; the store is not accessed before the first piece is requested.

        ChangedObject if the object has another etag than `etag`.
        """
        file = await self._opened(key, start)
        try:
            found = _stat(key, await self._run(os.fstat, file.fileno()))
            if etag not in (None, found.etag):
                raise ChangedObject(key)
            left = found.size - start
            left = left if stop is None else min(left, stop - start)
            while left > 0 and (piece := await self._run(file.read, min(CHUNK, left))):
                left -= len(piece)
                yield piece
        finally:
            close_in(self._threads, file)

    async def head(self, key: str) -> Stat:
        """The object's size, etag and time; Missing if it does not exist."""
        return await self._run(self._head, key)

    async def listing(self, prefix: str, after: str = "") -> AsyncIterator[Stat]:
        """Every object whose key begins with `prefix` and sorts after `after`; sorted by key within a folder."""
        for stat in await self._run(self._list, prefix, after):
            yield stat

    async def delete(self, key: str) -> None:
        """Delete the object if it exists."""
        await self._run(self._delete, key)

    async def delete_unfinished(self, before: datetime) -> int:
        """Delete the files of puts that were killed, which were last written before a time; return their number."""
        return await self._run(self._delete_unfinished, COMING, before.timestamp())

    async def close(self) -> None:
        """Wait for running calls, then end the threads."""
        await asyncio.to_thread(self._threads.shutdown)

    async def _run(self, work: Callable[..., T], *given: object) -> T:
        with self._failures(str(given[0])):
            return await asyncio.get_running_loop().run_in_executor(self._threads, partial(work, *given))

    async def _opened(self, key: str, start: int) -> BinaryIO:
        with self._failures(key):
            return await opened_in(self._threads, partial(self._open, key, start), lambda file: file)

    @contextlib.contextmanager
    def _failures(self, key: str) -> Iterator[None]:
        """The errors of files as those of a store."""
        try:
            yield
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
            raise Missing(key) from error
        except OSError as error:
            raise StoreFailed(f"the folder {self.root.name} failed: {error.strerror}") from error

    def _path(self, key: str) -> Path:
        return self.root / check_key(key)

    def _put(self, key: str, write: Callable[[BinaryIO], object], if_absent: bool) -> Stat:
        final = self._path(key)
        coming = self.root / COMING
        try:
            coming.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=coming)
        except (FileNotFoundError, NotADirectoryError) as error:
            raise StoreFailed(f"the folder {self.root.name} cannot be made: {error.strerror}") from error
        try:
            with open(handle, "wb") as file:
                write(file)
                file.flush()
                os.fsync(file.fileno())
                self._name(name, final, if_absent)
                return _stat(key, os.fstat(file.fileno()))  # by now its name may lead to another's, or nowhere
        except (FileNotFoundError, NotADirectoryError) as error:
            raise StoreFailed(f"the folder {self.root.name} has gone: {error.strerror}") from error
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(name)

    def _name(self, coming: str, final: Path, if_absent: bool) -> None:
        _make_folder(final.parent)
        if if_absent:
            try:
                os.link(coming, final)  # unlike a rename, refuses a name that is taken
            except FileExistsError as error:
                raise Exists(final.name) from error
        else:
            os.replace(coming, final)
        _sync_folder(final.parent)

    def _open(self, key: str, start: int) -> BinaryIO:
        file = self._path(key).open("rb")
        file.seek(start)
        return file

    def _get(self, key: str, start: int, stop: int | None) -> bytes:
        with self._open(key, start) as file:
            return file.read() if stop is None else file.read(max(0, stop - start))

    def _head(self, key: str) -> Stat:
        path = self._path(key)
        if not path.is_file():
            raise FileNotFoundError(key)
        return _stat(key, path.stat())

    def _list(self, prefix: str, after: str) -> list[Stat]:
        folder = self.root / prefix.rpartition("/")[0]
        found = (path for path in _files(folder) if not path.is_relative_to(self.root / COMING))
        keys = sorted(path.relative_to(self.root).as_posix() for path in found)
        stats = []
        for key in keys:
            if key.startswith(prefix) and key > after and listed(key):
                with contextlib.suppress(FileNotFoundError):  # deleted since it was listed
                    stats.append(_stat(key, (self.root / key).stat()))
        return stats

    def _delete_unfinished(self, folder: str, before: float) -> int:
        count = 0
        for path in _files(self.root / folder):
            with contextlib.suppress(FileNotFoundError):  # its put has ended since it was listed
                if path.stat().st_mtime < before:
                    path.unlink()
                    count += 1
        return count

    def _delete(self, key: str) -> None:
        path = self._path(key)
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            path.unlink()
            _sync_folder(path.parent)


def _files(folder: Path) -> Iterator[Path]:
    """The files below a folder, none if it does not exist; OSError if a folder cannot be read: it is not empty."""

    def failed(error: OSError) -> None:
        if not isinstance(error, (FileNotFoundError, NotADirectoryError)):
            raise error

    for parent, _, names in os.walk(folder, onerror=failed):
        yield from (Path(parent, name) for name in names)


LATEST = datetime(3000, 1, 1, tzinfo=UTC).timestamp()
"""The time of files that claim a later one: a disk can hold times that have no date."""


def _stat(key: str, found: os.stat_result) -> Stat:
    etag = f"{found.st_mtime_ns:x}-{found.st_ino:x}-{found.st_size:x}"
    return Stat(key, found.st_size, etag, datetime.fromtimestamp(min(max(found.st_mtime, 0), LATEST), UTC))


def _make_folder(folder: Path) -> None:
    """Make a folder and its parents; each is synced to the disk before anything is put into it."""
    if not folder.is_dir():
        _make_folder(folder.parent)
        with contextlib.suppress(FileExistsError):
            folder.mkdir()
        _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
