"""The cropping that a container states for its picture, which PyAV does not tell: `clap` of mov and mp4, `PixelCrop`
of Matroska. Runs in the probe child."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from fractions import Fraction
from math import floor
from pathlib import Path
from typing import BinaryIO

from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from compiler.timeline.media import WHOLE, Cropping

MOST = 100_000
"""Boxes or elements that are read of one level, at most."""

Span = tuple[int, int]
"""The bytes [start, end) of a box's or an element's content."""

VISUAL_ENTRY = 78
"""Bytes of a visual sample entry between its type and its boxes (ISO 14496-12)."""

SEGMENT, TRACKS, TRACK, TRACK_TYPE, VIDEO = 0x18538067, 0x1654AE6B, 0xAE, 0x83, 0xE0
CROPS = (0x54CC, 0x54BB, 0x54DD, 0x54AA)
"""Matroska's elements of the pixels cut off: left, top, right, bottom."""


def cropping(path: Path, container: InputContainer, stream: VideoStream, size: tuple[int, int]) -> Cropping:
    """The pixels that the container cuts off a decoded picture of `size`; none where its numbers make no sense."""
    with path.open("rb") as file:
        try:
            if container.format.name.startswith("mov"):
                found = _of_mov(file, stream)
            elif container.format.name.startswith("matroska"):
                found = _of_matroska(file, container, stream)
            else:
                return WHOLE
        except (struct.error, ZeroDivisionError, IndexError):
            return WHOLE
    left, top, right, bottom = found
    fits = min(found) >= 0 and left + right < size[0] and top + bottom < size[1]
    return found if fits else WHOLE


def _of_mov(file: BinaryIO, stream: VideoStream) -> Cropping:
    """The clean aperture of the track's first sample entry: its centre is at an offset from the picture's, and each
    edge is rounded down to a whole pixel, as ffmpeg does."""
    for moov in _boxes(file, (0, file.seek(0, 2)), b"moov"):
        for track in _boxes(file, moov, b"trak"):
            if _track_id(file, track) != stream.id:
                continue
            for table in _within(file, track, b"mdia", b"minf", b"stbl", b"stsd"):
                return _aperture(file, (table[0] + 8, table[1]))
    return WHOLE


def _aperture(file: BinaryIO, entries: Span) -> Cropping:
    first = next(_all_boxes(file, entries), None)
    if first is None:
        return WHOLE
    _, (start, end) = first
    width, height = struct.unpack_from(">2H", _read(file, start, VISUAL_ENTRY), 24)
    for at, _ in _boxes(file, (start + VISUAL_ENTRY, end), b"clap"):
        numbers = struct.unpack(">8i", _read(file, at, 32))
        wide, high, right_of, below = (Fraction(*numbers[k : k + 2]) for k in (0, 2, 4, 6))
        left, top = (width - wide) / 2 + right_of, (height - high) / 2 + below
        return floor(left), floor(top), width - floor(left + wide), height - floor(top + high)
    return WHOLE


def _track_id(file: BinaryIO, track: Span) -> int | None:
    for start, end in _boxes(file, track, b"tkhd"):
        header = _read(file, start, end - start)
        return int(struct.unpack_from(">I", header, 20 if header[0] else 12)[0])
    return None


def _within(file: BinaryIO, span: Span, *names: bytes) -> Iterator[Span]:
    if names:
        for inner in _boxes(file, span, names[0]):
            yield from _within(file, inner, *names[1:])
    else:
        yield span


def _boxes(file: BinaryIO, span: Span, name: bytes) -> Iterator[Span]:
    return (inner for found, inner in _all_boxes(file, span) if found == name)


def _all_boxes(file: BinaryIO, span: Span) -> Iterator[tuple[bytes, Span]]:
    at, end = span
    for _ in range(MOST):
        if at + 8 > end:
            return
        size, name = struct.unpack(">I4s", _read(file, at, 8))
        start = at + 8
        if size == 1:
            size, start = struct.unpack(">Q", _read(file, start, 8))[0], at + 16
        until = min(end, at + size) if size else end
        if until < start:
            return
        yield name, (start, until)
        at = until


def _of_matroska(file: BinaryIO, container: InputContainer, stream: VideoStream) -> Cropping:
    shown = [each for each in container.streams.video if not each.disposition & Disposition.attached_pic]
    number = [each.index for each in shown].index(stream.index)
    for segment in _elements(file, (0, file.seek(0, 2)), SEGMENT):
        for tracks in _elements(file, segment, TRACKS):
            pictures = [track for track in _elements(file, tracks, TRACK) if _number(file, track, TRACK_TYPE) == 1]
            for video in _elements(file, pictures[number], VIDEO):
                left, top, right, bottom = (_number(file, video, crop) for crop in CROPS)
                return left, top, right, bottom
    return WHOLE


def _number(file: BinaryIO, span: Span, name: int) -> int:
    for start, end in _elements(file, span, name):
        return int.from_bytes(_read(file, start, min(8, end - start)), "big")
    return 0


def _elements(file: BinaryIO, span: Span, name: int) -> Iterator[Span]:
    at, end = span
    for _ in range(MOST):
        if at >= end:
            return
        found, at = _variable(file, at, marked=True)
        size, at = _variable(file, at, marked=False)
        until = end if size is None else min(end, at + size)
        if found == name:
            yield at, until
        at = until


def _variable(file: BinaryIO, at: int, *, marked: bool) -> tuple[int | None, int]:
    """EBML's number at a place, with its length marker or without, and the place after it; None for an unknown size."""
    length = 9 - _read(file, at, 1)[0].bit_length()
    value = int.from_bytes(_read(file, at, length), "big")
    rest = value & ((1 << 7 * length) - 1)
    return (value if marked else None if rest + 1 == 1 << 7 * length else rest), at + length


def _read(file: BinaryIO, at: int, size: int) -> bytes:
    file.seek(at)
    return file.read(min(size, 1 << 20))
