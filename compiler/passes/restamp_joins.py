"""restamp-joins: frames and samples of joins are stamped on their grid again."""

from __future__ import annotations

from collections.abc import Iterator

from compiler.ir import ops
from compiler.ir.graph import Def, Graph, rewrite
from compiler.ir.infer import Inferred
from compiler.ir.ops import Value


def restamp_joins(graph: Graph, _: Inferred | None = None) -> Graph:
    """A join's frame or sample n is the same one, stamped n / rate."""
    stamped = {define.op.src for define in graph if isinstance(define.op, ops.Restamp)}

    def restamp(define: Def) -> Iterator[Def] | None:
        joins = isinstance(define.op, ops.Concat | ops.Xfade) and define.name not in stamped
        return _restamped(define) if joins else None

    return rewrite(graph, restamp)


def _restamped(define: Def) -> Iterator[Def]:
    joined = Value(f"{define.name}.joined")
    yield Def(joined, define.op, define.loc)
    yield Def(define.name, ops.Restamp(joined), define.loc)
