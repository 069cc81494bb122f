"""The last stage of an export for a waiting client: wait for the job's end, then read the result from the row."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from server.edits.children import ClientGone
from server.exports.job import Job
from server.exports.queue import Jobs
from server.problem import Problem
from server.storage.held import RequestDatabases
from server.storage.sync import Fenced, NotDurable
from server.tables import exports
from server.tables.exports import ExportRow
from server.tasks import until_first

APPEARS_WITHIN = 5.0
"""Seconds to wait for the job of an accepted export to start."""

_OF_PROBLEMS = frozenset({"type", "title", "status", "detail", "error", "message"})


async def outcome(
    uid: str, export_id: str, jobs: Jobs, databases: RequestDatabases, gone: Callable[[], Awaitable[None]]
) -> dict[str, Any]:
    """Wait for an export's end and return its result; a Problem where it failed or was cancelled.

    ClientGone when `gone` returns, which means that the client disconnected; NotDurable when the end is not stored in
    time; Fenced when another server has the export now.
    """
    row = await _row(uid, export_id, databases)
    over = row is not None and row["completed_at"] is not None  # though perhaps not durably
    job = jobs.of(uid, export_id) if over else await jobs.appearing(uid, export_id, APPEARS_WITHIN)
    if job is None and not over:
        raise _ending()
    if job is not None:
        await ended(job, databases.within, gone)
        row = await _row(uid, export_id, databases)
    return _result(row)


async def ended(job: Job, within: float, gone: Callable[[], Awaitable[None]]) -> None:
    """Wait until a job has ended.

    ClientGone when `gone` returns first, NotDurable when the end could not be stored for `within` seconds, Fenced when
    another server has the export now, 503 when this one shuts down.
    """
    _, left, _ = await until_first(job.ended.wait(), gone(), _not_stored(job, within))
    if job.tracker.state.done:
        return
    if job.ended.is_set():
        raise Fenced(f"another server has export {job.export_id} now") if job.moved else _ending()
    if left:
        raise ClientGone
    raise NotDurable(f"the end of export {job.export_id} is not durable after {within:g} s")


async def _row(uid: str, export_id: str, databases: RequestDatabases) -> ExportRow | None:
    async with databases.of(uid) as database:
        return await database.read(lambda reader: exports.get(reader, export_id))


async def _not_stored(job: Job, within: float) -> None:
    await job.unstored.wait()
    await asyncio.sleep(within)


def _ending() -> Problem:
    message = "the server is shutting down, and the next one continues this export: send the same request again"
    return Problem(503, "shutting_down", message, headers={"Retry-After": "5"})


def _result(row: ExportRow | None) -> dict[str, Any]:
    """The result in the row; the Problem in it where the export failed; Fenced when the row is not complete."""
    if row is None or row["completed_at"] is None:
        raise Fenced("an export ended here whose row is unfinished")
    if row["result"] is not None:
        return dict(row["result"])
    if row["error"] is None:
        raise Problem(409, "export_cancelled", "the export was cancelled")
    members = {name: value for name, value in row["error"].items() if name not in _OF_PROBLEMS}
    raise Problem(row["error"]["status"], row["error"]["error"], row["error"]["message"], **members)
