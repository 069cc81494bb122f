"""The graph as JSON.

    {"graph": 1,
     "roots": {"video": "reel", "audio": "reel.sound" or null},
     "defs": [{"name", "op", "operands", "phrase", "shape", "clip", "pointer"}]}

Definitions stand in the graph's order, each after its operands. `op` is the op's lower-case name, `phrase` the op in
the textual form. `clip` is the clip's id, `pointer` a JSON pointer into the reel file; null where a value has none.
Rationals are exact text in lowest terms: `"30000/1001"`, `"30"`; counts are numbers.
"""

from __future__ import annotations

from fractions import Fraction

from compiler.ir.drawing.boxes import verb
from compiler.ir.graph import Def, Graph
from compiler.ir.infer import Audio, Shape, infer
from compiler.ir.ops import operands
from compiler.ir.text import phrase

GRAPH_VERSION = 1
"""Incremented when a member changes its meaning or is removed, not when one is added."""


def as_json(graph: Graph) -> dict[str, object]:
    """The graph as JSON-ready members, the same for the same graph."""
    shapes = infer(graph)
    return {
        "graph": GRAPH_VERSION,
        "roots": {"video": graph.video, "audio": graph.audio},
        "defs": [_definition(define, shapes[define.name]) for define in graph],
    }


def _definition(define: Def, shape: Shape) -> dict[str, object]:
    return {
        "name": define.name,
        "op": verb(define.op),
        "operands": list(operands(define.op)),
        "phrase": phrase(define.op),
        "shape": _shape(shape),
        "clip": define.loc.clip,
        "pointer": define.loc.pointer or None,
    }


def _shape(shape: Shape) -> dict[str, object]:
    """A picture's or a sound's members; counts and rates are null while a value is in source time."""
    if isinstance(shape, Audio):
        return {"kind": "audio", "samples": shape.samples, "zero": _rational(shape.zero)}
    return {
        "kind": "video",
        "width": shape.width,
        "height": shape.height,
        "frames": shape.frames,
        "fps": _rational(shape.fps),
        "zero": _rational(shape.zero),
        "square": shape.square,
        "stamped": shape.stamped,
        "pix_fmt": shape.tint.pix_fmt,
        "range": shape.tint.range,
        "matrix": shape.tint.matrix,
    }


def _rational(x: Fraction | None) -> str | None:
    return None if x is None else str(Fraction(x))
