"""`reelc compile`: the graph, the script, the command and the plan, without rendering anything."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from compiler.cli.options import ClipTime, ReelPath, clip_time, file_name, seconds
from compiler.formats import Format

if TYPE_CHECKING:
    from compiler.cli.made_before import MadeBefore
    from compiler.pipeline import Compiled

Folder = Annotated[
    Path | None,
    typer.Option(
        "-o",
        "--output",
        metavar="DIR",
        parser=file_name,
        help="Write graph.txt, filtergraph.txt, command.sh and plan.json to this folder.",
    ),
]
DryRun = Annotated[
    bool,
    typer.Option("--dry-run", help="Print graph, script and command, and write no file; the default without -o."),
]
Form = Annotated[
    Format | None,
    typer.Option(
        "--format", metavar="FORM", help="Print one form only: text (the graph), json, dot, svg, script or command."
    ),
]
Explain = Annotated[
    bool,
    typer.Option(
        "--explain", help="Print the graph after every pass that changed it, with the law of the pass as heading."
    ),
]
At = Annotated[
    Fraction | None,
    typer.Option(
        "--at", metavar="T", parser=seconds, help="Trace a record time (seconds) back to the source frames on screen."
    ),
]

Source = Annotated[
    ClipTime | None,
    typer.Option(
        "--source",
        metavar="CLIP:T",
        parser=clip_time,
        help="Trace a source time (seconds) of a clip forward to when it plays, and to the frames on screen.",
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
    """Compile a reel and print what would be rendered.

    The last lines say which units of the film are in the cache (reelc cache). Of files that no render has read, nothing
    is there.

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
    from compiler.cli.folder import check_folder, outputs, write
    from compiler.cli.loading import load
    from compiler.cli.printing import as_text
    from compiler.pipeline import record_time

    if output:
        check_folder(output)
    compiled = load(reel, outputs(output) if output else ())
    for notice in compiled.plan.notices:
        typer.echo(f"warning: {notice}", err=True)
    told = form in (None, Format.json) and not explain and at is None and source is None
    before = _before(compiled) if output or told else None
    if output:
        write(compiled, output, before)
    else:
        if source:
            at = record_time(compiled.plan, source.clip, source.at)
        typer.echo(as_text(compiled, form, explain, at, before), nl=False)


def _before(compiled: Compiled) -> MadeBefore | None:
    """The parts of the film that are in the user's cache of units; None if there is no cache."""
    from compiler.cli.caching import unit_cache

    cache = unit_cache()
    if cache is None:
        return None
    from compiler.cli.made_before import made_before

    return made_before(compiled, cache)


def _check_together(output: Path | None, dry_run: bool, form: Format | None, explain: bool, traced: bool) -> None:
    if output and (dry_run or form or explain or traced):
        what = "--dry-run, --format, --explain, --at or --source"
        raise typer.BadParameter(f"-o writes everything; it does not go with {what}")
    if explain and (form or traced):
        raise typer.BadParameter("--explain prints every graph; it does not go with --format, --at or --source")
    if traced and form not in (None, Format.text, Format.json):
        raise typer.BadParameter("--at and --source print text, or JSON with --format json")
