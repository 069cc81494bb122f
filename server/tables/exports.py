"""Exports, as rows: the truth about every render job, and the edit that it renders.

`edit` is the project as it was when the export was accepted, `export_clips` the versions of its clips; both go when
the export ends.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from server.storage.database import Reader, Transaction

Row = dict[str, Any]

MOST_SHOWN = 100
OPEN = "state IN ('queued', 'running')"
_COLUMNS = (
    "export_id, project_id, state, stage, attempt, boot_id, request_hash, error, result,"
    " created_at, started_at, completed_at"
)


async def get(reader: Reader, export_id: str) -> Row | None:
    """An export; None if there is none."""
    row = await reader.one(f"SELECT {_COLUMNS} FROM exports WHERE export_id = ?", (export_id,))
    return row and _shown(row)


async def every(reader: Reader, project_id: str | None) -> list[Row]:
    """The newest hundred exports, of one project if one is given, the newest first."""
    sql = f"SELECT {_COLUMNS} FROM exports WHERE ?1 IS NULL OR project_id = ?1 ORDER BY rowid DESC"
    return [_shown(row) for row in await reader.all(f"{sql} LIMIT {MOST_SHOWN}", (project_id,))]


async def unfinished(reader: Reader) -> list[Row]:
    """Every export that is queued or running, the oldest first."""
    rows = await reader.all(f"SELECT {_COLUMNS} FROM exports WHERE {OPEN} ORDER BY rowid")
    return [_shown(row) for row in rows]


async def under_way(reader: Reader, project_id: str) -> str | None:
    """The export of the project that is queued or running."""
    row = await reader.one(f"SELECT export_id FROM exports WHERE project_id = ? AND {OPEN}", (project_id,))
    return str(row["export_id"]) if row else None


async def add(unit: Transaction, row: Row, project: Row, clips: Sequence[Row]) -> None:
    """A new export, queued, of the project and these versions of its clips."""
    edit = json.dumps({name: project[name] for name in ("id", "name", "aspect_ratio", "settings")})
    await unit.run(
        "INSERT INTO exports (export_id, project_id, state, stage, attempt, boot_id, request_hash, created_at, edit)"
        " VALUES (?, ?, 'queued', 'queued', 0, ?, ?, ?, ?)",
        (row["export_id"], project["id"], row["boot_id"], row["request_hash"], row["created_at"], edit),
    )
    sql = "INSERT INTO export_clips VALUES (?, ?, ?)"
    for position, clip in enumerate(clips):
        await unit.run(sql, (row["export_id"], position, clip["id"]))


async def edit_of(reader: Reader, export_id: str) -> tuple[Row, list[Row]]:
    """The project and the clips that an unfinished export renders, in their order."""
    row = await reader.one("SELECT edit FROM exports WHERE export_id = ?", (export_id,))
    assert row is not None, "an export that runs has a row"
    clips = await reader.all(
        "SELECT clip.* FROM export_clips AS used JOIN working_clips AS clip ON clip.id = used.working_clip_id"
        " WHERE used.export_id = ? ORDER BY used.position",
        (export_id,),
    )
    return json.loads(row["edit"]), clips


async def started(unit: Transaction, export_id: str, boot_id: str, now: str) -> int:
    """The export runs; which attempt this is, counted from 1."""
    await unit.run(
        "UPDATE exports SET state = 'running', stage = 'fetching', attempt = attempt + 1, boot_id = ?, started_at = ?"
        " WHERE export_id = ?",
        (boot_id, now, export_id),
    )
    row = await unit.one("SELECT attempt FROM exports WHERE export_id = ?", (export_id,))
    assert row is not None, "an export that runs has a row"
    return int(row["attempt"])


async def requeued(unit: Transaction, export_id: str, *, counted: bool) -> None:
    """The export waits for its turn again; an attempt that was not its fault is not `counted`."""
    sql = "UPDATE exports SET state = 'queued', stage = 'queued', attempt = attempt - ? WHERE export_id = ?"
    await unit.run(sql, (0 if counted else 1, export_id))


async def ended(
    unit: Transaction, export_id: str, state: str, now: str, *, film: Row | None = None, error: Row | None = None
) -> bool:
    """The export is over, and the edit it was made from needed no more; False for one that was over already."""
    changed = await unit.run(
        "UPDATE exports SET state = ?1, stage = CASE ?1 WHEN 'complete' THEN 'complete' ELSE stage END,"
        " completed_at = ?2, working_video_id = ?3, result = ?4, error = ?5, edit = NULL"
        f" WHERE export_id = ?6 AND {OPEN}",
        (state, now, film and film["id"], film and json.dumps(_result(film)), error and json.dumps(error), export_id),
    )
    await unit.run("DELETE FROM export_clips WHERE export_id = ?", (export_id,))
    unseen = "DELETE FROM working_clips WHERE deleted AND id NOT IN (SELECT working_clip_id FROM rendered_clips)"
    await unit.run(unseen)
    return changed > 0


async def made(reader: Reader, film_id: str) -> bool:
    """Whether a film was once an export's."""
    sql = "SELECT 1 FROM exports WHERE json_extract(result, '$.working_video_id') = ?"
    return await reader.one(sql, (film_id,)) is not None


def _result(film: Row) -> Row:
    """What an export tells of its film, for ever."""
    return {"working_video_id": film["id"], "filename": film["filename"]}


def _shown(row: Row) -> Row:
    return {**row, **{name: row[name] and json.loads(row[name]) for name in ("error", "result")}}
