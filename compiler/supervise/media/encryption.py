"""Finds the streams of a media file whose packets are encrypted. Runs in the probe child."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from av.stream import Stream

from compiler.supervise.media.boxes import TABLE_HEAD, BoxWalk, FileBox, in_file

MOVIES = {b"ftyp", b"moov", b"free", b"skip", b"wide", b"mdat", b"pnot", b"styp"}
"""Types of the first box of an mp4 or mov file."""

PROTECTED = {b"encv", b"enca", b"enct", b"encs", b"drmi", b"drms", b"drmt"}
"""Sample entries of encrypted tracks: of Common Encryption, and of purchases from one shop."""

MATROSKA_KEY = "enc_key_id"
"""The entry that libavformat's Matroska demuxer adds to the metadata of an encrypted stream."""

TS_PACKET, TS_SYNC = 188, 0x47
WITH_CONTENT, SCRAMBLED = 0x10, 0xC0
"""Bits of the fourth byte of a transport packet."""

TS_SAMPLES, TS_SAMPLE = 3, 1000
"""Places of a transport stream that are looked at, and packets at each."""


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
        walk = BoxWalk(in_file(file), file.seek(0, 2))
        tracks = walk.inside(walk.all, b"moov", b"trak")
        return frozenset(index for index, track in enumerate(tracks) if _is_protected(walk, track))


def _is_protected(walk: BoxWalk, track: FileBox) -> bool:
    """Whether a track has a sample entry of encrypted samples."""
    tables = walk.inside(track, b"mdia", b"minf", b"stbl", b"stsd")
    return any(entry.kind in PROTECTED for table in tables for entry in walk.children(table.after(TABLE_HEAD)))


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
