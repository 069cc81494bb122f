"""`reelc probe`, `schema` and `doctor`: facts about media, formats and this machine."""

from __future__ import annotations

import json
from dataclasses import asdict
from fractions import Fraction
from pathlib import Path
from typing import Annotated

import typer

from compiler.codes import FFMPEG_UNFIT
from compiler.model import schema
from compiler.supervise.doctor import examine
from compiler.supervise.probe import probe

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def probe_command(
    media: Annotated[Path, typer.Argument(metavar="MEDIA", help="The media file.")], as_json: AsJson = False
) -> None:
    """Print what a media file is: sizes, rates, lengths, colours.

    Example: reelc probe game.mp4 --json
    """
    facts = asdict(probe(media.absolute()))
    if as_json:
        typer.echo(json.dumps({"probe": 1, **facts}, indent=2, default=_plain))
        return
    for name, value in facts.items():
        if isinstance(value, dict):
            typer.echo(f"{name}:")
            for key, fact in value.items():
                typer.echo(f"  {key:16} {'-' if fact is None else fact}")
        else:
            typer.echo(f"{name:18} {value}")


def _plain(value: object) -> object:
    if isinstance(value, Fraction):
        return str(value)
    raise TypeError(f"{value!r} is no fact")


def schema_command() -> None:
    """Print the JSON Schema of the reel file.

    Example: reelc schema > reel.schema.json
    """
    typer.echo(json.dumps(schema(), indent=2))


def doctor_command(as_json: AsJson = False) -> None:
    """Say what this machine can do: ffmpeg, filters, encoders, sandbox, space. Ends with 4 when it cannot render.

    Example: reelc doctor
    """
    checkup = examine()
    if as_json:
        document = {"doctor": 1, "state": checkup.state, "rows": [asdict(row) for row in checkup.rows]}
        typer.echo(json.dumps(document, indent=2))
    else:
        widest = max(len(row.name) for row in checkup.rows)
        for row in checkup.rows:
            remedy = f" ({row.remedy})" if row.remedy else ""
            typer.echo(f"{row.state:4}  {row.name:{widest}}  {row.value}{remedy}")
    if checkup.state == "fail":
        raise typer.Exit(FFMPEG_UNFIT)
