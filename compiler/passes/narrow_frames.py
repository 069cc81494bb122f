"""narrow-frames: if a slice shows only a part of a clip, only that part is made, from its source on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import floor
from typing import assert_never

from compiler.ir import ops
from compiler.ir.graph import Graph, drop_unread, substitute
from compiler.ir.infer import Inferred, Shapes, frames_of, infer
from compiler.ir.ops import Op, Place, Value, operands
from compiler.passes.part_motion import MOVING_LEAD
from compiler.timeline.frames import before
from compiler.timeline.instant import RecordTime, SourceTime
from compiler.timeline.window import preceding

LEAD = 2
"""Source frames read before the instant at which a part begins: the frame on screen may have begun that much earlier,
and its slot is rounded."""

MILLISECONDS = 1000
"""Steps a second to which the beginning of reading is rounded."""

ALIKE = (
    *(ops.Source, ops.Deinterlace, ops.Restate, ops.Flatten, ops.Tonemap, ops.Colour, ops.Turn, ops.Rotate),
    *(ops.Smear, ops.Scale, ops.Pad, ops.Blur, ops.Backdrop, ops.Opaque, ops.Conform, ops.Widen, ops.Narrow, ops.Rgb),
    *(ops.Deepen, ops.Palette),
)
"""Ops that treat every frame alike."""

ELSEWHERE = (
    *(ops.Plate, ops.Overlay, ops.Paint, ops.Concat, ops.Xfade, ops.Frames, ops.Restamp, ops.Split, ops.Branch),
    *(ops.Downmix, ops.Resample, ops.Silence, ops.Excerpt, ops.Tempo, ops.Exact, ops.Loudness, ops.Measure, ops.Pcm),
    *(ops.Stretch, ops.Made, ops.Volume, ops.Reframe),
)
"""Ops that no clip's picture has between it and its source when its frames are narrowed: those of several values, of
joins, of sound, and those that passes before have rewritten."""


@dataclass(frozen=True, slots=True)
class Span:
    """Frames [first, until) of a clip of `length` frames."""

    first: int
    until: int
    length: int

    @property
    def whole(self) -> bool:
        """Whether the span is the whole clip."""
        return (self.first, self.until) == (0, self.length)


def narrow_frames(graph: Graph, like: Inferred | None = None) -> Graph:
    """frames(f(x), a, b) = f'(frames(x, a, b)), down to the source: no other frame is made"""
    shapes = infer(graph, like)
    spans: dict[Value, Span] = {}
    parts: dict[Value, Op | None] = {}
    for clip, span in _spans_read(graph, shapes).items():
        chain = _chain(clip, graph)
        span = _with_fades(chain, span, graph)
        if not span.whole:
            spans[clip] = span
            parts.update({value: _part(graph.ops[value], span, chain, graph) for value in chain})
    return _narrowed(graph, spans, parts) if spans else graph


def _narrowed(graph: Graph, spans: Mapping[Value, Span], parts: Mapping[Value, Op | None]) -> Graph:
    """The graph with `parts` replaced, and readers of the clips in `spans` counting frames from the spans'
    beginnings."""
    defs, aliases = [], {}
    for define in graph:
        op = parts.get(define.name, define.op)
        if op is None:
            aliases[define.name] = operands(define.op)[0]
            continue
        if isinstance(op, ops.Frames) and (span := spans.get(op.src)):
            op = replace(op, first=op.first - span.first, until=op.until - span.first)
            if (op.first, op.until) == (0, span.until - span.first):
                aliases[define.name] = op.src
                continue
        defs.append(replace(define, op=op))
    return drop_unread(substitute(replace(graph, defs=tuple(defs)), aliases))


def _spans_read(graph: Graph, shapes: Shapes) -> dict[Value, Span]:
    """The span of every clip that is only read in parts, from the first part to the last."""
    parts: dict[Value, list[ops.Frames]] = defaultdict(list)
    for define in graph:
        if isinstance(define.op, ops.Frames) and _chain(define.op.src, graph):
            parts[define.op.src].append(define.op)
    return {
        value: Span(min(read.first for read in reads), max(read.until for read in reads), frames_of(value, shapes))
        for value, reads in parts.items()
        if len(reads) == graph.readers[value]
    }


def _chain(clip: Value, graph: Graph) -> list[Value]:
    """The values from a clip's picture down to its source, each with one reader; empty if the picture has no source."""
    chain = [clip]
    while not isinstance(op := graph.ops[chain[-1]], ops.Source):
        reads = operands(op)
        if len(reads) != 1 or graph.readers[reads[0]] != 1:
            return []
        chain.append(reads[0])
    return chain


def _with_fades(chain: Sequence[Value], span: Span, graph: Graph) -> Span:
    """The span, extended over any fade that it cuts, since a fade counts its frames from its own beginning."""
    for op in (graph.ops[value] for value in chain):
        if isinstance(op, ops.Fade) and span.first < op.entering:
            span = replace(span, first=0, until=max(span.until, op.entering))
        if isinstance(op, ops.Fade) and span.until > span.length - op.leaving:
            span = replace(span, first=min(span.first, span.length - op.leaving), until=span.length)
    return span


def _part(op: Op, span: Span, chain: Sequence[Value], graph: Graph) -> Op | None:
    """The op that makes only the span, in place of `op`, which makes the clip; None if nothing is left to do."""
    match op:
        case ops.Trim():
            return replace(op, start=_read_from(op, span, chain, graph))
        case ops.Retime():
            return replace(op, first=op.first + span.first, until=op.first + span.until)
        case ops.Fade():
            entering = op.entering if span.first == 0 else 0
            leaving = op.leaving if span.until == span.length else 0
            return replace(op, entering=entering, leaving=leaving) if entering or leaving else None
        case ops.Crop():
            return replace(op, x=_place(op.x, span), y=_place(op.y, span))
        case ops.Perspective():
            first, until = max(op.first - span.first, 0), min(op.until, span.until) - span.first
            if first >= until:
                return None
            path, x, y = op.path.part(span.first, span.until), _place(op.x, span), _place(op.y, span)
            return replace(op, path=path, x=x, y=y, first=first, until=until)
        case _ if isinstance(op, (*ALIKE, *ELSEWHERE)):
            return op
        case _:
            assert_never(op)


def _place(place: Place, span: Span) -> Place:
    return place if isinstance(place, int) else replace(place, track=place.track.part(span.first, span.until))


def _read_from(trim: ops.Trim, span: Span, chain: Sequence[Value], graph: Graph) -> SourceTime:
    """The source time from which frames are read: early enough for the first displayed frame, or the in point."""
    retime = next(op for op in (graph.ops[value] for value in chain) if isinstance(op, ops.Retime))
    source = graph.ops[chain[-1]]
    assert isinstance(source, ops.Source)
    begins = retime.warp.source_of(RecordTime((retime.first + span.first) / retime.fps))
    frames = LEAD if retime.motion == "repeat" else MOVING_LEAD
    skipped = preceding(source.media)  # windows of a file are read from the same frames
    lead = before(source.media.video, begins, frames) + skipped
    return SourceTime(max(trim.start, Fraction(floor(lead * MILLISECONDS), MILLISECONDS) - skipped))
