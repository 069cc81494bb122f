"""slice-frame: the part of a graph that one frame of the film is made of."""

from __future__ import annotations

from compiler.errors import Loc
from compiler.ir import ops
from compiler.ir.graph import Def, Graph, drop_unread
from compiler.ir.infer import Shapes, Video, infer
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
                if frame < _frames(src, shapes):
                    return _find(src, frame, graph, shapes)
                frame -= _frames(src, shapes)
            raise IndexError("the frame is past the end of the film")
        case ops.Xfade(left, right, kind, overlap):
            begins = _frames(left, shapes) - overlap
            if frame < begins:
                return _find(left, frame, graph, shapes)
            if frame >= begins + overlap:
                return _find(right, frame - begins, graph, shapes)
            last = _last(left, graph)
            blend = Def(Value("frame.blend"), ops.Xfade(last, right, kind, overlap), graph.locs[value])
            return blend.name, frame - _frames(left, shapes) + _frames(last, shapes), [blend]
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


def _frames(value: Value, shapes: Shapes) -> int:
    shape = shapes[value]
    assert isinstance(shape, Video)
    assert shape.frames is not None
    return shape.frames
