"""cut-sound: a stretched sound is made of pieces of one speed, each of its exact length."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import pairwise

from compiler.ir import ops
from compiler.ir.graph import Def, Graph, rewrite
from compiler.ir.ops import Engine, Value
from compiler.timeline.instant import SAMPLE_RATE, SourceTime, nearest
from compiler.timeline.warp import Pace, Warp

POST_ROLL = Fraction(100, 1000)
"""Seconds of source after a piece that a stretcher is given, so that slow pieces do not end in silence: rubberband of
ffmpeg 5.1 keeps the last 50 ms of it to itself."""

SHORTEST = 1024
"""Samples: pitch-keeping stretchers cut the whole film short on less (ffmpeg 5.1 with exit 0)."""

DECLICK = 144
"""Samples (3 ms) faded on both sides of a joint that a pitch-keeping stretcher leaves uneven."""


EARLY = Fraction(20, 1000)
"""Record seconds by which atempo plays content early below half speed (a click in silence: 32 ms, sd 14, measured on
5.1 and 9.0), made good by starting so much earlier in the source."""


def cut_sound(graph: Graph) -> Graph:
    """stretch(x, warp) = the concatenation of its paces, each stretched alone to its own share of the samples."""
    return rewrite(graph, lambda define: _pieces(define) if isinstance(define.op, ops.Stretch) else None)


def _pieces(define: Def) -> Iterator[Def]:
    stretch = define.op
    assert isinstance(stretch, ops.Stretch)
    shares = list(pairwise(_boundaries(stretch.warp, stretch.samples)))
    pieces = [(pace, end - start) for pace, (start, end) in zip(stretch.warp.paces, shares, strict=True) if end > start]
    if len(pieces) == 1:
        yield from _piece(define, define.name, stretch.src, *pieces[0], stretch.engine, (0, 0))
        return
    names = [Value(f"{define.name}.{k}") for k in range(1, len(pieces) + 1)]
    uneven = [_uneven(pace, samples, stretch.engine) for pace, samples in pieces]
    for k, (name, (pace, samples)) in enumerate(zip(names, pieces, strict=True)):
        before = k > 0 and (uneven[k] or uneven[k - 1])
        after = k + 1 < len(pieces) and (uneven[k] or uneven[k + 1])
        fades = tuple(min(DECLICK, samples // 2) if faded else 0 for faded in (before, after))
        yield from _piece(define, name, stretch.src, pace, samples, stretch.engine, (fades[0], fades[1]))
    yield Def(define.name, ops.Concat(tuple(names)), define.loc)


def _boundaries(warp: Warp, samples: int) -> list[int]:
    """Where each pace begins in the clip's samples, and the clip's end."""
    return [*(min(samples, nearest(at * SAMPLE_RATE)) for at in warp.record_starts[:-1]), samples]


def _uneven(pace: Pace, samples: int, engine: Engine) -> bool:
    return pace.entry != 1 and _fitting(pace, samples, engine) != "varispeed"


def _fitting(pace: Pace, samples: int, engine: Engine) -> Engine:
    """The engine, or varispeed for a piece too short for it: nobody hears the pitch of 20 ms."""
    short = min(samples, nearest(pace.length * SAMPLE_RATE)) < SHORTEST
    return "varispeed" if short else engine


def _piece(
    define: Def, name: Value, src: Value, pace: Pace, samples: int, engine: Engine, fades: tuple[int, int]
) -> Iterator[Def]:
    """One pace: its excerpt, stretched, made exact, its joints softened. The last definition is `name`."""
    steps: list[tuple[str, Callable[[Value], ops.Op]]] = []
    if pace.entry == 1:
        steps.append(("from", lambda at: ops.Excerpt(at, pace.start, samples)))
    else:
        engine = _fitting(pace, samples, engine)
        lead = EARLY * pace.entry if engine == "atempo" and pace.entry < Fraction(1, 2) else Fraction(0)
        length = nearest((lead + pace.length + POST_ROLL) * SAMPLE_RATE)
        steps.append(("from", lambda at: ops.Excerpt(at, SourceTime(pace.start - lead), length)))
        steps.append(("at", lambda at: ops.Tempo(at, pace.entry, engine)))
        steps.append(("exact", lambda at: ops.Exact(at, samples)))
    if any(fades):
        steps.append(("soft", lambda at: ops.Fade(at, *fades)))
    for k, (label, make) in enumerate(steps, start=1):
        value = name if k == len(steps) else Value(f"{name}.{label}")
        yield Def(value, make(src), define.loc)
        src = value
