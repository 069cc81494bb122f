"""Joins: the check of their lengths, and the reel's picture and sound made of its clips."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import floor

from compiler.errors import ReelError
from compiler.ir import ops
from compiler.ir.graph import Def
from compiler.ir.ops import Value
from compiler.lower.clip import Placed
from compiler.model import Clip
from compiler.timeline.instant import RecordTime, frame_count, nearest, sample_at
from compiler.timeline.layout import CUT, Join, longest

XFADE_MOST = 60
"""Seconds: the longest duration that xfade takes."""


def joins_of(clips: Sequence[Clip], fps: Fraction) -> list[Join]:
    """The join into each clip, in frames; the first clip's transition is ignored."""
    joins = [CUT]
    for clip in clips[1:]:
        way = clip.transition
        frames = 0 if way.type == "cut" else frame_count(RecordTime(way.duration), fps)
        joins.append(CUT if way.type == "cut" else Join(way.type, frames, way.colour, way.curve))
    return joins


def illegal_joins(
    clips: Sequence[Clip], lengths: Sequence[int], joins: Sequence[Join], fps: Fraction
) -> Iterator[ReelError]:
    """RC203 for every join that is longer than its clips allow, with the longest legal value."""
    for k, join in enumerate(joins):
        loc = clips[k].transition.loc
        if k == 0 or join.kind == "cut":
            continue
        if join.frames <= (most := longest(lengths, joins, k)):
            if join.overlap > XFADE_MOST * fps:
                what = "the transition into the clip is longer than ffmpeg blends"
                hint = f"make it at most {XFADE_MOST} s"
                yield ReelError("RC203", loc.at("duration"), what, detail=_asked(join, fps), hint=hint)
            continue
        seconds = seconds_of(most, fps)
        yield ReelError(
            "RC203",
            loc.at("duration"),
            "the transition into the clip is longer than the clips it joins",
            detail=f'{_asked(join, fps)}; "{clips[k - 1].id}" and "{clips[k].id}" have room for {most}',
            hint=f"make it at most {seconds} s" if most else _without_room(lengths, joins, k),
        )


def _without_room(lengths: Sequence[int], joins: Sequence[Join], k: int) -> str:
    """The advice for a join whose clips have frames, but no room: the joins beside it take it."""
    for side, other in (("before", k - 1), ("after", k + 1)):
        others = [CUT if n == other else join for n, join in enumerate(joins)]
        if longest(lengths, others, k):
            return f"shorten the transition {side} it"
    return "shorten the transitions before and after it"


def _asked(join: Join, fps: Fraction) -> str:
    return f"asks for {join.frames} frames ({float(join.frames / fps):g} s)"


def most_of(lengths: Sequence[int], joins: Sequence[Join], k: int, fps: Fraction) -> int:
    """The most frames that the join into clip k may last, with the other joins unchanged."""
    most = longest(lengths, joins, k)
    return most if joins[k].kind == "fade" else min(most, floor(XFADE_MOST * fps))


def seconds_of(frames: int, fps: Fraction) -> str:
    """A duration in decimal seconds that rounds to exactly this number of frames."""
    texts = (f"{float(frames / fps):.{places}f}" for places in range(10))
    return next(text for text in texts if nearest(Fraction(text) * fps) == frames)


def join_pictures(clips: Sequence[Placed]) -> tuple[list[Def], Value]:
    """The definitions that join the clips' pictures in order, and the name of the reel's picture."""
    kinds = [placed.join.kind for placed in clips]
    return _join(clips, "reel", [placed.picture for placed in clips], [placed.join.overlap for placed in clips], kinds)


def join_sounds(clips: Sequence[Placed], fps: Fraction) -> tuple[list[Def], Value]:
    """The definitions that join the clips' sounds over the same instants, and the name of the reel's sound."""
    overlaps = [sample_at(placed.first + placed.join.overlap, fps) - sample_at(placed.first, fps) for placed in clips]
    curves = [placed.join.curve for placed in clips]
    return _join(clips, "reel.sound", [placed.sound for placed in clips], overlaps, curves)


def _join(
    clips: Sequence[Placed], stem: str, values: Sequence[Value], overlaps: Sequence[int], kinds: Sequence[str]
) -> tuple[list[Def], Value]:
    defs: list[Def] = []
    reel = values[0]
    rest = zip(clips[1:], values[1:], overlaps[1:], kinds[1:], strict=True)
    for k, (placed, value, overlap, kind) in enumerate(rest, start=2):
        name = Value(stem if k == len(clips) else f"{stem}.{k}")
        join: ops.Op = ops.Concat((reel, value))
        if overlap:
            join = ops.Xfade(reel, value, kind, overlap)
        loc = placed.clip.loc if placed.join == CUT else placed.clip.transition.loc
        defs.append(Def(name, join, loc))
        reel = name
    return defs, reel
