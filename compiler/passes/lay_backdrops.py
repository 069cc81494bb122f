"""lay-backdrops: the backdrop is drawn, and the picture laid over it."""

from __future__ import annotations

from collections.abc import Iterator

from compiler.colours import BLUR
from compiler.ir import ops
from compiler.ir.graph import Def, Graph, rewrite
from compiler.ir.infer import Inferred, Video, as_video, infer
from compiler.ir.ops import Value

SMALLER, SMALLEST = 8, 16
"""A blurred backdrop is computed at 1 / SMALLER of its width and height, but at no fewer than SMALLEST pixels, so that
the radius fits."""

RADIUS = 4
"""Pixels of the small picture: the mean of 9 x 9, three times, is about a Gaussian of 36 pixels of the canvas."""


def lay_backdrops(graph: Graph, like: Inferred | None = None) -> Graph:
    """backdrop(x, fill) = overlay(fill over the whole of it, x)"""
    shapes = infer(graph, like)

    def lay(define: Def) -> Iterator[Def] | None:
        op = define.op
        return _laid(define, op, as_video(shapes[op.src])) if isinstance(op, ops.Backdrop) else None

    return rewrite(graph, lay)


def _laid(define: Def, op: ops.Backdrop, src: Video) -> Iterator[Def]:
    below, above = Value(f"{define.name}.below"), Value(f"{define.name}.above")
    if op.fill == BLUR:
        yield from _blurred(define, op, src, below)
    else:
        assert src.frames is not None
        assert src.fps is not None
        yield Def(below, ops.Plate(op.fill, op.width, op.height, src.fps, src.frames), define.loc)
    yield Def(above, ops.Opaque(op.src), define.loc)
    yield Def(define.name, ops.Overlay(below, above, op.x, op.y), define.loc)


def _blurred(define: Def, op: ops.Backdrop, src: Video, below: Value) -> Iterator[Def]:
    """The middle of the picture, in the backdrop's shape, scaled down, blurred and scaled up."""
    width = min(src.width, src.height * op.width // op.height // 2 * 2)
    height = min(src.height, src.width * op.height // op.width // 2 * 2)
    x, y = (src.width - width) // 4 * 2, (src.height - height) // 4 * 2
    small = (max(SMALLEST, size // SMALLER // 2 * 2) for size in (op.width, op.height))
    middle, little, soft, large = (Value(f"{below}.{step}") for step in ("middle", "small", "blur", "large"))
    yield Def(middle, ops.Crop(op.src, max(2, width), max(2, height), x, y), define.loc)
    yield Def(little, ops.Scale(middle, *small), define.loc)
    yield Def(soft, ops.Blur(little, RADIUS), define.loc)
    yield Def(large, ops.Scale(soft, op.width, op.height), define.loc)
    yield Def(below, ops.Conform(large), define.loc)
