"""Finds the streams of a media file whose packets are encrypted. Runs in the probe child."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

from av.stream import Stream

MOVIES = {b"ftyp", b"moov", b"free", b"skip", b"wide", b"mdat", b"pnot", b"styp"}
"""Types of the first box of an mp4 or mov file."""

PROTECTED = {b"encv", b"enca", b"enct", b"encs", b"drmi", b"drms", b"drmt"}
"""Sample entries of encrypted tracks: of Common Encryption, and of purchases from one shop."""

MATROSKA_KEY = "enc_key_id"
"""The entry that libavformat's Matroska demuxer adds to the metadata of an encrypted stream."""

MAX_BOXES = 10_000
"""Boxes that are looked at in one file."""

TS_PACKET, TS_SYNC = 188, 0x47
WITH_CONTENT, SCRAMBLED = 0x10, 0xC0
"""Bits of the fourth byte of a transport packet."""

TS_SAMPLES, TS_SAMPLE = 3, 1000
"""Places of a transport stream that are looked at, and packets at each."""


@dataclass(frozen=True, slots=True)
class _MovieBox:
    kind: bytes
    start: int
    end: int


def is_encrypted(stream: Stream) -> bool:
    """Whether the packets of an opened file's stream are encrypted."""
    path = Path(stream.container.name.removeprefix("file:"))
    if MATROSKA_KEY in stream.metadata:
        return True
    return stream.index in encrypted_tracks(path) or stream.id in scrambled_pids(path)


@lru_cache(maxsize=1)
def encrypted_tracks(path: Path) -> frozenset[int]:
    """The indexes of an mp4 or mov file's encrypted tracks, which are those of its streams; none of another file's."""
    with path.open("rb") as file:
        if file.read(8)[4:] not in MOVIES:
            return frozenset()
        walk = _BoxWalk(file)
        tracks = walk.inside(_MovieBox(b"", 0, file.seek(0, 2)), b"moov", b"trak")
        with suppress(struct.error, ValueError):  # boxes cut short, or past any file's end: the demuxer says so
            return frozenset(index for index, track in enumerate(tracks) if walk.protected(track))
    return frozenset()


class _BoxWalk:
    """Walks the boxes of a file, a bounded number of them."""

    def __init__(self, file: BinaryIO) -> None:
        self.file, self.left = file, MAX_BOXES

    def inside(self, outer: _MovieBox, *kinds: bytes) -> Iterator[_MovieBox]:
        """The boxes of the last kind in those of the kinds before it, one level each."""
        for box in self._children(outer):
            if box.kind == kinds[0] and len(kinds) > 1:
                yield from self.inside(box, *kinds[1:])
            elif box.kind == kinds[0]:
                yield box

    def protected(self, track: _MovieBox) -> bool:
        """Whether a track has a sample entry of encrypted samples."""
        tables = self.inside(track, b"mdia", b"minf", b"stbl", b"stsd")
        entries = (entry for table in tables for entry in self._children(_MovieBox(b"", table.start + 8, table.end)))
        return any(entry.kind in PROTECTED for entry in entries)

    def _children(self, outer: _MovieBox) -> Iterator[_MovieBox]:
        at = outer.start
        while at + 8 <= outer.end and self.left:
            self.left -= 1
            self.file.seek(at)
            size, kind = struct.unpack(">I4s", self.file.read(8))
            start = at + 8
            if size == 1:
                (size,), start = struct.unpack(">Q", self.file.read(8)), at + 16
            end = at + size if size else outer.end
            if end < start:
                return
            yield _MovieBox(kind, start, end)
            at = end


@lru_cache(maxsize=1)
def scrambled_pids(path: Path) -> frozenset[int]:
    """The PIDs of a transport stream that have nothing but scrambled packets, at each place that is looked at."""
    size, scrambled, clear = path.stat().st_size, set[int](), set[int]()
    with path.open("rb") as file:
        head = file.read(TS_PACKET + 1)
        if len(head) <= TS_PACKET or head[0] != TS_SYNC or head[TS_PACKET] != TS_SYNC:
            return frozenset()
        for place in range(TS_SAMPLES):
            file.seek(size * place // TS_SAMPLES // TS_PACKET * TS_PACKET)
            packets = file.read(TS_SAMPLE * TS_PACKET)
            for at in range(0, len(packets) - TS_PACKET + 1, TS_PACKET):
                pid, control = (packets[at + 1] & 0x1F) << 8 | packets[at + 2], packets[at + 3]
                if control & WITH_CONTENT:
                    (scrambled if control & SCRAMBLED else clear).add(pid)
    return frozenset(scrambled - clear)
