"""Units: spans of the film that are rendered one after the other and joined by stream copy.

A graph of many clips keeps a decoder and its buffers for every one of them from its first frame to its last. Cut where
clips begin, at most a few are open at a time, however long the reel is. The sound is mixed and encoded once over the
whole, while the pictures are joined.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from compiler.emit.filters import spell
from compiler.emit.script import script
from compiler.ir.graph import Graph, drop_unread
from compiler.ir.infer import Inferred, infer
from compiler.ir.verify import verify_legal
from compiler.lower import Placed
from compiler.passes import SLICING
from compiler.passes.slice_span import slice_span
from compiler.pipeline.delivery import delivered
from compiler.profiles import Profile

SHORTEST = Fraction(4)
"""Seconds: a shorter unit takes in the next clip, since every unit costs a start of ffmpeg and a keyframe."""

MOST_CLIPS = 2
"""Clips that begin in one unit, at most."""


@dataclass(frozen=True, slots=True)
class Unit:
    """Frames [first, until) of the film: their own legal graph, and its script."""

    first: int
    until: int
    graph: Graph
    script: str

    @property
    def frames(self) -> int:
        """How many there are."""
        return self.until - self.first


@dataclass(frozen=True, slots=True)
class FilmSound:
    """The sound of the whole film: its own legal graph, and its script."""

    graph: Graph
    script: str


def unit_spans(clips: Sequence[Placed], fps: Fraction) -> tuple[tuple[int, int], ...]:
    """The spans [first, until) of record frames the film is cut into; a blend belongs to the clip it leads into."""
    spans: list[tuple[int, int]] = []
    begun = 0
    for clip in clips:
        until = clip.first + clip.frames - clip.leaving.overlap
        if spans and begun < MOST_CLIPS and spans[-1][1] - spans[-1][0] < SHORTEST * fps:
            spans[-1], begun = (spans[-1][0], until), begun + 1
        elif until > clip.first:
            spans.append((clip.first, until))
            begun = 1
    return tuple(spans)


def make_unit(shaped: Inferred, first: int, until: int, profile: Profile) -> Unit:
    """A unit of a graph that has been shaped, given by its shapes, as the profile's encoder takes it."""
    legal = delivered(legal_slice(shaped, first, until), profile)
    return Unit(first, until, legal, script(legal, spell(legal)))


def legal_slice(shaped: Inferred, first: int, until: int) -> Graph:
    """The legal graph of frames [first, until) of a shaped graph, given by its shapes: the same ops over only what
    these are made of."""
    graph, shapes = slice_span(shaped.graph, first, until, shaped), shaped
    for step in SLICING:
        graph = step(graph, shapes)
        shapes = infer(graph, shapes)
    verify_legal(graph, shapes)
    return graph


def sound_of(film: Graph) -> FilmSound | None:
    """The sound of a film's graph, without its picture."""
    if film.audio is None:
        return None
    graph = drop_unread(Graph(film.defs, None, film.audio))
    return FilmSound(graph, script(graph, spell(graph)))
