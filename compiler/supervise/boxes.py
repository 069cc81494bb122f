"""The boxes of an mp4 or mov file that say where its samples are and when they are shown."""

from __future__ import annotations

import struct
import sys
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

MAX_MOOV = 1 << 25
"""Bytes of the index that is read; two hours of picture and sound have about 5 MB."""

MAX_BOXES = 20_000
"""Boxes that are looked at in one file, so that an index of empty boxes costs no time."""

FRAGMENTED = {b"moof", b"sidx", b"ssix", b"mfra", b"mvex", b"trak", b"cmov"}
"""Boxes beside or in the index that say that it is not whole, or not where it is read here."""

CONTAINERS = {b"edts", b"tref", b"mdia", b"minf", b"dinf", b"stbl"}
TABLES = {b"stsd", b"stts", b"ctts", b"stss", b"stps", b"stsc", b"stsz", b"stz2", b"stco", b"co64"}
LEAVES = TABLES | {b"tkhd", b"mdhd", b"elst", b"dref", b"chap"}


class NotReadError(ValueError):
    """The file, or the track, has no index that is read here: its packets must be read instead."""


@dataclass(frozen=True, slots=True)
class FileBox:
    """A box by its type; its content is `data[start:end]`."""

    kind: bytes
    start: int
    end: int


@dataclass(slots=True)
class TrackBoxes:
    """One track's boxes, as bytes by their type; `groups` are its sample groups, of which there may be several."""

    index: int
    leaves: dict[bytes, memoryview] = field(default_factory=dict)
    handlers: set[bytes] = field(default_factory=set)
    groups: list[memoryview] = field(default_factory=list)
    repeated: bool = False

    def __getitem__(self, kind: bytes) -> memoryview:
        if kind not in self.leaves:
            raise NotReadError(f"no {kind!r}")
        return self.leaves[kind]

    def get(self, kind: bytes) -> memoryview | None:
        """The content of a box that may be absent."""
        return self.leaves.get(kind)


@dataclass(frozen=True, slots=True)
class Movie:
    """The file's time scale, in ticks of a second, and its tracks."""

    time_scale: int
    tracks: list[TrackBoxes]


def read_movie(file: BinaryIO, size: int) -> Movie:
    """The boxes of the file's index; NotReadError if it is in several pieces or is not the whole index."""
    data = memoryview(_moov(file, size))
    walk = _Walk(data)
    tracks: list[TrackBoxes] = []
    scale, before = 0, bytearray()
    for box in walk.children(0, len(data)):
        if box.kind == b"trak":
            if not scale or b"covr" in before:  # libavformat makes a stream of a cover, which shifts the numbers
                raise NotReadError("a track comes late")
            tracks.append(walk.track(box, len(tracks)))
        elif box.kind in FRAGMENTED:
            raise NotReadError("no whole index")
        elif box.kind == b"mvhd":
            scale = _scale(data[box.start : box.end])[0]
        else:
            before += data[box.start : box.end]
    return Movie(scale, tracks)


class _Walk:
    """Walks the boxes of an index, a bounded number of them."""

    def __init__(self, data: memoryview) -> None:
        self.data, self.left = data, MAX_BOXES

    def children(self, start: int, end: int) -> Iterator[FileBox]:
        """The boxes in `data[start:end]`; NotReadError if one ends after its container."""
        while start + 8 <= end:
            self.left -= 1
            size, kind = struct.unpack_from(">I4s", self.data, start)
            head = 8
            if size == 1 and start + 16 <= end:
                (size,), head = struct.unpack_from(">Q", self.data, start + 8), 16
            elif size == 0:
                size = end - start
            if size < head or start + size > end or self.left < 0:
                raise NotReadError("boxes that do not fit")
            yield FileBox(kind, start + head, start + size)
            start += size

    def track(self, trak: FileBox, index: int) -> TrackBoxes:
        """The boxes of one track, wherever they are in it."""
        track, due = TrackBoxes(index), [trak]
        while due:
            outer = due.pop()
            for box in self.children(outer.start, outer.end):
                content = self.data[box.start : box.end]
                if box.kind in CONTAINERS:
                    due.append(box)
                elif box.kind in LEAVES:
                    track.repeated |= box.kind in track.leaves
                    track.leaves[box.kind] = content
                elif box.kind == b"hdlr":
                    track.handlers |= {bytes(content[8:12])} & {b"vide", b"soun"}
                elif box.kind == b"sbgp":
                    track.groups.append(content)
        return track


def _moov(file: BinaryIO, size: int) -> bytes:
    """The content of the file's only moov box."""
    found, at = None, 0
    for _ in range(MAX_BOXES):
        file.seek(at)
        head = file.read(16)
        if len(head) < 8:
            break
        length, kind = struct.unpack_from(">I4s", head)
        start = at + 8
        if length == 1 and len(head) == 16:
            (length,), start = struct.unpack_from(">Q", head, 8), at + 16
        end = at + length if length else size
        if kind in FRAGMENTED or (kind == b"moov" and found):
            raise NotReadError("no single index")
        if end < start:  # the end, for libavformat too
            break
        if kind == b"moov":
            found = _content(file, start, end)
        elif kind in (b"meta", b"udta") and {b"iloc", b"iinf", b"covr"} & _words(_content(file, start, end)):
            raise NotReadError("streams that are no tracks")
        at = min(end, size)  # a stated end may be past any file's
    else:
        raise NotReadError("too many boxes")
    if found is None:
        raise NotReadError("no index")
    return found


def _content(file: BinaryIO, start: int, end: int) -> bytes:
    if end - start > MAX_MOOV:
        raise NotReadError("an index too large")
    file.seek(start)
    content = file.read(end - start)
    if len(content) < end - start:
        raise NotReadError("an index cut short")
    return content


def _words(content: bytes) -> set[bytes]:
    return {word for word in (b"iloc", b"iinf", b"covr") if word in content}


def _scale(header: memoryview) -> tuple[int, int]:
    """The time scale and the duration of a movie's or a track's header; 0 for an unknown duration."""
    if len(header) < 24 or header[0] > 1 or (header[0] == 1 and len(header) < 36):
        raise NotReadError("an unknown header")
    scale, duration = struct.unpack_from(*((">IQ", header, 20) if header[0] else (">II", header, 12)))
    unknown = (1 << 64) - 1 if header[0] else (1 << 32) - 1
    return scale, 0 if duration == unknown else duration


def time_scale(track: TrackBoxes) -> tuple[int, int]:
    """The track's ticks of a second and its stated duration in ticks, 0 if unknown."""
    scale, duration = _scale(track[b"mdhd"])
    if not 0 < scale < 1 << 31:
        raise NotReadError("no time scale")
    return scale, duration


def entries(content: memoryview, columns: int, code: str = "I", *, newest: int = 0) -> array[int]:
    """The numbers of a table box, row by row; NotReadError if it has fewer than it states or is of a newer version."""
    if len(content) < 8 or content[0] > newest:
        raise NotReadError("an unknown table")
    length = int.from_bytes(content[4:8]) * columns * array(code).itemsize
    if len(content) < 8 + length:
        raise NotReadError("a table larger than its box")
    return big_endian(code, content[8 : 8 + length])


def big_endian(code: str, content: memoryview) -> array[int]:
    """The numbers that bytes spell, most significant byte first."""
    numbers = array(code)
    numbers.frombytes(content)
    if sys.byteorder == "little":
        numbers.byteswap()
    return numbers
