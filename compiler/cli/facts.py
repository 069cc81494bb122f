"""`reelc probe`, `schema` and `doctor`: facts about media, formats and this machine."""

from __future__ import annotations

import json
from dataclasses import asdict
from fractions import Fraction
from pathlib import Path
from typing import Annotated

import typer

from compiler.cli.interrupts import finish
from compiler.cli.options import AsJson
from compiler.codes import FFMPEG_UNFIT
from compiler.errors import Loc
from compiler.model.forms import schema
from compiler.supervise.doctor import examine
from compiler.supervise.plain import plain
from compiler.supervise.probe import probing


def probe_command(
    media: Annotated[Path, typer.Argument(metavar="MEDIA", help="The media file.")], as_json: AsJson = False
) -> None:
    """Print what a media file is: sizes, rates, lengths, colours.

    Times are seconds, exact, as fractions; source time 0 is the first picture.

    \b
    Examples:
      reelc probe game.mp4
      reelc probe game.mp4 --json
    """
    path = media.absolute()
    facts = asdict(finish(probing([(path, Loc())]))[path])
    if as_json:
        typer.echo(json.dumps({"probe": 1, **facts}, indent=2, default=_plain))
        return
    for name, value in facts.items():
        if isinstance(value, dict):
            typer.echo(f"{name}:")
            for key, fact in value.items():
                typer.echo(f"  {key:16} {_told(fact)}")
        else:
            typer.echo(f"{name:18} {_told(value)}")


def _told(fact: object) -> str:
    if isinstance(fact, tuple):
        return f"{len(fact)} frames at uneven times" if fact else "even"
    return "-" if fact is None else plain(str(fact))


def _plain(value: object) -> object:
    if isinstance(value, Fraction):
        return str(value)
    raise TypeError(f"{value!r} is no fact")


def schema_command() -> None:
    """Print the JSON Schema of the reel file.

    \b
    Example:
      reelc schema > reel.schema.json
    """
    typer.echo(json.dumps(schema(), indent=2))


def doctor_command(as_json: AsJson = False) -> None:
    """Say what this machine can do: ffmpeg, filters, encoders, sandbox, space.

    Ends with 4 when it cannot render.

    \b
    Examples:
      reelc doctor
      reelc doctor --json
    """
    checkup = examine()
    if as_json:
        document = {"doctor": 1, "state": checkup.state, "rows": [asdict(row) for row in checkup.rows]}
        typer.echo(json.dumps(document, indent=2))
    else:
        widest = max(len(row.name) for row in checkup.rows)
        for row in checkup.rows:
            remedy = f" ({row.remedy})" if row.remedy else ""
            typer.echo(f"{row.state:4}  {row.name:{widest}}  {plain(row.value)}{remedy}")
    if checkup.state == "fail":
        raise typer.Exit(FFMPEG_UNFIT)
