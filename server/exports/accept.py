"""The first stage of an export: accept a request once under its id, and start the job.

1. Look the id up: an export that was accepted before stays as it is; another project, other clips or other
   settings under its id are refused.
2. Check: the edit is read, compared with the versions that the client names, and compiled.
3. Accept: the row and the edit are written in one unit of work, and the job starts.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from server.edits.canonical import check_settings
from server.edits.compiled import Edit, project_of, read_edit
from server.edits.effort import LARGE
from server.exports.prepare import Prepared
from server.exports.queue import Jobs
from server.problem import Problem
from server.storage.database import Reader, Transaction
from server.storage.held import RequestDatabases
from server.tables import clips, exports
from server.tables.exports import ExportRow, NewExport
from server.tables.projects import ProjectEdit


@dataclass(frozen=True, slots=True)
class Asked:
    """A client's request for an export; `clips` are keys and versions, None if the client names none."""

    uid: str
    export_id: str
    project_id: str
    clips: Sequence[tuple[str, int]] | None = None
    settings: Mapping[str, Any] | None = None
    """Settings for this export alone; their fields replace those of the project's `canvas`, `audio` and `encode`."""

    @property
    def digest(self) -> str:
        """Identifies the request: an export id may be requested again only with the same members."""
        body = {"project_id": self.project_id, "clips": self.clips}
        chosen = {} if self.settings is None else {"settings": self.settings}
        return hashlib.sha256(json.dumps({**body, **chosen}, sort_keys=True).encode()).hexdigest()

    @property
    def earlier_digest(self) -> str:
        """The digest as servers before ADR 60 stored it, of the project alone; exports had no settings then."""
        if self.settings is not None:
            return self.digest
        return hashlib.sha256(self.project_id.encode()).hexdigest()


async def accept(asked: Asked, jobs: Jobs, databases: RequestDatabases) -> None:
    """Accept an export durably; one that was accepted before stays as it is.

    Problems: 400, 404, 409, 412, 422, 429, and 500 for lost footage. UNSTORED when storage fails.
    """
    await jobs.adopt(asked.uid)
    if not await _accepted_before(asked, databases):
        await _begin(asked, jobs, databases)
    await asyncio.gather(databases.durable(), jobs.index(asked.uid, asked.export_id))


async def _accepted_before(asked: Asked, databases: RequestDatabases) -> bool:
    """Whether an export has this id; reads in a unit of work, so that the answer waits until the row is durable."""
    async with databases.of(asked.uid) as database:
        row = await database.write(lambda unit: exports.get(unit, asked.export_id))
    if row is not None:
        _check_same(row, asked)
    return row is not None


def _check_same(row: ExportRow, asked: Asked) -> None:
    if row["request_hash"] not in (asked.digest, asked.earlier_digest):
        message = "this export_id was used for another project, other clips or other settings: choose a new one"
        raise Problem(422, "idempotency_mismatch", message, pointer="/export_id")


async def _begin(asked: Asked, jobs: Jobs, databases: RequestDatabases) -> None:
    """Check the edit, write the export's row and start its job; repeat when the edit changed in between."""
    async with databases.of(asked.uid) as database:
        sizes = await database.read(lambda reader: clips.sizes(reader, asked.project_id))
    async with jobs.render.compiler.turn(asked.uid, clips.size_by(sizes)):
        while True:
            async with databases.of(asked.uid) as database:
                edit = await database.read(lambda reader: _edit(reader, asked))
            jobs.check_queue(asked.uid)
            prepared = await jobs.render.prepared(asked.uid, edit)
            # shielded: a row without a job would block its project
            if await asyncio.shield(asyncio.ensure_future(_started(asked, prepared, jobs, databases))):
                return


async def _started(asked: Asked, prepared: Prepared, jobs: Jobs, databases: RequestDatabases) -> bool:
    """Write the export's row and start its job; do neither and return False when the edit changed since it was read."""
    async with databases.of(asked.uid) as database:
        forecast_s = jobs.render.forecast(prepared).whole
        row = await database.write(database.bounded(lambda unit: _write(unit, asked, prepared, forecast_s, jobs)))
    if row is not None and jobs.of(asked.uid, asked.export_id) is None:
        large = clips.size_of_all(prepared.edit.clips) > LARGE  # it is compiled again at its turn: others wait, too
        await jobs.start(asked.uid, row, forecast_s, None if large else prepared)
    return row is not None


async def _edit(reader: Reader, asked: Asked) -> Edit:
    project = await project_of(reader, asked.project_id)
    other = await exports.under_way(reader, project["id"])
    if other not in (None, asked.export_id):
        raise Problem(409, "export_in_progress", "another export of this project is under way", running_export_id=other)
    rows = await clips.every(reader, project["id"])
    if asked.clips is not None and list(asked.clips) != [(row["clip_key"], row["version"]) for row in rows]:
        message = "clips were saved, moved, added or removed since they were read: read them again, then export"
        raise Problem(412, "version_conflict", message)
    return await read_edit(reader, _as_asked(project, asked), rows)


def _as_asked(project: ProjectEdit, asked: Asked) -> ProjectEdit:
    """The project with the settings of this export; 422 for settings that no reel could have."""
    if asked.settings is None:
        return project
    settings = dict(project["settings"])
    for name, fields in asked.settings.items():
        settings[name] = {**(settings.get(name) or {}), **fields}
    check_settings(project["aspect_ratio"], settings)
    return {**project, "settings": settings}


async def _write(
    unit: Transaction, asked: Asked, prepared: Prepared, forecast_s: float, jobs: Jobs
) -> ExportRow | None:
    """The row of the export, new or existing; None when the edit changed since it was read."""
    there = await exports.get(unit, asked.export_id)
    if there is not None:
        _check_same(there, asked)
        return there
    edit = await _edit(unit, asked)
    if (edit.project, edit.clips) != (prepared.edit.project, prepared.edit.clips):
        return None
    jobs.check_queue(asked.uid)
    row: NewExport = {
        "export_id": asked.export_id,
        "boot_id": jobs.boot_id,
        "request_hash": asked.digest,
        "settings": None if asked.settings is None else dict(asked.settings),
        "created_at": jobs.now(),
        "forecast_s": forecast_s,
    }
    await exports.add(unit, row, edit.project, edit.clips)
    return await exports.get(unit, asked.export_id)
