"""`reelc compile`: the graph, the script, the command and the plan, without rendering anything."""

from __future__ import annotations

import json
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Annotated

import typer

from compiler.cli.folder import check_folder, outputs, write
from compiler.cli.loading import load
from compiler.cli.options import ClipTime, ReelPath, clip_time, file_name, seconds
from compiler.ir.text import number, show
from compiler.pipeline import Compiled, Sight, frame_at, record_time, sights
from compiler.pipeline.forms import FORMS, Format, command, traced

Folder = Annotated[
    Path | None,
    typer.Option(
        "-o",
        "--output",
        metavar="DIR",
        parser=file_name,
        help="Write graph.txt, filtergraph.txt, command.sh and plan.json there.",
    ),
]
DryRun = Annotated[
    bool,
    typer.Option("--dry-run", help="Print graph, script and command, and write nothing: the default without -o."),
]
Form = Annotated[
    Format | None,
    typer.Option(
        "--format", metavar="FORM", help="Print one form only: text (the graph), json, dot, svg, script or command."
    ),
]
Explain = Annotated[
    bool, typer.Option("--explain", help="Print the graph after every pass that changed it, headed by its law.")
]
At = Annotated[
    Fraction | None,
    typer.Option("--at", metavar="T", parser=seconds, help="Trace one record time (seconds) back to what is seen."),
]

Source = Annotated[
    ClipTime | None,
    typer.Option(
        "--source",
        metavar="CLIP:T",
        parser=clip_time,
        help="Trace a source time (seconds) of a clip forward: when it plays, and what is seen then.",
    ),
]


def compile_command(
    reel: ReelPath,
    output: Folder = None,
    dry_run: DryRun = False,
    form: Form = None,
    explain: Explain = False,
    at: At = None,
    source: Source = None,
) -> None:
    """Compile a reel and show what would be rendered.

    \b
    Examples:
      reelc compile reel.json --dry-run
      reelc compile reel.json -o compiled && sh compiled/command.sh
      reelc compile reel.json --format svg > graph.svg
      reelc compile reel.json --at 2.5
      reelc compile reel.json --source dunk:4.2
    """
    _check_together(output, dry_run, form, explain, at is not None or source is not None)
    if at is not None and source:
        raise typer.BadParameter("--at traces back and --source forward: give one of them")
    if output:
        check_folder(output)
    compiled = load(reel, outputs(output) if output else ())
    for notice in compiled.plan.notices:
        typer.echo(f"warning: {notice}", err=True)
    if output:
        write(compiled, output)
    else:
        if source:
            at = record_time(compiled.plan, source.clip, source.at)
        typer.echo(_shown(compiled, form, explain, at), nl=False)


def _check_together(output: Path | None, dry_run: bool, form: Format | None, explain: bool, traced: bool) -> None:
    if output and (dry_run or form or explain or traced):
        what = "--dry-run, --format, --explain, --at or --source"
        raise typer.BadParameter(f"-o writes everything; it does not go with {what}")
    if explain and (form or traced):
        raise typer.BadParameter("--explain prints every graph; it does not go with --format, --at or --source")
    if traced and form not in (None, Format.text, Format.json):
        raise typer.BadParameter("--at and --source print text, or JSON with --format json")


def _shown(compiled: Compiled, form: Format | None, explain: bool, at: Fraction | None) -> str:
    if at is not None:
        return trace(compiled, at, as_json=form is Format.json)
    if explain:
        return "\n".join(f"# {stage.name}: {stage.law}\n{show(stage.graph)}" for stage in compiled.stages)
    if form:
        return FORMS[form](compiled)
    return "\n".join([show(compiled.graph), compiled.script, command(compiled)])


def trace(compiled: Compiled, at: Fraction, *, as_json: bool) -> str:
    """One record time traced back to what is seen, as text or JSON; RC206 outside the film."""
    if as_json:
        return json.dumps(traced(compiled, at), indent=2) + "\n"
    frame = frame_at(compiled.plan, at)
    seen = sights(compiled.plan, compiled.graph, frame)
    heading = f"record time {number(at)} s is frame {frame} of {compiled.plan.frames}"
    return "\n".join([heading, *(line for sight in seen for line in _told(sight)), ""])


def _told(sight: Sight) -> Iterator[str]:
    box, shown = sight.box, sight.source_frame
    yield f'clip "{sight.placed.clip.id}" frame {sight.frame}, seen at weight {number(sight.weight)}'
    yield f"  source  {number(sight.source)} s, showing source frame {shown}"
    yield f"  crop    {box.width:.6g}x{box.height:.6g} at {box.x:.6g},{box.y:.6g}"
    yield f"  speed   {number(sight.speed)}x"
    if sight.motion != "repeat":
        yield f"  motion  {sight.motion} with the next frame"
    yield f"  made by {' '.join(f'%{value}' for value in sight.values)}"
