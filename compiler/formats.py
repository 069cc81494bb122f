"""Names of the output forms of a compiled reel. `compiler.pipeline.forms`, which makes the forms, is slow to load."""

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
