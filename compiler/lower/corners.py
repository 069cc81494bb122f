"""Black corners: a picture that is rotated by a few degrees leaves them empty, and a crop box may show them."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from math import ceil, cos, inf, radians, sin

from compiler.errors import Notice
from compiler.model import Clip
from compiler.timeline.curve import Box

VISIBLE = 1e-3
"""The share of a box by which it may reach into a corner: a pixel of a 1080-class canvas."""


def note_corners(clip: Clip, boxes: Iterable[Box], picture: tuple[int, int]) -> Notice | None:
    """The notice of a rotated clip whose crop shows black corners, with the zoom that it needs; None without any."""
    zoom = needed_zoom(boxes, picture, clip.rotation) if clip.rotation else 1.0
    if zoom <= 1 + VISIBLE:
        return None
    if zoom == inf:
        remedy = "move the crop towards the middle of the picture"
    else:
        remedy = f"zoom in to {ceil(zoom * 1000) / 10:g} %, or move the crop towards the middle of the picture"
    return Notice(clip.loc.at("rotation"), f"the crop shows black corners of the rotated picture; {remedy}")


def needed_zoom(boxes: Iterable[Box], picture: tuple[int, int], degrees: Fraction) -> float:
    """The least factor by which every box, zoomed about its centre, keeps out of the corners: 1 if all do as they are,
    infinite if a centre is in a corner itself."""
    across, along = abs(sin(radians(float(degrees)))), cos(radians(float(degrees)))
    return max((_needed(box, picture, float(degrees), across, along) for box in boxes), default=1.0)


def _needed(box: Box, picture: tuple[int, int], degrees: float, across: float, along: float) -> float:
    """A box's corners lie in the rotated picture if the box, turned back about the picture's centre, lies in the
    upright one."""
    width, height = picture
    x, y = box.x + (box.width - width) / 2, box.y + (box.height - height) / 2
    turn = sin(radians(degrees))
    back = abs(along * x - turn * y), abs(turn * x + along * y)
    half = (box.width * along + box.height * across) / 2, (box.width * across + box.height * along) / 2
    room = width / 2 - back[0], height / 2 - back[1]
    if min(room) <= 0:
        return inf
    return max(1.0, half[0] / room[0], half[1] / room[1])
