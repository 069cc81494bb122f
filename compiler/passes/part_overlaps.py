"""part-overlaps: only the frames that show two clips go through a blend; all others bypass it unchanged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from compiler.ir import ops
from compiler.ir.graph import Def, Graph
from compiler.ir.infer import Inferred, Shapes, Video, frames_of, infer
from compiler.ir.ops import Value, operands


@dataclass(frozen=True, slots=True)
class Part:
    """Frames [first, until) of a value."""

    value: Value
    first: int
    until: int


def part_overlaps(graph: Graph, like: Inferred | None = None) -> Graph:
    """xfade(a, b, d) = concat(a without its last d, xfade(a's last d, b's first d, d), b without its first d)"""
    shapes = infer(graph, like)
    joins = {define.name for define in graph if _joins(define.op, shapes)}
    inner = {value for name in joins for value in operands(graph.ops[name])}
    parts: dict[Value, list[Part]] = {}
    defs: list[Def] = []
    for define in graph:
        if define.name not in joins:
            defs.append(define)
            continue
        blend, parts[define.name] = _parts(define, parts, shapes)
        defs += blend
        if define.name not in inner:
            defs += _joined(define, parts[define.name], shapes)
    return replace(graph, defs=tuple(defs))


def _joins(op: ops.Op, shapes: Shapes) -> bool:
    """Whether an op joins pictures, other than a blend that already covers all of its operands."""
    match op:
        case ops.Concat(srcs):
            return isinstance(shapes[srcs[0]], Video)
        case ops.Xfade(left, right, _, overlap) if isinstance(shapes[left], Video):
            return not frames_of(left, shapes) == frames_of(right, shapes) == overlap
        case _:
            return False


def _parts(define: Def, known: Mapping[Value, list[Part]], shapes: Shapes) -> tuple[list[Def], list[Part]]:
    """The definition of the join's blend, if it has one, and the parts of the join in order."""
    sides = [known.get(src) or [Part(src, 0, frames_of(src, shapes))] for src in operands(define.op)]
    if not isinstance(define.op, ops.Xfade):
        return [], [part for side in sides for part in side]
    (*before, last), (first, *after) = sides
    overlap = define.op.overlap
    tail, head = replace(last, first=last.until - overlap), replace(first, until=first.first + overlap)
    name = Value(f"{define.name}.blend")
    leaving, entering = Value(f"{name}.out"), Value(f"{name}.in")
    blend = [
        Def(leaving, ops.Frames(tail.value, tail.first, tail.until), define.loc),
        Def(entering, ops.Frames(head.value, head.first, head.until), define.loc),
        Def(name, ops.Xfade(leaving, entering, define.op.kind, overlap), define.loc),
    ]
    kept = [replace(last, until=tail.first), Part(name, 0, overlap), replace(first, first=head.until)]
    return blend, [*before, *(part for part in kept if part.first < part.until), *after]


def _joined(define: Def, parts: Sequence[Part], shapes: Shapes) -> list[Def]:
    """The parts as values, and their concatenation under the join's own name."""
    cut: list[Def] = []
    values: list[Value] = []
    for part in parts:
        whole = part.value not in shapes or (part.first, part.until) == (0, frames_of(part.value, shapes))
        values.append(part.value if whole else Value(f"{part.value}.alone"))
        if not whole:
            cut.append(Def(values[-1], ops.Frames(part.value, part.first, part.until), define.loc))
    join = Def(define.name, ops.Concat(tuple(values)), define.loc)
    return [*cut, join]
