"""The filtergraph as a script: linear runs joined into chains, links labelled with the names of values."""

from __future__ import annotations

from collections.abc import Iterator

from compiler.emit.filters import filters
from compiler.ir import ops
from compiler.ir.graph import Def, Graph
from compiler.ir.infer import infer
from compiler.ir.ops import Value, operands

WIDTH = 118
"""Columns a line is filled to; a longer filter has a line of its own."""


def script(graph: Graph) -> str:
    """The filtergraph of a legal graph; ends with a newline."""
    shapes, inputs = infer(graph), {value: k for k, value in enumerate(sources(graph))}
    chains = [
        _chain(chain, [text for define in chain for text in filters(define, shapes)], graph, inputs)
        for chain in _chains(graph)
    ]
    return ";\n\n".join(chains) + "\n"


def sources(graph: Graph) -> list[Value]:
    """The sources in order: the k-th is ffmpeg's input number k."""
    return [define.name for define in graph if isinstance(define.op, ops.Source)]


def _chains(graph: Graph) -> Iterator[list[Def]]:
    """Runs of definitions that each read only the one before, which nobody else reads."""
    chain: list[Def] = []
    for define in graph:
        if isinstance(define.op, ops.Source | ops.Branch):
            continue
        if chain and not _continues(chain[-1], define, graph):
            yield chain
            chain = []
        chain.append(define)
    if chain:
        yield chain


def _continues(last: Def, define: Def, graph: Graph) -> bool:
    return operands(define.op) == (last.name,) and last.name not in graph.roots and not isinstance(last.op, ops.Split)


def _chain(chain: list[Def], texts: list[str], graph: Graph, inputs: dict[Value, int]) -> str:
    reads = " ".join(_label(value, graph, inputs) for value in operands(chain[0].op)).replace(" ", "")
    last = chain[-1]
    makes = f"[{last.name}]"
    if isinstance(last.op, ops.Split):
        makes = "".join(f"[{define.name}]" for define in graph if _copies(define, last.name))
    return "\n".join(filter(None, (reads, *_filled(texts), makes)))


def _copies(define: Def, split: Value) -> bool:
    return isinstance(define.op, ops.Branch) and define.op.src == split


def _label(value: Value, graph: Graph, inputs: dict[Value, int]) -> str:
    op = graph.ops[value]
    if isinstance(op, ops.Source):
        stream = op.media.video if op.stream == "video" else op.media.audio
        assert stream is not None
        return f"[{inputs[value]}:{stream.index}]"
    return f"[{value}]"


def _filled(texts: list[str]) -> Iterator[str]:
    """Filters separated by commas, as many on a line as fit."""
    line = ""
    for text in texts:
        if line and len(line) + len(text) + 2 > WIDTH:
            yield f"  {line},"
            line = ""
        line = f"{line}, {text}" if line else text
    if line:
        yield f"  {line}"
