"""slice-span: the part of a graph that makes a span of the film's frames."""

from __future__ import annotations

from dataclasses import replace

from compiler.ir import ops
from compiler.ir.graph import Def, Graph, subgraph
from compiler.ir.infer import Inferred, Shapes, frames_of, infer
from compiler.ir.ops import Value

SLICE = Value("slice")


def slice_span(graph: Graph, first: int, until: int, like: Inferred | None = None) -> Graph:
    """Frame n of the slice is frame `first` + n of the graph, up to `until`; other frames are not in the slice."""
    shapes = infer(graph, like)
    if not 0 <= first < until <= frames_of(graph.picture, shapes):
        raise IndexError(f"frames {first} to {until} are not all in the film")
    defs: list[Def] = []
    parts = _parts(graph, shapes, first, until, defs)
    if len(parts) > 1:
        defs.append(Def(SLICE, ops.Concat(tuple(parts)), graph.locs[graph.picture]))
        parts = [SLICE]
    return subgraph(graph, defs, parts[0], None)


def _parts(graph: Graph, shapes: Shapes, first: int, until: int, defs: list[Def]) -> list[Value]:
    """The values that make the span, in order; definitions of values needed only in part are added to `defs`."""
    root = graph.ops[graph.picture]
    parts, begins = [], 0
    for src in root.srcs if isinstance(root, ops.Concat) else (graph.picture,):
        length = frames_of(src, shapes)
        start, end = max(0, first - begins), min(length, until - begins)
        begins += length
        if start >= end:
            continue
        if (start, end) != (0, length):
            defs.append(_part(graph, src, start, end))
            src = defs[-1].name
        parts.append(src)
    return parts


def _part(graph: Graph, value: Value, first: int, until: int) -> Def:
    """The definition of some frames of a value; frames of a `Frames` op are taken from its operand."""
    op, name = graph.ops[value], Value(f"{value}.part")
    if isinstance(op, ops.Frames):
        return Def(name, replace(op, first=op.first + first, until=op.first + until), graph.locs[value])
    return Def(name, ops.Frames(value, first, until), graph.locs[value])
