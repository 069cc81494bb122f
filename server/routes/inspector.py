"""The inspector: the graph of a stored project at every stage, what became of each definition, what is seen when.

The page stands without a script: what is looked at is in its address. `static/studio/inspector.js` only saves the way.
Every view is there as JSON too, of which the page is made.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any
from urllib.parse import urlencode

from markupsafe import Markup
from starlette.responses import Response

from compiler.errors import ReelError
from compiler.formats import Format
from compiler.pipeline import Compiled
from compiler.pipeline.changes import changes, drawing, lines
from compiler.pipeline.forms import SCRIPT, command, film_name, traced
from compiler.pipeline.inspect import definition, script_parts
from server.edits.canonical import stored_at
from server.edits.compiled import Edit
from server.problem import invalid, not_found
from server.routes.explain import STYLE_HASH, explained, form_of
from server.routes.shapes import Inspected, Traced
from server.web.api import Answers, Call, Json, NoBody, Operations, Takes
from server.web.envelope import CSP
from server.web.pages import page

api = Operations("explain", "inspector")

PAGE = "/projects/{project_id}/explain"
PAGE_CSP = CSP.replace("style-src 'self'", f"style-src 'self' {STYLE_HASH}")
"""As everywhere, and besides the drawing's one style sheet, by its hash."""

SIDES = ("after", "before", "both")
STORED_LENGTH = 4000
"""Characters of a stored field that the page shows."""

_DIGITS = re.compile(r"\d{1,3}")
_SECONDS = re.compile(r"\d{1,9}(\.\d{1,9})?")


@dataclass(frozen=True, slots=True)
class Look:
    """What is looked at, as the address says it."""

    stage: int
    side: str
    node: str | None
    at: Fraction | None

    def address(self, **other: object) -> str:
        """The address of the same look but for `other`."""
        at = None if self.at is None else f"{float(self.at):.9f}".rstrip("0").rstrip(".")
        side = self.side if self.side != SIDES[0] else None
        asked = {"stage": self.stage, "side": side, "node": self.node, "at": at} | other
        return "?" + urlencode({name: value for name, value in asked.items() if value is not None})


@api.op(
    "GET", PAGE, Takes(query=("stage", "side", "node", "at", "format")), Answers(errors=(400, 404, 422, 500)), page=True
)
async def inspector(call: Call[NoBody]) -> Response:
    """A stored project's graph for people; `format` gives one form only, as explaining does."""
    forms = {form.value: form for form in Format}
    form = call.request.query_params.get("format")
    if form is not None and form not in forms:
        raise not_found("not_found", f"there is no such form: one of {', '.join(forms)}")
    edit, compiled = await explained(call, call.path("project_id"))
    if form is not None:
        return form_of(compiled, forms[form])
    look = _look(call.request.query_params, compiled)
    names = {clip["clip_key"]: clip["name"] for clip in edit.clips}
    written = {"command": command(compiled), "script_name": SCRIPT, "film_name": film_name(compiled)}
    told = {"edit": edit, "plan": compiled.plan.as_json(), "notices": compiled.plan.notices, "names": names}
    seen = {**_stage(compiled, look), "trace": None, "late": None}
    if look.at is not None:
        seen |= _traced(compiled, look.at)
    node = _node(edit, compiled, look)
    headers = {"content-security-policy": PAGE_CSP}
    said = {"uid": call.uid, "look": look, "sides": SIDES, "forms": list(forms), "node": node}
    return page("explain.html", 200, headers, **said, **told, **written, **seen)


@api.op("GET", PAGE + ".json", Takes(query=("stage", "node")), Answers(Inspected, errors=(400, 404, 422, 500)))
async def inspected(call: Call[NoBody]) -> Json:
    """One stage of a stored project's graph, and with `node` one definition of it.

    Stages are counted from 0; without `stage` it is the one that says what is done before how. `node` is a
    definition's name.
    """
    edit, compiled = await explained(call, call.path("project_id"))
    look = _look(call.request.query_params, compiled)
    graph = compiled.stages[look.stage].graph
    before = compiled.stages[look.stage - 1].graph if look.stage else None
    told = [
        {"name": each.stage.name, "law": each.stage.law, "new": each.new, "changed": each.changed, "gone": each.gone}
        for each in changes(compiled.stages)
    ]
    return {
        "project_id": edit.project["id"],
        "stages": told,
        "stage": look.stage,
        "lines": [asdict(line) for line in lines(before, graph)],
        "script": [asdict(part) for part in script_parts(compiled, graph)],
        "command": command(compiled),
        "plan": dict(compiled.plan.as_json()),
        "node": _node(edit, compiled, look),
    }


@api.op("GET", PAGE + "/at.json", Takes(query=("at",)), Answers(Traced, errors=(400, 404, 422, 500)))
async def trace(call: Call[NoBody]) -> Json:
    """What is seen at a record time, as `reelc compile --at` says it: clips, source frames, boxes, definitions."""
    _, compiled = await explained(call, call.path("project_id"))
    at = _seconds(call.request.query_params.get("at", "0"))
    return dict(traced(compiled, at))


def _look(asked: Mapping[str, str], compiled: Compiled) -> Look:
    """The look that is asked for; 404 for a stage or a side that is not there."""
    side = asked.get("side", SIDES[0])
    if side not in SIDES:
        raise not_found("not_found", f"there is no such side: one of {', '.join(SIDES)}")
    at = asked.get("at")
    return Look(_shown(compiled, asked.get("stage")), side, asked.get("node"), _seconds(at) if at else None)


def _seconds(text: str) -> Fraction:
    if not _SECONDS.fullmatch(text):
        raise invalid('at is seconds from the film\'s start, as "2.5"')
    return Fraction(text)


def _shown(compiled: Compiled, number: str | None) -> int:
    """The stage to show: the one asked for, else the one that says what is done before how."""
    if number is None:
        return next(i for i, stage in enumerate(compiled.stages) if stage.graph is compiled.graph)
    if not _DIGITS.fullmatch(number) or int(number) >= len(compiled.stages):
        raise not_found("not_found", f"there is no such stage: there are {len(compiled.stages)}, from 0")
    return int(number)


def _stage(compiled: Compiled, look: Look) -> dict[str, Any]:
    stage = compiled.stages[look.stage]
    before = compiled.stages[look.stage - 1].graph if look.stage else None
    drawn = []
    if before is not None and look.side != "after":
        told = Markup(drawing(before, stage.graph, ("gone", "changed"), _to(look)))
        drawn.append((f"before: stage {look.stage - 1}", told))
    if before is None or look.side != "before":
        drawn.append(("after", Markup(drawing(stage.graph, before, ("new", "changed"), _to(look)))))
    return {
        "changes": changes(compiled.stages),
        "stage": stage,
        "lines": lines(before, stage.graph),
        "drawings": drawn,
        "script": script_parts(compiled, stage.graph),
    }


def _to(look: Look) -> Callable[[str], str]:
    """Where a box leads: to the same page, looking at what it stands for."""
    return lambda name: look.address(node=name) + "#definition"


def _node(edit: Edit, compiled: Compiled, look: Look) -> Json | None:
    """The definition that is looked at, with what is stored where it came from; 404 for one that is not there."""
    if look.node is None:
        return None
    found = definition(compiled, look.stage, look.node)
    if found is None:
        raise not_found("not_found", "this stage has no definition of this name")
    value = stored_at(edit.project, edit.clips, found.loc.pointer)
    return {
        "name": found.name,
        "text": found.text,
        "shape": found.shape,
        "clip_id": found.loc.clip,
        "pointer": found.loc.pointer,
        "stored": None if value is None else json.dumps(value, ensure_ascii=False, indent=1)[:STORED_LENGTH],
        "since": found.since,
        "until": found.until,
        "filters": list(found.filters),
    }


def _traced(compiled: Compiled, at: Fraction) -> dict[str, Any]:
    """What is seen at a time; `late` says why nothing is."""
    try:
        return {"trace": traced(compiled, at)}
    except ReelError as error:
        return {"late": error.message}
