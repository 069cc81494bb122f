"""The forms in which a compiled reel is shown, on the command line and over HTTP alike."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from enum import StrEnum

from compiler.ir.text import show
from compiler.ir.views import as_dot, as_json, as_svg
from compiler.pipeline import Compiled

SCRIPT, FILM = "filtergraph.txt", "film.mp4"
"""What the command reads and writes, in the working folder."""


class Format(StrEnum):
    """One form of what was compiled."""

    text = "text"
    json = "json"
    dot = "dot"
    svg = "svg"
    script = "script"
    command = "command"


def command(compiled: Compiled) -> str:
    """The runnable command, with the script and the film in the working folder."""
    return compiled.shell(SCRIPT, FILM)


def _json(compiled: Compiled) -> str:
    document = {"compile": 1, "plan": compiled.plan.as_json(), "graph": as_json(compiled.graph)}
    return json.dumps(document | {"legal": as_json(compiled.legal), "script": compiled.script}, indent=2) + "\n"


FORMS: Mapping[Format, Callable[[Compiled], str]] = {
    Format.text: lambda compiled: show(compiled.graph),
    Format.json: _json,
    Format.dot: lambda compiled: as_dot(compiled.graph),
    Format.svg: lambda compiled: as_svg(compiled.graph),
    Format.script: lambda compiled: compiled.script,
    Format.command: command,
}
