"""part-motion: only the frames of slow motion are blended or interpolated; all others are frames of the source."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import groupby, pairwise
from math import ceil

from compiler.ir import ops
from compiler.ir.graph import Def, Graph, rewrite
from compiler.ir.infer import Inferred
from compiler.ir.ops import Value, operands
from compiler.timeline.instant import RecordTime, SourceTime

MOVING_LEAD = 6
"""Source frames read before and after a run of slow motion: minterpolate uses two frames on either side of an instant,
and detects a cut by comparing its change with that between the two frames before."""


def part_motion(graph: Graph, _: Inferred | None = None) -> Graph:
    """retime(x, motion) = the concatenation of its runs of frames, with motion only in those of slow motion"""

    def part(define: Def) -> Iterator[Def] | None:
        op = define.op
        parts = isinstance(op, ops.Retime) and op.motion != "repeat"
        return _runs(define, op, graph) if parts and isinstance(op, ops.Retime) else None

    return rewrite(graph, part)


def _runs(define: Def, op: ops.Retime, graph: Graph) -> Iterator[Def]:
    runs = list(runs_of(op))
    names = [Value(f"{define.name}.{k}") for k in range(1, len(runs) + 1)] if len(runs) > 1 else [define.name]
    for name, (first, until, moves) in zip(names, runs, strict=True):
        part = replace(op, first=first, until=until, motion=op.motion if moves else "repeat")
        if moves and len(runs) > 1 and (near := _near(part, graph)):
            reading = Value(f"{name}.from")
            yield Def(reading, near, define.loc)
            part = replace(part, src=reading)
        yield Def(name, part, define.loc)
    if len(runs) > 1:
        yield Def(define.name, ops.Concat(tuple(names)), define.loc)


def runs_of(op: ops.Retime) -> Iterator[tuple[int, int, bool]]:
    """The runs [first, until) of frames, and whether each is slow motion."""
    for moves, run in groupby(_even_runs(op), lambda run: run[2]):
        spans = list(run)
        yield spans[0][0], spans[-1][1], moves


def _even_runs(op: ops.Retime) -> Iterator[tuple[int, int, bool]]:
    """Runs of frames that are all slow motion or none, one or two for each pace: a ramp crosses real time once."""
    last = op.first + op.frames
    begins = [min(max(ceil(at * op.fps), op.first), last) for at in op.warp.record_starts[1:-1]]
    for first, until in pairwise([op.first, *begins, last]):
        if first < until:
            moves, changed = slow(_speed(op, first)), until
            if not op.warp.pace_at(RecordTime(first / op.fps)).constant:
                changed = bisect_left(range(first, until), True, key=lambda n: slow(_speed(op, n)) != moves) + first
            yield first, changed, moves
            if changed < until:
                yield changed, until, not moves


def slow(speed: Fraction) -> bool:
    """Whether a speed is slow motion: below real time, and above 0."""
    return 0 < speed < 1


def _speed(op: ops.Retime, n: int) -> Fraction:
    return op.warp.speed_at(RecordTime(n / op.fps))


def _near(part: ops.Retime, graph: Graph) -> ops.Trim | None:
    """The trim around the frames of a part; None at uneven times, where no frame can be left out."""
    op = graph.ops[part.src]
    while not isinstance(op, ops.Source):
        op = graph.ops[operands(op)[0]]
    if op.media.video.variable:
        return None
    lead = MOVING_LEAD / op.media.video.rate
    begins, ends = (part.warp.source_of(RecordTime(n / part.fps)) for n in (part.first, part.first + part.frames))
    start, end = max(part.warp.start, SourceTime(begins - lead)), min(part.warp.end, SourceTime(ends + lead))
    return ops.Trim(part.src, start, end)
