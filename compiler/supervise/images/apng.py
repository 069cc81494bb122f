"""APNG: frames by libav, times and what they clear by our own reader."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from fractions import Fraction
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
    if not controls:
        return None
    width, height, _, colour = struct.unpack_from(">IIBB", data, 16)
    lasts, clears = [], False
    for body in controls:
        over, under, disposal, blend = struct.unpack_from(">HHBB", body, 20)
        lasts.append(calm(Fraction(over, under or 100)))
        clears |= disposal == BACKGROUND or (blend == SOURCE and (colour in SEE_THROUGH))
    scale = min(FINEST, lcm(*(each.denominator for each in lasts)))
    ends = [round(sum(lasts[: n + 1], Fraction(0)) * scale) for n in range(len(lasts))]
    durations = tuple(max(1, end - begin) for begin, end in zip([0, *ends], ends, strict=False))
    size, tick = (width, height), Fraction(1, scale)
    return Image("apng", "apng", size, lambda: frames_of(path, "apng"), tick, durations, clears)


def _chunks(data: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    at = len(MARK)
    while at + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        yield kind, data[at + 8 : at + 8 + length]
        at += 12 + length
