"""restamp-joins: what a join leaves is put back on the frame grid."""

from __future__ import annotations

from collections.abc import Iterator

from compiler.ir import ops
from compiler.ir.graph import Def, Graph, rewrite
from compiler.ir.infer import Video, infer
from compiler.ir.ops import Value


def restamp_joins(graph: Graph) -> Graph:
    """A join's frame n is the same frame, stamped n / fps."""
    shapes = infer(graph)

    def restamp(define: Def) -> Iterator[Def] | None:
        shape = shapes[define.name]
        joins = isinstance(define.op, ops.Concat | ops.Xfade) and isinstance(shape, Video)
        return _restamped(define) if joins else None

    return rewrite(graph, restamp)


def _restamped(define: Def) -> Iterator[Def]:
    joined = Value(f"{define.name}.joined")
    yield Def(joined, define.op, define.loc)
    yield Def(define.name, ops.Restamp(joined), define.loc)
