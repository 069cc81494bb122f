"""slice-sound: the part of a graph that makes the sounds of some clips of the film."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from compiler.errors import Loc
from compiler.ir import ops
from compiler.ir.graph import Def, Graph, subgraph
from compiler.ir.infer import Inferred, Shapes, as_audio, infer
from compiler.ir.ops import Value
from compiler.timeline.instant import SAMPLE_RATE, SourceTime
from compiler.transitions import LINEAR

SLICE = Value("slice")


@dataclass(frozen=True, slots=True)
class Joined:
    """A clip's sound, and its crossfade with the sound before it: `overlap` samples, 0 for a cut."""

    value: Value
    overlap: int = 0
    kind: str = LINEAR


def joined_sounds(graph: Graph) -> list[Joined]:
    """The sounds that a graph's sound is joined of, in order; one for each clip of a lowered reel."""
    root = unfinished(graph)
    ends: list[Joined] = []
    while isinstance(op := graph.ops[root], ops.Concat | ops.Xfade):
        match op:
            case ops.Concat((first, *rest)):
                ends += [Joined(value) for value in reversed(rest)]
                root = first
            case ops.Xfade(left, right, kind, overlap):
                ends.append(Joined(right, overlap, kind))
                root = left
    return [Joined(root), *reversed(ends)]


def unfinished(graph: Graph) -> Value:
    """The film's sound before what is done to it as a whole."""
    assert graph.audio is not None
    value = graph.audio
    while isinstance(op := graph.ops[value], ops.Loudness | ops.Pcm):
        value = op.src
    return value


def slice_sound(graph: Graph, first: int, until: int, like: Inferred | None = None) -> Graph:
    """The slice's sound is the graph's from where sound `first` begins to where sound `until` does, or to the end.

    A crossfade into the first sound is in the slice, one into the sound `until` is not.
    """
    shapes, sounds = infer(graph, like), joined_sounds(graph)
    if not 0 <= first < until <= len(sounds):
        raise IndexError(f"sounds {first} to {until} are not all in the film")
    parts, defs = sounds[first:until], list[Def]()
    if coming := parts[0].overlap:
        before = sounds[first - 1].value
        defs.append(_part(graph, f"{before}.tail", before, _samples(before, shapes) - coming, coming))
        parts.insert(0, Joined(defs[-1].name))
    if going := sounds[until].overlap if until < len(sounds) else 0:
        last = parts[-1].value
        defs.append(_part(graph, f"{last}.alone", last, 0, _samples(last, shapes) - going))
        parts[-1] = replace(parts[-1], value=defs[-1].name)
    joins = list(_joins(parts, graph.locs[sounds[first].value]))
    made = joins[-1].name if joins else parts[0].value
    return subgraph(graph, [*defs, *joins], None, made)


def _samples(value: Value, shapes: Shapes) -> int:
    samples = as_audio(shapes[value]).samples
    assert samples is not None
    return samples


def _part(graph: Graph, name: str, value: Value, first: int, samples: int) -> Def:
    return Def(Value(name), ops.Excerpt(value, SourceTime(Fraction(first, SAMPLE_RATE)), samples), graph.locs[value])


def _joins(parts: Sequence[Joined], loc: Loc) -> Iterator[Def]:
    """The definitions that join the parts, runs of cuts in one go."""
    run = [parts[0].value]
    for k, part in enumerate(parts[1:], start=1):
        if not part.overlap:
            run.append(part.value)
            continue
        if len(run) > 1:
            yield Def(Value(f"{SLICE}.{k}.cuts"), ops.Concat(tuple(run)), loc)
            run = [Value(f"{SLICE}.{k}.cuts")]
        yield Def(Value(f"{SLICE}.{k}"), ops.Xfade(run[0], part.value, part.kind, part.overlap), loc)
        run = [Value(f"{SLICE}.{k}")]
    if len(run) > 1:
        yield Def(SLICE, ops.Concat(tuple(run)), loc)
