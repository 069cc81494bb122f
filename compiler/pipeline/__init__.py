"""The compiler's front door: a reel and its media in, a graph, a script, a command and a plan out."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from compiler.costs import BUILT_IN, Costs
from compiler.emit.argv import (
    film_command,
    measure_command,
    quoted,
    sound_unit_command,
    still_command,
    unit_command,
    words,
)
from compiler.emit.encoders import Encoding
from compiler.emit.filters import spell
from compiler.emit.script import script, sources
from compiler.errors import Loc, ReelError, raise_all
from compiler.ir import ops
from compiler.ir.build import Build
from compiler.ir.graph import Def, Graph
from compiler.ir.infer import Inferred, infer
from compiler.ir.ops import Value
from compiler.ir.verify import verify, verify_legal
from compiler.lower import lower
from compiler.lower.rate import at_rate
from compiler.model import Reel
from compiler.model.limits import FILM, FilmBounds
from compiler.passes import LEGALISING, PASSES, law, pass_name
from compiler.pipeline.at import Sight, frame_at, record_time, sights
from compiler.pipeline.delivery import delivered
from compiler.pipeline.loudness import Measuring, measuring_of
from compiler.pipeline.missing import missing
from compiler.pipeline.plan import Plan, make_plan
from compiler.pipeline.units import (
    FilmSound,
    SoundUnit,
    Unit,
    legal_slice,
    make_sound_unit,
    make_unit,
    sound_of,
    sound_of_units,
)
from compiler.profiles import PROFILES
from compiler.timeline.media import Media

__all__ = [
    "Compiled",
    "FilmSound",
    "Plan",
    "Sight",
    "SoundUnit",
    "Stage",
    "Still",
    "Unit",
    "compile_reel",
    "compile_still",
    "frame_at",
    "record_time",
    "sights",
    "slice_legal",
    "stages",
]


@dataclass(frozen=True, slots=True)
class Stage:
    """The graph after one pass, and the pass's name and law; the first stage is the lowered graph."""

    name: str
    law: str
    graph: Graph


@dataclass(frozen=True, slots=True)
class Compiled:
    """A compiled reel."""

    stages: tuple[Stage, ...]
    """The stages that changed the graph, from the lowered graph to the legal one."""
    script: str
    plan: Plan
    encoding: Encoding
    build: Build
    reel: Reel
    media: Mapping[str, Media]

    @property
    def legal(self) -> Graph:
        """The graph that was emitted."""
        return self.stages[-1].graph

    @property
    def film(self) -> Graph:
        """The graph of the film, in the formats that the encoders take."""
        return delivered(self.legal, self.encoding.profile)

    @property
    def graph(self) -> Graph:
        """The graph that people read: the edit's ops, before they are rewritten for ffmpeg."""
        first = self.stages[1]  # by index, since folding runs a second time, after the crops
        return first.graph if first.name == "fold-identity" else self.stages[0].graph

    @property
    def shaped(self) -> Graph:
        """The graph that is sliced: it decides how every frame is drawn, and is not yet rewritten for ffmpeg."""
        late = {pass_name(step) for step in LEGALISING}
        return next(stage.graph for stage in reversed(self.stages) if stage.name not in late)

    @property
    def units(self) -> tuple[Unit, ...]:
        """The film's picture in units, in order; empty for a film that is rendered in one go."""
        profile = self.encoding.profile
        shapes = infer(self.shaped)
        return tuple(make_unit(shapes, first, until, profile) for first, until in self.plan.units)

    @property
    def sound_units(self) -> tuple[SoundUnit, ...]:
        """The film's sound in units, in order; empty for a film whose sound is made in one go."""
        if not self.plan.parted:
            return ()
        shapes = infer(self.shaped)
        return tuple(make_sound_unit(shapes, first, until) for first, until in self.plan.sounds)

    @property
    def rendered(self) -> Graph:
        """The film's graph, with the sound of the units in place of its own where there are units of sound."""
        return sound_of_units(self.film) if self.plan.parted and self.plan.sounds else self.film

    @property
    def sound(self) -> FilmSound | None:
        """The sound of the rendered graph alone; None for a film without sound."""
        return sound_of(self.rendered)

    @property
    def locs(self) -> Mapping[str, Loc]:
        """The origin of every value of the script, by the name of its filters."""
        graphs = [*(stage.graph for stage in self.stages), self.film]
        return {name: loc for graph in graphs for name, loc in graph.locs.items()}

    @property
    def inputs(self) -> tuple[Loc, ...]:
        """The origins of ffmpeg's inputs, in order."""
        return tuple(self.film.locs[value] for value in sources(self.film))

    @property
    def measuring(self) -> Measuring | None:
        """The measurement of the film's sound in one go; None if no loudness is asked for."""
        return measuring_of(self.film)

    def measure_command(self, measuring: Measuring, script_path: str) -> list[str]:
        """The ffmpeg command that measures the film's sound and writes the result to the folder it runs in."""
        return words(measure_command(measuring.graph, self.build, script_path))

    def measure_shell(self, measuring: Measuring, script_path: str) -> str:
        """The measuring command for a shell, followed by the command that computes the gain file from its result."""
        return quoted(measure_command(measuring.graph, self.build, script_path)) + measuring.shell

    def command(self, script_path: str, output: str) -> list[str]:
        """The ffmpeg command that renders the film's script, at `script_path`, in one go."""
        return words(film_command(self.film, self.encoding, self.build, script_path, output))

    def shell(self, script_path: str, output: str) -> str:
        """The rendering command for a shell."""
        return quoted(film_command(self.film, self.encoding, self.build, script_path, output))

    def unit_command(self, unit: Unit, script_path: str, output: str) -> list[str]:
        """The ffmpeg command that encodes one unit's picture."""
        return words(unit_command(unit.graph, self.encoding, self.build, script_path, output))

    def sound_unit_command(self, unit: SoundUnit, script_path: str, output: str) -> list[str]:
        """The ffmpeg command that makes one unit's sound."""
        return words(sound_unit_command(unit.graph, self.build, script_path, output))


def stages(graph: Graph, *, checked: bool = False) -> Iterator[Stage]:
    """The graph after every pass. `checked` verifies the graph after every pass, not only first and last."""
    return (stage for stage, _ in _passed(graph, checked))


def _passed(graph: Graph, checked: bool) -> Iterator[tuple[Stage, Inferred]]:
    """Every stage, with the shapes of its graph; each inference reuses the shapes of the stage before."""
    shapes = verify(graph)
    yield Stage("lower", "the edit as ops, including those that change nothing", graph), shapes
    for step in PASSES:
        changed = step(graph, shapes)
        if changed.defs == graph.defs:
            continue
        graph, shapes = changed, verify(changed, shapes) if checked else infer(changed, shapes)
        yield Stage(pass_name(step), law(step), graph), shapes
    verify_legal(graph, shapes)


def compile_reel(
    reel: Reel,
    media: Mapping[str, Media],
    build: Build,
    *,
    checked: bool = False,
    bounds: FilmBounds = FILM,
    costs: Costs = BUILT_IN,
) -> Compiled:
    """Compile `reel` over `media` (by each clip's `media`) for one ffmpeg; RC209 for a film beyond `bounds`.

    `costs`, of the machine that renders, decide the plan's forecasts and nothing of the film.

    Raises ReelError or ReelErrors for every part of the reel that cannot be rendered as stored.
    """
    with _uncollected():
        reel = at_rate(reel, media)
        lowered = lower(reel, media, build, bounds)
        passed: list[Stage] = []
        for stage, inferred in _passed(lowered.graph, checked):
            passed, shapes = [*passed, stage], inferred
        legal = passed[-1].graph
        encoding = _encoding(reel)
        film = delivered(legal, encoding.profile)
        spelling = spell(film, shapes)
        raise_all(missing(film, spelling, encoding, build))
        plan = make_plan(reel, lowered.clips, film, costs)
        return Compiled(tuple(passed), script(film, spelling), plan, encoding, build, reel, media)


def _encoding(reel: Reel) -> Encoding:
    encode, profile = reel.encode, PROFILES[reel.encode.codec]
    return Encoding(
        *(reel.canvas.fps, encode.preset, encode.crf, encode.audio_bitrate),
        sound=reel.audio.include and profile.sound is not None,
        bitrate=encode.bitrate,
        quality=encode.quality,
        profile=profile,
    )


@contextmanager
def _uncollected() -> Iterator[None]:
    """Disable the cyclic collector: a compile makes a million small values that live to its end, and no cycles.

    The search for cycles takes a fifth of the compile time of a thousand clips.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


@dataclass(frozen=True, slots=True)
class Still:
    """One compiled frame of a reel: the film's frame before encoding, as a picture."""

    graph: Graph
    script: str
    build: Build

    @property
    def locs(self) -> Mapping[str, Loc]:
        """The origin of every value of the script, by the name of its filters."""
        return {name: loc for name, loc in self.graph.locs.items()}

    @property
    def inputs(self) -> tuple[Loc, ...]:
        """The origins of ffmpeg's inputs, in order."""
        return tuple(self.graph.locs[value] for value in sources(self.graph))

    def command(self, script_path: str, output: str) -> list[str]:
        """The ffmpeg command that writes the still, a PNG, from its script at `script_path`."""
        return words(still_command(self.graph, self.build, script_path, output))


def compile_still(compiled: Compiled, frame: int) -> Still:
    """Frame `frame` of a compiled reel as a picture; RC206 outside the reel."""
    graph = slice_legal(compiled, frame)
    picture = Def(Value("still"), ops.Rgb(graph.picture), Loc())
    graph = Graph((*graph.defs, picture), picture.name, None)
    return Still(graph, script(graph, spell(graph)), compiled.build)


def slice_legal(compiled: Compiled, frame: int) -> Graph:
    """The legal graph of one frame: the film's ops, without those that the frame does not depend on."""
    if not 0 <= frame < compiled.plan.frames:
        raise ReelError("RC206", Loc(), f"frame {frame} is outside the reel", detail=f"it has {compiled.plan.frames}")
    return legal_slice(infer(compiled.shaped), frame, frame + 1)
