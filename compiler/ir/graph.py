"""The render graph: named definitions in order, each before its readers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import assert_never

from compiler.errors import Loc
from compiler.ir.ops import UNUSUAL, Concat, Made, Op, Overlay, Paint, Plate, Silence, Source, Value, Xfade, operands


@dataclass(frozen=True, slots=True)
class Def:
    """One definition: the value's name, the op that makes it, and the stored field it came from."""

    name: Value
    op: Op
    loc: Loc


@dataclass(frozen=True)
class Graph:
    """Definitions, and the names of the film's picture and sound; a part of a film may have only one of the two."""

    defs: tuple[Def, ...]
    video: Value | None
    audio: Value | None

    def __iter__(self) -> Iterator[Def]:
        return iter(self.defs)

    @cached_property
    def ops(self) -> Mapping[Value, Op]:
        """The op of every value."""
        return {define.name: define.op for define in self.defs}

    @cached_property
    def locs(self) -> Mapping[Value, Loc]:
        """The origin of every value."""
        return {define.name: define.loc for define in self.defs}

    @cached_property
    def readers(self) -> Mapping[Value, int]:
        """The number of readers of each value; the film counts as a reader of its picture and its sound."""
        counts = Counter(operand for define in self.defs for operand in operands(define.op))
        counts.update(self.roots)
        return counts

    @cached_property
    def places(self) -> Mapping[Value, int]:
        """The place of every value's definition among all."""
        return {define.name: place for place, define in enumerate(self.defs)}

    @property
    def picture(self) -> Value:
        """The film's picture; TypeError for a part of a film that has none."""
        if self.video is None:
            raise TypeError("a sound alone has no picture")
        return self.video

    @property
    def roots(self) -> tuple[Value, ...]:
        """The film's picture and its sound, as far as it has them."""
        return tuple(root for root in (self.video, self.audio) if root)


Rewrite = Callable[[Def], Iterable[Def] | None]
"""The definitions that replace one, the last of them under its name; None keeps the definition."""


def rewrite(graph: Graph, change: Rewrite) -> Graph:
    """The graph with every definition replaced by the result of `change`, unless that is None."""
    defs: list[Def] = []
    for define in graph:
        answer = change(define)
        defs.extend((define,) if answer is None else answer)
    return replace(graph, defs=tuple(defs))


def reading(op: Op, values: Sequence[Value]) -> Op:
    """`op` with these values as its operands, in the order of `operands`."""
    if not isinstance(op, UNUSUAL):
        return replace(op, src=values[0])
    match op:
        case Source() | Plate() | Silence() | Made():
            return op
        case Concat():
            return Concat(tuple(values))
        case Xfade():
            left, right = values
            return replace(op, left=left, right=right)
        case Overlay():
            below, above = values
            return replace(op, below=below, above=above)
        case Paint():
            src, palette = values
            return replace(op, src=src, palette=palette)
        case _:
            assert_never(op)


def rename(op: Op, names: Mapping[Value, Value]) -> Op:
    """`op` with each operand that is a key of `names` replaced by its value."""
    return reading(op, [names.get(value, value) for value in operands(op)])


def substitute(graph: Graph, names: Mapping[Value, Value]) -> Graph:
    """The graph with every operand that is a key of `names` replaced by its value, chains followed."""
    if not names:
        return graph

    def final(value: Value) -> Value:
        while value in names:
            value = names[value]
        return value

    flat = {value: final(value) for value in names}
    defs = tuple(
        replace(define, op=rename(define.op, flat)) if any(value in flat for value in operands(define.op)) else define
        for define in graph
    )
    return Graph(defs, final(graph.video) if graph.video else None, final(graph.audio) if graph.audio else None)


def drop_unread(graph: Graph) -> Graph:
    """The graph without the definitions that neither picture nor sound depends on."""
    wanted = set(graph.roots)
    kept = []
    for define in reversed(graph.defs):
        if define.name in wanted:
            kept.append(define)
            wanted.update(operands(define.op))
    return replace(graph, defs=tuple(reversed(kept)))


def subgraph(graph: Graph, more: Sequence[Def], video: Value | None, audio: Value | None) -> Graph:
    """The definitions of a graph that further ones depend on, and these, with their picture and sound.

    The work is that of the part, not of the graph, so that all units of a film cost as much as the film.
    """
    own = {define.name for define in more}
    waiting = [value for define in more for value in operands(define.op)]
    waiting += [root for root in (video, audio) if root]
    read = set[Value]()
    while waiting:
        value = waiting.pop()
        if value not in read and value not in own:
            read.add(value)
            waiting += operands(graph.ops[value])
    places = sorted(graph.places[value] for value in read)
    return Graph((*(graph.defs[place] for place in places), *more), video, audio)
