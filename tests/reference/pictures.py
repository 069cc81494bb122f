"""The pictures of a film, drawn slowly and plainly: every pixel comes from the source frame that the law names.

For a pixel of the film: its place in the crop window, the place of that in the turned picture before its rotation, and
the value there, linear between the four samples around it. Overlaps are weighted sums, fades are sums with black.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from tests.reference.crop import Box
from tests.reference.edit import Stored
from tests.reference.predict import Clip, Prediction

Plane = NDArray[np.float64]
Picture = tuple[Plane, Plane, Plane]
"""Y, U, V in code values; U and V of half the size."""

BLACK = (16.0, 128.0, 128.0)
SLACK = Fraction(1, 100)
"""Part of its shape by which a window may differ from the canvas without bars."""


def film(reel: Stored, prediction: Prediction, decoded: Mapping[str, Sequence[Picture]]) -> Iterator[Picture]:
    """Every frame of the film; `decoded` are the frames of each media."""
    size = (int(reel["canvas"]["width"]), int(reel["canvas"]["height"]))
    stored = {clip.id: edit for clip, edit in zip(prediction.clips, reel["clips"], strict=True)}
    cover = reel["canvas"].get("fit") == "cover"
    for n in range(prediction.frames):
        frame = [np.zeros((size[1] // step, size[0] // step)) for step in (1, 2, 2)]
        for clip in prediction.clips:
            if clip.first_frame <= n < clip.end_frame:
                k = n - clip.first_frame
                window = _filling(clip.windows[k], Fraction(*size)) if cover else clip.windows[k]
                degrees = float(stored[clip.id].get("rotation", 0))
                source = _turned(decoded[clip.media][clip.source_frames[k]], stored[clip.id])
                shot = _shot(source, window, degrees, size)
                seen, lit = _overlapping(clip, k), _lit(clip, k)
                for plane, part, black in zip(frame, shot, BLACK, strict=True):
                    plane += seen * (black + lit * (part - black))
        yield frame[0], frame[1], frame[2]


def _turned(source: Picture, stored: Stored) -> Picture:
    """The picture turned clockwise, then mirrored, as its clip says."""
    quarters, side = stored.get("turn", 0) // 90, -1 if stored.get("mirror") else 1
    y, u, v = (np.rot90(plane, -quarters)[:, ::side] for plane in source)
    return y, u, v


def _overlapping(clip: Clip, k: int) -> float:
    """The weight of its frame `k`: an overlap of d frames shows 0, 1/d, 2/d … of the entering clip."""
    entering, leaving = clip.overlaps
    weight = k / entering if k < entering else 1.0
    return weight * (1 - (k - clip.frames + leaving) / leaving if k >= clip.frames - leaving else 1.0)


def _lit(clip: Clip, k: int) -> float:
    """The light of its frame `k`: frame i of d that come from black has i/d, of d that go to black 1 - i/d."""
    coming, going = clip.darkened
    light = k / coming if k < coming else 1.0
    return light * (1 - (k - clip.frames + going) / going if k >= clip.frames - going else 1.0)


def _filling(window: Box, shape: Fraction) -> Box:
    """The largest window of a shape about the same centre, within it."""
    x, y, width, height = window
    inner = (min(width, height * shape), min(height, width / shape))
    return x + (width - inner[0]) / 2, y + (height - inner[1]) / 2, *inner


def _shot(source: Picture, window: Box, degrees: float, size: tuple[int, int]) -> Picture:
    """The window of a picture, on the canvas, with bars if its shape differs."""
    inner = _inner(window, size)
    left, top = ((outer - part) // 4 * 2 for outer, part in zip(size, inner, strict=True))
    planes = []
    for plane, black, step in zip(source, BLACK, (1, 2, 2), strict=True):
        canvas = np.full((size[1] // step, size[0] // step), black)
        drawn = _drawn(plane, step, window, degrees, (inner[0] // step, inner[1] // step), black)
        canvas[top // step : (top + inner[1]) // step, left // step : (left + inner[0]) // step] = drawn
        planes.append(canvas)
    return planes[0], planes[1], planes[2]


def _inner(window: Box, size: tuple[int, int]) -> tuple[int, int]:
    """The even size to which a window is scaled."""
    shape = window[2] / window[3]
    canvas = Fraction(*size)
    if abs(shape / canvas - 1) <= SLACK:
        return size
    if shape > canvas:
        return size[0], 2 * round(size[0] / shape / 2)
    return 2 * round(size[1] * shape / 2), size[1]


def _drawn(plane: Plane, step: int, window: Box, degrees: float, size: tuple[int, int], black: float) -> Plane:
    """A plane's part of a window, `size` samples; `step` is the width of one of its samples in pixels."""
    x, y, width, height = (float(edge) for edge in window)
    across = x + (np.arange(size[0]) + 0.5) * width / size[0]
    down = y + (np.arange(size[1]) + 0.5) * height / size[1]
    columns, rows = np.meshgrid(across, down)
    rotated = _rotated(columns, rows, (plane.shape[1] * step, plane.shape[0] * step), degrees)
    columns, rows = (at / step - 0.5 for at in rotated)
    values = _between(plane, columns, rows)
    if degrees:
        outside = (columns < -0.5) | (rows < -0.5) | (columns > plane.shape[1] - 0.5) | (rows > plane.shape[0] - 0.5)
        values = np.where(outside, black, values)
    return values


def _rotated(columns: Plane, rows: Plane, size: tuple[int, int], degrees: float) -> tuple[Plane, Plane]:
    """The place before the picture was rotated counter-clockwise about its centre."""
    angle = math.radians(degrees)
    x, y = columns - size[0] / 2, rows - size[1] / 2
    return (
        x * math.cos(angle) - y * math.sin(angle) + size[0] / 2,
        x * math.sin(angle) + y * math.cos(angle) + size[1] / 2,
    )


def _between(plane: Plane, columns: Plane, rows: Plane) -> Plane:
    """The plane's values between its samples, with its edges continued outside."""
    height, width = plane.shape
    columns, rows = columns.clip(0, width - 1), rows.clip(0, height - 1)
    left, top = np.floor(columns).astype(int), np.floor(rows).astype(int)
    right, bottom = np.minimum(left + 1, width - 1), np.minimum(top + 1, height - 1)
    u, v = columns - left, rows - top
    upper = plane[top, left] * (1 - u) + plane[top, right] * u
    lower = plane[bottom, left] * (1 - u) + plane[bottom, right] * u
    return np.asarray(upper * (1 - v) + lower * v)
