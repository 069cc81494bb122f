"""Paths: the crop box at every record frame of a clip, the curve composed with the warp."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import ceil

from compiler.timeline.cubic import Cubic, evaluate_all
from compiler.timeline.curve import Box, Curve
from compiler.timeline.frame_values import FrameValues, Stay
from compiler.timeline.instant import RecordTime
from compiler.timeline.track import Track, describe
from compiler.timeline.warp import Warp

STILL = 0.05
"""Source pixels: a smaller change of size does not count as a zoom."""


@dataclass(frozen=True, slots=True)
class Path:
    """The crop box as four tracks over a clip's record frames, with their largest distance from the curve."""

    x: Track
    y: Track
    width: Track
    height: Track
    frames: int

    @property
    def tracks(self) -> tuple[Track, Track, Track, Track]:
        """x, y, width, height."""
        return self.x, self.y, self.width, self.height

    @property
    def error(self) -> float:
        """The largest distance from the curve, source pixels."""
        return max(track.error for track in self.tracks)

    @property
    def still(self) -> bool:
        """Whether the box never moves."""
        return all(track.constant is not None for track in self.tracks)

    @property
    def zooms(self) -> bool:
        """Whether the box's size changes."""
        sizes = (track.extremes(self.frames) for track in (self.width, self.height))
        return any(largest - smallest > STILL for smallest, largest in sizes)

    def part(self, first: int, until: int) -> Path:
        """Frames [first, until) as a path of their own, counted from 0."""
        x, y, width, height = (track.part(first, until) for track in self.tracks)
        return Path(x, y, width, height, until - first)

    def at(self, n: int) -> Box:
        """The box at record frame `n` of the clip."""
        return Box(*(track.at(n) for track in self.tracks))


def trace(curve: Curve, warp: Warp, fps: Fraction, frames: int) -> tuple[FrameValues[Box], list[int]]:
    """The box at each record frame, and the frames at which a new polynomial may begin.

    Frame n shows the curve at the source time of record time n / fps, so that in slow motion the box moves with every
    frame although pictures repeat.
    """
    breaks = _breaks(curve, warp, fps, frames)
    boxes: list[Box] = []
    stays: list[Stay] = []
    bracket = 0
    for first, until in pairwise([*breaks, frames]):
        at = warp.source_of(RecordTime(first / fps))
        while bracket < len(curve.keys) and curve.keys[bracket].at <= at:
            bracket += 1
        cubics = curve.cubics(bracket)
        still = warp.pace_at(RecordTime(first / fps)).hold or all(map(_constant, cubics))
        if still and until - first > 1:
            stays.append(Stay(first, until, len(boxes)))
        run = range(first, first + 1 if still else until)
        progress = _progress(curve, bracket, warp, fps, run)
        boxes += map(Box, *(evaluate_all(cubic, progress) for cubic in cubics))
    return FrameValues(boxes, stays), breaks


def _constant(cubic: Cubic) -> bool:
    return not any(cubic[1:])


def _breaks(curve: Curve, warp: Warp, fps: Fraction, frames: int) -> list[int]:
    inside = [key.at for key in curve.keys if warp.start < key.at < warp.end]
    instants = [*warp.record_starts, *(warp.record_of(at) for at in inside)]
    return sorted({0} | {n for at in instants if 0 < (n := ceil(at * fps)) < frames})


def _progress(curve: Curve, bracket: int, warp: Warp, fps: Fraction, run: range) -> list[float]:
    """The progress in the bracket of each frame of a run; the run lies in one bracket and one pace of the warp."""
    if not 0 < bracket < len(curve.keys):
        return [0.0] * len(run)
    left, right = curve.keys[bracket - 1].at, curve.keys[bracket].at
    at = RecordTime(run[0] / fps)
    pace = warp.pace_at(at)
    if pace.constant:
        start = float((warp.source_of(at) - left) / (right - left))
        step = float(pace.entry / (fps * (right - left)))
        return [start + step * k for k in range(len(run))]
    return [float((warp.source_of(RecordTime(n / fps)) - left) / (right - left)) for n in run]


def draw(boxes: FrameValues[Box], breaks: Sequence[int]) -> Path:
    """The path through these boxes."""
    x, y, width, height = (describe(boxes.along(values), breaks) for values in zip(*boxes.values, strict=True))
    return Path(x, y, width, height, boxes.frames)


def reshape(boxes: FrameValues[Box], shape: Callable[[Box], Box]) -> FrameValues[Box]:
    """The result of `shape` for every box, computed once if all boxes are equal."""
    if all(box == boxes.values[0] for box in boxes.values):
        return boxes.along([shape(boxes.values[0])] * len(boxes.values))
    return boxes.along([shape(box) for box in boxes.values])
