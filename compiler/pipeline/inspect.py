"""Facts of one definition: its text, its origin, its stages, and its filters in the script."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from compiler.emit.filters import spell
from compiler.emit.script import ScriptPart, parts
from compiler.errors import Loc
from compiler.ir.graph import Graph
from compiler.ir.infer import infer
from compiler.ir.ops import Value
from compiler.ir.text import describe, phrase
from compiler.pipeline import Compiled, Stage


@dataclass(frozen=True, slots=True)
class Definition:
    """A definition of one stage."""

    name: Value
    text: str
    """The op in the textual form."""
    shape: str
    loc: Loc
    since: str
    """The stage that made the definition."""
    until: str | None
    """The stage that removed the definition, if any did."""
    filters: tuple[str, ...]
    """The definition's filters in the script; none if a later pass removed it."""


def script_parts(compiled: Compiled, graph: Graph) -> list[ScriptPart]:
    """The parts of the script, each with the definition of `graph`, a stage's graph, that it came from."""
    film = compiled.film
    return [
        part if part.value is None else ScriptPart(part.text, forebear(part.value, graph.ops))
        for part in parts(film, spell(film))
    ]


def forebear(name: Value, names: Collection[Value]) -> Value:
    """The one of `names` from which later passes made a value: itself, or its longest prefix by parts of the name."""
    at = str(name)
    while at and Value(at) not in names:
        at = at.rpartition(".")[0]
    return Value(at) if at else name


def definition(compiled: Compiled, at_stage: int, name: str) -> Definition | None:
    """The definition of this name at a stage or, if that stage removed it, at the one before; None if there is none."""
    graphs = [compiled.stages[at_stage].graph, *([compiled.stages[at_stage - 1].graph] if at_stage else [])]
    graph = next((graph for graph in graphs if name in graph.ops), None)
    if graph is None:
        return None
    value = Value(name)
    filters = tuple(part.text for part in script_parts(compiled, graph) if part.value == value)
    return Definition(
        value,
        phrase(graph.ops[value]),
        describe(infer(graph)[value]),
        graph.locs[value],
        *_life(compiled.stages, at_stage if graph is graphs[0] else at_stage - 1, value),
        filters,
    )


def _life(stages: Sequence[Stage], at_stage: int, name: Value) -> tuple[str, str | None]:
    """The stage that made the definition of stage `at_stage`, and the stage that removed it."""
    first = at_stage
    while first and name in stages[first - 1].graph.ops:
        first -= 1
    gone = next((stage.name for stage in stages[at_stage:] if name not in stage.graph.ops), None)
    return stages[first].name, gone
