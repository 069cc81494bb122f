"""`reelc render` and `reelc frame`: films and single frames, supervised and verified."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Annotated

import typer

from compiler.cli.compiling import seconds
from compiler.cli.loading import ReelPath, load
from compiler.cli.meters import Mode, meter
from compiler.pipeline import Compiled, compile_still, frame_at
from compiler.supervise.film import check_output
from compiler.supervise.progress import Progress
from compiler.supervise.render import Expected, Film, render
from compiler.supervise.still import render_still
from compiler.supervise.verdict import Origins

Overwrite = Annotated[bool, typer.Option("--overwrite", "-y", help="Replace OUTPUT if it exists.")]


def render_command(
    reel: ReelPath,
    output: Annotated[Path, typer.Option("-o", "--output", metavar="OUT.mp4", help="The film to write.")],
    progress: Annotated[Mode, typer.Option("--progress", help="How progress is shown, on stderr.")] = Mode.auto,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was rendered as JSON.")] = False,
    overwrite: Overwrite = False,
    stall: Annotated[float, typer.Option("--stall", metavar="S", help="Give up after S seconds without a frame.")] = 60,
    deadline: Annotated[float | None, typer.Option("--deadline", metavar="S", help="Give up after S seconds.")] = None,
) -> None:
    """Render a reel to a film: compiled, supervised, verified, then put in place.

    Nothing is left under OUTPUT's name unless the film is exactly the one predicted.

    Examples:

        reelc render reel.json -o film.mp4

        reelc render reel.json -o film.mp4 --progress json --json
    """
    check_output(output, overwrite)
    compiled = load(reel)
    for notice in compiled.plan.notices:
        typer.echo(f"warning: {notice}", err=True)
    film = _render(compiled, output, progress, overwrite, stall, deadline)
    if as_json:
        typer.echo(json.dumps({"render": 1, **_facts(film), "plan": compiled.plan.as_json()}, indent=2))
    else:
        length, size = float(film.duration), film.size_bytes / 1e6
        typer.echo(f"{film.path}  {film.frames} frames, {length:.3f} s, {size:.1f} MB", err=True)


def _render(
    compiled: Compiled, output: Path, mode: Mode, overwrite: bool, stall: float, deadline: float | None
) -> Film:
    plan = compiled.plan
    with meter(mode) as report:
        film = asyncio.run(
            render(
                lambda script, part: compiled.command(str(script), str(part)),
                compiled.script,
                output,
                Expected(plan.frames, plan.fps, (plan.width, plan.height), plan.samples),
                origins=origins(compiled),
                on_progress=report,
                overwrite=overwrite,
                stall_after=stall,
                deadline=deadline,
            )
        )
        report(Progress("complete", plan.frames, plan.frames, 0.0))
    return film


def origins(compiled: Compiled) -> Origins:
    """Where the parts of the command came from, for the words of an error."""
    return Origins(compiled.locs, compiled.inputs)


def _facts(film: Film) -> dict[str, object]:
    return {
        "path": str(film.path),
        "frames": film.frames,
        "duration": float(film.duration),
        "size": film.size_bytes,
        "sha256": film.sha256,
    }


def frame_command(
    reel: ReelPath,
    at: Annotated[str, typer.Option("--at", metavar="T", help="The record time, seconds.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="F.png", help="The picture to write.")],
    overwrite: Overwrite = False,
) -> None:
    """Render one frame, from the same graph: the film's frame as it is before encoding.

    Example: reelc frame reel.json --at 2.5 -o frame.png
    """
    check_output(output, overwrite)
    compiled = load(reel)
    still = compile_still(compiled, frame_at(compiled.plan, seconds(at)))
    asyncio.run(
        render_still(
            lambda script, part: still.command(str(script), str(part)),
            still.script,
            output,
            origins=Origins(still.locs, still.inputs),
            overwrite=overwrite,
        )
    )
