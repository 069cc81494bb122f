"""APNG: frames by libav, times and what they clear by our own reader."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from fractions import Fraction
from functools import partial
from itertools import accumulate
from math import lcm
from pathlib import Path

from compiler.supervise.images.by_libav import frames_of
from compiler.supervise.images.image import Image, calm

MARK = b"\x89PNG\r\n\x1a\n"
BACKGROUND, SOURCE = 1, 0
SEE_THROUGH = (4, 6)
"""Colour types with an alpha channel."""

FINEST = 100_000
"""Ticks a second, at most."""


def is_animated(data: memoryview) -> bool:
    """Whether a PNG states that it moves, before its first picture."""
    for kind, _ in _chunks(data):
        if kind in (b"acTL", b"IDAT"):
            return kind == b"acTL"
    return False


def apng(path: Path, data: memoryview) -> Image | None:
    """The APNG; None if it has no frames of an animation."""
    controls = [body for kind, body in _chunks(data) if kind == b"fcTL" and len(body) == 26]
    cut = len(controls) > 1 and _is_cut(data)
    if not controls:
        return None
    colour = data[25]
    stated = [struct.unpack_from(">HHBB", body, 20) for body in (controls[:-1] if cut else controls)]
    lasts = [calm(Fraction(over, under or 100)) for over, under, _, _ in stated]
    clears = any(way == BACKGROUND or (blend == SOURCE and colour in SEE_THROUGH) for _, _, way, blend in stated)
    scale = min(FINEST, lcm(*(each.denominator for each in lasts)))
    ends = [round(each * scale) for each in accumulate(lasts)]
    durations = tuple(max(1, end - begin) for begin, end in zip([0, *ends], ends, strict=False))
    size = int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")
    frames = partial(frames_of, path, "apng")
    return Image("apng", "apng", size, frames, Fraction(1, scale), durations, clears, cut=cut)


def _is_cut(data: memoryview) -> bool:
    """Whether the file ends amid a chunk."""
    at = len(MARK)
    while at + 8 <= len(data):
        at += 12 + int.from_bytes(data[at : at + 4], "big")
    return at != len(data) and not any(kind == b"IEND" for kind, _ in _chunks(data))


def _chunks(data: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    at = len(MARK)
    while at + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        yield kind, data[at + 8 : at + 8 + length]
        at += 12 + length
