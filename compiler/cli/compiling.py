"""`reelc compile`: the graph, the script, the command and the plan, without rendering anything."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from enum import StrEnum
from fractions import Fraction
from pathlib import Path
from typing import Annotated

import typer

from compiler.cli.loading import ReelPath, load
from compiler.errors import Loc, ReelError
from compiler.ir.text import number, show
from compiler.ir.views import as_dot, as_json, as_svg
from compiler.pipeline import Compiled, frame_at, sights

SCRIPT, FILM = "filtergraph.txt", "film.mp4"


class Format(StrEnum):
    """One form of what was compiled."""

    text = "text"
    json = "json"
    dot = "dot"
    svg = "svg"
    script = "script"
    command = "command"


def command_text(compiled: Compiled) -> str:
    """The runnable command, with the script and the film in the working folder."""
    return compiled.shell(SCRIPT, FILM)


def _json(compiled: Compiled) -> str:
    document = {"compile": 1, "plan": compiled.plan.as_json(), "graph": as_json(compiled.graph)}
    return json.dumps(document | {"legal": as_json(compiled.legal), "script": compiled.script}, indent=2) + "\n"


FORMS: dict[Format, Callable[[Compiled], str]] = {
    Format.text: lambda compiled: show(compiled.graph),
    Format.json: _json,
    Format.dot: lambda compiled: as_dot(compiled.graph),
    Format.svg: lambda compiled: as_svg(compiled.graph),
    Format.script: lambda compiled: compiled.script,
    Format.command: command_text,
}


def compile_command(
    reel: ReelPath,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="DIR", help="Write graph, filtergraph, command and plan there."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print graph, script and command; write nothing. The default without -o.")
    ] = False,
    form: Annotated[Format | None, typer.Option("--format", help="Print one form only.")] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Print the graph after every pass that changed it, with its law.")
    ] = False,
    at: Annotated[
        str | None, typer.Option("--at", metavar="T", help="Trace one record time (seconds) back to what is seen.")
    ] = None,
) -> None:
    """Compile a reel and show what would be rendered.

    Examples:

        reelc compile reel.json --dry-run

        reelc compile reel.json --format svg > graph.svg

        reelc compile reel.json --at 2.5
    """
    if output and (dry_run or form or explain or at):
        raise typer.BadParameter("-o writes everything; it does not go with --dry-run, --format, --explain or --at")
    compiled = load(reel)
    if output:
        write(compiled, output)
        for notice in compiled.plan.notices:
            typer.echo(f"warning: {notice}", err=True)
        return
    typer.echo(_shown(compiled, form, explain, at), nl=False)


def _shown(compiled: Compiled, form: Format | None, explain: bool, at: str | None) -> str:
    if at is not None:
        return trace(compiled, at, as_json=form is Format.json)
    if explain:
        return "\n".join(f"# {stage.name}: {stage.law}\n{show(stage.graph)}" for stage in compiled.stages)
    if form:
        return FORMS[form](compiled)
    notices = [f"# warning: {notice}" for notice in compiled.plan.notices]
    parts = [show(compiled.graph), compiled.script, command_text(compiled)]
    return "\n".join([*parts, *notices, *([""] if notices else [])])


def write(compiled: Compiled, folder: Path) -> None:
    """The four files of a compiled reel; RC612 where they cannot be written."""
    plan = json.dumps(compiled.plan.as_json(), indent=2) + "\n"
    texts = {"graph.txt": show(compiled.graph), SCRIPT: compiled.script, "plan.json": plan}
    texts["command.sh"] = f"#!/bin/sh\n{command_text(compiled)}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8")
        (folder / "command.sh").chmod(0o755)
    except OSError as error:
        raise ReelError(
            "RC612", Loc(), f'cannot write to "{folder}": {error.strerror}', hint="name a folder you may write to"
        ) from error


def seconds(text: str) -> Fraction:
    """A time as typed: decimal seconds or a fraction; a usage error otherwise."""
    try:
        return Fraction(text)
    except (ValueError, ZeroDivisionError) as error:
        raise typer.BadParameter(f"{text!r} is no time: give seconds, as 2.5 or 75/30") from error


def trace(compiled: Compiled, at: str, *, as_json: bool) -> str:
    """One record time traced back to what is seen, as text or JSON."""
    frame = frame_at(compiled.plan, seconds(at))
    seen = sights(compiled.plan, compiled.graph, frame)
    if as_json:
        document = {"at": number(seconds(at)), "frame": frame, "seen": [sight.as_json() for sight in seen]}
        return json.dumps(document, indent=2) + "\n"
    lines = [f"record time {number(seconds(at))} s is frame {frame} of {compiled.plan.frames}"]
    for sight in seen:
        lines += _told(sight.as_json())
    return "\n".join(lines) + "\n"


def _told(sight: dict[str, object]) -> Sequence[str]:
    crop = sight["crop"]
    assert isinstance(crop, dict)
    box = f"{crop['width']:g}x{crop['height']:g} at {crop['x']:g},{crop['y']:g}"
    shown = sight["source_frame"]
    values = sight["values"]
    assert isinstance(values, list)
    return (
        f'clip "{sight["clip"]}" frame {sight["clip_frame"]}, seen at weight {sight["weight"]}',
        f"  source  {sight['source_time']} s" + ("" if shown is None else f", showing source frame {shown}"),
        f"  crop    {box}",
        f"  speed   {sight['speed']}x",
        f"  made by {' '.join('%' + str(value) for value in values)}",
    )
