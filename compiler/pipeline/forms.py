"""The output forms of a compiled reel, the same on the command line and over HTTP."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from fractions import Fraction

from compiler.formats import Format
from compiler.ir.text import number, show
from compiler.pipeline import Compiled, frame_at, sights

SCRIPT, MEASURE = "filtergraph.txt", "measure.txt"
"""The names of the commands' scripts, in the working folder."""


def film_name(compiled: Compiled) -> str:
    """The name of the film in the command: `film` with the codec's usual ending."""
    return f"film{compiled.encoding.profile.endings[0]}"


def command(compiled: Compiled) -> str:
    """The shell commands that make the film in the working folder: one, preceded by a measuring one if need be."""
    measuring = compiled.measuring
    before = compiled.measure_shell(measuring, MEASURE) + "\n" if measuring else ""
    return before + compiled.shell(SCRIPT, film_name(compiled))


def plan_of(compiled: Compiled, cached: Mapping[str, object] | None = None) -> Mapping[str, object]:
    """The content of plan.json; `cached` says which parts of the film were made before."""
    plan = compiled.plan.as_json()
    return {**plan, "cached": cached} if cached else plan


def document(compiled: Compiled, cached: Mapping[str, object] | None = None) -> str:
    """The JSON document of a compiled reel: its plan, both graphs and the script."""
    from compiler.ir.drawing import (
        as_json,  # imported on demand, like the drawings below, since they load slowly
    )

    members = {"compile": 1, "plan": plan_of(compiled, cached), "graph": as_json(compiled.graph)}
    return json.dumps(members | {"legal": as_json(compiled.film), "script": compiled.script}, indent=2) + "\n"


def _dot(compiled: Compiled) -> str:
    from compiler.ir.drawing import as_dot

    return as_dot(compiled.graph)


def _svg(compiled: Compiled) -> str:
    from compiler.ir.drawing import as_svg

    return as_svg(compiled.graph)


def traced(compiled: Compiled, at: Fraction) -> Mapping[str, object]:
    """One record time traced back to the source frames on screen, JSON-ready; RC206 outside the film."""
    frame = frame_at(compiled.plan, at)
    seen = [sight.as_json() for sight in sights(compiled.plan, compiled.graph, frame)]
    return {"trace": 1, "at": number(at), "frame": frame, "seen": seen}


FORMS: Mapping[Format, Callable[[Compiled], str]] = {
    Format.text: lambda compiled: show(compiled.graph),
    Format.json: document,
    Format.dot: _dot,
    Format.svg: _svg,
    Format.script: lambda compiled: compiled.script,
    Format.command: command,
}
