"""The inspector: the graph of a stored project at every stage, the history of each definition, the trace of a time.

The page works without scripts, because its address holds the selection; `static/studio/inspector.js` only avoids
reloading it. Everything on the page is available as JSON, too.
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
from server.routes.explain_shapes import Inspected, Traced
from server.web.api import Answers, Call, Json, NoBody, Operations, Takes
from server.web.envelope import CSP
from server.web.pages import page

api = Operations("explain", "inspector")

PAGE = "/projects/{project_id}/explain"
PAGE_CSP = CSP.replace("style-src 'self'", f"style-src 'self' {STYLE_HASH}")
"""The usual policy, which also allows the drawing's style sheet by its hash."""

SIDES = ("after", "before", "both")
STORED_LENGTH = 4000
"""Characters of a stored field that the page shows."""

_DIGITS = re.compile(r"\d{1,3}")
_SECONDS = re.compile(r"\d{1,9}(\.\d{1,9})?")


@dataclass(frozen=True, slots=True)
class Look:
    """The selection in the address: stage, side of the drawing, definition, time."""

    stage: int
    side: str
    node: str | None
    at: Fraction | None

    def address(self, **other: object) -> str:
        """The address of this selection with `other` replaced."""
        at = None if self.at is None else f"{float(self.at):.9f}".rstrip("0").rstrip(".")
        side = self.side if self.side != SIDES[0] else None
        asked = {"stage": self.stage, "side": side, "node": self.node, "at": at} | other
        return "?" + urlencode({name: value for name, value in asked.items() if value is not None})


@api.op(
    "GET", PAGE, Takes(query=("stage", "side", "node", "at", "format")), Answers(errors=(400, 404, 422, 500)), page=True
)
async def inspector(call: Call[NoBody]) -> Response:
    """A stored project's graph as a page; with `format` the answer is one form alone, as of `explain`."""
    forms = {form.value: form for form in Format}
    form = call.request.query_params.get("format")
    if form is not None and form not in forms:
        raise not_found("not_found", f"unknown form: use one of {', '.join(forms)}")
    edit, compiled = await explained(call, call.path("project_id"))
    if form is not None:
        return await call.in_thread(form_of, compiled, forms[form])
    return await call.in_thread(_page, call.uid, edit, compiled, call.request.query_params)


def _page(uid: str, edit: Edit, compiled: Compiled, asked: Mapping[str, str]) -> Response:
    look = _look(asked, compiled)
    names = {clip["clip_key"]: clip["name"] for clip in edit.clips}
    outputs = {"command": command(compiled), "script_name": SCRIPT, "film_name": film_name(compiled)}
    facts = {"edit": edit, "plan": compiled.plan.as_json(), "notices": compiled.plan.notices, "names": names}
    selected = {**_stage(compiled, look, names), "trace": None, "late": None, "node": _node(edit, compiled, look)}
    if look.at is not None:
        selected |= _traced(compiled, look.at)
    headers = {"content-security-policy": PAGE_CSP}
    controls = {"uid": uid, "look": look, "sides": SIDES, "forms": [form.value for form in Format]}
    return page("explain.html", 200, headers, **controls, **facts, **outputs, **selected)


@api.op("GET", PAGE + ".json", Takes(query=("stage", "node")), Answers(Inspected, errors=(400, 404, 422, 500)))
async def inspected(call: Call[NoBody]) -> Json:
    """One stage of a stored project's graph, and with `node` one of its definitions.

    Stages are counted from 0; the default is the simplest to read, the graph before the passes that rewrite it for
    ffmpeg. `node` is a definition's name.
    """
    edit, compiled = await explained(call, call.path("project_id"))
    return await call.in_thread(_as_json, edit, compiled, call.request.query_params)


def _as_json(edit: Edit, compiled: Compiled, asked: Mapping[str, str]) -> Json:
    look = _look(asked, compiled)
    graph = compiled.stages[look.stage].graph
    before = compiled.stages[look.stage - 1].graph if look.stage else None
    stages = [
        {"name": each.stage.name, "law": each.stage.law, "new": each.new, "changed": each.changed, "gone": each.gone}
        for each in changes(compiled.stages)
    ]
    return {
        "project_id": edit.project["id"],
        "stages": stages,
        "stage": look.stage,
        "lines": [asdict(line) for line in lines(before, graph)],
        "script": [asdict(part) for part in script_parts(compiled, graph)],
        "command": command(compiled),
        "plan": dict(compiled.plan.as_json()),
        "node": _node(edit, compiled, look),
    }


@api.op("GET", PAGE + "/at.json", Takes(query=("at",)), Answers(Traced, errors=(400, 404, 422, 500)))
async def trace(call: Call[NoBody]) -> Json:
    """The clips, source frames, boxes and definitions at a record time, as `reelc compile --at` traces them."""
    _, compiled = await explained(call, call.path("project_id"))
    at = _seconds(call.request.query_params.get("at", "0"))
    return dict(await call.in_thread(traced, compiled, at))


def _look(asked: Mapping[str, str], compiled: Compiled) -> Look:
    """The selection in these query parameters; 404 for an unknown stage or side."""
    side = asked.get("side", SIDES[0])
    if side not in SIDES:
        raise not_found("not_found", f"unknown side: use one of {', '.join(SIDES)}")
    at = asked.get("at")
    return Look(_stage_number(compiled, asked.get("stage")), side, asked.get("node"), _seconds(at) if at else None)


def _seconds(text: str) -> Fraction:
    if not _SECONDS.fullmatch(text):
        raise invalid('at must be seconds from the film\'s start, such as "2.5"')
    return Fraction(text)


def _stage_number(compiled: Compiled, number: str | None) -> int:
    """The number of the requested stage; by default that of `Compiled.graph`."""
    if number is None:
        return next(i for i, stage in enumerate(compiled.stages) if stage.graph is compiled.graph)
    if not _DIGITS.fullmatch(number) or int(number) >= len(compiled.stages):
        raise not_found("not_found", f"unknown stage: use 0 to {len(compiled.stages) - 1}")
    return int(number)


def _stage(compiled: Compiled, look: Look, names: Mapping[str, str]) -> dict[str, Any]:
    stage = compiled.stages[look.stage]
    before = compiled.stages[look.stage - 1].graph if look.stage else None
    drawn = []
    if before is not None and look.side != "after":
        svg = Markup(drawing(before, stage.graph, ("gone", "changed"), _address_of_box(look), names))
        drawn.append((f"before: stage {look.stage - 1}", svg))
    if before is None or look.side != "before":
        svg = Markup(drawing(stage.graph, before, ("new", "changed"), _address_of_box(look), names))
        drawn.append(("after", svg))
    return {
        "changes": changes(compiled.stages),
        "stage": stage,
        "lines": lines(before, stage.graph),
        "drawings": drawn,
        "script": script_parts(compiled, stage.graph),
    }


def _address_of_box(look: Look) -> Callable[[str], str]:
    """The address that a box links to, by its definition's name: the same page with that definition selected."""
    return lambda name: look.address(node=name) + "#definition"


def _node(edit: Edit, compiled: Compiled, look: Look) -> Json | None:
    """The selected definition with the stored field it came from; 404 for an unknown one."""
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
    """The trace of a time; `late` is the reason why there is none."""
    try:
        return {"trace": traced(compiled, at)}
    except ReelError as error:
        return {"late": error.message}
