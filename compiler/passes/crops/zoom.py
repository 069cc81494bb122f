"""Plans of a box that changes its size: a crop follows it at whole pixels, and perspective does the rest."""

from __future__ import annotations

from itertools import pairwise
from math import ceil, hypot

from compiler.ir.ops import Crop, Follow, Perspective, Place, Scale
from compiler.passes.crops.plan import SRC, Axis, CropPlan, Kind, Step
from compiler.timeline.path import Path

MARGIN = 2
"""Source pixels kept around the box, the reach of the cubic kernel."""

BLUR = 1 / 512 + 0.0193
"""Source pixels: half a step of perspective's grid of 1/256, plus the largest shift of a slope by its kernel (a =
-0.6), 0.2 t (1 - t)(2t - 1)."""

PIECES = 64
"""Track pieces of a filter: perspective parses its expressions again at every frame, about 36 ns a character."""

MAPS = 256 << 20
"""Bytes that the filters of one clip may keep, each a map of 8 bytes for each pixel of its window.

The limit bounds the number of filters: 10,000 zooming keyframes at 608x1080 become 57 filters and cost 16 ms a frame,
as would twice as many; 28 filters cost 22 ms, 14 cost 30, one 400. A map is used only at its frames."""


def perspective_plan(path: Path, x: Axis, y: Axis, kind: Kind) -> CropPlan:
    """The plan of an even crop that follows the box, perspective near 1:1 within it, then the scale."""
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
    """The size of the crop along an axis, wide enough for every position of the box in it, and its even place."""
    window = min(axis.even_side, 2 * ceil(axis.sizes[1] / 2) + 2 * MARGIN + 2)
    room = axis.even_side - window
    if room == 0:
        return window, 0
    if (place := axis.place.constant) is not None:
        return window, min(max(0, 2 * int((place - MARGIN) // 2)), room)
    return window, Follow(axis.place, MARGIN, room)


def _chunks(path: Path, area: int) -> list[int]:
    """The frames at which the next filter begins, so that neither a filter's text nor all maps grow too large."""
    starts = sorted(piece.first for track in path.tracks for piece in track.pieces[1:] if piece.first < path.frames)
    most = max(1, MAPS // (8 * area))
    share = max(PIECES, ceil(len(starts) / most))
    return [0, *sorted(set(starts[share::share])), path.frames]


def _error(axis: Axis) -> float:
    return (axis.place.error + axis.size.error + BLUR) * axis.scale
