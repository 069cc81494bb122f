"""Walks the boxes of files of one family, mp4, mov and HEIF, whatever sizes and numbers of boxes a file states."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

MAX_BOXES = 20_000
"""Boxes that one walk looks at, so that a file of empty boxes costs no time."""

MAX_CONTENT = 1 << 25
"""Bytes of a box that are read of a file at once; an index of two hours of picture and sound has about 5 MB."""

FULL_HEAD, TABLE_HEAD = 4, 8
"""Bytes of a version and flags, and of these with a number of entries, after which there may be boxes."""

Reader = Callable[[int, int], memoryview]
"""Gives the bytes from a place on: as many as are asked for, or fewer at the file's end."""


class NotReadError(ValueError):
    """The file, or the track, has no index that is read here: its packets must be read instead."""


@dataclass(frozen=True, slots=True)
class FileBox:
    """A box by its type, with its content in [start, end); not `whole` if it ends after what it is in."""

    kind: bytes
    start: int
    end: int
    whole: bool = True

    def after(self, size: int) -> FileBox:
        """The content after its first `size` bytes, such as a version and flags."""
        return FileBox(self.kind, self.start + size, self.end, self.whole)


def in_file(file: BinaryIO) -> Reader:
    """The bytes of a file."""

    def read(at: int, size: int) -> memoryview:
        file.seek(at)
        return memoryview(file.read(min(size, MAX_CONTENT)))

    return read


def in_memory(data: memoryview) -> Reader:
    """The bytes of a file that is in memory, or of a part of it."""
    return lambda at, size: data[at : at + size]


class BoxWalk:
    """Walks the boxes of `size` bytes, a bounded number of them.

    A level ends at a box whose size cannot be, and what ends after its container is cut there, as libavformat does it;
    in an `exact` walk both are a NotReadError, and so are too many boxes.
    """

    def __init__(self, read: Reader, size: int, *, exact: bool = False) -> None:
        self._read, self._exact = read, exact
        self.all = FileBox(b"", 0, size)
        self.left = MAX_BOXES
        """The boxes that may still be looked at; negative once there were too many."""

    def content(self, box: FileBox) -> memoryview:
        """The content of a box, as far as its reader gives it."""
        return self._read(box.start, max(0, box.end - box.start))

    def children(self, outer: FileBox) -> Iterator[FileBox]:
        """The boxes in another one."""
        at = outer.start
        while at + 8 <= outer.end:
            self.left -= 1
            box = self._box(at, outer.end)
            if box is None or self.left < 0 or (self._exact and not box.whole):
                if self._exact:
                    raise NotReadError("boxes that do not fit")
                return
            yield box
            at = box.end

    def inside(self, outer: FileBox, *kinds: bytes) -> Iterator[FileBox]:
        """The boxes of the last kind in those of the kinds before it, one level each."""
        for box in self.children(outer):
            if box.kind == kinds[0] and len(kinds) > 1:
                yield from self.inside(box, *kinds[1:])
            elif box.kind == kinds[0]:
                yield box

    def _box(self, at: int, limit: int) -> FileBox | None:
        """The box at a place; None if there is none, or if its size is less than that of its head."""
        head = self._read(at, min(16, limit - at))
        if len(head) < 8:
            return None
        size, kind = struct.unpack_from(">I4s", head)
        start = at + 8
        if size == 1 and len(head) == 16:
            (size,), start = struct.unpack_from(">Q", head, 8), at + 16
        end = at + size if size else limit
        return FileBox(kind, start, min(end, limit), end <= limit) if end >= start else None
