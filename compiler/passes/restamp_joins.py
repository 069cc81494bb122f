"""restamp-joins: what a join leaves is put back on its grid."""

from __future__ import annotations

from collections.abc import Iterator

from compiler.ir import ops
from compiler.ir.graph import Def, Graph, rewrite
from compiler.ir.ops import Value


def restamp_joins(graph: Graph) -> Graph:
    """A join's frame or sample n is the same one, stamped n / rate."""

    def restamp(define: Def) -> Iterator[Def] | None:
        return _restamped(define) if isinstance(define.op, ops.Concat | ops.Xfade) else None

    return rewrite(graph, restamp)


def _restamped(define: Def) -> Iterator[Def]:
    joined = Value(f"{define.name}.joined")
    yield Def(joined, define.op, define.loc)
    yield Def(define.name, ops.Restamp(joined), define.loc)
