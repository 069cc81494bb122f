"""Edits of MP4 files, box by box, for what no muxer writes."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(slots=True)
class Box:
    """One box of MP4: its own bytes, or the boxes in it."""

    name: bytes
    body: bytes = b""
    inner: list[Box] | None = None

    def __bytes__(self) -> bytes:
        body = self.body if self.inner is None else b"".join(map(bytes, self.inner))
        return struct.pack(">I4s", len(body) + 8, self.name) + body

    def find(self, *path: bytes) -> Box:
        """The first box at that path below this one."""
        box = self
        for name in path:
            box = next(child for child in box.inner or () if child.name == name)
        return box


HOLDING = {b"moov", b"trak", b"edts", b"mdia", b"minf", b"stbl", b"mvex"}


def boxes(whole: bytes) -> list[Box]:
    """The boxes of an MP4 file, whose index can grow if it stands last."""
    found, at = [], 0
    while at + 8 <= len(whole):
        size, name = struct.unpack_from(">I4s", whole, at)
        start = at + 8
        if size == 1:
            (size,), start = struct.unpack_from(">Q", whole, start), start + 8
        body = whole[start : at + (size or len(whole) - at)]
        found.append(Box(name, inner=boxes(body)) if name in HOLDING else Box(name, body))
        at += size or len(whole) - at
    return found


def edited_mp4(whole: bytes, change: Callable[[list[Box]], None]) -> bytes:
    """An MP4 file with the boxes of its tracks changed, the first track first."""
    found = boxes(whole)
    assert found[-1].name == b"moov", "an index before the samples cannot grow without moving them"
    change([box for box in found[-1].inner or () if box.name == b"trak"])
    return b"".join(map(bytes, found))


def sample_table(track: Box) -> Box:
    """The sample table of a track."""
    return track.find(b"mdia", b"minf", b"stbl")


def clean_aperture(whole: bytes, width: int, height: int) -> bytes:
    """An MP4 file whose first track says that only its middle, of that size, is the picture."""

    def change(tracks: list[Box]) -> None:
        described = sample_table(tracks[0]).find(b"stsd")
        (size,) = struct.unpack_from(">I", described.body, 8)
        clap = bytes(Box(b"clap", struct.pack(">8i", width, 1, height, 1, 0, 1, 0, 1)))
        entry = struct.pack(">I", size + len(clap)) + described.body[12 : 8 + size] + clap
        described.body = described.body[:8] + entry + described.body[8 + size :]

    return edited_mp4(whole, change)


def sync_samples(whole: bytes, every: int, count: int) -> bytes:
    """An MP4 file whose index calls every so many samples of its first track a key frame."""

    def change(tracks: list[Box]) -> None:
        named = range(1, count + 1, every)
        table = sample_table(tracks[0]).find(b"stss")
        table.body = struct.pack(f">II{len(named)}I", 0, len(named), *named)

    return edited_mp4(whole, change)


def media_length(whole: bytes, seconds: int) -> bytes:
    """A fragmented MP4 file whose first track states that length."""
    at = whole.index(b"mdhd")
    (scale,) = struct.unpack_from(">I", whole, at + 16)
    return whole[: at + 20] + struct.pack(">I", seconds * scale) + whole[at + 24 :]
