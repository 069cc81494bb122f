"""Units that were rendered before, kept by their content from one render to the next.

An entry is a file in a folder, named by its key and by the hash of its own bytes, so that a damaged one is found and
made again. Several processes may use one folder: entries appear complete, by a rename, and are never changed. A folder
that cannot be read or written is as none, with one warning. Entries that were used longest ago are removed first. What
is no regular file, such as a FIFO or a folder, is no entry.
"""

from __future__ import annotations

import errno
import functools
import hashlib
import os
import stat
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import time
from typing import IO, BinaryIO

from compiler.errors import Loc, Notice
from compiler.supervise.machine import user_cache
from compiler.supervise.plain import plain
from compiler.supervise.small_files import keep_newest, last_used, put_sealed, sealed_text

LIMIT = 10 * 10**9
"""Bytes that are kept, unless the environment says otherwise."""

PIECE = 1 << 20
ABANDONED = 24 * 3600
"""Seconds after which an unfinished entry belongs to no living process."""

UNFINISHED = ".part"

MOST_CONTENTS = 5000
"""Media files whose contents are known; beyond, those that were read longest ago are forgotten."""

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""Errors of a file that is written, not of one that is read."""


@dataclass(frozen=True, slots=True)
class KeptUnit:
    """A kept unit: its file, its size in bytes, and when it was last used, in seconds since 1970."""

    path: Path
    size: int
    used: float


class UnitCache:
    """The units in a folder, at most `limit` bytes of them."""

    keeps_films = True
    """Whether whole films are kept."""

    def __init__(self, folder: Path | None = None, limit: int = LIMIT) -> None:
        self.folder, self.limit = folder or default_folder(), limit
        self.notices: list[Notice] = []
        """What went wrong, once for each kind."""
        self._hashed: dict[str, tuple[State, str]] = {}

    def has(self, key: str) -> bool:
        """Whether there is an entry, damaged or not."""
        return self._find(key) is not None

    def get(self, key: str, target: Path) -> bool:
        """Copy an entry to `target`; False if there is none, or if it is damaged or cannot be read, which removes it.
        OSError if `target` cannot be written."""
        entry = self._find(key)
        if entry is None:
            return False
        with target.open("wb") as copy:
            found = self._read(entry, copy)
        if found == entry.name.rpartition("-")[2]:
            with suppress(OSError):  # the folder may be read-only, and another process may make room
                os.utime(entry)
            return True
        if found is not None:
            self._warn("an entry of the cache was damaged and is made again")
        with suppress(OSError):
            entry.unlink(missing_ok=True)
        target.unlink(missing_ok=True)
        return False

    def _read(self, entry: Path, copy: IO[bytes]) -> str | None:
        """Copy an entry; the hash of its bytes, or None if it cannot be read. OSError if `copy` is full."""
        try:
            with entry.open("rb") as source:
                return _copied(source, copy)
        except FileNotFoundError:  # another process made room
            return None
        except OSError as error:
            if error.errno in FULL:
                raise
            self._warn(f"an entry of the cache cannot be read ({error.strerror}); it is made again")
            return None

    def put(self, key: str, made: Path) -> None:
        """Keep a copy of a file under a key, and make room for it."""
        if self._find(key) is not None or made.stat().st_size > self.limit:
            return
        place = self.folder / key[:2]
        try:
            place.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(dir=place, suffix=UNFINISHED, delete=False) as copy:
                try:
                    with made.open("rb") as source:
                        found = _copied(source, copy)
                    os.rename(copy.name, place / f"{key}-{found}")
                except OSError:
                    Path(copy.name).unlink(missing_ok=True)
                    raise
            self.trim()
        except OSError as error:
            self._warn_unwritten(error)

    def forget(self, keys: Sequence[str]) -> None:
        """Remove the entries of these keys."""
        try:
            for key in keys:
                while (entry := self._find(key)) is not None:
                    entry.unlink(missing_ok=True)
        except OSError as error:
            self._warn_unwritten(error)

    def entries(self) -> list[KeptUnit]:
        """All entries, the one that was used longest ago first."""
        return sorted(self._scan(), key=lambda entry: entry.used)

    def trim(self, limit: int | None = None) -> None:
        """Remove what was used longest ago until at most `limit` bytes are left, and what was never finished."""
        entries = self.entries()
        left = sum(entry.size for entry in entries)
        for entry in entries:
            abandoned = entry.path.suffix == UNFINISHED and entry.used < time() - ABANDONED
            if abandoned or left > (self.limit if limit is None else limit):
                entry.path.unlink(missing_ok=True)
                left -= entry.size

    def content(self, path: str) -> str:
        """The hash of a media file's bytes, kept by what the file system says of the file; OSError if it is gone."""
        state = state_of(path)
        with suppress(OSError):
            return self.known(path)
        found = content_of(path)
        if state_of(path) == state:
            self._note(self._record(state), found)
        self._hashed[path] = (state, found)
        return found

    def known(self, path: str) -> str:
        """The same without reading the file; OSError if its content is not known."""
        state = state_of(path)
        hashed = self._hashed.get(path)
        if hashed is None or hashed[0] != state:
            hashed = state, sealed_text(self._record(state))
            self._hashed[path] = hashed
        return hashed[1]

    def knows(self, paths: Sequence[str]) -> bool:
        """Whether the contents of these files are known without reading them."""
        with suppress(OSError):
            return all(map(self.known, paths))
        return False

    def unchanged(self, paths: Sequence[str]) -> bool:
        """Whether these files are as they were when their contents were asked for."""
        with suppress(OSError):
            return all(path in self._hashed and state_of(path) == self._hashed[path][0] for path in paths)
        return False

    def _record(self, state: State) -> Path:
        return self.folder / "contents" / hashlib.sha256(repr(state).encode()).hexdigest()

    def _note(self, record: Path, found: str) -> None:
        with suppress(OSError):
            put_sealed(record, found)
            keep_newest(record.parent, MOST_CONTENTS)

    def _find(self, key: str) -> Path | None:
        with suppress(OSError):
            return next((path for path in (self.folder / key[:2]).glob(f"{key}-*") if path.is_file()), None)
        return None

    def _scan(self) -> Iterator[KeptUnit]:
        for path in self.folder.glob("[0-9a-f][0-9a-f]/*"):
            with suppress(OSError):  # another process removed it
                state = path.stat()
                if stat.S_ISREG(state.st_mode):
                    yield KeptUnit(path, state.st_size, last_used(state))

    def _warn_unwritten(self, error: OSError) -> None:
        what = plain(str(self.folder))
        self._warn(f"the cache {what} cannot be written ({error.strerror}); the render goes on without it")

    def _warn(self, message: str) -> None:
        notice = Notice(Loc(), message)
        if notice not in self.notices:
            self.notices.append(notice)


State = tuple[int, int, int, int, int]
"""Size, times of modification and of change in nanoseconds, inode and device of a file."""


def state_of(path: str) -> State:
    """What the file system says of a file; OSError if there is none."""
    state = os.stat(path)
    return state.st_size, state.st_mtime_ns, state.st_ctime_ns, state.st_ino, state.st_dev


def content_of(path: str) -> str:
    """The hash of a file's bytes, read whole; OSError if it cannot be read."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@functools.lru_cache(maxsize=1024)
def content_in(path: str, state: State) -> str:
    """The hash of a file's bytes in a state: for several films, a process reads ffmpeg and its libraries once."""
    return content_of(path)


def unchanging(content: Callable[[str], str], states: Mapping[str, State]) -> Callable[[str], str]:
    """The contents of files as long as they are in these states; OSError after that, since to read a file again would
    take as long."""

    def found(path: str) -> str:
        if path in states and state_of(path) != states[path]:
            raise OSError(f"{path} changed while it was read")
        return content(path)

    return found


def default_folder() -> Path:
    """The user's folder of units: `$XDG_CACHE_HOME/reelc/units`."""
    return user_cache("units")


def _copied(source: BinaryIO, copy: IO[bytes]) -> str:
    """Copy a file; the hash of its bytes."""
    digest = hashlib.sha256()
    while piece := source.read(PIECE):
        digest.update(piece)
        copy.write(piece)
    copy.flush()
    return digest.hexdigest()
