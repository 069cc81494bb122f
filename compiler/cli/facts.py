"""`reelc probe`, `schema` and `doctor`: facts about media, formats and this machine."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from compiler.cli.interrupts import finish
from compiler.cli.options import AsJson
from compiler.codes import FFMPEG_UNFIT
from compiler.errors import Loc
from compiler.supervise.plain import plain

if TYPE_CHECKING:
    from compiler.supervise.doctor import Row

SCHEMA = Path(__file__).with_name("reel.schema.json")
"""The output of `compiler.model.schema_forms.schema`, stored: making it takes five times as long as printing it."""

FURTHER_CHECKS: list[Callable[[str | None], Sequence[Row]]] = []
"""Checks that other packages add to `reelc doctor`, given a scheduler if one is to be checked."""


def probe_command(
    media: Annotated[Path, typer.Argument(metavar="MEDIA", help="The media file.")], as_json: AsJson = False
) -> None:
    """Print a media file's sizes, rates, lengths and colours.

    Times are seconds, exact, as fractions; source time 0 is the first picture.

    \b
    Examples:
      reelc probe game.mp4
      reelc probe game.mp4 --json
    """
    from compiler.supervise.facts_cache import FactsCache
    from compiler.supervise.probe import probing

    path = media.absolute()
    facts = asdict(finish(probing([(path, Loc())], FactsCache()))[path])
    del facts["video"]["skipped"]  # of windows, and this is a whole file
    if as_json:
        typer.echo(json.dumps({"probe": 1, **facts}, indent=2, default=_plain))
        return
    for name, value in facts.items():
        if isinstance(value, dict):
            typer.echo(f"{name}:")
            for key, fact in value.items():
                typer.echo(f"  {key:16} {_as_text(key, fact)}")
        else:
            typer.echo(f"{name:18} {_as_text(name, value)}")


def _as_text(name: str, fact: object) -> str:
    if name == "keys":
        return f"{len(cast(tuple[int, ...], fact))} listed" if fact else "-"
    if isinstance(fact, tuple) and name != "ticks":
        return plain(", ".join(map(str, fact))) or "-"
    if isinstance(fact, tuple):
        return f"{len(fact)} frames at uneven times" if fact else "even"
    return "-" if fact in (None, "") else plain(str(fact))


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
    typer.echo(SCHEMA.read_text(encoding="utf-8"), nl=False)


def doctor_command(
    as_json: AsJson = False,
    calibrated: Annotated[
        bool,
        typer.Option("--calibrate", help="First measure the costs of decoding, drawing and encoding, for forecasts."),
    ] = False,
    scheduler: Annotated[
        str | None,
        typer.Option("--scheduler", metavar="ADDRESS", help="Check the farm of this scheduler too, and its workers."),
    ] = None,
) -> None:
    """Check this machine: ffmpeg, encoders, sandbox, space, store.

    The exit code is 4 if it cannot render, or if no server can start with the settings and the store. --calibrate takes
    some 15 seconds of an idle machine; the plans of later commands forecast with what it measured. --scheduler fails
    for a farm whose machines would make other bytes than this one.

    \b
    Examples:
      reelc doctor
      reelc doctor --json
      reelc doctor --calibrate
      reelc doctor --scheduler tls://farm.example:8786
    """
    from compiler.supervise.doctor import Checkup, examine

    if calibrated:
        from compiler.supervise.calibrate import calibrate, keep
        from compiler.supervise.ffmpeg import find_build

        keep(calibrate(find_build()))
    checkup = Checkup((*examine().rows, *(row for more in FURTHER_CHECKS for row in more(scheduler))))
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
