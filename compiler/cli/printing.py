"""A compiled reel as `reelc compile` prints it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING

from compiler.formats import Format
from compiler.ir.text import number, show
from compiler.pipeline import Compiled, Sight, frame_at, sights
from compiler.pipeline.forms import FORMS, command, document, traced

if TYPE_CHECKING:
    from compiler.cli.made_before import MadeBefore


def as_text(
    compiled: Compiled, form: Format | None, explain: bool, at: Fraction | None, before: MadeBefore | None = None
) -> str:
    """The text that `reelc compile` prints; `before` says which parts of the film are in the cache."""
    if at is not None:
        return _trace(compiled, at, as_json=form is Format.json)
    if explain:
        return "\n".join(f"# {stage.name}: {stage.law}\n{show(stage.graph)}" for stage in compiled.stages)
    if form is Format.json:
        return document(compiled, before.as_json() if before else None)
    if form:
        return FORMS[form](compiled)
    footer = ["\n".join([*before.lines(compiled), ""])] if before else []
    return "\n".join([show(compiled.graph), compiled.script, command(compiled), *footer])


def _trace(compiled: Compiled, at: Fraction, *, as_json: bool) -> str:
    """One record time traced back to the source frames on screen, as text or JSON; RC206 outside the film."""
    if as_json:
        return json.dumps(traced(compiled, at), indent=2) + "\n"
    frame = frame_at(compiled.plan, at)
    seen = sights(compiled.plan, compiled.graph, frame)
    heading = f"record time {number(at)} s is frame {frame} of {compiled.plan.frames}"
    return "\n".join([heading, *(line for sight in seen for line in _sight_lines(sight)), ""])


def _sight_lines(sight: Sight) -> Iterator[str]:
    box = sight.box
    yield f'clip "{sight.placed.clip.id}" frame {sight.frame}, seen at weight {number(sight.weight)}'
    yield f"  source  {number(sight.source)} s, showing source frame {sight.source_frame}"
    yield f"  crop    {box.width:.6g}x{box.height:.6g} at {box.x:.6g},{box.y:.6g}"
    yield f"  speed   {number(sight.speed)}x"
    if sight.motion != "repeat":
        yield f"  motion  {sight.motion} with the next frame"
    yield f"  made by {' '.join(f'%{value}' for value in sight.values)}"
