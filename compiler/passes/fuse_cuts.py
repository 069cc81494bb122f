"""fuse-cuts: a run of cuts becomes one concat."""

from __future__ import annotations

from compiler.ir.graph import Def, Graph, drop_unread, rewrite
from compiler.ir.infer import Inferred
from compiler.ir.ops import Concat, Value


def fuse_cuts(graph: Graph, _: Inferred | None = None) -> Graph:
    """concat(concat(a, b), c) = concat(a, b, c)"""
    flat: dict[Value, tuple[Value, ...]] = {}

    def flatten(define: Def) -> tuple[Def] | None:
        if not isinstance(define.op, Concat):
            return None
        srcs = tuple(value for src in define.op.srcs for value in flat.get(src, (src,)))
        flat[define.name] = srcs
        return (Def(define.name, Concat(srcs), define.loc),)

    return drop_unread(rewrite(graph, flatten))
