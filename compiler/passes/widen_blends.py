"""widen-blends: a blend is drawn with a chroma sample for every pixel, since xfade does not support 4:2:0, and turned
round where xfade's first frame would show what is outside the picture."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from compiler.ir import ops
from compiler.ir.graph import Def, Graph, rewrite
from compiler.ir.infer import CANVAS, Inferred, Video, infer
from compiler.ir.ops import Value

OPPOSITE: Mapping[str, tuple[str, int]] = {
    "slideup": ("slidedown", 180),
    "revealup": ("revealdown", 180),
    "slideleft": ("slideright", 0),
    "revealleft": ("revealright", 0),
}
"""Blends whose first frame has a line or a column from outside the leaving picture (xfade of ffmpeg 5.1 to 9.0): it
is whatever the memory holds. Each is the opposite one of mirrored pictures, mirrored; a mirror turned by 180 degrees is
one from top to bottom."""


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
    yield from _drawn(Def(wide, ops.Xfade(left, right, blend.kind, blend.overlap), define.loc), blend.kind)
    yield Def(define.name, ops.Narrow(wide), define.loc)


def _drawn(wide: Def, kind: str) -> Iterator[Def]:
    """A blend as xfade draws it right."""
    blend = wide.op
    assert isinstance(blend, ops.Xfade)
    if kind not in OPPOSITE:
        yield wide
        return
    opposite, degrees = OPPOSITE[kind]
    left, right, mirrored = (Value(f"{wide.name}.{part}") for part in ("left", "right", "mirrored"))
    yield Def(left, ops.Turn(blend.left, degrees, mirrored=True), wide.loc)
    yield Def(right, ops.Turn(blend.right, degrees, mirrored=True), wide.loc)
    yield Def(mirrored, ops.Xfade(left, right, opposite, blend.overlap), wide.loc)
    yield Def(wide.name, ops.Turn(mirrored, degrees, mirrored=True), wide.loc)
