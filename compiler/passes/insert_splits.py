"""insert-splits: ffmpeg's links are read once, so a value with several readers is copied for each."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from compiler.ir import ops
from compiler.ir.graph import Def, Graph, reading
from compiler.ir.infer import Inferred
from compiler.ir.ops import Value, operands


def insert_splits(graph: Graph, _: Inferred | None = None) -> Graph:
    """Reading a copy is reading the original."""
    shared = {
        value: count
        for value, count in graph.readers.items()
        if count > 1 and not isinstance(graph.ops[value], ops.Split)
    }
    served: Counter[Value] = Counter()
    defs: list[Def] = []

    def copy(value: Value) -> Value:
        if value not in shared:
            return value
        served[value] += 1
        return Value(f"{value}.{served[value]}")

    for define in graph:
        values = operands(define.op)
        if any(value in shared for value in values):
            define = replace(define, op=reading(define.op, [copy(value) for value in values]))
        defs.append(define)
        if define.name in shared:
            split = Value(f"{define.name}.split")
            defs.append(Def(split, ops.Split(define.name, shared[define.name]), define.loc))
            defs += [
                Def(Value(f"{define.name}.{k + 1}"), ops.Branch(split, k), define.loc)
                for k in range(shared[define.name])
            ]
    return replace(graph, defs=tuple(defs))
