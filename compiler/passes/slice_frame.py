"""slice-frame: the part of a graph that one frame of the film is made of."""

from __future__ import annotations

from compiler.errors import Loc
from compiler.ir import ops
from compiler.ir.graph import Def, Graph, drop_unread
from compiler.ir.infer import Shapes, frames_of, infer
from compiler.ir.ops import Value


def slice_frame(graph: Graph, frame: int) -> Graph:
    """Frame 0 of the slice is frame `frame` of the graph; clips that it does not show are not in it."""
    shapes = infer(graph)
    root, index, defs = _find(graph.video, frame, graph, shapes)
    extra = [*defs, Def(Value("frame"), ops.Frames(root, index, index + 1), Loc())]
    return drop_unread(Graph((*graph.defs, *extra), Value("frame"), None))


def _find(value: Value, frame: int, graph: Graph, shapes: Shapes) -> tuple[Value, int, list[Def]]:
    """Where a frame of `value` comes from: a value, its frame, and definitions to add."""
    match graph.ops[value]:
        case ops.Concat(srcs):
            for src in srcs:
                if frame < frames_of(src, shapes):
                    return _find(src, frame, graph, shapes)
                frame -= frames_of(src, shapes)
            raise IndexError("the frame is past the end of the film")
        case ops.Xfade(left, right, kind, overlap):
            begins = frames_of(left, shapes) - overlap
            if frame < begins:
                return _find(left, frame, graph, shapes)
            if frame >= begins + overlap:
                return _find(right, frame - begins, graph, shapes)
            last = _last(left, graph)
            blend = Def(Value("frame.blend"), ops.Xfade(last, right, kind, overlap), graph.locs[value])
            return blend.name, frame - frames_of(left, shapes) + frames_of(last, shapes), [blend]
        case _:
            return value, frame, []


def _last(value: Value, graph: Graph) -> Value:
    """The last clip of a joined value: an overlap never reaches further back."""
    match graph.ops[value]:
        case ops.Concat(srcs):
            return _last(srcs[-1], graph)
        case ops.Xfade(right=right):
            return _last(right, graph)
        case _:
            return value
