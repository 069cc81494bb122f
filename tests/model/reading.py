"""Reads one clip or one reel in a test, and collects its errors."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

from compiler.errors import ReelError, ReelErrors
from compiler.model import Clip, Reel, SpeedSpan, read_reel


def reel_text(**fields: Any) -> str:
    """A reel of one clip with these stored fields."""
    return json.dumps({"reel": 1, "clips": [{"media": "game.mp4", **fields}]})


def read(**fields: Any) -> Clip:
    """The only clip of such a reel, as read."""
    return read_reel(reel_text(**fields)).clips[0]


def read_top(**fields: Any) -> Reel:
    """A reel with these top-level fields over one plain clip."""
    return read_reel(json.dumps({"reel": 1, "clips": [{"media": "game.mp4"}], **fields}))


def errors_of(text: str | bytes) -> list[ReelError]:
    """Every error of a reel's text; empty when it can be read."""
    try:
        read_reel(text)
    except ReelErrors as several:
        return [error for error in several.exceptions if isinstance(error, ReelError)]
    except ReelError as error:
        return [error]
    return []


def faults(**fields: Any) -> list[tuple[str, str]]:
    """Code of every error of a one-clip reel, and its pointer below the clip."""
    return [(error.code, error.loc.pointer.removeprefix("/clips/0/")) for error in errors_of(reel_text(**fields))]


def faults_top(**fields: Any) -> list[tuple[str, str]]:
    """Code and pointer of every error of a reel with these top-level fields."""
    text = json.dumps({"reel": 1, "clips": [{"media": "game.mp4"}], **fields})
    return [(error.code, error.loc.pointer) for error in errors_of(text)]


def times(clip: Clip) -> tuple[str, str] | None:
    """A trim as two decimals, as a person would write it."""
    return None if clip.trim is None else (str(clip.trim.start), str(clip.trim.end))


def plain(spans: tuple[SpeedSpan, ...]) -> list[tuple[object, object, object]]:
    """Spans without their locations."""
    return [(span.start, span.end, span.speed) for span in spans]


def F(text: str) -> Fraction:
    """A decimal, exactly."""
    return Fraction(text)
