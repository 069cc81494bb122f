"""The pages of an open database, read from its files beside SQLite: which of them changed, and their content.

A commit in WAL mode appends each changed page to the `-wal` file as a frame, and counts the committed frames in the
`-shm` file, as SQLite documents for its WAL mode. The frames since an earlier moment name the pages that changed since
then, so that a save need not read the rest of the database. This relies on two rules of `database.py`: no commit runs
during `scan` and `restart`, and the WAL begins anew only there.
"""

from __future__ import annotations

import contextlib
import os
import struct
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from server.storage.images import page_size_of

# version, is initialised, page size, committed frames, pages, checksum of the frames, salts, checksum
_INDEX = struct.Struct("=I8xBxHII8s8s8s")
_WAL_HEADER = 32
_FRAME = struct.Struct(">I4x8s8x")
"""A frame's header: the page's number, and the salts of the WAL. The page follows."""


@dataclass(frozen=True, slots=True)
class _Index:
    """The committed state of a WAL."""

    page_size: int
    frames: int
    pages: int
    salts: bytes


class Pages:
    """The pages of a database that SQLite has open in WAL mode; for calls from any thread.

    They are scanned when they are opened, and opened once, because others may lie under their names later. They are
    closed after SQLite's connections: closing a file drops the locks of the whole process on it.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._turn, self._files = path, threading.Lock(), contextlib.ExitStack()
        self._frames: dict[int, int] = {}
        self._changed: set[int] = set()
        self._all_known = False
        self._index = _Index(0, 0, 0, b"")

    def open(self) -> None:
        """Open the files and scan them; OSError. `close` is due even if this fails."""
        paths = [Path(f"{self._path}{suffix}") for suffix in ("", "-wal", "-shm")]
        files = [self._files.enter_context(path.open("rb", buffering=0)) for path in paths]
        self._database, self._wal, self._shm = files
        self.scan()

    @property
    def count(self) -> int:
        """The number of pages at the last scan."""
        return self._index.pages

    @property
    def size(self) -> int:
        """The bytes of a page."""
        return self._index.page_size

    @property
    def frames(self) -> int:
        """The frames in the WAL at the last scan."""
        return self._index.frames

    @property
    def total(self) -> int:
        """The bytes of the database at the last scan, free pages among them."""
        return self._index.pages * self._index.page_size

    def close(self) -> None:
        """Close the files."""
        with self._turn:
            self._files.close()

    def scan(self) -> None:
        """Take note of everything committed by now; OSError if the files cannot be read."""
        with self._turn:
            before, self._index = self._index, self._read_index()
            begin = before.frames
            if begin and before.salts != self._index.salts:  # begun anew by another process, after we know not what
                self._all_known, begin = False, 0
                self._frames.clear()
            for frame in range(begin, self._index.frames):
                number = self._number(frame)
                self._frames[number] = frame
                self._changed.add(number)

    def restart(self) -> None:
        """Take note that the WAL is empty, because the database file contains everything in it."""
        with self._turn:
            self._index = self._read_index()
            if self._index.frames:
                raise OSError("the WAL is not empty after a checkpoint")
            self._frames.clear()

    def taken(self) -> set[int] | None:
        """The pages that changed since the last call, up to the last scan; None if they are not all known."""
        with self._turn:
            changed, all_known = self._changed, self._all_known
            self._changed, self._all_known = set(), True
            return changed if all_known else None

    def read(self, numbers: Iterable[int]) -> dict[int, bytes]:
        """The content of pages at the last scan; OSError if the files cannot be read."""
        with self._turn:
            return {number: self._page(number) for number in numbers}

    def _read_index(self) -> _Index:
        both = _pread(self._shm.fileno(), 2 * _INDEX.size, 0)
        if both[: _INDEX.size] != both[_INDEX.size :]:
            raise OSError("the WAL's index is being written")
        _, ready, size, frames, pages, _, salts, _ = _INDEX.unpack_from(both)
        if not ready:
            raise OSError("the WAL has no index")
        # an index of before the first frame has neither
        page_size = (size & 0xFE00 | (size & 1) << 16) or page_size_of(_pread(self._database.fileno(), 18, 0))
        return _Index(page_size, frames, pages or os.fstat(self._database.fileno()).st_size // page_size, salts)

    def _number(self, frame: int) -> int:
        header = _pread(self._wal.fileno(), _FRAME.size, self._place(frame))
        number, salts = _FRAME.unpack(header)
        if salts != self._index.salts:
            raise OSError(f"frame {frame} of the WAL is of another WAL")
        return int(number)

    def _page(self, number: int) -> bytes:
        frame = self._frames.get(number)
        if frame is not None:
            return _pread(self._wal.fileno(), self.size, self._place(frame) + _FRAME.size)
        # SQLite does not write a page that has no content yet
        return os.pread(self._database.fileno(), self.size, (number - 1) * self.size).ljust(self.size, b"\0")

    def _place(self, frame: int) -> int:
        return _WAL_HEADER + frame * (_FRAME.size + self.size)


def _pread(file: int, size: int, at: int) -> bytes:
    content = os.pread(file, size, at)
    if len(content) != size:
        raise OSError("the WAL or its index is cut off")
    return content
