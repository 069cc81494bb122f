"""Edits of MP4 files, box by box, for what no muxer writes."""

from __future__ import annotations

import struct

from tests.footage.mp4 import Box, edited


def clean_aperture(whole: bytes, width: int, height: int) -> bytes:
    """An MP4 file whose first track says that only its middle, of that size, is the picture."""

    def change(tracks: list[Box]) -> None:
        described = tracks[0][b"stsd"]
        (size,) = struct.unpack_from(">I", described.content, 8)
        clap = bytes(Box(b"clap", struct.pack(">8i", width, 1, height, 1, 0, 1, 0, 1)))
        entry = struct.pack(">I", size + len(clap)) + described.content[12 : 8 + size] + clap
        described.content = described.content[:8] + entry + described.content[8 + size :]

    return edited(whole, change)


def sync_samples(whole: bytes, every: int, count: int) -> bytes:
    """An MP4 file whose index calls every so many samples of its first track a key frame."""

    def change(tracks: list[Box]) -> None:
        named = range(1, count + 1, every)
        table = tracks[0][b"stss"]
        table.content = struct.pack(f">II{len(named)}I", 0, len(named), *named)

    return edited(whole, change)


def media_length(whole: bytes, seconds: int) -> bytes:
    """A fragmented MP4 file whose first track states that length."""
    at = whole.index(b"mdhd")
    (scale,) = struct.unpack_from(">I", whole, at + 16)
    return whole[: at + 20] + struct.pack(">I", seconds * scale) + whole[at + 24 :]
