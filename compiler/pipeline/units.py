"""Units: spans of the film that are rendered one after the other and joined.

A graph of many clips keeps a decoder and its buffers open for each of them, from the film's first frame to its last. In
units cut where clips begin, after blends, and inside long clips, at most a few clips are open at a time, however long
the reel is.
Units of pictures are encoded, and joined by stream copy. Units of sound are samples; the film's sound is encoded once,
from all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from compiler.emit.filters import spell
from compiler.emit.script import script
from compiler.ir import ops
from compiler.ir.graph import Def, Graph, drop_unread
from compiler.ir.infer import Inferred, as_audio, infer
from compiler.ir.verify import verify_legal
from compiler.lower import Placed
from compiler.passes import SLICING
from compiler.passes.slice_sound import slice_sound, unfinished
from compiler.passes.slice_span import slice_span
from compiler.pipeline.cuts import cuts_inside
from compiler.pipeline.delivery import delivered
from compiler.profiles import Profile

SHORT, FEW = Fraction(4), 2
"""Seconds and clips of a film that is rendered in one go."""

SHORTEST = 3
"""The fewest frames of a unit. x264 and x265 reorder two frames: decoding times begin two frames before the first
frame's time, but at that time in films of one or two frames, which cannot be joined with others (ADR 93)."""

MOST_SOUNDS = 6
"""The most clips whose sounds begin in one unit of sound, which opens the sound of the clip before as well, for a
crossfade."""


@dataclass(frozen=True, slots=True)
class Unit:
    """Frames [first, until) of the film, with their own legal graph and its script."""

    first: int
    until: int
    graph: Graph
    script: str

    @property
    def frames(self) -> int:
        """The number of frames."""
        return self.until - self.first


@dataclass(frozen=True, slots=True)
class SoundUnit:
    """`samples` samples of the film's sound, with their own legal graph and its script."""

    samples: int
    graph: Graph
    script: str


@dataclass(frozen=True, slots=True)
class FilmSound:
    """The sound of the whole film, with its own legal graph and its script."""

    graph: Graph
    script: str


def unit_spans(clips: Sequence[Placed], fps: Fraction) -> tuple[tuple[int, int], ...]:
    """The spans [first, until) of the film's units. The first unit of a clip begins with the blend into it; a clip that
    its blends cover is in the unit of the next one, and so is what is too short for one."""
    frames = clips[-1].first + clips[-1].frames
    if len(clips) <= FEW and frames < SHORT * fps:
        return ((0, frames),)
    spans: list[tuple[int, int]] = []
    for clip in clips:
        if length := clip.frames - clip.leaving.overlap:
            spans += pairwise(clip.first + frame for frame in (0, *cuts_inside(clip, fps), length))
    return tuple(_long_enough(spans))


def _long_enough(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The spans, short ones together with the next, and at the film's end with the one before."""
    units: list[tuple[int, int]] = []
    for first, until in spans:
        if units and _is_short(units[-1]):
            first, _ = units.pop()
        units.append((first, until))
    if len(units) > 1 and _is_short(units[-1]):
        (first, _), (_, until) = units[-2:]
        units[-2:] = [(first, until)]
    return units


def _is_short(span: tuple[int, int]) -> bool:
    first, until = span
    return until - first < SHORTEST


def sound_spans(clips: Sequence[Placed]) -> tuple[tuple[int, int], ...]:
    """The clips [first, until) of the units of sound. A clip that its blends cover stays with the next one."""
    cuts = [0]
    for k in range(1, len(clips)):
        if k - cuts[-1] >= MOST_SOUNDS and clips[k].first > clips[k - 1].first:
            cuts.append(k)
    return tuple(pairwise([*cuts, len(clips)]))


def make_unit(shaped: Inferred, first: int, until: int, profile: Profile) -> Unit:
    """A unit of a shaped graph, given by its shapes, in the profile's input format."""
    legal = delivered(legal_slice(shaped, first, until), profile)
    return Unit(first, until, legal, script(legal, spell(legal)))


def legal_slice(shaped: Inferred, first: int, until: int) -> Graph:
    """The legal graph of frames [first, until) of a shaped graph, given by its shapes, without ops that these frames
    do not depend on."""
    return _legal(slice_span(shaped.graph, first, until, shaped), shaped)


def make_sound_unit(shaped: Inferred, first: int, until: int) -> SoundUnit:
    """The sounds of clips [first, until) of a shaped graph, given by its shapes."""
    legal = _legal(slice_sound(shaped.graph, first, until, shaped), shaped)
    shapes = infer(legal)
    assert legal.audio is not None
    samples = as_audio(shapes[legal.audio]).samples
    assert samples is not None
    return SoundUnit(samples, legal, script(legal, spell(legal, shapes)))


def _legal(graph: Graph, shapes: Inferred) -> Graph:
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


def sound_of_units(film: Graph) -> Graph:
    """The graph of a film whose sound is read from its units; what is done to the whole sound is done after that."""
    heard = unfinished(film)
    samples = as_audio(infer(film)[heard]).samples
    assert samples is not None
    made = {heard: ops.Made(samples)}
    defs = [Def(each.name, made.get(each.name, each.op), each.loc) for each in film]
    return drop_unread(Graph(tuple(defs), film.video, film.audio))
