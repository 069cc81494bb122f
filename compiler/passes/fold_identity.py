"""fold-identity: ops that change nothing are removed."""

from __future__ import annotations

from compiler.ir import ops
from compiler.ir.graph import Graph, drop_unread, substitute
from compiler.ir.infer import CANVAS, Inferred, Shapes, as_audio, as_video, infer
from compiler.ir.ops import Op, Value, operands
from compiler.timeline.downmix import STEREO


def fold_identity(graph: Graph, like: Inferred | None = None) -> Graph:
    """An op that changes nothing is its operand: f(x) = x."""
    shapes = infer(graph, like)
    same = {define.name: operands(define.op)[0] for define in graph if _changes_nothing(define.op, shapes, graph)}
    return drop_unread(substitute(graph, same))


def _changes_nothing(op: Op, shapes: Shapes, graph: Graph) -> bool:
    match op:
        case ops.Deinterlace(_, fields):
            return fields is None
        case ops.Tonemap(src):
            return as_video(shapes[src]).tint.transfer == CANVAS.transfer
        case ops.Colour(src):
            return as_video(shapes[src]).tint == CANVAS
        case ops.Scale(src, width, height):
            shape = as_video(shapes[src])
            return (shape.width, shape.height) == (width, height)
        case ops.Pad(src, width, height) | ops.Backdrop(src, width, height):
            shape = as_video(shapes[src])
            return (shape.width, shape.height) == (width, height)
        case ops.Turn(src, degrees, mirrored):
            return degrees == 0 and not mirrored and not _states_turn(graph, src)
        case ops.Downmix(src):
            return as_audio(shapes[src]).speakers == STEREO
        case ops.Rotate(degrees=degrees):
            return degrees == 0
        case ops.Fade(_, entering, leaving):
            return entering == leaving == 0
        case _:
            return False


def _states_turn(graph: Graph, value: Value) -> bool:
    """Whether frames of a value state the turn of their source's metadata, which players of the film would apply."""
    op = graph.ops[value]
    while not isinstance(op, ops.Source):
        op = graph.ops[operands(op)[0]]
    video = op.media.video
    return bool(video.rotation or video.mirrored) and not video.straightened
