"""commute-still: frames that will be repeated are processed once, before they are repeated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

from compiler.ir import ops
from compiler.ir.graph import Def, Graph, rename
from compiler.ir.infer import Inferred
from compiler.ir.ops import Op, Value, operands


def commute_still(graph: Graph, _: Inferred | None = None) -> Graph:
    """f(retime(x)) = retime(f(x)) where f treats every frame alike; done where frames repeat."""
    defs: dict[Value, Def] = {}
    slowed: set[Value] = set()
    for define in graph:
        src = operands(define.op)[0] if operands(define.op) else None
        made: tuple[Def, ...] = (define,)
        if isinstance(define.op, ops.Retime) and _repeats(define.op, graph.ops):
            slowed.add(define.name)
        elif src in slowed and graph.readers[src] == 1 and _treats_alike(define.op):
            made = _swapped(defs.pop(src), define)
            slowed.add(define.name)
        defs.update((each.name, each) for each in made)
    return replace(graph, defs=tuple(defs.values()))


def _swapped(retime: Def, still: Def) -> tuple[Def, Def]:
    """The two definitions in the other order; the later one keeps the later name, which other definitions read."""
    source = operands(retime.op)[0]
    first = Def(Value(f"{still.name}.once"), rename(still.op, {retime.name: source}), still.loc)
    return first, Def(still.name, rename(retime.op, {source: first.name}), retime.loc)


def _treats_alike(op: Op) -> bool:
    if isinstance(op, ops.Crop):
        return isinstance(op.x, int) and isinstance(op.y, int)
    return isinstance(op, ops.Still)


def _repeats(op: ops.Retime, made: Mapping[Value, Op]) -> bool:
    """Whether the retime repeats frames: the grid has more frames than the source between in and out point."""
    rate = _rate(op.src, made)
    return op.motion == "repeat" and rate is not None and op.warp.total * op.fps > (op.warp.end - op.warp.start) * rate


def _rate(value: Value, made: Mapping[Value, Op]) -> Fraction | None:
    """Frames a second of the source of a value; None for a still image."""
    op = made[value]
    while not isinstance(op, ops.Source):
        op = made[operands(op)[0]]
    return Fraction(0) if op.media.video.still else op.media.video.rate
