"""`reelc render` and `reelc frame`: films and single frames, supervised and verified."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated

import typer

from compiler.cli.executing import LOCAL, ExecutorName, Scheduler, check_executor, farm_of
from compiler.cli.interrupts import finish
from compiler.cli.meters import Meter, Mode, meter
from compiler.cli.options import AsJson, Overwrite, ReelPath, file_name, memory_size, patience, seconds
from compiler.supervise.films.progress import Progress
from compiler.supervise.plain import plain

if TYPE_CHECKING:
    from compiler.pipeline import Compiled, Plan
    from compiler.supervise.films.render import Film
    from compiler.supervise.films.side_by_side import Side
    from compiler.supervise.unit_cache import UnitCache

Output = Annotated[Path, typer.Option("-o", "--output", metavar="OUT.mp4", parser=file_name, help="The film to write.")]
Picture = Annotated[
    Path, typer.Option("-o", "--output", metavar="F.png", parser=file_name, help="The picture to write.")
]
ProgressMode = Annotated[
    Mode,
    typer.Option("--progress", metavar="MODE", help="How to print progress on stderr: auto, bar, plain, json or none."),
]
Stall = Annotated[
    float, typer.Option("--stall", metavar="S", callback=patience, help="Give up after S seconds without a frame.")
]
Deadline = Annotated[
    float | None, typer.Option("--deadline", metavar="S", callback=patience, help="Give up after S seconds in total.")
]


Cached = Annotated[
    bool, typer.Option("--no-cache", help="Render everything anew, and keep nothing for the next render.")
]
Jobs = Annotated[
    int | None,
    typer.Option(
        "--jobs",
        metavar="N",
        min=1,
        envvar="REELC_JOBS",
        help="Run up to N ffmpegs at once; without it as many as keep the processors busy. The film is the same.",
    ),
]
Memory = Annotated[
    int | None,
    typer.Option(
        "--memory",
        metavar="SIZE",
        parser=memory_size,
        envvar="REELC_MEMORY",
        help="Use at most this much memory (900M, 4G); without it as many ffmpegs run at once as the machine has "
        "memory for.",
    ),
]


def render_command(
    reel: ReelPath,
    output: Output,
    progress: ProgressMode = Mode.auto,
    as_json: AsJson = False,
    overwrite: Overwrite = False,
    stall: Stall = 60,
    deadline: Deadline = None,
    no_cache: Cached = False,
    jobs: Jobs = None,
    memory: Memory = None,
    executor: ExecutorName = LOCAL,
    scheduler: Scheduler = None,
) -> None:
    """Render a reel to a film, verified before it is put in place.

    A file appears under the film's name only if it is exactly the film predicted. Only what changed since an earlier
    render is made; reelc cache tells what is kept.

    With --progress json, stderr holds one JSON object a line and nothing else, errors included.

    \b
    Examples:
      reelc render reel.json -o film.mp4
      reelc render reel.json -o film.mp4 --overwrite --deadline 600
      reelc render reel.json -o film.mp4 --jobs 4 --memory 6G
      reelc render reel.json -o film.mp4 --executor dask --scheduler tcp://127.0.0.1:8786
      reelc render - -o film.mp4 --progress json --json < reel.json
    """
    from compiler.supervise.children.fork_server import prepare_forks

    prepare_forks()  # the film is read by a fork when it is made
    from compiler.supervise.background import begun
    from compiler.supervise.ffmpeg import find_build

    building = begun(find_build)  # it waits for ffmpeg's answer, while the rest is imported
    from compiler.cli.caching import unit_cache
    from compiler.cli.loading import load
    from compiler.supervise.films.film import check_output
    from compiler.supervise.machine import check_memory, machine_memory, memory_notice

    check_executor(executor, scheduler)
    with meter(progress) as reporter:
        check_output(output, overwrite)
        compiled = load(reel, [output], film=output, building=building)
        if memory is not None:
            check_memory(compiled.plan.memory, memory, machine_memory())
        elif lacking := memory_notice(compiled.plan.memory):
            reporter.warn(lacking)
        for notice in compiled.plan.notices:
            reporter.warn(notice)
        cache = None if no_cache else unit_cache()
        terms = _Options(overwrite, stall, deadline, cache, _side(jobs, memory), memory, executor, scheduler)
        film, plan = _render(compiled, output, reporter, terms)
    if as_json:
        typer.echo(json.dumps({"render": 1, **_facts(film), "plan": plan.as_json()}, indent=2))
    elif progress is not Mode.json:
        length, size = float(film.duration), film.size_bytes / 1e6
        kept = f", {film.kept} frames from the cache" if film.kept else ""
        typer.echo(f"{plain(str(film.path))}  {film.frames} frames, {length:.3f} s, {size:.1f} MB{kept}", err=True)


@dataclass(frozen=True, slots=True)
class _Options:
    """How a film is rendered, as the options state."""

    overwrite: bool
    stall: float
    deadline: float | None
    cache: UnitCache | None
    side: Side
    memory: int | None
    executor: str
    scheduler: str | None


def _side(jobs: int | None, memory: int | None) -> Side:
    """The number of ffmpegs at once and their memory together, as the options state or as this machine has them."""
    from compiler.supervise.films.side_by_side import Side, usual_jobs
    from compiler.supervise.machine import machine_memory

    return Side(jobs or usual_jobs(), memory or machine_memory())


def _render(
    compiled: Compiled,
    output: Path,
    reporter: Meter,
    terms: _Options,
) -> tuple[Film, Plan]:
    """The film, and the plan that it was made by: with what is held of media that turned out to be damaged."""
    followed, started = [compiled], monotonic()
    film = finish(_rendered(compiled, output, reporter, terms, followed.append))
    plan = followed[-1].plan
    for notice in film.notices:
        reporter.warn(notice)
    reporter.progress(Progress("complete", plan.frames, plan.frames, monotonic() - started, kept=film.kept))
    return film, plan


async def _rendered(
    compiled: Compiled, output: Path, reporter: Meter, terms: _Options, on_concealing: Callable[[Compiled], None]
) -> Film:
    from compiler.film_identity import contents_by
    from compiler.render import render_reel
    from compiler.supervise.films.run import RENDERING

    content = contents_by(terms.cache)
    async with farm_of(terms.executor, compiled, content, terms.scheduler) as farm:
        return await render_reel(
            compiled,
            output,
            on_progress=reporter.progress,
            on_concealing=on_concealing,
            overwrite=terms.overwrite,
            stall_after=terms.stall,
            deadline=terms.deadline,
            limits=replace(RENDERING, data=terms.memory),
            cache=terms.cache,
            side=terms.side,
            farm=farm,
        )


def _facts(film: Film) -> dict[str, object]:
    return {
        "path": str(film.path),
        "frames": film.frames,
        "duration": float(film.duration),
        "size": film.size_bytes,
        "sha256": film.sha256,
        "frames_from_cache": film.kept,
        "warnings": [str(notice) for notice in film.notices],
    }


def frame_command(
    reel: ReelPath,
    at: Annotated[Fraction, typer.Option("--at", metavar="T", parser=seconds, help="The record time, seconds.")],
    output: Picture,
    as_json: AsJson = False,
    overwrite: Overwrite = False,
) -> None:
    """Render one frame of the film as a picture.

    The frame comes from the film's own graph, before encoding.

    \b
    Examples:
      reelc frame reel.json --at 2.5 -o frame.png
      reelc frame reel.json --at 75/30 -o frame.png --overwrite
    """
    from compiler.cli.loading import load
    from compiler.pipeline import compile_still, frame_at
    from compiler.render import render_frame
    from compiler.supervise.films.film import check_output

    check_output(output, overwrite)
    compiled = load(reel, [output])
    frame = frame_at(compiled.plan, at)
    finish(render_frame(compile_still(compiled, frame), output, overwrite=overwrite))
    if as_json:
        typer.echo(
            json.dumps({"still": 1, "path": str(output), "frame": frame, "frames": compiled.plan.frames}, indent=2)
        )
    else:
        typer.echo(f"{plain(str(output))}  frame {frame} of {compiled.plan.frames}", err=True)
