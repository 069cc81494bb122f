"""cut-sound: a stretched sound is made of pieces of one speed, each of exact length."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from itertools import pairwise

from compiler.ir import ops
from compiler.ir.graph import Def, Graph, drop_unread, rewrite
from compiler.ir.infer import Inferred
from compiler.ir.ops import Value
from compiler.passes.sound_pieces import SoundPiece, cut
from compiler.timeline.instant import SAMPLE_RATE, SourceTime, nearest

POST_ROLL = Fraction(100, 1000)
"""Seconds of source after a piece that a stretcher also reads, so that slow pieces do not end in silence: rubberband of
ffmpeg 5.1 never outputs the last 50 ms."""

DECLICK = 144
"""Samples (3 ms) faded on both sides of a joint next to a pitch-keeping stretcher or a silence."""


EARLY = Fraction(20, 1000)
"""Record seconds by which atempo plays sound early below half speed (a click in silence: 32 ms, sd 14, measured on 5.1
and 9.0); the piece starts earlier in the source to compensate."""


def cut_sound(graph: Graph, _: Inferred | None = None) -> Graph:
    """stretch(x, warp) = the concatenation of its paces, each stretched alone to its own share of the samples."""
    cut_up = rewrite(graph, lambda define: _pieces(define) if isinstance(define.op, ops.Stretch) else None)
    return drop_unread(cut_up)  # a sound of freezes alone reads nothing of its source


def _pieces(define: Def) -> Iterator[Def]:
    stretch = define.op
    assert isinstance(stretch, ops.Stretch)
    pieces = cut(stretch.warp, stretch.samples, stretch.engine)
    if len(pieces) == 1:
        yield from _piece(define, define.name, stretch.src, pieces[0], (0, 0))
        return
    names = [Value(f"{define.name}.{k}") for k in range(1, len(pieces) + 1)]
    for name, piece, fades in zip(names, pieces, _softened(pieces), strict=True):
        yield from _piece(define, name, stretch.src, piece, fades)
    yield Def(define.name, ops.Concat(tuple(names)), define.loc)


def _softened(pieces: Sequence[SoundPiece]) -> list[tuple[int, int]]:
    """The samples of each piece that are faded in and out, at joints where either side is uneven."""
    joints = [False, *(a.uneven or b.uneven for a, b in pairwise(pieces)), False]
    most = [min(DECLICK, piece.samples // 2) for piece in pieces]
    return [(long * before, long * after) for long, (before, after) in zip(most, pairwise(joints), strict=True)]


def _piece(define: Def, name: Value, src: Value, piece: SoundPiece, fades: tuple[int, int]) -> Iterator[Def]:
    """The definitions of one piece: an excerpt, stretched, made exact and faded at joints; the last one is `name`."""
    if not piece.speed:
        yield Def(name, ops.Silence(piece.samples), define.loc)
        return
    steps: list[tuple[str, Callable[[Value], ops.Op]]] = []
    if piece.speed == 1:
        steps.append(("from", lambda at: ops.Excerpt(at, piece.start, piece.samples)))
    else:
        early = piece.engine == "atempo" and piece.speed < Fraction(1, 2)
        lead = EARLY * piece.speed if early else Fraction(0)
        length = nearest((lead + piece.length + POST_ROLL) * SAMPLE_RATE)
        steps.append(("from", lambda at: ops.Excerpt(at, SourceTime(piece.start - lead), length)))
        steps.append(("at", lambda at: ops.Tempo(at, piece.speed, piece.engine)))
        steps.append(("exact", lambda at: ops.Exact(at, piece.samples)))
    if any(fades):
        steps.append(("soft", lambda at: ops.Fade(at, *fades)))
    for k, (label, make) in enumerate(steps, start=1):
        value = name if k == len(steps) else Value(f"{name}.{label}")
        yield Def(value, make(src), define.loc)
        src = value
