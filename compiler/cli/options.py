"""Arguments and options of several commands, and the parsers of their values."""

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

_SIZE = re.compile(r"(\d{1,15})([KMGT]?)B?", re.IGNORECASE)
_UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_SECONDS = re.compile(r"-?[0-9]{0,9}\.?[0-9]{1,18}(/[0-9]{1,9})?")


def seconds(text: str) -> Fraction:
    """The seconds in a text, decimal or a fraction; a usage error otherwise."""
    try:
        if _SECONDS.fullmatch(text):
            return Fraction(text)
    except (ValueError, ZeroDivisionError):
        pass
    raise typer.BadParameter(f"{text!r} is not a time: give seconds, such as 2.5 or 75/30")


@dataclass(frozen=True, slots=True)
class ClipTime:
    """A source time of a clip."""

    clip: str
    at: SourceTime


def clip_time(text: str) -> ClipTime:
    """The clip's id and the source time in a text, with a colon between them; a usage error otherwise."""
    clip, colon, at = text.rpartition(":")
    if not colon:
        raise typer.BadParameter(f"{text!r} is not a time of a clip: give CLIP:T, such as dunk:2.5")
    return ClipTime(clip, SourceTime(seconds(at)))


def patience(waited: float | None) -> float | None:
    """The seconds to wait, finite and above 0; a usage error otherwise."""
    if waited is None or 0 < waited < math.inf:
        return waited
    raise typer.BadParameter(f"{waited:g} is not a time to wait: give seconds above 0")


def bytes_of(text: str) -> int | None:
    """The bytes in a text such as 500M or 20G; None if it states no size."""
    size = _SIZE.fullmatch(text.strip())
    return int(size[1]) * _UNITS[size[2].upper()] if size else None


def memory_size(text: str) -> int:
    """The bytes of memory in a text, above 0; a usage error otherwise."""
    if size := bytes_of(text):
        return size
    raise typer.BadParameter(f"{text!r} is not a size of memory: give bytes above 0, such as 2G or 900M")


def file_name(text: str) -> Path:
    """The file to write; `-` is a usage error, because an output is verified before it gets its name."""
    if text == "-":
        raise typer.BadParameter("name a file: the output cannot go to stdout")
    return Path(text)


ReelPath = Annotated[
    str,
    typer.Argument(metavar="REEL", help="The reel file (JSON), or - for stdin. Media paths are relative to it."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON, on stdout.")]
Overwrite = Annotated[bool, typer.Option("--overwrite", "-y", help="Replace the output if it exists.")]
