"""The steps of a compiled reel's film: an ffmpeg for each unit of pictures and of sound, and those that join them."""

from __future__ import annotations

import functools
from collections import ChainMap
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypedDict

from compiler.emit.argv import (
    SOUNDS,
    film_command,
    film_sound_command,
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
from compiler.errors import Loc, Notice
from compiler.film_identity import Files, identity_after, identity_by
from compiler.ir import ops
from compiler.ir.graph import Graph
from compiler.pipeline import Compiled, FilmSound, SoundUnit, Unit
from compiler.pipeline.forecast import Forecast
from compiler.pipeline.loudness import measuring_of
from compiler.supervise.films.step import FromFolder, RenderStep
from compiler.supervise.films.verdict import Origins
from compiler.supervise.small_files import MOST_MADE, read_made
from compiler.unit_lists import film_sound_name, picture_list, picture_name, sound_list, sound_name

SCRIPT, UNITS, FILM = "filtergraph.txt", "units.txt", "film"
LOUDNESS = Loc(None, "/audio/loudness")

READER_MEMORY = 200
"""MiB of the reader that straightens media, measured with 1080p."""

FindOrigins = Callable[[Graph], Origins]
"""Returns the origins of the parts of a command that runs a graph."""


class _Predicted(TypedDict):
    memory: int
    weight: float


def steps(compiled: Compiled) -> list[RenderStep]:
    """The ffmpeg runs of the film: a single one, or one for each unit and a last one that joins the units.

    Units of sound come first, since they take the least time, and the film's loudness is measured over them. The film's
    sound is encoded from them while pictures are made. Units depend on no other step.
    """
    sounds, origins = compiled.sound_units, functools.partial(origins_of, dict(compiled.locs))
    made = [_sound_unit(compiled, unit, number, origins) for number, unit in enumerate(sounds, start=1)]
    listed: Files = {SOUNDS: "".join(sound_list(sounds))} if sounds else {}
    measured, gain = _measured(compiled, made, listed, origins)
    read = {**listed, **gain}
    if len(compiled.plan.units) == 1:
        return [*made, *measured, _whole(compiled, read, origins)]
    units, sound = compiled.units, compiled.sound
    heard = [_film_sound(compiled, sound, [*made, *measured], read, origins)] if sound else []
    parts = (_unit(compiled, unit, number, origins) for number, unit in enumerate(units, start=1))
    return [*made, *measured, *heard, *parts, _join(compiled, units)]


def _measured(
    compiled: Compiled, made: Sequence[RenderStep], listed: Files, origins: FindOrigins
) -> tuple[list[RenderStep], dict[str, FromFolder]]:
    """The step that measures the film's sound, if a loudness is asked for, and the gain file computed from it."""
    measuring = measuring_of(compiled.rendered)
    if measuring is None:
        return [], {}

    def notice(folder: Path) -> Notice | None:
        gain = measuring.gain(_report(compiled, folder))
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
        libraries=compiled.build.libraries,
        identity=identity_after(
            made,
            identity_by(
                compiled,
                measuring.graph,
                lambda plain, build: measure_command(plain, build, SCRIPT),
                {**listed, GAIN: f"{measuring.target} LUFS, {measuring.peak} dBTP"},  # decide the gain, not the sound
            ),
        ),
        feeds=feeds(measuring.graph, watched=True),
        reads=media_read(measuring.graph),
    )
    return [step], {GAIN: lambda folder: measuring.file(_report(compiled, folder))}


def _report(compiled: Compiled, folder: Path) -> str:
    """The report of the film's loudness, of a size that its length allows."""
    most = MOST_MADE + (compiled.plan.samples or 0)  # it has 400 bytes for each 4,800 samples
    return read_made(folder / MEASURED, most).decode(errors="replace")


def _whole(compiled: Compiled, read: Files, origins: FindOrigins) -> RenderStep:
    graph, encoding = compiled.rendered, compiled.encoding

    return RenderStep(
        lambda folder, part: words(film_command(graph, encoding, compiled.build, str(folder / SCRIPT), str(part))),
        {SCRIPT: compiled.script if graph is compiled.film else script(graph, spell(graph)), **read},
        compiled.plan.frames,
        origins(graph),
        sound_alone=graph.video is None,
        **_forecast(compiled.plan.whole(), graph),
        libraries=compiled.build.libraries,
        identity=identity_by(
            compiled, graph, lambda plain, build: film_command(plain, encoding, build, SCRIPT, FILM), read
        ),
        feeds=feeds(graph, watched=True),
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
        libraries=compiled.build.libraries,
        identity=identity_by(compiled, unit.graph, lambda plain, build: sound_unit_command(plain, build, SCRIPT, FILM)),
        feeds=feeds(unit.graph, watched=True),
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
        libraries=compiled.build.libraries,
        identity=identity_by(
            compiled, unit.graph, lambda plain, build: unit_command(plain, encoding, build, SCRIPT, FILM)
        ),
        feeds=feeds(unit.graph, watched=True),
        reads=media_read(unit.graph),
    )


def _film_sound(
    compiled: Compiled, sound: FilmSound, made: Sequence[RenderStep], read: Files, origins: FindOrigins
) -> RenderStep:
    encoding, build, name = compiled.encoding, compiled.build, film_sound_name(compiled.encoding.profile)

    return RenderStep(
        lambda folder, _: words(
            film_sound_command(sound.graph, encoding, build, str(folder / SCRIPT), str(folder / name))
        ),
        {SCRIPT: sound.script, **read},
        0,
        origins(sound.graph),
        sound_alone=True,
        made=name,
        samples=compiled.plan.samples,
        **_forecast(compiled.plan.whole_sound, None),
        libraries=compiled.build.libraries,
        identity=identity_after(
            made,
            identity_by(
                compiled,
                sound.graph,
                lambda plain, build: film_sound_command(plain, encoding, build, SCRIPT, FILM),
                read,
            ),
        ),
    )


def _join(compiled: Compiled, units: Sequence[Unit]) -> RenderStep:
    plan, encoding, build = compiled.plan, compiled.encoding, compiled.build
    sound = film_sound_name(encoding.profile) if compiled.sound else None
    listed = {UNITS: "".join(picture_list(units, plan.fps, encoding.profile.endings[0]))}
    return RenderStep(
        lambda folder, part: words(
            join_command(encoding, build, str(folder / UNITS), str(folder / sound) if sound else None, str(part))
        ),
        listed,
        0,
        **_forecast(plan.joining, None),
        libraries=compiled.build.libraries,
        identity=identity_by(
            compiled, None, lambda _, build: join_command(encoding, build, UNITS, sound, FILM), listed
        ),
    )


def _forecast(forecast: Forecast, graph: Graph | None) -> _Predicted:
    """The forecast of a step, whose straightened inputs have a reader beside ffmpeg."""
    return {"memory": forecast.memory + (READER_MEMORY if feeds(graph) else 0), "weight": forecast.cpu}


def origins_of(locs: dict[str, Loc], graph: Graph) -> Origins:
    """The origins of the parts of a command, for error messages; `locs` are those of the whole film's values, which the
    steps share."""
    sources = [define for define in graph if isinstance(define.op, ops.Source)]
    paths = {op.media.path: define.loc for define in reversed(sources) if isinstance(op := define.op, ops.Source)}
    own: dict[str, Loc] = {name: loc for name, loc in graph.locs.items()}
    return Origins(ChainMap(own, locs), tuple(define.loc for define in sources), paths)
