"""Projects."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from typing import Any, TypedDict, cast

from server.storage.database import Reader, Transaction
from server.tables import films
from server.tables.paged import newest_first


class ProjectEdit(TypedDict):
    """The part of a project that its films depend on."""

    id: str
    name: str
    aspect_ratio: str
    settings: dict[str, Any]


class ProjectRow(ProjectEdit):
    """A project."""

    working_video_id: str | None
    created_at: str
    updated_at: str


class ListedProject(ProjectRow):
    """A project in the list: with the number of its clips, and the footage of the first."""

    clips: int
    first_raw_clip_id: str | None


OF_A_ROW = 2**9
"""Characters of a project of the list besides its settings, about."""

_COLUMNS = "id, name, aspect_ratio, settings, working_video_id, created_at, updated_at"


async def get(reader: Reader, project_id: str) -> ProjectRow | None:
    """A project; None if there is none."""
    row = await reader.one(f"SELECT {_COLUMNS} FROM projects WHERE id = ?", (project_id,))
    return None if row is None else cast(ProjectRow, _decoded(row))


async def pages(reader: Reader) -> AsyncIterator[tuple[int, list[dict[str, Any]]]]:
    """The columns of every project, the newest first, a page at a time, each with its characters; see `decoded`."""
    sql = (
        f"SELECT rowid AS place, {_COLUMNS},"
        " (SELECT count(*) FROM latest_clips AS c WHERE c.project_id = p.id) AS clips,"
        " (SELECT raw_clip_id FROM latest_clips AS c WHERE c.project_id = p.id ORDER BY sort_order, id LIMIT 1)"
        " AS first_raw_clip_id"
        " FROM projects AS p WHERE rowid < ? ORDER BY rowid DESC LIMIT ?"
    )
    async for rows in newest_first(reader, sql):
        yield sum(OF_A_ROW + len(row["settings"]) for row in rows), rows


def decoded(columns: Mapping[str, Any]) -> ListedProject:
    """A project of the list, from its columns."""
    return cast(ListedProject, _decoded({name: value for name, value in columns.items() if name != "place"}))


async def add(unit: Transaction, project: ProjectEdit, now: str) -> None:
    """A new project."""
    sql = "INSERT INTO projects (id, name, aspect_ratio, settings, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?)"
    await unit.run(
        sql, (project["id"], project["name"], project["aspect_ratio"], json.dumps(project["settings"]), now, now)
    )


async def change(unit: Transaction, project: ProjectEdit, now: str) -> None:
    """Store the name, aspect ratio and settings of a project."""
    sql = "UPDATE projects SET name = ?, aspect_ratio = ?, settings = ?, updated_at = ? WHERE id = ?"
    given = (project["name"], project["aspect_ratio"], json.dumps(project["settings"]), now, project["id"])
    await unit.run(sql, given)


async def remove(unit: Transaction, project_id: str) -> list[str]:
    """Delete a project with its clips, films and exports; returns the keys of the objects that no film has any more."""
    rows = await unit.all("SELECT object_key FROM working_videos WHERE project_id = ?", (project_id,))
    await unit.run("UPDATE projects SET working_video_id = NULL WHERE id = ?", (project_id,))
    await unit.run("DELETE FROM exports WHERE project_id = ?", (project_id,))
    await unit.run("DELETE FROM working_videos WHERE project_id = ?", (project_id,))
    await unit.run("DELETE FROM projects WHERE id = ?", (project_id,))
    return await films.unnamed(unit, [row["object_key"] for row in rows])


async def exporting(reader: Reader, project_id: str) -> bool:
    """Whether an export of the project is under way."""
    sql = "SELECT 1 FROM exports WHERE project_id = ? AND state IN ('queued', 'running')"
    return await reader.one(sql, (project_id,)) is not None


def _decoded(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "settings": json.loads(row["settings"])}
