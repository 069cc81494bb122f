"""Plans of a box that never moves, at whole pixels: one crop, one scale."""

from __future__ import annotations

from math import hypot

from compiler.ir.ops import Crop, Scale
from compiler.passes.crops.plan import SRC, Axis, CropPlan

WHOLE = 1 / 512
"""Source pixels: smaller distances count as none; half of the finest step of ffmpeg's sub-pixel filters."""


def whole_plan(x: Axis, y: Axis) -> CropPlan:
    """The plan of the box rounded to the nearest even pixels, with the rounding as its error; a whole picture is only
    scaled."""
    if is_whole(x) and is_whole(y):
        return CropPlan("static", "scale", 0.0, (("scale", Scale(SRC, x.out, y.out)),))
    (left, width, x_error), (top, height, y_error) = _rounded(x), _rounded(y)
    crop = Crop(SRC, width, height, left, top)
    return CropPlan("static", "crop", hypot(x_error, y_error), (("crop", crop), ("scale", Scale(SRC, x.out, y.out))))


def is_whole(axis: Axis) -> bool:
    """Whether the box is the picture's whole side."""
    return axis.place.at(0) <= WHOLE and axis.place.at(0) + axis.size.at(0) >= axis.side - WHOLE


def _rounded(axis: Axis) -> tuple[int, int, float]:
    """The even place and size nearest to the box, and the distance that its edges move, output pixels."""
    place, size = axis.place.at(0), axis.size.at(0)
    start = min(2 * round(place / 2), axis.even_side - 2)
    end = min(max(2 * round((place + size) / 2), start + 2), axis.even_side)
    return start, end - start, max(abs(start - place), abs(end - place - size)) * axis.scale
