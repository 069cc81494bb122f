"""Earlier states of projects: name, aspect ratio, settings, and the versions of the clips in their order.

A state refers to rows of `working_clips`, which stay as long as the state does (the view `kept_clips`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypedDict, cast

from server.storage.database import Reader, Transaction
from server.tables import clips


class ProjectVersion(TypedDict):
    """One state of a project; the newest has the highest version."""

    version: int
    name: str
    aspect_ratio: str
    settings: dict[str, Any]
    created_at: str


class ListedVersion(ProjectVersion):
    """A state of a project in the list: with the versions of its clips in their order."""

    clips: list[dict[str, Any]]


PAGE = 10
"""States of a page of the list."""

_COLUMNS = ", ".join(ProjectVersion.__annotations__)
_NOW = "SELECT id FROM latest_clips WHERE project_id = ? ORDER BY sort_order, id"


async def record(unit: Transaction, project_id: str, now: str, kept: int) -> None:
    """Store the project's present state as its next version, unless the newest is this state; delete the oldest."""
    if await _is_newest(unit, project_id):
        return
    await unit.run(
        "INSERT INTO project_versions (project_id, version, name, aspect_ratio, settings, created_at)"
        " SELECT id, (SELECT coalesce(max(version), 0) + 1 FROM project_versions WHERE project_id = ?1),"
        " name, aspect_ratio, settings, ?2 FROM projects WHERE id = ?1",
        (project_id, now),
    )
    await unit.run(
        "INSERT INTO project_version_clips SELECT"
        " (SELECT id FROM project_versions WHERE project_id = ?1 ORDER BY version DESC LIMIT 1),"
        " row_number() OVER (ORDER BY sort_order, id) - 1, id FROM latest_clips WHERE project_id = ?1",
        (project_id,),
    )
    await _prune(unit, project_id, kept)


async def _is_newest(reader: Reader, project_id: str) -> bool:
    """Whether the newest version of a project is its present state."""
    newest = await reader.one(
        "SELECT was.id FROM project_versions AS was JOIN projects AS is_ ON is_.id = was.project_id"
        " WHERE was.project_id = ?1 AND (was.name, was.aspect_ratio, was.settings) ="
        " (is_.name, is_.aspect_ratio, is_.settings)"
        " AND was.version = (SELECT max(version) FROM project_versions WHERE project_id = ?1)",
        (project_id,),
    )
    if newest is None:
        return False
    sql = "SELECT working_clip_id AS id FROM project_version_clips WHERE project_version_id = ? ORDER BY position"
    return await reader.all(sql, (newest["id"],)) == await reader.all(_NOW, (project_id,))


async def _prune(unit: Transaction, project_id: str, kept: int) -> None:
    deleted = await unit.run(
        "DELETE FROM project_versions WHERE project_id = ?1 AND version NOT IN"
        " (SELECT version FROM project_versions WHERE project_id = ?1 ORDER BY version DESC LIMIT ?2)",
        (project_id, kept),
    )
    if deleted:
        await clips.sweep(unit)


async def listed(reader: Reader, project_id: str, before: int | None = None) -> tuple[list[ListedVersion], int | None]:
    """A page of the states of a project that are kept, the newest first, below the number `before`; the second value is
    the `before` of the next page, None after the last page."""
    rows = await reader.all(
        f"SELECT id, {_COLUMNS} FROM project_versions WHERE project_id = ?1 AND version < coalesce(?2, version + 1)"
        " ORDER BY version DESC LIMIT ?3",
        (project_id, before, PAGE + 1),
    )
    page = [cast(ListedVersion, {**_row(row), "clips": await _clips(reader, row["id"])}) for row in rows[:PAGE]]
    return page, page[-1]["version"] if len(rows) > PAGE else None


async def _clips(reader: Reader, row_id: int) -> list[dict[str, Any]]:
    return await reader.all(
        "SELECT clip.clip_key AS clip_id, clip.version, clip.name FROM project_version_clips AS used"
        " JOIN working_clips AS clip ON clip.id = used.working_clip_id"
        " WHERE used.project_version_id = ? ORDER BY used.position",
        (row_id,),
    )


async def get(reader: Reader, project_id: str, version: int) -> tuple[ProjectVersion, list[int]] | None:
    """A state of a project and the `id` of each of its clips, in their order; None if it is not kept."""
    sql = f"SELECT id, {_COLUMNS} FROM project_versions WHERE project_id = ? AND version = ?"
    row = await reader.one(sql, (project_id, version))
    if row is None:
        return None
    sql = "SELECT working_clip_id FROM project_version_clips WHERE project_version_id = ? ORDER BY position"
    return _row(row), [each["working_clip_id"] for each in await reader.all(sql, (row["id"],))]


def _row(columns: Mapping[str, Any]) -> ProjectVersion:
    own = {name: columns[name] for name in ProjectVersion.__annotations__}
    return cast(ProjectVersion, {**own, "settings": json.loads(columns["settings"])})


async def forget(unit: Transaction, project_id: str) -> None:
    """Delete every earlier state of a project, and with them the removed clips that only they keep."""
    await _prune(unit, project_id, 0)


async def forget_clip(unit: Transaction, project_id: str, clip_key: str) -> None:
    """Take a clip out of every earlier state of its project."""
    await unit.run(
        "DELETE FROM project_version_clips WHERE working_clip_id IN"
        " (SELECT id FROM working_clips WHERE project_id = ? AND clip_key = ?)",
        (project_id, clip_key),
    )
