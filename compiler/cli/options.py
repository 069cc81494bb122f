"""Arguments and options that several commands share, and how what is typed is read."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Annotated

import typer

from compiler.timeline.instant import SourceTime

STDIN = "-"

_SECONDS = re.compile(r"-?[0-9]{0,9}\.?[0-9]{1,18}(/[0-9]{1,9})?")


def seconds(text: str) -> Fraction:
    """A time as typed: decimal seconds or a fraction; a usage error otherwise."""
    try:
        if _SECONDS.fullmatch(text):
            return Fraction(text)
    except (ValueError, ZeroDivisionError):
        pass
    raise typer.BadParameter(f"{text!r} is no time: give seconds, as 2.5 or 75/30")


@dataclass(frozen=True, slots=True)
class ClipTime:
    """A source time of a clip."""

    clip: str
    at: SourceTime


def clip_time(text: str) -> ClipTime:
    """A clip's id and a source time, as typed with a colon between; a usage error otherwise."""
    clip, colon, at = text.rpartition(":")
    if not colon:
        raise typer.BadParameter(f"{text!r} is no time of a clip: give CLIP:T, as dunk:2.5")
    return ClipTime(clip, SourceTime(seconds(at)))


def patience(waited: float | None) -> float | None:
    """How long to wait, checked: finite seconds above 0; a usage error otherwise."""
    if waited is None or 0 < waited < math.inf:
        return waited
    raise typer.BadParameter(f"{waited:g} is no time to wait: give seconds above 0")


def file_name(text: str) -> Path:
    """A file to write, as typed; `-` is a usage error: what is written is checked before it gets its name."""
    if text == "-":
        raise typer.BadParameter("name a file: it cannot go to stdout")
    return Path(text)


ReelPath = Annotated[
    str,
    typer.Argument(metavar="REEL", help="The reel file (JSON), or - for stdin. Its media are relative to it."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON, on stdout.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", "-y", help="Replace the output if it exists.")]
