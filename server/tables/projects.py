"""Projects, as rows."""

from __future__ import annotations

import json
from typing import Any

from server.storage.database import Reader, Transaction

Row = dict[str, Any]

_COLUMNS = "id, name, aspect_ratio, settings, working_video_id, created_at, updated_at"


async def get(reader: Reader, project_id: str) -> Row | None:
    """A project; None if there is none."""
    row = await reader.one(f"SELECT {_COLUMNS} FROM projects WHERE id = ?", (project_id,))
    return row and _shown(row)


async def every(reader: Reader) -> list[Row]:
    """Every project, the newest first, each with how many clips it has and what the first one is cut from."""
    rows = await reader.all(
        f"SELECT {_COLUMNS}, (SELECT count(*) FROM latest_clips AS c WHERE c.project_id = p.id) AS clips,"
        " (SELECT raw_clip_id FROM latest_clips AS c WHERE c.project_id = p.id ORDER BY sort_order, id LIMIT 1)"
        " AS first_raw_clip_id"
        " FROM projects AS p ORDER BY rowid DESC"
    )
    return [_shown(row) for row in rows]


async def add(unit: Transaction, project_id: str, name: str, aspect_ratio: str, settings: Row, now: str) -> None:
    """A new project."""
    sql = "INSERT INTO projects (id, name, aspect_ratio, settings, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?)"
    await unit.run(sql, (project_id, name, aspect_ratio, json.dumps(settings), now, now))


async def change(unit: Transaction, project: Row, now: str) -> None:
    """Store a project's name, aspect ratio and settings as they are in the row."""
    sql = "UPDATE projects SET name = ?, aspect_ratio = ?, settings = ?, updated_at = ? WHERE id = ?"
    given = (project["name"], project["aspect_ratio"], json.dumps(project["settings"]), now, project["id"])
    await unit.run(sql, given)


async def remove(unit: Transaction, project_id: str) -> list[str]:
    """Delete a project with its clips, films and exports; the keys of the objects that nothing names any more."""
    films = await unit.all("SELECT object_key FROM working_videos WHERE project_id = ?", (project_id,))
    await unit.run("UPDATE projects SET working_video_id = NULL WHERE id = ?", (project_id,))
    await unit.run("DELETE FROM exports WHERE project_id = ?", (project_id,))
    await unit.run("DELETE FROM working_videos WHERE project_id = ?", (project_id,))
    await unit.run("DELETE FROM projects WHERE id = ?", (project_id,))
    return [film["object_key"] for film in films]


async def exporting(reader: Reader, project_id: str) -> bool:
    """Whether an export of the project is under way."""
    sql = "SELECT 1 FROM exports WHERE project_id = ? AND state IN ('queued', 'running')"
    return await reader.one(sql, (project_id,)) is not None


def _shown(row: Row) -> Row:
    return {**row, "settings": json.loads(row["settings"])}
