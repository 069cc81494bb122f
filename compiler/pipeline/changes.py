"""The changes of a pass, definition by definition, as text and as drawings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Literal

from compiler.ir.drawing import as_svg
from compiler.ir.drawing.svg import STYLE as DRAWING_STYLE
from compiler.ir.graph import Graph
from compiler.ir.ops import Value
from compiler.ir.text import show
from compiler.pipeline import Stage

__all__ = ["DRAWING_STYLE", "Change", "Line", "Mark", "changes", "drawing", "lines"]

Mark = Literal["same", "new", "changed", "gone"]


@dataclass(frozen=True, slots=True)
class Line:
    """A definition in the textual form, with its name, its stored field, and the pass's change to it."""

    mark: Mark
    name: Value
    text: str
    pointer: str


@dataclass(frozen=True, slots=True)
class Change:
    """A stage, with the numbers of definitions that its pass made, rewrote and dropped."""

    stage: Stage
    new: int
    changed: int
    gone: int


def changes(stages: Sequence[Stage]) -> tuple[Change, ...]:
    """Every stage with its changes to the one before; the first has none."""
    return (Change(stages[0], 0, 0, 0), *(_change(before, after) for before, after in pairwise(stages)))


def _change(before: Stage, after: Stage) -> Change:
    old, new = ({define.name: define.op for define in stage.graph} for stage in (before, after))
    rewritten = sum(name in old and old[name] != op for name, op in new.items())
    return Change(after, len(new.keys() - old.keys()), rewritten, len(old.keys() - new.keys()))


def lines(before: Graph | None, after: Graph) -> Iterator[Line]:
    """The definitions of `after` and the dropped ones of `before`, with marks for new, changed and dropped ones."""
    now = _texts(after)
    was = now if before is None else _texts(before)
    old = after.ops if before is None else before.ops
    for name in _merged(list(was), list(now)):
        if name not in now:
            assert before is not None
            yield Line("gone", name, was[name], before.locs[name].pointer)
            continue
        mark: Mark = "new" if name not in was else "same" if after.ops[name] == old[name] else "changed"
        yield Line(mark, name, now[name], after.locs[name].pointer)


def drawing(
    graph: Graph, other: Graph | None, marks: tuple[Mark, Mark], href: Callable[[str], str], names: Mapping[str, str]
) -> str:
    """The graph as SVG with `DRAWING_STYLE` as its only inline style sheet; its boxes link to `href`, and its clips are
    labelled by their `names`.

    Compared with `other`: the first of `marks` is for definitions that `other` lacks, the second for changed ones.
    """
    alone, otherwise = marks
    there = graph.ops if other is None else other.ops
    marked: dict[str, str] = {
        name: alone if name not in there else otherwise for name, op in graph.ops.items() if there.get(name) != op
    }
    return as_svg(graph, marked, href, names)


def _texts(graph: Graph) -> dict[Value, str]:
    """Every definition's line of the textual form, by name."""
    return {define.name: line for define, line in zip(graph, show(graph).splitlines(), strict=False)}


def _merged(old: list[Value], new: list[Value]) -> Iterator[Value]:
    """Both lists in one, in the order of `new`, each name once; a moved name has its new place."""
    here = set(new)
    for _, i, until, j, end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        yield from (name for name in old[i:until] if name not in here)
        yield from new[j:end]
