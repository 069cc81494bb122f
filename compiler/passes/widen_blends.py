"""widen-blends: a blend is drawn with a chroma sample for every pixel, since xfade does not support 4:2:0."""

from __future__ import annotations

from collections.abc import Iterator

from compiler.ir import ops
from compiler.ir.graph import Def, Graph, rewrite
from compiler.ir.infer import CANVAS, Inferred, Video, infer
from compiler.ir.ops import Value


def widen_blends(graph: Graph, like: Inferred | None = None) -> Graph:
    """xfade(a, b) = narrow(xfade(widen(a), widen(b))); frames outside the overlap are those of a or b, unchanged"""
    shapes = infer(graph, like)

    def widen(define: Def) -> Iterator[Def] | None:
        shape = shapes[define.name]
        narrow = isinstance(define.op, ops.Xfade) and isinstance(shape, Video) and shape.tint == CANVAS
        return _widened(define) if narrow else None

    return rewrite(graph, widen)


def _widened(define: Def) -> Iterator[Def]:
    blend = define.op
    assert isinstance(blend, ops.Xfade)
    left, right, wide = (Value(f"{define.name}.{part}") for part in ("left", "right", "wide"))
    yield Def(left, ops.Widen(blend.left), define.loc)
    yield Def(right, ops.Widen(blend.right), define.loc)
    yield Def(wide, ops.Xfade(left, right, blend.kind, blend.overlap), define.loc)
    yield Def(define.name, ops.Narrow(wide), define.loc)
