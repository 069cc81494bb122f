"""Traces in both directions: a record time back to the clips on screen (source frame, box, speed, share of the
picture), and a clip's source time forward to its record time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import floor

from compiler.errors import Loc, ReelError
from compiler.ir.graph import Graph
from compiler.ir.ops import Motion
from compiler.ir.text import number
from compiler.lower import Placed
from compiler.passes.part_motion import slow
from compiler.pipeline.plan import Plan
from compiler.timeline.curve import Box
from compiler.timeline.frames import begins, next_from, seen_at
from compiler.timeline.instant import RecordTime, SourceTime, slot

NAMED = 12
"""The most clips that an error lists."""


@dataclass(frozen=True, slots=True)
class Sight:
    """The view of one clip at one record frame."""

    placed: Placed
    frame: int
    """The clip's own frame, from 0."""
    source: SourceTime
    """The source time of the frame's record time, at which the crop is evaluated."""
    source_frame: int
    """The number of the displayed source frame, from 0; if frames are mixed, of the earlier one."""
    motion: Motion
    """The way the next source frame is mixed in, `repeat` for none."""
    box: Box
    speed: Fraction
    weight: Fraction
    """The clip's share of the picture: 1 alone, less in a dissolve; in other blends, their progress."""
    values: tuple[str, ...]
    """The graph's definitions of the clip's picture."""

    def as_json(self) -> dict[str, object]:
        """The sight's members of `compile --at --format json`."""
        return {
            "clip": self.placed.clip.id,
            "clip_frame": self.frame,
            "source_time": number(self.source),
            "source_frame": self.source_frame,
            "motion": self.motion,
            "crop": {name: round(value, 3) for name, value in self.box._asdict().items()},
            "speed": number(self.speed),
            "weight": number(self.weight),
            "values": list(self.values),
        }


def frame_at(plan: Plan, at: Fraction) -> int:
    """The record frame on screen at a record time; RC206 outside the film."""
    if not 0 <= at < plan.duration:
        raise ReelError(
            "RC206",
            Loc(),
            f"{number(at)} s is outside the reel",
            detail=f"it lasts {number(plan.duration)} s ({plan.frames} frames)",
            hint=f"ask for a time from 0 up to, not including, {number(plan.duration)}",
        )
    return floor(at * plan.fps)


def record_time(plan: Plan, clip: str, at: SourceTime) -> RecordTime:
    """The record time at which the clip of this id plays source time `at`; RC206 for a time that it does not play."""
    placed = {one.placed.clip.id: one.placed for one in plan.clips}.get(clip)
    if placed is None:
        named = ", ".join(one.placed.clip.id for one in plan.clips[:NAMED])
        more = f" and {len(plan.clips) - NAMED} more" if len(plan.clips) > NAMED else ""
        raise ReelError("RC206", Loc(), f'the reel has no clip "{clip}"', detail=f"it has {named}{more}")
    warp = placed.timing.warp
    end = min(warp.end, warp.source_of(RecordTime(placed.frames / plan.fps)))
    if not warp.start <= at < end:
        raise ReelError(
            "RC206",
            placed.clip.loc,
            f"source time {number(at)} s is not in the film",
            detail=f"the clip shows {number(warp.start)} s up to, not including, {number(end)} s",
        )
    return RecordTime(placed.first / plan.fps + warp.record_of(at))


def sights(plan: Plan, graph: Graph, frame: int) -> list[Sight]:
    """The views at a record frame: of one clip, or of the two of an overlap."""
    placed = [clip.placed for clip in plan.clips if clip.placed.first <= frame < clip.placed.first + clip.placed.frames]
    return [_sight(clip, plan, graph, frame, placed) for clip in placed]


def _sight(placed: Placed, plan: Plan, graph: Graph, frame: int, seen: Sequence[Placed]) -> Sight:
    n = frame - placed.first
    at = RecordTime(n / plan.fps)
    warp = placed.timing.warp
    names = tuple(d.name for d in graph if d.name == placed.name or d.name.startswith(f"{placed.name}."))
    source, speed = warp.source_of(at), warp.speed_at(at)
    motion = placed.clip.motion if slow(speed) else "repeat"
    source_frame = _source_frame(placed, plan.fps, n) if motion == "repeat" else _between(placed, source)
    return Sight(
        placed, n, source, source_frame, motion, placed.framing.path.at(n), speed, _weight(placed, frame, seen), names
    )


def _between(placed: Placed, at: SourceTime) -> int:
    """The last source frame at or before a source time, among those that are read."""
    video = placed.media.video
    return max(seen_at(video, at), next_from(video, placed.timing.read_from))


def _weight(placed: Placed, frame: int, seen: Sequence[Placed]) -> Fraction:
    """xfade's blend: frame k of an overlap of d shows k / d of the entering clip."""
    if len(seen) == 1:
        return Fraction(1)
    entering = seen[-1]
    share = Fraction(frame - entering.first, entering.join.overlap)
    return share if placed is entering else 1 - share


def _source_frame(placed: Placed, fps: Fraction, n: int) -> int:
    """The last source frame whose slot is at or before frame n, by bisection."""
    video, warp = placed.media.video, placed.timing.warp
    low = first = next_from(video, placed.timing.read_from)
    high = next_from(video, warp.end)
    while high - low > 1:
        middle = (low + high) // 2
        if slot(warp.record_of(SourceTime(max(warp.start, begins(video, middle)))), fps) <= n:
            low = middle
        else:
            high = middle
    return max(low, first)
