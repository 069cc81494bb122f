"""Exports: the authoritative state of every render job, and the edit that it renders.

`edit` is the project at the moment the export was accepted, with the forecast of that moment, `export_clips` the
versions of its clips; both are deleted when the export ends.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, TypedDict, cast

from server.storage.database import Reader, Transaction
from server.tables import clips
from server.tables.clips import ClipRow, row_of
from server.tables.films import MadeFilm
from server.tables.projects import ProjectEdit


class NewExport(TypedDict):
    """An export that is accepted now."""

    export_id: str
    boot_id: str
    request_hash: str
    settings: dict[str, Any] | None
    created_at: str
    forecast_s: float
    """The predicted seconds of the whole export."""


class ExportRow(TypedDict):
    """An export; `error` is the members of a problem, `result` names its film."""

    export_id: str
    project_id: str
    state: str
    stage: str
    attempt: int
    boot_id: str
    request_hash: str
    settings: dict[str, Any] | None
    """The settings that were chosen for this export alone; None if there are none."""
    error: dict[str, Any] | None
    result: dict[str, Any] | None
    created_at: str
    started_at: str | None
    completed_at: str | None


MOST_SHOWN = 100
PACES = 5
"""Exports whose durations an estimate is made of."""
OPEN = "state IN ('queued', 'running')"
_COLUMNS = ", ".join(ExportRow.__annotations__)


async def get(reader: Reader, export_id: str) -> ExportRow | None:
    """An export; None if there is none."""
    row = await reader.one(f"SELECT {_COLUMNS} FROM exports WHERE export_id = ?", (export_id,))
    return None if row is None else _row(row)


async def page(reader: Reader, project_id: str | None, before: str | None, limit: int) -> tuple[list[ExportRow], bool]:
    """The newest exports that are not removed, the newest first, and whether there are more.

    Of one project if one is given, and of those before an export if one is given.
    """
    rows = await reader.all(
        f"SELECT {_COLUMNS} FROM exports WHERE NOT removed AND (?1 IS NULL OR project_id = ?1)"
        " AND (?2 IS NULL OR rowid < (SELECT rowid FROM exports WHERE export_id = ?2)) ORDER BY rowid DESC LIMIT ?3",
        (project_id, before, limit + 1),
    )
    return [_row(row) for row in rows[:limit]], len(rows) > limit


async def remove(unit: Transaction, export_id: str) -> None:
    """Take an ended export out of the list; its row stays."""
    await unit.run("UPDATE exports SET removed = 1 WHERE export_id = ?", (export_id,))


async def unfinished(reader: Reader) -> list[ExportRow]:
    """Every export that is queued or running, the oldest first."""
    rows = await reader.all(f"SELECT {_COLUMNS} FROM exports WHERE {OPEN} ORDER BY rowid")
    return [_row(row) for row in rows]


async def under_way(reader: Reader, project_id: str) -> str | None:
    """The export of the project that is queued or running."""
    row = await reader.one(f"SELECT export_id FROM exports WHERE project_id = ? AND {OPEN}", (project_id,))
    return str(row["export_id"]) if row else None


async def add(unit: Transaction, row: NewExport, project: ProjectEdit, clips: Sequence[ClipRow]) -> None:
    """A new export, queued, of the project and these versions of its clips."""
    shape = {"aspect_ratio": project["aspect_ratio"], "settings": project["settings"]}
    edit = json.dumps({"id": project["id"], "name": project["name"], **shape, "forecast_s": row["forecast_s"]})
    await unit.run(
        "INSERT INTO exports (export_id, project_id, state, stage, attempt, boot_id, request_hash, settings,"
        " created_at, edit) VALUES (?, ?, 'queued', 'queued', 0, ?, ?, ?, ?, ?)",
        (
            row["export_id"],
            project["id"],
            row["boot_id"],
            row["request_hash"],
            row["settings"] and json.dumps(row["settings"]),
            row["created_at"],
            edit,
        ),
    )
    sql = "INSERT INTO export_clips VALUES (?, ?, ?)"
    for position, clip in enumerate(clips):
        await unit.run(sql, (row["export_id"], position, clip["id"]))


async def forecast_of(export_id: str, reader: Reader) -> float | None:
    """The predicted seconds of an unfinished export; None for one that a server before ADR 103 accepted."""
    sql = "SELECT json_extract(edit, '$.forecast_s') AS seconds FROM exports WHERE export_id = ?"
    row = await reader.one(sql, (export_id,))
    return None if row is None or row["seconds"] is None else float(row["seconds"])


async def edit_of(reader: Reader, export_id: str) -> tuple[ProjectEdit, list[ClipRow]]:
    """The project and the clips that an unfinished export renders, in their order."""
    row = await reader.one("SELECT edit FROM exports WHERE export_id = ?", (export_id,))
    assert row is not None, "an export that runs has a row"
    clips = await reader.all(
        "SELECT clip.* FROM export_clips AS used JOIN working_clips AS clip ON clip.id = used.working_clip_id"
        " WHERE used.export_id = ? ORDER BY used.position",
        (export_id,),
    )
    return json.loads(row["edit"]), [row_of(each) for each in clips]


async def started(unit: Transaction, export_id: str, boot_id: str, now: str) -> int:
    """Mark the export as running; returns the number of the attempt, from 1."""
    await unit.run(
        "UPDATE exports SET state = 'running', stage = 'fetching', attempt = attempt + 1, boot_id = ?, started_at = ?"
        " WHERE export_id = ?",
        (boot_id, now, export_id),
    )
    row = await unit.one("SELECT attempt FROM exports WHERE export_id = ?", (export_id,))
    assert row is not None, "an export that runs has a row"
    return int(row["attempt"])


async def requeued(unit: Transaction, export_id: str, *, counted: bool) -> None:
    """Queue the export again; an attempt that did not fail by itself is not `counted`."""
    sql = "UPDATE exports SET state = 'queued', stage = 'queued', attempt = attempt - ? WHERE export_id = ?"
    await unit.run(sql, (0 if counted else 1, export_id))


async def ended(
    unit: Transaction,
    export_id: str,
    state: str,
    now: str,
    *,
    film: MadeFilm | None = None,
    pace: float | None = None,
    error: Mapping[str, Any] | None = None,
) -> bool:
    """End the export and drop its edit; False if it had ended already."""
    changed = await unit.run(
        "UPDATE exports SET state = ?1, stage = CASE ?1 WHEN 'complete' THEN 'complete' ELSE stage END,"
        " completed_at = ?2, working_video_id = ?3, result = ?4, error = ?5, edit = NULL, pace = ?7"
        f" WHERE export_id = ?6 AND {OPEN}",
        (
            *(state, now, film and film["id"], film and json.dumps(_result(film))),
            *(error and json.dumps(error), export_id, pace),
        ),
    )
    await unit.run("DELETE FROM export_clips WHERE export_id = ?", (export_id,))
    await clips.sweep(unit)
    return changed > 0


async def paces(reader: Reader, project_id: str) -> list[float]:
    """How long the newest exports took, in parts of their forecasts: the project's, or else all of the user's."""
    sql = "SELECT pace, project_id FROM exports WHERE pace IS NOT NULL ORDER BY project_id <> ?, rowid DESC LIMIT ?"
    rows = await reader.all(sql, (project_id, PACES))
    of_project = [float(row["pace"]) for row in rows if row["project_id"] == project_id]
    return of_project or [float(row["pace"]) for row in rows]


async def made(reader: Reader, film_id: str) -> bool:
    """Whether an export once made this film."""
    sql = "SELECT 1 FROM exports WHERE json_extract(result, '$.working_video_id') = ?"
    return await reader.one(sql, (film_id,)) is not None


async def warnings_of(reader: Reader, film_id: str) -> list[dict[str, Any]]:
    """The warnings that the export of a film kept; none of one that a server before ADR 106 made."""
    row = await reader.one("SELECT result FROM exports WHERE working_video_id = ?", (film_id,))
    return cast(list[dict[str, Any]], json.loads(row["result"]).get("warnings", [])) if row else []


def _result(film: MadeFilm) -> dict[str, Any]:
    """The part of an export's answer that names its film; it is kept for ever."""
    named = {"working_video_id": film["id"], "filename": film["filename"], "identity": film["render_identity"]}
    return {**named, "warnings": film["warnings"]}


def _row(columns: Mapping[str, Any]) -> ExportRow:
    decoded = {name: columns[name] and json.loads(columns[name]) for name in ("error", "result", "settings")}
    return cast(ExportRow, {**columns, **decoded})
