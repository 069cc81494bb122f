"""Media facts to JSON and back, exactly: what is stored of a file that was probed once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from fractions import Fraction
from typing import Any

from compiler.timeline.instant import SourceTime
from compiler.timeline.media import AudioStream, Media, VideoStream

__all__ = ["Media", "media_of", "recorded"]

_EXACT = frozenset({"rate", "time_base", "first", "end", "sar"})


def recorded(media: Media) -> dict[str, Any]:
    """The facts, JSON-ready; fractions are text."""
    facts: dict[str, Any] = json.loads(json.dumps(asdict(media), default=str))
    return facts


def media_of(path: str, facts: Mapping[str, Any]) -> Media:
    """What `recorded` was given, at another path."""
    audio = facts["audio"]
    return Media(
        path=path,
        format=facts["format"],
        start=Fraction(facts["start"]),
        video=VideoStream(**_exact(facts["video"])),
        audio=AudioStream(**_exact(audio)) if audio else None,
        size=facts["size"],
    )


def _exact(stream: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _number(name, value) if name in _EXACT else value for name, value in stream.items()}


def _number(name: str, value: str) -> Fraction:
    return SourceTime(Fraction(value)) if name == "end" else Fraction(value)
