"""The forms in which a compiled reel is printed, by name; `compiler.pipeline.forms` makes them, and loads slowly."""

from __future__ import annotations

from enum import StrEnum


class Format(StrEnum):
    """One form of a compiled reel."""

    text = "text"
    json = "json"
    dot = "dot"
    svg = "svg"
    script = "script"
    command = "command"
