"""GIF: frames by libav, times and what they clear by our own reader."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import partial
from pathlib import Path

from compiler.supervise.images.by_libav import frames_of
from compiler.supervise.images.image import Image, calm
from compiler.supervise.media.admit import unreadable

MARKS = (b"GIF87a", b"GIF89a")
TICK = Fraction(1, 100)
CONTROL, EXTENSION, PICTURE = 0xF9, 0x21, 0x2C
RESTORE_BACKGROUND = 2


def gif(path: Path, data: memoryview) -> Image:
    """The GIF; RC604 if it has no picture."""
    found = list(_pictures(data))
    cut = len(found) > 1 and found[-1][2] > len(data)
    if cut:
        found.pop()
    if not found:
        raise unreadable("is a GIF without a picture")
    durations = tuple(round(calm(ticks * TICK) / TICK) for ticks, _, _ in found)
    clears = any(disposal == RESTORE_BACKGROUND for _, disposal, _ in found)
    size = int.from_bytes(data[6:8], "little"), int.from_bytes(data[8:10], "little")
    return Image("gif", "gif", size, partial(frames_of, path, "gif"), TICK, durations, clears, cut=cut)


def _pictures(data: memoryview) -> Iterator[tuple[int, int, int]]:
    """The stated ticks, the disposal and the end of each picture, as far as the file goes."""
    at, stated = 13 + _table(data[10]), (0, 0)
    while at + 1 < len(data):
        if data[at] == EXTENSION:
            if data[at + 1] == CONTROL and at + 6 < len(data):
                stated = int.from_bytes(data[at + 4 : at + 6], "little"), data[at + 3] >> 2 & 7
            at = _after(data, at + 2)
        elif data[at] == PICTURE and at + 9 < len(data):
            at = _after(data, at + 11 + _table(data[at + 9]))
            yield *stated, at
            stated = (0, 0)
        else:
            return


def _table(packed: int) -> int:
    """The bytes of the colour table that a packed field announces."""
    return 3 << (packed & 7) + 1 if packed & 0x80 else 0


def _after(data: memoryview, at: int) -> int:
    """The place after the blocks that begin at a place."""
    while at < len(data) and data[at]:
        at += data[at] + 1
    return at + 1
