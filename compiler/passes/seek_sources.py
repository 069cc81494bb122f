"""seek-sources: a source is read from a little before what is used of it, not from its start."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import ceil, floor

from compiler.ir import ops
from compiler.ir.graph import Def, Graph, rewrite
from compiler.ir.ops import Value, operands
from compiler.timeline.media import Media

LEAD = 1
"""Seconds read before the in point, at least: leading frames of an open GOP and a decoder's warm-up are lost there."""

LEAD_FRAMES = 32
"""The same in frames: twice the deepest reordering any codec here allows."""


COARSE_REACH = 600
"""Seconds into a file up to which sound with rounded timestamps is read from its start, where they can be counted on:
Matroska's milliseconds put a sound that was sought to up to half of one off, and slow motion stretches that."""


def seek_sources(graph: Graph) -> Graph:
    """trim(source, a, b) = trim(source from an instant well before a, a, b)"""
    starts = _first_read(graph)

    def seek(define: Def) -> tuple[Def] | None:
        if not isinstance(define.op, ops.Source) or define.name not in starts:
            return None
        start = starts[define.name]
        counted = start < COARSE_REACH and define.op.stream == "audio" and _coarse(define.op.media)
        to = 0 if counted else _seek(define.op.media, start)
        return (Def(define.name, ops.Source(define.op.media, define.op.stream, to), define.loc),)

    return rewrite(graph, seek)


def _seek(media: Media, start: Fraction) -> int:
    """Whole seconds, since only those are the same instant in nearly every time base."""
    lead = max(LEAD, ceil(LEAD_FRAMES / media.video.rate))
    return max(0, floor(start + media.video.first - media.start - lead))


def _coarse(media: Media) -> bool:
    """Whether the container's timestamps are too coarse to tell one sample from the next."""
    return media.audio is not None and media.audio.time_base > Fraction(1, media.audio.sample_rate)


def _first_read(graph: Graph) -> Mapping[Value, Fraction]:
    """The earliest source time that is used of each source."""
    earliest: dict[Value, Fraction] = {}
    for define in graph:
        match define.op:
            case ops.Trim(src, start):
                source, at = src, Fraction(start)
            case ops.Stretch(src, warp):
                source, at = src, Fraction(warp.start)
            case _:
                continue
        while operands(graph.ops[source]):
            source = operands(graph.ops[source])[0]
        earliest[source] = min(at, earliest.get(source, at))
    return earliest
