"""Paths: the crop box at every record frame of a clip, the curve composed with the warp."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from itertools import pairwise
from math import ceil
from operator import truediv

from compiler.timeline.cubic import Cubic, evaluate_all
from compiler.timeline.curve import Box, Curve
from compiler.timeline.frame_values import FrameValues, Stay
from compiler.timeline.instant import RecordTime, SourceTime
from compiler.timeline.source_grid import ONE, ZERO, SourceGrid
from compiler.timeline.track import Track, describe
from compiler.timeline.warp import INVERSE_ERROR, Warp

STILL = 0.05
"""Source pixels: a smaller change of size does not count as a zoom."""


SURELY_PAST = 32 * INVERSE_ERROR
"""Seconds of source time after a pace's end that no frame of the pace shows: a part of a ramp is inverted at both ends,
and its speed is at most 16."""


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
        index = warp.index_at(RecordTime(first / fps))
        bracket = _bracket(curve, bracket, warp, index, first, fps)
        cubics = curve.cubics(bracket)
        still = warp.paces[index].hold or all(map(_constant, cubics))
        if still and until - first > 1:
            stays.append(Stay(first, until, len(boxes)))
        run = range(first, first + 1 if still else until)
        progress = _progress(curve, bracket, warp, index, fps, run)
        boxes += map(Box, *(evaluate_all(cubic, progress) for cubic in cubics))
    return FrameValues(boxes, stays), breaks


def _bracket(curve: Curve, at_least: int, warp: Warp, index: int, frame: int, fps: Fraction) -> int:
    """The bracket of the curve at a frame, which pace number `index` plays; `at_least` is that of an earlier frame."""
    start, until = warp.paces[index].start, warp.paces[index].end + SURELY_PAST
    ends = index + 1 < len(warp.paces)
    while at_least < len(curve.keys):
        key = curve.keys[at_least].at
        if key > start and ((ends and key > until) or not _grid(warp, index, fps).at(frame, partial(_reaches, key))):
            break
        at_least += 1
    return at_least


def _reaches(at: SourceTime, numerator: int, denominator: int) -> bool:
    return numerator * at.denominator >= at.numerator * denominator


def _grid(warp: Warp, index: int, fps: Fraction, zero: Fraction = ZERO, scale: Fraction = ONE) -> SourceGrid:
    """The source time of each frame that pace number `index` plays."""

    def exact(n: int) -> Fraction:
        return warp.source_of(RecordTime(n / fps))

    return SourceGrid(warp.paces[index], warp.record_starts[index], fps, exact, zero, scale)


def _constant(cubic: Cubic) -> bool:
    return not any(cubic[1:])


def _breaks(curve: Curve, warp: Warp, fps: Fraction, frames: int) -> list[int]:
    inside = [key.at for key in curve.keys if warp.start < key.at < warp.end]
    instants = [*warp.record_starts, *(warp.record_of(at) for at in inside)]
    return sorted({0} | {n for at in instants if 0 < (n := ceil(at * fps)) < frames})


def _progress(curve: Curve, bracket: int, warp: Warp, index: int, fps: Fraction, run: range) -> list[float]:
    """The progress in the bracket of each frame of a run; the run lies in one bracket and in pace number `index`."""
    if not 0 < bracket < len(curve.keys):
        return [0.0] * len(run)
    left, right = curve.keys[bracket - 1].at, curve.keys[bracket].at
    grid, pace = _grid(warp, index, fps, left, 1 / (right - left)), warp.paces[index]
    if pace.constant:
        start = grid.at(run[0], truediv)
        step = float(pace.entry / (fps * (right - left)))
        return [start + step * k for k in range(len(run))]
    return [grid.at(n, truediv) for n in run]


def draw(boxes: FrameValues[Box], breaks: Sequence[int]) -> Path:
    """The path through these boxes."""
    x, y, width, height = (describe(boxes.along(values), breaks) for values in zip(*boxes.values, strict=True))
    return Path(x, y, width, height, boxes.frames)


def reshape(boxes: FrameValues[Box], shape: Callable[[Box], Box]) -> FrameValues[Box]:
    """The result of `shape` for every box, computed once if all boxes are equal."""
    if all(box == boxes.values[0] for box in boxes.values):
        return boxes.along([shape(boxes.values[0])] * len(boxes.values))
    return boxes.along([shape(box) for box in boxes.values])
