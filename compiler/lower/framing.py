"""The framing of a clip: stored keyframes as the path of a box, and its fit to the canvas."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from operator import add, truediv

from compiler.errors import Loc, ReelError
from compiler.lower.corners import note_corners
from compiler.lower.timing import Notify
from compiler.model import Canvas, Clip, Keyframe
from compiler.timeline.curve import Box, Curve, Key
from compiler.timeline.frame_values import FrameValues
from compiler.timeline.instant import SourceTime
from compiler.timeline.media import Media
from compiler.timeline.path import Path, draw, reshape, trace
from compiler.timeline.warp import Pace, Warp

SLACK = 1.0
"""Source pixels by which a stored box may leave the picture, for rounding: 1080.001 in 1080 is legal."""

SHAPE_SLACK = 0.01
"""The relative difference up to which a box of another shape than the canvas's is simply scaled to the canvas."""

SAMPLES = 20_000
"""The most boxes of a path over a whole source."""


@dataclass(frozen=True, slots=True)
class Framing:
    """The box's path, the size that the box is scaled to, and its place on the canvas."""

    curve: Curve
    path: Path
    width: int
    height: int
    x: int
    y: int
    picture: tuple[int, int]
    """Width and height of the picture that the box is in: as displayed, turned by the clip."""


def frame_clip(clip: Clip, media: Media, warp: Warp, canvas: Canvas, frames: int, notify: Notify) -> Framing:
    """The clip's framing; raises RC202 for boxes off the picture, RC204 for a shape that changes under `contain`. A
    crop with black corners is noted."""
    picture = media.video.oriented(clip.turn, clip.mirror).displayed
    curve = _curve(clip, media, picture, canvas)
    boxes, breaks = trace(curve, warp, canvas.fps, frames)
    boxes, filled = _legal(boxes, picture, canvas)
    if noted := note_corners(clip, boxes.values, picture):
        notify(noted)
    inner = (canvas.width, canvas.height)
    if not filled:
        inner = _contained(boxes, canvas, clip.loc.at("crop_data"))
    x, y = ((outer - size) // 4 * 2 for outer, size in zip((canvas.width, canvas.height), inner, strict=True))
    return Framing(curve, draw(boxes, breaks), *inner, x, y, picture)


def keyed_path(framing: Framing, media: Media, canvas: Canvas) -> tuple[Path, SourceTime, Fraction]:
    """The box over source time at real speed, trimmed or not: the path, its start, and its frames a second.

    The path runs from the first keyframe to the last, with a box for each frame of the media, at most SAMPLES.
    """
    first, last = framing.curve.keys[0].at, framing.curve.keys[-1].at
    rate = min(media.video.rate, SAMPLES / (last - first)) if last > first else media.video.rate
    frames = ceil((last - first) * rate) + 1
    boxes, breaks = trace(framing.curve, Warp((Pace(first, SourceTime(first + frames / rate)),)), rate, frames)
    return draw(_legal(boxes, framing.picture, canvas)[0], breaks), first, rate


def _curve(clip: Clip, media: Media, picture: tuple[int, int], canvas: Canvas) -> Curve:
    """The stored keyframes as a curve; without keyframes, the largest centred box of the canvas's shape."""
    if not clip.crop:
        return Curve((Key(SourceTime(Fraction(0)), _largest(*picture, canvas.width / canvas.height)),))
    curve = Curve(tuple(_key(key, media) for key in clip.crop))
    _check_boxes(clip.crop, curve, *picture)
    return curve


def _legal(boxes: FrameValues[Box], picture: tuple[int, int], canvas: Canvas) -> tuple[FrameValues[Box], bool]:
    """The boxes moved into the picture, under `cover` cut to the canvas's shape; and whether they have that shape."""
    width, height = picture
    shape = canvas.width / canvas.height
    if not _inside(boxes, width, height):
        boxes = reshape(boxes, lambda box: _within(box, width, height))
    if all(abs(extreme / shape - 1) <= SHAPE_SLACK for extreme in _shapes(boxes)):
        return boxes, True
    if canvas.fit == "cover":
        return reshape(boxes, lambda box: _filling(box, shape)), True
    return boxes, False


def _key(key: Keyframe, media: Media) -> Key:
    at = key.time if key.time is not None else Fraction(key.at or 0) / media.video.rate
    return Key(SourceTime(at), Box(float(key.x), float(key.y), float(key.width), float(key.height)), key.ease)


def _check_boxes(stored: tuple[Keyframe, ...], curve: Curve, width: int, height: int) -> None:
    for keyframe, key in zip(stored, curve.keys, strict=True):
        box = key.box
        out = max(-box.x, -box.y, box.x + box.width - width, box.y + box.height - height)
        if out > SLACK:
            raise ReelError(
                "RC202",
                keyframe.loc,
                f"the crop box leaves the picture by {out:g} px",
                detail=f"{box.width:g}x{box.height:g} at ({box.x:g}, {box.y:g}) of a {width}x{height} picture",
                hint=f"keep x within 0 .. {max(0, width - box.width):g}, "
                f"y within 0 .. {max(0, height - box.height):g}, and the size within the picture",
            )


def _shape(box: Box) -> float:
    return box.width / box.height


def _shapes(boxes: FrameValues[Box]) -> tuple[float, float]:
    """The narrowest and the widest shape of the boxes; by `map`, since a reel may have a million boxes."""
    _, _, widths, heights = zip(*boxes.values, strict=True)
    shapes = list(map(truediv, widths, heights))
    return min(shapes), max(shapes)


def _inside(boxes: FrameValues[Box], width: int, height: int) -> bool:
    """Whether every box lies within the picture."""
    xs, ys, widths, heights = zip(*boxes.values, strict=True)
    right, bottom = max(map(add, xs, widths)), max(map(add, ys, heights))
    return bool(min(xs) >= 0 and min(ys) >= 0 and right <= width and bottom <= height)


def _largest(width: int, height: int, shape: float) -> Box:
    """The largest centred box of a shape."""
    return _filling(Box(0, 0, width, height), shape)


def _within(box: Box, width: int, height: int) -> Box:
    """The box clamped into the picture with its shape kept, since a spline may overshoot its keyframes."""
    if box.x >= 0 and box.y >= 0 and box.x + box.width <= width and box.y + box.height <= height:
        return box
    share = min(1.0, width / box.width, height / box.height)
    w, h = min(box.width * share, width), min(box.height * share, height)
    x, y = box.x + (box.width - w) / 2, box.y + (box.height - h) / 2
    return Box(min(max(x, 0.0), width - w), min(max(y, 0.0), height - h), w, h)


def _filling(box: Box, shape: float) -> Box:
    """The largest box of a shape within `box`, about its centre."""
    if _shape(box) > shape:
        width = box.height * shape
        return Box(box.x + (box.width - width) / 2, box.y, width, box.height)
    height = box.width / shape
    return Box(box.x, box.y + (box.height - height) / 2, box.width, height)


def _contained(boxes: FrameValues[Box], canvas: Canvas, loc: Loc) -> tuple[int, int]:
    """The even size within the canvas to which boxes of one shape are scaled; RC204 if their shape changes."""
    low, high = _shapes(boxes)
    if high / low - 1 > SHAPE_SLACK:
        raise ReelError(
            "RC204",
            loc,
            "the crop box changes its shape, so its bars would change too",
            detail=f"from {low:.4g}:1 to {high:.4g}:1 on a canvas of {canvas.width}x{canvas.height}",
            hint='give every keyframe the same width to height ratio, or set the canvas\'s fit to "cover"',
        )
    shape = (low + high) / 2
    if shape > canvas.width / canvas.height:
        return canvas.width, max(2, 2 * round(canvas.width / shape / 2))
    return max(2, 2 * round(canvas.height * shape / 2)), canvas.height
