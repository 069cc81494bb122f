"""Explains a stored project to programs: its graph, script, command and plan, without rendering."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any

from starlette.responses import Response

from compiler.formats import Format
from compiler.pipeline import Compiled
from compiler.pipeline.changes import DRAWING_STYLE
from compiler.pipeline.forms import FORMS, command
from server.edits.compiled import Edit, footage_of, project_of, read_edit
from server.routes.explain_shapes import Explain, Explained
from server.storage.database import Reader
from server.tables import clips
from server.web.api import Answers, Call, Json, Operations, Takes

api = Operations("explain")

FFMPEG = "ffmpeg"
"""The program's name in the command, because its path on this server is private."""

_HASH = base64.b64encode(hashlib.sha256(DRAWING_STYLE.encode()).digest()).decode()
STYLE_HASH = f"'sha256-{_HASH}'"
"""The hash of the drawing's style sheet, for a content security policy."""

DRAWING_CSP = f"default-src 'none'; style-src {STYLE_HASH}; sandbox"

TYPES = {
    Format.text: "text/plain; charset=utf-8",
    Format.json: "application/json",
    Format.dot: "text/vnd.graphviz; charset=utf-8",
    Format.svg: "image/svg+xml",
    Format.script: "text/plain; charset=utf-8",
    Format.command: "text/plain; charset=utf-8",
}


@api.op(
    "POST",
    "/api/export/framing/explain",
    Takes(Explain),
    Answers(Explained, errors=(400, 404, 422, 500), media=tuple(dict.fromkeys(TYPES.values()))),
)
async def explain(call: Call[Explain]) -> Response | Json:
    """The graph, the script, the command and the plan of a stored project.

    They are those of `reelc compile --dry-run` for the same edit. With `format` the answer is one of its forms alone,
    in its own media type. Nothing is rendered and no media is opened. The command names footage
    `<upload's id>/<its name>`.
    """
    edit, compiled = await explained(call, call.body.project_id)
    if call.body.format is not None:
        return await call.in_thread(form_of, compiled, Format(call.body.format))
    return await call.in_thread(_explanation, edit, compiled)


def _explanation(edit: Edit, compiled: Compiled) -> Json:
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


async def explained(call: Call[Any], project_id: str) -> tuple[Edit, Compiled]:
    """Compile a stored project; raises the errors of an export that precede rendering."""
    services = call.services
    sizes = await call.ask(lambda reader: clips.sizes(reader, project_id))
    async with services.compiler.turn(call.uid, clips.size_by(sizes)):
        edit: Edit = await call.ask(lambda reader: _edit(reader, project_id))
        reel = await services.compiler.read(call.uid, edit)
        async with services.uneven.of(call.uid, edit.raws.values()):
            found = await footage_of(edit, services.store, services.cache, lambda raw, _: Path(raw["id"], raw["name"]))
            media = {raw_id: facts.media for raw_id, (_, facts) in found.items()}
            return edit, await services.compiler.compile_once(call.uid, edit, reel, media, FFMPEG)


async def _edit(reader: Reader, project_id: str) -> Edit:
    return await read_edit(reader, await project_of(reader, project_id), await clips.every(reader, project_id))


def form_of(compiled: Compiled, form: Format) -> Response:
    """One form of a compiled reel, in its own media type."""
    headers = {"content-security-policy": DRAWING_CSP} if form is Format.svg else {}
    return Response(FORMS[form](compiled), 200, headers, TYPES[form])
