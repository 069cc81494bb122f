"""The index of an mp4 or mov file: the boxes that say where its samples are and when they are shown."""

from __future__ import annotations

import struct
import sys
from array import array
from dataclasses import dataclass, field
from typing import BinaryIO

from compiler.supervise.media.boxes import BoxWalk, FileBox, NotReadError, in_file, in_memory

FRAGMENTED = {b"moof", b"sidx", b"ssix", b"mfra", b"mvex", b"trak", b"cmov"}
"""Boxes beside or in the index that say that it is not whole, or not where it is read here."""

CONTAINERS = {b"edts", b"tref", b"mdia", b"minf", b"dinf", b"stbl"}
TABLES = {b"stsd", b"stts", b"ctts", b"stss", b"stps", b"stsc", b"stsz", b"stz2", b"stco", b"co64"}
LEAVES = TABLES | {b"tkhd", b"mdhd", b"elst", b"dref", b"chap"}


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
    data = _moov(file, size)
    walk = BoxWalk(in_memory(data), len(data), exact=True)
    tracks: list[TrackBoxes] = []
    scale, before = 0, bytearray()
    for box in walk.children(walk.all):
        if box.kind == b"trak":
            if not scale or b"covr" in before:  # libavformat makes a stream of a cover, which shifts the numbers
                raise NotReadError("a track comes late")
            tracks.append(_track(walk, box, len(tracks)))
        elif box.kind in FRAGMENTED:
            raise NotReadError("no whole index")
        elif box.kind == b"mvhd":
            scale = _scale(walk.content(box))[0]
        else:
            before += walk.content(box)
    return Movie(scale, tracks)


def _track(walk: BoxWalk, trak: FileBox, index: int) -> TrackBoxes:
    """The boxes of one track, wherever they are in it."""
    track, due = TrackBoxes(index), [trak]
    while due:
        for box in walk.children(due.pop()):
            content = walk.content(box)
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


def _moov(file: BinaryIO, size: int) -> memoryview:
    """The content of the file's only moov box."""
    walk, found = BoxWalk(in_file(file), size), None
    for box in walk.children(walk.all):
        if box.kind in FRAGMENTED or (box.kind == b"moov" and found):
            raise NotReadError("no single index")
        if box.kind == b"moov":
            found = _content(walk, box)
        elif box.kind in (b"meta", b"udta") and {b"iloc", b"iinf", b"covr"} & _words(_content(walk, box)):
            raise NotReadError("streams that are no tracks")
    if walk.left < 0:
        raise NotReadError("too many boxes")
    if found is None:
        raise NotReadError("no index")
    return found


def _content(walk: BoxWalk, box: FileBox) -> memoryview:
    """The content of a box, which is read at once."""
    content = walk.content(box)
    if not box.whole or len(content) < box.end - box.start:
        raise NotReadError("an index too large, or cut short")
    return content


def _words(content: memoryview) -> set[bytes]:
    return {word for word in (b"iloc", b"iinf", b"covr") if word in bytes(content)}


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
