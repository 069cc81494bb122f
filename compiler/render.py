"""Renders a compiled reel: an ffmpeg for each unit of the graph, and a last one that joins the units."""

from __future__ import annotations

import asyncio
import functools
from collections import ChainMap
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypedDict

from compiler.conceal import Furthest, conceal
from compiler.emit.argv import (
    SOUNDS,
    film_command,
    join_command,
    measure_command,
    sound_unit_command,
    unit_command,
    words,
)
from compiler.emit.filters import spell
from compiler.emit.script import script
from compiler.emit.sound import GAIN, MEASURED
from compiler.emit.straightened import feeds, media_read
from compiler.errors import Loc, Notice, ReelError
from compiler.film_identity import Files, KnownFilm, Stamp, contents_by, identity_after, identity_by
from compiler.ir import ops
from compiler.ir.graph import Graph
from compiler.pipeline import Compiled, SoundUnit, Still, Unit
from compiler.pipeline.forecast import Forecast
from compiler.pipeline.identity import Content
from compiler.pipeline.loudness import measuring_of
from compiler.supervise.children.reads import Partial
from compiler.supervise.children.sandbox import ChildLimits
from compiler.supervise.films.kept import KeptUnits
from compiler.supervise.films.portable import Farm
from compiler.supervise.films.progress import Progress
from compiler.supervise.films.render import ALONE, Film, render
from compiler.supervise.films.run import RENDERING
from compiler.supervise.films.side_by_side import Side
from compiler.supervise.films.step import FromFolder, RenderStep
from compiler.supervise.films.still import render_still
from compiler.supervise.films.verdict import Origins
from compiler.supervise.films.verify import Expected
from compiler.unit_lists import picture_list, picture_name, sound_list, sound_name

SCRIPT, UNITS, FILM = "filtergraph.txt", "units.txt", "film"
LOUDNESS = Loc(None, "/audio/loudness")

READER_MEMORY = 200
"""MiB of the reader that straightens media, measured with 1080p."""


async def render_reel(
    compiled: Compiled,
    output: Path,
    *,
    on_progress: Callable[[Progress], None] = lambda _: None,
    overwrite: bool = False,
    stall_after: float = 60,
    deadline: float | None = None,
    limits: ChildLimits = RENDERING,
    cgroup: Path | None = None,
    cache: KeptUnits | None = None,
    content: Content | None = None,
    known: KnownFilm | None = None,
    side: Side = ALONE,
    partial: Partial | None = None,
    farm: Farm | None = None,
) -> Film:
    """Render a compiled reel to `output`, complete and as planned; on a coded error `output` stays untouched.

    `content` states the contents of files that nobody changes; without it they are read whole, and watched. `known` is
    what `known_film` made of the reel, if that is there already. The film's bytes do not depend on `side`, which states
    how many ffmpegs run at once. Media that have holes are filled as `partial` says, when they are read; their contents
    must be known.
    """
    assert content or known or not partial, "the hash of a file with holes would be that of its holes"
    if known is None:
        found = content or contents_by(cache)
        known = await asyncio.to_thread(known_film, compiled, found, watched=content is None)
    begun, made, stamp, furthest = compiled, known.made, known.stamp, Furthest(on_progress)
    while True:
        try:
            film = await render(
                made,
                output,
                expected_of(compiled),
                on_progress=furthest,
                overwrite=overwrite,
                stall_after=stall_after,
                deadline=deadline,
                limits=limits,
                cgroup=cgroup,
                cache=cache,
                tagging=stamp.tag,
                side=side,
                partial=partial,
                farm=farm,
            )
        except ReelError as error:
            concealing = await conceal(compiled, error, partial)
            if concealing is None:
                raise
            compiled, made = concealing, steps(concealing)
        else:
            later = (notice for notice in compiled.plan.notices if notice not in begun.plan.notices)
            return replace(film, notices=(*film.notices, *later), identity=stamp.identity)


def known_film(compiled: Compiled, content: Content, *, watched: bool = False) -> KnownFilm:
    """The steps and the tag of a compiled reel's film. Media that are `watched` and change have none."""
    made = steps(compiled)
    return KnownFilm(made, content, Stamp.of(compiled, made, content, watched=watched))


def expected_of(compiled: Compiled) -> Expected:
    """The facts that the film is verified by."""
    plan = compiled.plan
    return Expected(plan.frames, plan.fps, (plan.width, plan.height), plan.samples, compiled.encoding.profile)


async def render_frame(still: Still, output: Path, *, overwrite: bool = False) -> None:
    """Render a compiled still to `output`; on a coded error `output` stays untouched."""
    await render_still(
        lambda script, part: still.command(str(script), str(part)),
        still.script,
        output,
        reads=media_read(still.graph),
        origins=_origins(dict(still.locs), still.graph),
        overwrite=overwrite,
        feeds=feeds(still.graph),
    )


FindOrigins = Callable[[Graph], Origins]
"""Returns the origins of the parts of a command that runs a graph."""


class _Predicted(TypedDict):
    memory: int
    weight: float


def steps(compiled: Compiled) -> list[RenderStep]:
    """The ffmpeg runs of the film: a single one, or one for each unit and a last one that joins the units.

    Units of sound come first, since the film's loudness is measured over them, and they take the least time. Units
    depend on no other step.
    """
    sounds, origins = compiled.sound_units, functools.partial(_origins, dict(compiled.locs))
    made = [_sound_unit(compiled, unit, number, origins) for number, unit in enumerate(sounds, start=1)]
    listed: Files = {SOUNDS: "".join(sound_list(sounds))} if sounds else {}
    measured, gain = _measured(compiled, made, listed, origins)
    read = {**listed, **gain}
    if len(compiled.plan.units) == 1:
        return [*made, *measured, _whole(compiled, read, origins)]
    units = compiled.units
    parts = (_unit(compiled, unit, number, origins) for number, unit in enumerate(units, start=1))
    return [*made, *measured, *parts, _join(compiled, units, read, origins)]


def _measured(
    compiled: Compiled, made: Sequence[RenderStep], listed: Files, origins: FindOrigins
) -> tuple[list[RenderStep], dict[str, FromFolder]]:
    """The step that measures the film's sound, if a loudness is asked for, and the gain file computed from it."""
    measuring = measuring_of(compiled.rendered)
    if measuring is None:
        return [], {}

    def notice(folder: Path) -> Notice | None:
        gain = measuring.gain((folder / MEASURED).read_text(encoding="utf-8"))
        if not gain.limited:
            return None
        return Notice(LOUDNESS, f"the film's true peak keeps it at {gain.reached:.1f} LUFS, below its target")

    step = RenderStep(
        lambda folder, _: compiled.measure_command(measuring, str(folder / SCRIPT)),
        {SCRIPT: measuring.script, **listed},
        0,
        origins(measuring.graph),
        sound_alone=True,
        notice=notice,
        reported=True,
        made=MEASURED,
        **_forecast(compiled.plan.whole_sound, measuring.graph),
        identity=identity_after(
            made,
            identity_by(
                compiled,
                measuring.graph,
                lambda plain, build: measure_command(plain, build, SCRIPT),
                {**listed, GAIN: f"{measuring.target} LUFS, {measuring.peak} dBTP"},  # decide the gain, not the sound
            ),
        ),
        feeds=feeds(measuring.graph),
        reads=media_read(measuring.graph),
    )
    return [step], {GAIN: lambda folder: measuring.file((folder / MEASURED).read_text(encoding="utf-8"))}


def _whole(compiled: Compiled, read: Files, origins: FindOrigins) -> RenderStep:
    graph, encoding = compiled.rendered, compiled.encoding

    return RenderStep(
        lambda folder, part: words(film_command(graph, encoding, compiled.build, str(folder / SCRIPT), str(part))),
        {SCRIPT: compiled.script if graph is compiled.film else script(graph, spell(graph)), **read},
        compiled.plan.frames,
        origins(graph),
        sound_alone=graph.video is None,
        **_forecast(compiled.plan.whole(), graph),
        identity=identity_by(
            compiled, graph, lambda plain, build: film_command(plain, encoding, build, SCRIPT, FILM), read
        ),
        feeds=feeds(graph),
        reads=media_read(graph),
    )


def _sound_unit(compiled: Compiled, unit: SoundUnit, number: int, origins: FindOrigins) -> RenderStep:
    return RenderStep(
        lambda folder, _: compiled.sound_unit_command(unit, str(folder / SCRIPT), str(folder / sound_name(number))),
        {SCRIPT: unit.script},
        0,
        origins(unit.graph),
        sound_alone=True,
        made=sound_name(number),
        samples=unit.samples,
        independent=True,
        **_forecast(compiled.plan.sound_forecast(*compiled.plan.sounds[number - 1]), unit.graph),
        identity=identity_by(compiled, unit.graph, lambda plain, build: sound_unit_command(plain, build, SCRIPT, FILM)),
        feeds=feeds(unit.graph),
        reads=media_read(unit.graph),
    )


def _unit(compiled: Compiled, unit: Unit, number: int, origins: FindOrigins) -> RenderStep:
    encoding = compiled.encoding
    name = picture_name(number, encoding.profile.endings[0])

    return RenderStep(
        lambda folder, _: compiled.unit_command(unit, str(folder / SCRIPT), str(folder / name)),
        {SCRIPT: unit.script},
        unit.frames,
        origins(unit.graph),
        made=name,
        independent=True,
        **_forecast(compiled.plan.forecast(unit.first, unit.until), unit.graph),
        identity=identity_by(
            compiled, unit.graph, lambda plain, build: unit_command(plain, encoding, build, SCRIPT, FILM)
        ),
        feeds=feeds(unit.graph),
        reads=media_read(unit.graph),
    )


def _join(compiled: Compiled, units: Sequence[Unit], read: Files, origins: FindOrigins) -> RenderStep:
    sound, encoding = compiled.sound, compiled.encoding
    graph = sound.graph if sound else None
    return RenderStep(
        lambda folder, part: compiled.join_command(sound, str(folder / UNITS), str(folder / SCRIPT), str(part)),
        {
            UNITS: "".join(picture_list(units, compiled.plan.fps, encoding.profile.endings[0])),
            **({SCRIPT: sound.script} if sound else {}),
            **read,
        },
        0,
        origins(sound.graph) if sound else Origins(),
        **_forecast(compiled.plan.whole_sound, graph),
        feeds=feeds(graph),
        reads=media_read(graph),
        identity=identity_by(
            compiled, graph, lambda plain, build: join_command(plain, encoding, build, UNITS, SCRIPT, FILM), read
        ),
    )


def _forecast(forecast: Forecast, graph: Graph | None) -> _Predicted:
    """The forecast of a step, whose straightened inputs have a reader beside ffmpeg."""
    return {"memory": forecast.memory + (READER_MEMORY if feeds(graph) else 0), "weight": forecast.cpu}


def _origins(locs: dict[str, Loc], graph: Graph) -> Origins:
    """The origins of the parts of a command, for error messages; `locs` are those of the whole film's values, which the
    steps share."""
    sources = [define for define in graph if isinstance(define.op, ops.Source)]
    paths = {op.media.path: define.loc for define in reversed(sources) if isinstance(op := define.op, ops.Source)}
    own: dict[str, Loc] = {name: loc for name, loc in graph.locs.items()}
    return Origins(ChainMap(own, locs), tuple(define.loc for define in sources), paths)
