"""Keyframed curves over source time: the crop box by its keyframes.

Between keyframes a property follows, by the ease of the keyframe it leaves: `spline`, a uniform Catmull-Rom whose
parameter is the linear progress within the bracket, neighbours clamped at the ends and at a hold; `linear`; `smooth`,
smoothstep; `hold`, the left value until the next keyframe. Before the first and after the last keyframe the value
holds.

Times are exact; pixel geometry is float64, with errors below 1e-9 px, far less than ffmpeg can show.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

from compiler.timeline.cubic import Cubic, evaluate
from compiler.timeline.instant import SourceTime

KeyEase = Literal["spline", "linear", "hold", "smooth"]


class Box(NamedTuple):
    """A crop box in displayed source pixels: its top left corner and its size."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Key:
    """One keyframe: the box at a source time, and the ease to the next keyframe."""

    at: SourceTime
    box: Box
    ease: KeyEase = "spline"


@dataclass(frozen=True)
class Curve:
    """A curve through keyframes, in order of time; defined at every source time."""

    keys: tuple[Key, ...]

    def __post_init__(self) -> None:
        if not self.keys:
            raise ValueError("a curve has at least one keyframe")

    @cached_property
    def instants(self) -> tuple[SourceTime, ...]:
        """The source times of the keyframes."""
        return tuple(key.at for key in self.keys)

    def bracket_at(self, at: SourceTime) -> int:
        """The bracket of source time `at`: 0 before the first keyframe, k from keyframe k-1 on."""
        return bisect_right(self.instants, at)

    def at(self, at: SourceTime) -> Box:
        """The box at a source time."""
        bracket = self.bracket_at(at)
        progress = 0.0
        if 0 < bracket < len(self.keys):
            left, right = self.keys[bracket - 1].at, self.keys[bracket].at
            progress = float((at - left) / (right - left))
        return self.within(bracket, progress)

    def within(self, bracket: int, progress: float) -> Box:
        """The box in a bracket at linear progress 0..1."""
        return Box(*(evaluate(cubic, progress) for cubic in self.cubics(bracket)))

    def cubics(self, bracket: int) -> tuple[Cubic, Cubic, Cubic, Cubic]:
        """The bracket's polynomial of the progress for each property, lowest power first."""
        keys = self.keys
        if not 0 < bracket < len(keys):
            box = keys[0 if bracket == 0 else -1].box
            return (box.x,), (box.y,), (box.width,), (box.height,)
        left, right = keys[bracket - 1], keys[bracket]
        before, after = self._neighbours(bracket)
        fours = zip(before.box, left.box, right.box, after.box, strict=True)
        x, y, width, height = (_cubic(left.ease, *four) for four in fours)
        return x, y, width, height

    def _neighbours(self, bracket: int) -> tuple[Key, Key]:
        """The keyframes before and after a bracket; its own ends where there is none, or one across a hold."""
        keys, last = self.keys, len(self.keys) - 1
        before = keys[bracket - 2] if bracket >= 2 and keys[bracket - 2].ease != "hold" else keys[bracket - 1]
        after = keys[bracket + 1] if bracket < last and keys[bracket].ease != "hold" else keys[bracket]
        return before, after


def _cubic(ease: KeyEase, before: float, left: float, right: float, after: float) -> Cubic:
    rise = right - left
    match ease:
        case "hold":
            return (left,)
        case "linear":
            return left, rise
        case "smooth":
            return left, 0, 3 * rise, -2 * rise
        case "spline":
            return (
                left,
                (right - before) / 2,
                before - 2.5 * left + 2 * right - after / 2,
                (after - before) / 2 + 1.5 * (left - right),
            )
