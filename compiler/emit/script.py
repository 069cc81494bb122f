"""The filtergraph as a script: linear runs joined into chains, links labelled with the names of values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from compiler.emit.filters import Spelling
from compiler.ir import ops
from compiler.ir.graph import Def, Graph
from compiler.ir.ops import Value, operands

READ = ops.Source | ops.Made
"""The ops that are inputs of ffmpeg."""

WIDTH = 118
"""Columns a line is filled to; a longer filter has a line of its own."""


@dataclass(frozen=True, slots=True)
class ScriptPart:
    """A stretch of the script: a filter with the value that it helps to make, or the text between two filters."""

    text: str
    value: Value | None = None


def script(graph: Graph, spelling: Spelling) -> str:
    """The filtergraph script of a legal graph; ends with a newline."""
    return "".join(part.text for part in parts(graph, spelling))


def parts(graph: Graph, spelling: Spelling) -> Iterator[ScriptPart]:
    """The parts of the script; joined they are the script."""
    labels, copies = _labels(graph), _copies(graph)
    between = ""
    for chain in _chains(graph):
        filters = [ScriptPart(text, define.name) for define in chain for text in spelling[define.name]]
        reads = "".join(labels[value] for value in _read(chain[0]))
        makes = "".join(labels[value] for value in copies.get(chain[-1].name, [chain[-1].name]))
        blocks = [[ScriptPart(reads)] if reads else [], list(_filled(filters)), [ScriptPart(makes)] if makes else []]
        yield from (ScriptPart(between), *_joined([block for block in blocks if block], "\n"))
        between = ";\n\n"
    yield ScriptPart("\n")


def sources(graph: Graph) -> list[Value]:
    """The sources in order: number k is ffmpeg's input k."""
    return [define.name for define in graph if isinstance(define.op, READ)]


def _chains(graph: Graph) -> list[list[Def]]:
    """Runs of definitions, each the only reader of the one before and of nothing else, ordered by their first."""
    chains: list[list[Def]] = []
    open_ends: dict[Value, list[Def]] = {}
    for define in graph:
        if isinstance(define.op, ops.Source | ops.Branch):
            continue
        reads = operands(define.op)
        chain = open_ends.pop(reads[0], None) if len(reads) == 1 else None
        if chain is None:
            chain = []
            chains.append(chain)
        chain.append(define)
        if not isinstance(define.op, ops.Split) and define.name not in graph.roots:
            open_ends[define.name] = chain
    return chains


def _copies(graph: Graph) -> dict[Value, list[Value]]:
    """The copies that each split makes."""
    copies: dict[Value, list[Value]] = {}
    for define in graph:
        if isinstance(define.op, ops.Branch):
            copies.setdefault(define.op.src, []).append(define.name)
    return copies


def _labels(graph: Graph) -> dict[Value, str]:
    """Every value's link label; a source's is its input's number and its stream's index. The input of a `Made` has a
    label besides the value's own."""
    labels = {define.name: f"[{define.name}]" for define in graph}
    for number, value in enumerate(sources(graph)):
        source = graph.ops[value]
        if isinstance(source, ops.Made):
            labels[_input(value)] = f"[{number}:0]"
            continue
        assert isinstance(source, ops.Source)
        stream = source.media.video if source.stream == "video" else source.media.audio
        assert stream is not None
        labels[value] = f"[{number}:{0 if stream.straightened else stream.index}]"
    return labels


def _read(define: Def) -> tuple[Value, ...]:
    """The values whose links a chain begins with, given its first definition."""
    return (_input(define.name),) if isinstance(define.op, ops.Made) else operands(define.op)


def _input(made: Value) -> Value:
    return Value(f"{made}.input")


def _filled(filters: Sequence[ScriptPart]) -> Iterator[ScriptPart]:
    """Filters separated by commas, as many on a line as fit."""
    width = 0
    for filter_ in filters:
        if width and width + len(filter_.text) + 2 > WIDTH:
            yield ScriptPart(",\n  ")
            width = 0
        elif width:
            yield ScriptPart(", ")
            width += 2
        else:
            yield ScriptPart("  ")
        yield filter_
        width += len(filter_.text)


def _joined(blocks: Sequence[Sequence[ScriptPart]], between: str) -> Iterator[ScriptPart]:
    for k, block in enumerate(blocks):
        yield from [ScriptPart(between), *block] if k else block
