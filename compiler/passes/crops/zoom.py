"""A box that changes its size: a crop that follows it at whole pixels, and perspective for the rest."""

from __future__ import annotations

from itertools import pairwise
from math import ceil, hypot

from compiler.ir.ops import Crop, Follow, Perspective, Place, Scale
from compiler.passes.crops.plan import SRC, Axis, CropPlan, Kind, Step
from compiler.timeline.path import Path

MARGIN = 2
"""Source pixels kept around the box: the reach of a cubic."""

BLUR = 1 / 512 + 0.0193
"""Source pixels: half a step of perspective's 1/256, and the most that its kernel (a = -0.6) moves a slope,
0.2 t (1 - t)(2t - 1)."""

PIECES = 64
"""Track pieces a filter: perspective parses all its expressions again on every frame, about 36 ns a character."""

MAPS = 256 << 20
"""Bytes: what all the filters of one clip may keep, each a map of 8 bytes a pixel of its window.

It bounds the number of filters: 10,000 zooming keyframes at 608x1080 become 57 and cost 16 ms a frame, no more than
twice as many would; 28 cost 22, 14 cost 30, one 400. A map is touched only when its frames come."""


def perspective_plan(path: Path, x: Axis, y: Axis, kind: Kind) -> CropPlan:
    """An even crop that follows the box, perspective near 1:1 within it, then the scale."""
    (width, left), (height, top) = _followed(x), _followed(y)
    steps: list[tuple[str, Step]] = []
    if (width, height) != (x.side, y.side):
        steps.append(("follow", Crop(SRC, width, height, left, top)))
    chunks = list(pairwise(_chunks(path, width * height)))
    for k, (first, until) in enumerate(chunks, 1):
        name = f"perspective{k}" if len(chunks) > 1 else "perspective"
        steps.append((name, Perspective(SRC, path, left, top, first, until)))
    steps.append(("scale", Scale(SRC, x.out, y.out)))
    return CropPlan(kind, "perspective", hypot(_error(x), _error(y)), tuple(steps))


def _followed(axis: Axis) -> tuple[int, Place]:
    """The size of the crop along an axis, and where it stands: even, and wide enough wherever the box is in it."""
    window = min(axis.even_side, 2 * ceil(axis.sizes[1] / 2) + 2 * MARGIN + 2)
    room = axis.even_side - window
    if room == 0:
        return window, 0
    if (place := axis.place.constant) is not None:
        return window, min(max(0, 2 * int((place - MARGIN) // 2)), room)
    return window, Follow(axis.place, MARGIN, room)


def _chunks(path: Path, area: int) -> list[int]:
    """The frames between which one filter works, so that neither its text nor all maps together grow too large."""
    starts = sorted(piece.first for track in path.tracks for piece in track.pieces[1:] if piece.first < path.frames)
    most = max(1, MAPS // (8 * area))
    share = max(PIECES, ceil(len(starts) / most))
    return [0, *sorted(set(starts[share::share])), path.frames]


def _error(axis: Axis) -> float:
    return (axis.place.error + axis.size.error + BLUR) * axis.scale
