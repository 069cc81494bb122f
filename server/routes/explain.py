"""Explaining: what would be rendered of a stored project, without rendering anything; for programs and for people."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path
from typing import Any

from markupsafe import Markup
from starlette.responses import Response

from compiler.pipeline import Compiled
from compiler.pipeline.changes import DRAWING_STYLE, changes, drawing, lines
from compiler.pipeline.forms import FORMS, SCRIPT, Format, command, film_name
from server.api import Call, Json, NoBody, Operations
from server.envelope import CSP
from server.pages import page
from server.problem import not_found
from server.reels import Edit, compiled_reel, footage_of, read_edit, reel_of
from server.routes.projects import project_of
from server.shapes import Explain, Explained
from server.storage import clips
from server.storage.database import Reader

api = Operations("explain")

FFMPEG = "ffmpeg"
"""What the command calls the program: where it is on this server is nobody's business."""

_HASH = base64.b64encode(hashlib.sha256(DRAWING_STYLE.encode()).digest()).decode()
PAGE_CSP = CSP.replace("style-src 'self'", f"style-src 'self' 'sha256-{_HASH}'")
"""As everywhere, and besides the drawing's one style sheet, by its hash."""
DRAWING_CSP = f"default-src 'none'; style-src 'sha256-{_HASH}'; sandbox"

TYPES = {
    Format.text: "text/plain; charset=utf-8",
    Format.json: "application/json",
    Format.dot: "text/vnd.graphviz; charset=utf-8",
    Format.svg: "image/svg+xml",
    Format.script: "text/plain; charset=utf-8",
    Format.command: "text/plain; charset=utf-8",
}
_DIGITS = re.compile(r"\d{1,3}")


@api.op(
    "POST",
    "/api/export/framing/explain",
    body=Explain,
    answer=Explained,
    errors=(400, 404, 422, 500),
    produces=tuple(dict.fromkeys(TYPES.values())),
)
async def explain(call: Call[Explain]) -> Response | Json:
    """The graph, the script, the command and the plan of a stored project.

    What `reelc compile --dry-run` says of the same edit. With `format` one form only, as its own media type. Nothing
    is rendered and no media is opened. The command calls footage `<raw clip's id>/<its name>`.
    """
    edit, compiled = await explained(call, call.body.project_id)
    if call.body.format is not None:
        return _form(compiled, Format(call.body.format))
    return {
        "success": True,
        "project_id": edit.project["id"],
        "graph": FORMS[Format.text](compiled),
        "script": compiled.script,
        "command": command(compiled),
        "plan": dict(compiled.plan.as_json()),
        "stages": [{"name": stage.name, "law": stage.law} for stage in compiled.stages],
        "warnings": [str(notice) for notice in compiled.plan.notices],
    }


@api.op("GET", "/projects/{project_id}/explain", errors=(400, 404, 422, 500), query=("stage", "format"), page=True)
async def explain_page(call: Call[NoBody]) -> Response:
    """The same for people: every stage of the graph drawn and written, the plan, the script.

    `stage` is the number of a stage, from 0; `format` gives one form only, as the POST does.
    """
    asked = call.request.query_params
    forms = {form.value: form for form in Format}
    form, number = asked.get("format"), asked.get("stage")
    if form is not None and form not in forms:
        raise not_found("not_found", f"there is no such form: one of {', '.join(forms)}")
    edit, compiled = await explained(call, call.path("project_id"))
    if form is not None:
        return _form(compiled, forms[form])
    shown = _shown(compiled, number)
    told = {"edit": edit, "compiled": compiled, "plan": compiled.plan.as_json(), "notices": compiled.plan.notices}
    told["names"] = {clip["clip_key"]: clip["name"] for clip in edit.clips}
    written = {"command": command(compiled), "script_name": SCRIPT, "film_name": film_name(compiled)}
    headers = {"content-security-policy": PAGE_CSP}
    return page("explain.html", 200, headers, forms=list(forms), **told, **written, **_stage(compiled, shown))


def _shown(compiled: Compiled, number: str | None) -> int:
    """The stage to show: the one asked for, else the one that says what is done before how."""
    if number is None:
        return next(i for i, stage in enumerate(compiled.stages) if stage.graph is compiled.graph)
    if not _DIGITS.fullmatch(number) or int(number) >= len(compiled.stages):
        raise not_found("not_found", f"there is no such stage: there are {len(compiled.stages)}, from 0")
    return int(number)


def _stage(compiled: Compiled, shown: int) -> dict[str, Any]:
    stage = compiled.stages[shown]
    before = compiled.stages[shown - 1].graph if shown else None
    return {
        "changes": changes(compiled.stages),
        "shown": shown,
        "stage": stage,
        "lines": lines(before, stage.graph),
        "drawing": Markup(drawing(stage.graph)),
    }


async def explained(call: Call[Any], project_id: str) -> tuple[Edit, Compiled]:
    """A stored project, compiled; every error of an export that can be known before rendering."""
    edit: Edit = await call.ask(lambda reader: _edit(reader, project_id))
    reel = await reel_of(edit)
    found = await footage_of(edit, call.services.store, lambda raw, _: Path(raw["id"], raw["name"]))
    return edit, await compiled_reel(reel, {raw_id: facts for raw_id, (_, facts) in found.items()}, FFMPEG)


async def _edit(reader: Reader, project_id: str) -> Edit:
    return await read_edit(reader, await project_of(reader, project_id), await clips.every(reader, project_id))


def _form(compiled: Compiled, form: Format) -> Response:
    headers = {"content-security-policy": DRAWING_CSP} if form is Format.svg else {}
    return Response(FORMS[form](compiled), 200, headers, TYPES[form])
