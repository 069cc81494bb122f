"""Exports: films rendered from what is stored, waited for or not, looked at, cancelled."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from server.edits.compiled import Edit, read_edit
from server.exports.job import Job
from server.exports.prepare import Prepared, prepare
from server.failures import UNSTORED, unstored
from server.problem import Problem, not_found
from server.routes.export_shapes import Export, Exported, ExportRequest, Exports
from server.routes.projects import project_of
from server.storage.database import Reader, Transaction
from server.storage.held import RequestDatabases
from server.storage.sync import Fenced, NotDurable
from server.tables import clips, exports
from server.web.api import Call, Json, NoBody, Operations

api = Operations("exports")

RENDER = "/api/export/framing/render"
EXPORT = "/api/export/{export_id}"
APPEARS_WITHIN = 5.0
"""Seconds in which a job that is written down is under way."""

BROKEN_OFF = 499
"""What is noted for a client that did not wait; nobody is sent it."""

_OF_PROBLEMS = frozenset({"type", "title", "status", "detail", "error", "message"})


@api.op(
    "POST",
    "/api/export/framing/render",
    body=ExportRequest,
    answer=Exported,
    errors=(400, 404, 409, 412, 422, 429, 500),
    also=(202,),
    headers=("Prefer",),
)
async def render(call: Call[ExportRequest]) -> Response | Json:
    """Render a project from what is stored of it; answered when the film is there, or at once as one prefers."""
    async with _storing():
        await call.services.jobs.adopt(call.uid)
        if await _known(call) is None:
            await _begin(call)
        await call.services.request_databases.durable()  # what is accepted, now or earlier, is so for ever
        if _prefers_not_to_wait(call):
            accepted = {"status": "accepted", "export_id": call.body.export_id}
            headers = {"Location": f"/api/export/{call.body.export_id}", "Preference-Applied": "respond-async"}
            return JSONResponse(accepted, 202, headers)
        return await _awaited(call)


@api.op("GET", "/api/export", answer=Exports, errors=(404,), query=("of",))
async def index(call: Call[NoBody]) -> Json:
    """The newest exports, of `?project_id=` if it is given, the newest first."""
    project_id = call.request.query_params.get("project_id")

    async def question(reader: Reader) -> list[exports.Row]:
        if project_id is not None:
            await project_of(reader, project_id)
        return await exports.every(reader, project_id)

    return {"exports": [_shown(call, row) for row in await call.ask(question)]}


@api.op("GET", EXPORT, answer=Export, errors=(404,))
async def show(call: Call[NoBody]) -> Json:
    """An export, and how far it is."""
    return await _described(call)


@api.op("DELETE", EXPORT, answer=Export, errors=(404,))
async def cancel(call: Call[NoBody]) -> Response | Json:
    """Cancel an export; answered when it has ended, with the state it then has. One that has ended stays as it is."""
    await call.services.jobs.adopt(call.uid)
    row = await call.ask(lambda reader: _export(reader, call.path("export_id")))
    job = call.services.jobs.of(call.uid, row["export_id"])
    if job is not None:
        call.services.jobs.cancel(job)
        if not await _ended(job, call.request, call.services.settings.durable_within):
            return Response(None, BROKEN_OFF)
    return await _described(call)


@api.op("POST", "/api/export/upscale", status=410, errors=(410,), streams=True)
async def upscale(_: Call[NoBody]) -> Json:
    """Rendering from what a client sends is over: save the edit, then export the project."""
    headers = {"Deprecation": "true", "Link": f'<{RENDER}>; rel="successor-version"'}
    raise Problem(410, "gone", "films are rendered from what is saved: save the edit, then export it", headers=headers)


@asynccontextmanager
async def _storing() -> AsyncIterator[None]:
    """A store that fails an export is a 500, and says that the export may be under way nonetheless."""
    try:
        yield
    except UNSTORED as error:
        unstored(error)
        RequestDatabases.give_up()  # else what was written would be waited for again, and answered with 503
        raise Problem(500, "storage_error", "the storage does not answer: send the same request again") from error


async def _known(call: Call[ExportRequest]) -> exports.Row | None:
    """The export with this id; 422 when it was asked for with another project.

    It is looked for as if to change it, so that the answer waits until one that is found is durable.
    """
    async with call.held() as held:
        row: exports.Row | None = await held.write(lambda unit: exports.get(unit, call.body.export_id))
    if row is not None:
        _check_same(row, call)
    return row


def _check_same(row: exports.Row, call: Call[ExportRequest]) -> None:
    if row["request_hash"] != _hash(call):
        raise Problem(422, "idempotency_mismatch", "this export_id was used for another project", pointer="/export_id")


def _hash(call: Call[ExportRequest]) -> str:
    return hashlib.sha256(call.body.project_id.encode()).hexdigest()


async def _begin(call: Call[ExportRequest]) -> None:
    """Check everything, write the export down, and begin it; the edit is the one that was checked."""
    services = call.services
    while True:
        edit: Edit = await call.ask(lambda reader: _edit(reader, call))
        services.jobs.check_queue(call.uid)
        prepared = await prepare(edit, services.store, services.cache)
        # shielded: an export that is written down and not begun would stand in its project's way
        if await asyncio.shield(asyncio.ensure_future(_taken_in(call, prepared))):
            return


async def _taken_in(call: Call[ExportRequest], prepared: Prepared) -> bool:
    """Write the export down and begin it; False, and neither, when the edit has changed since it was read."""
    async with call.held() as held:
        row = await held.write(lambda unit: _accepted(unit, call, prepared))
    if row is not None and call.services.jobs.of(call.uid, row["export_id"]) is None:
        await call.services.jobs.start(call.uid, row, prepared)
    return row is not None


async def _edit(reader: Reader, call: Call[ExportRequest]) -> Edit:
    project = await project_of(reader, call.body.project_id)
    other = await exports.under_way(reader, project["id"])
    if other not in (None, call.body.export_id):
        raise Problem(409, "export_in_progress", "another export of this project is under way", running_export_id=other)
    rows = await clips.every(reader, project["id"])
    _check_seen(call.body, rows)
    return await read_edit(reader, project, rows)


def _check_seen(body: ExportRequest, rows: list[clips.Row]) -> None:
    """412 `version_conflict` unless the client, when it says what it means, means what is stored."""
    if body.clips is None or [(each.clip_id, each.version) for each in body.clips] == [
        (row["clip_key"], row["version"]) for row in rows
    ]:
        return
    message = "the clips were saved again, moved, added or removed since they were read: read them, then export"
    raise Problem(412, "version_conflict", message)


async def _accepted(unit: Transaction, call: Call[ExportRequest], prepared: Prepared) -> exports.Row | None:
    """The row of the export, new or there already; None when the edit has changed since it was read."""
    export_id, jobs = call.body.export_id, call.services.jobs
    there = await exports.get(unit, export_id)
    if there is not None:
        _check_same(there, call)
        return there
    edit = await _edit(unit, call)
    if (edit.project, edit.clips) != (prepared.edit.project, prepared.edit.clips):
        return None
    jobs.check_queue(call.uid)
    await jobs.accept(unit, export_id, _hash(call), edit)
    return await exports.get(unit, export_id)


def _prefers_not_to_wait(call: Call[ExportRequest]) -> bool:
    given = ",".join(call.request.headers.getlist("prefer")).lower()
    return "respond-async" in {each.partition(";")[0].strip() for each in given.split(",")}


async def _awaited(call: Call[ExportRequest]) -> Response | Json:
    """The export's outcome, once there is one; its client may go meanwhile."""
    uid, export_id = call.uid, call.body.export_id
    jobs, within = call.services.jobs, call.services.settings.durable_within
    row = await call.ask(lambda reader: exports.get(reader, export_id))
    over = row is not None and row["completed_at"] is not None  # though perhaps not durably
    job = jobs.of(uid, export_id) if over else await jobs.appearing(uid, export_id, APPEARS_WITHIN)
    if job is None and not over:
        raise _ending()
    if job is not None and not await _ended(job, call.request, within):
        return Response(None, BROKEN_OFF)
    return _outcome(await call.ask(lambda reader: exports.get(reader, export_id)))


async def _ended(job: Job, request: Request, within: float) -> bool:
    """Wait for a job; False when the client has gone.

    NotDurable when its end could not be stored for `within` seconds, 503 when the server ends.
    """
    waits = [asyncio.ensure_future(each) for each in (job.ended.wait(), _disconnected(request), _unstored(job, within))]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        gone = waits[1].done()
    finally:
        for wait in waits:
            wait.cancel()
        await asyncio.gather(*waits, return_exceptions=True)
    if job.teller.state.done:
        return True
    if job.ended.is_set():
        raise _ending()
    if gone:
        return False
    raise NotDurable(f"the end of export {job.export_id} is not durable after {within:g} s")


async def _unstored(job: Job, within: float) -> None:
    await job.unstored.wait()
    await asyncio.sleep(within)


def _ending() -> Problem:
    message = "the server is ending, and the next one goes on with this export: send the same request again"
    return Problem(503, "shutting_down", message, headers={"Retry-After": "5"})


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _outcome(row: exports.Row | None) -> Json:
    """What a waiting client is answered; Fenced when another server has the export now, or knows of none."""
    if row is None or row["completed_at"] is None:
        raise Fenced("an export that ended here is not over")
    if row["result"] is not None:
        return _result(row)
    if row["error"] is None:
        raise Problem(409, "export_cancelled", "the export was cancelled")
    members = {name: value for name, value in row["error"].items() if name not in _OF_PROBLEMS}
    raise Problem(row["error"]["status"], row["error"]["error"], row["error"]["message"], **members)


def _result(row: exports.Row) -> Json:
    return {"success": True, **row["result"]}


async def _described(call: Call[Any]) -> Json:
    return _shown(call, await call.ask(lambda reader: _export(reader, call.path("export_id"))))


async def _export(reader: Reader, export_id: str) -> exports.Row:
    """The export; 404 `export_not_found`."""
    row = await exports.get(reader, export_id)
    if row is None:
        raise not_found("export_not_found", "there is no such export")
    return row


def _shown(call: Call[Any], row: exports.Row) -> Json:
    """An export as the API shows it: what its job says while there is one, as rows may be ahead of what is durable."""
    job = call.services.jobs.of(call.uid, row["export_id"])
    names = ("export_id", "project_id", "attempt", "created_at", "started_at")
    told = {name: row[name] for name in names}
    if job is not None and not job.ended.is_set():
        state = job.teller.state
        progress = {"state": state.state, "stage": state.stage, "progress": round(state.progress, 4)}
        return {**told, **progress, "error": None, "result": None, "completed_at": None}
    done = 1.0 if row["state"] == "complete" else 0.0
    progress = {"state": row["state"], "stage": row["stage"], "progress": done}
    result = _result(row) if row["result"] else None
    return {**told, **progress, "error": row["error"], "result": result, "completed_at": row["completed_at"]}
