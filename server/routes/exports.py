"""Exports over HTTP: accept one, wait for its end, and answer; describe it, cancel it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from server.edits.compiled import project_of
from server.exports.accept import Asked, accept
from server.exports.wait import ended, outcome
from server.failures import UNSTORED, unstored
from server.problem import Problem, invalid, not_found
from server.routes.export_shapes import Export, Exported, ExportRequest, Exports
from server.storage.database import Reader, Transaction
from server.storage.held import RequestDatabases
from server.tables import exports, films
from server.tables.exports import ExportRow
from server.web.api import Answers, Call, Json, NoBody, Operations, Takes
from server.web.bodies import plain
from server.web.serving import disconnected

api = Operations("exports")

RENDER = "/api/export/framing/render"
EXPORT = "/api/export/{export_id}"


@api.op(
    "POST",
    "/api/export/framing/render",
    Takes(ExportRequest, headers=("Prefer",), large=True),
    Answers(Exported, also=(202,), errors=(400, 404, 409, 412, 422, 429, 500, 507)),
)
async def render(call: Call[ExportRequest]) -> Response | Json:
    """Render a stored project; answers when the film is ready, or at once with `Prefer: respond-async`."""
    services, body = call.services, call.body
    seen = None if body.clips is None else [(each.clip_id, each.version) for each in body.clips]
    settings = (
        None if body.settings is None else plain(body.settings.model_dump(exclude_unset=True), "/settings") or None
    )
    asked = Asked(call.uid, body.export_id, body.project_id, seen, settings)
    async with _storing():
        await accept(asked, services.jobs, services.request_databases)
        if _prefers_not_to_wait(call.request):
            accepted = {"status": "accepted", "export_id": body.export_id}
            headers = {"Location": f"/api/export/{body.export_id}", "Preference-Applied": "respond-async"}
            return JSONResponse(accepted, 202, headers)
        gone = partial(disconnected, call.request)
        result = await outcome(call.uid, body.export_id, services.jobs, services.request_databases, gone)
        return _result(result)


@api.op("GET", "/api/export", Takes(query=("of", "earlier", "limit")), Answers(Exports, errors=(404, 422)))
async def index(call: Call[NoBody]) -> Json:
    """The newest exports, newest first, a page at a time; with `?project_id=` those of one project."""
    asked, limit = call.request.query_params, _limit(call.request.query_params.get("limit"))

    async def question(reader: Reader) -> tuple[list[ExportRow], bool]:
        if (project_id := asked.get("project_id")) is not None:
            await project_of(reader, project_id)
        if (before := asked.get("before")) is not None:
            await _export(reader, before)
        return await exports.page(reader, project_id, before, limit)

    rows, more = await call.ask(question)
    return {"exports": [_as_json(call, row) for row in rows], "next": rows[-1]["export_id"] if more else None}


def _limit(text: str | None) -> int:
    """The number of exports that a page may have; 422 unless it is one from 1 to MOST_SHOWN."""
    if text is None:
        return exports.MOST_SHOWN
    if not re.fullmatch(r"[1-9][0-9]{0,2}", text) or int(text) > exports.MOST_SHOWN:
        raise invalid(f"limit must be a number from 1 to {exports.MOST_SHOWN}")
    return int(text)


@api.op("GET", EXPORT, answers=Answers(Export, errors=(404,)))
async def show(call: Call[NoBody]) -> Json:
    """An export and its progress."""
    return await _described(call)


@api.op("DELETE", EXPORT, answers=Answers(Export, errors=(404,)))
async def cancel(call: Call[NoBody]) -> Response | Json:
    """Cancel an export; answers with its state once it has ended. An export that has ended stays as it is."""
    await call.services.jobs.adopt(call.uid)
    row = await call.ask(lambda reader: _export(reader, call.path("export_id")))
    job = call.services.jobs.of(call.uid, row["export_id"])
    if job is not None:
        call.services.jobs.cancel(job)
        await ended(job, call.services.settings.durable_within, partial(disconnected, call.request))
    return await _described(call)


@api.op("POST", EXPORT + "/remove", answers=Answers(status=204, errors=(404, 409)))
async def remove(call: Call[NoBody]) -> Response:
    """Take an ended export out of the list, and delete its film. Its id stays taken."""
    await call.services.jobs.adopt(call.uid)

    async def work(unit: Transaction) -> list[str]:
        row = await _export(unit, call.path("export_id"))
        if row["completed_at"] is None:
            raise Problem(409, "export_in_progress", "this export is under way: cancel it first")
        await exports.remove(unit, row["export_id"])
        film = await films.get(unit, row["result"]["working_video_id"]) if row["result"] else None
        return await films.remove(unit, film) if film else []

    async with call.held() as held:
        keys = await held.write(work)
    await call.services.request_databases.durable()
    await call.services.sending.discard(keys)
    return Response(None, 204)


@api.op("POST", "/api/export/upscale", Takes(streams=True), Answers(status=410, errors=(410,)))
async def upscale(_: Call[NoBody]) -> Json:
    """Removed: rendering from uploaded data. Save the edit, then export the project."""
    headers = {"Deprecation": "true", "Link": f'<{RENDER}>; rel="successor-version"'}
    raise Problem(410, "gone", "films are rendered from what is saved: save the edit, then export it", headers=headers)


@asynccontextmanager
async def _storing() -> AsyncIterator[None]:
    """Answer 500 when the store fails, because the export may be under way nonetheless."""
    try:
        yield
    except UNSTORED as error:
        unstored(error)
        RequestDatabases.give_up()  # else the middleware would wait for the writes again, and answer 503
        raise Problem(500, "storage_error", "the storage does not answer: send the same request again") from error


def _prefers_not_to_wait(request: Request) -> bool:
    given = ",".join(request.headers.getlist("prefer")).lower()
    return "respond-async" in {each.partition(";")[0].strip() for each in given.split(",")}


async def _described(call: Call[Any]) -> Json:
    return _as_json(call, await call.ask(lambda reader: _export(reader, call.path("export_id"))))


async def _export(reader: Reader, export_id: str) -> ExportRow:
    """The export; 404 `export_not_found`."""
    row = await exports.get(reader, export_id)
    if row is None:
        raise not_found("export_not_found", "no export has this id")
    return row


def _result(stored: Json) -> Json:
    """The result of an export as the API answers it; those of earlier servers state no identity and no warnings."""
    return {"success": True, "identity": None, "warnings": [], **stored}


def _as_json(call: Call[Any], row: ExportRow) -> Json:
    """An export as the API answers it: from its job while it runs, because its row may not be durable yet."""
    job = call.services.jobs.of(call.uid, row["export_id"])
    described: Json = {
        "export_id": row["export_id"],
        "project_id": row["project_id"],
        "state": row["state"],
        "stage": row["stage"],
        "progress": 1.0 if row["state"] == "complete" else 0.0,
        "place": None,
        "attempt": row["attempt"],
        "error": row["error"],
        "result": _result(row["result"]) if row["result"] else None,
        "settings": row["settings"],
        "created_at": row["created_at"],
        "started_at": row["started_at"],
        "completed_at": row["completed_at"],
    }
    if job is None or job.ended.is_set():
        return described
    state = job.tracker.state
    names = ("state", "stage", "place")
    progress = {**{name: getattr(state, name) for name in names}, "progress": round(state.progress, 4)}
    return {**described, **progress, "error": None, "result": None, "completed_at": None}
