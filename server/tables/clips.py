"""Clips of a project, as rows: every save is a new row with the next version, the newest is the clip.

A clip is known by its `clip_key`, which never changes. Its place, `sort_order`, belongs to the project's order and is
changed in place: moving clips about makes no versions of what is in them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from server.storage.database import Reader, Transaction

Row = dict[str, Any]

STORED = ("crop_data", "timing_data", "segments_data", "transition_data")
"""The columns that hold JSON text; NULL is null."""

_DATA = ("raw_clip_id", "uploaded_filename", "name", *STORED, "rotation")
_COLUMNS = ", ".join(("id", "project_id", "clip_key", "version", "sort_order", "created_at", *_DATA))


async def every(reader: Reader, project_id: str) -> list[Row]:
    """The clips of a project in their order."""
    sql = f"SELECT {_COLUMNS} FROM latest_clips WHERE project_id = ? ORDER BY sort_order, id"
    return await reader.all(sql, (project_id,))


async def get(reader: Reader, project_id: str, clip_key: str) -> Row | None:
    """A clip; None if there is none."""
    sql = f"SELECT {_COLUMNS} FROM latest_clips WHERE project_id = ? AND clip_key = ?"
    return await reader.one(sql, (project_id, clip_key))


async def versions(reader: Reader, project_id: str, clip_key: str) -> list[Row]:
    """Every version of a clip that is kept, the newest first."""
    sql = f"SELECT {_COLUMNS} FROM working_clips WHERE project_id = ? AND clip_key = ? AND NOT deleted"
    return await reader.all(f"{sql} ORDER BY version DESC", (project_id, clip_key))


async def version(reader: Reader, project_id: str, clip_key: str, number: int) -> Row | None:
    """One version of a clip; None if it is not there."""
    sql = f"SELECT {_COLUMNS} FROM working_clips WHERE project_id = ? AND clip_key = ? AND version = ? AND NOT deleted"
    return await reader.one(sql, (project_id, clip_key, number))


async def next_place(reader: Reader, project_id: str) -> int:
    """The place after the last clip."""
    sql = "SELECT coalesce(max(sort_order) + 1, 0) AS place FROM latest_clips WHERE project_id = ?"
    row = await reader.one(sql, (project_id,))
    return int(row["place"]) if row else 0


async def add(unit: Transaction, row: Row) -> None:
    """A row: the first version of a new clip, or the next of one that is there."""
    names = ("project_id", "clip_key", "version", "sort_order", "created_at", *_DATA)
    marks = ", ".join("?" for _ in names)
    sql = f"INSERT INTO working_clips ({', '.join(names)}) VALUES ({marks})"
    await unit.run(sql, [row[name] for name in names])


async def prune(unit: Transaction, project_id: str, clip_key: str, kept: int) -> None:
    """Delete all but the newest versions of a clip, and but what a film was or is being rendered from."""
    await unit.run(
        "DELETE FROM working_clips WHERE project_id = ?1 AND clip_key = ?2"
        " AND id NOT IN (SELECT working_clip_id FROM rendered_clips)"
        " AND version NOT IN (SELECT version FROM working_clips"
        "   WHERE project_id = ?1 AND clip_key = ?2 ORDER BY version DESC LIMIT ?3)",
        (project_id, clip_key, kept),
    )


async def remove(unit: Transaction, project_id: str, clip_key: str) -> None:
    """Delete a clip: the versions that a film was or is being rendered from stay, unseen."""
    await unit.run(
        "DELETE FROM working_clips WHERE project_id = ? AND clip_key = ?"
        " AND id NOT IN (SELECT working_clip_id FROM rendered_clips)",
        (project_id, clip_key),
    )
    sql = "UPDATE working_clips SET deleted = 1 WHERE project_id = ? AND clip_key = ?"
    await unit.run(sql, (project_id, clip_key))


async def reorder(unit: Transaction, project_id: str, clip_keys: Sequence[str]) -> None:
    """Give the project's clips the places 0, 1, 2 … in this order."""
    for place, row in enumerate(await _placed(unit, project_id, clip_keys)):
        if row["sort_order"] != place:
            await unit.run("UPDATE working_clips SET sort_order = ? WHERE id = ?", (place, row["id"]))


async def _placed(unit: Transaction, project_id: str, clip_keys: Sequence[str]) -> list[Row]:
    rows = {row["clip_key"]: row for row in await every(unit, project_id)}
    return [rows[key] for key in clip_keys]


def shown(row: Row) -> Row:
    """A clip as the API shows it: `id` is its key, stored JSON as values, text that is no JSON as it is."""
    rest = {name: row[name] for name in ("project_id", "raw_clip_id", "name", "rotation", "sort_order", "version")}
    return {
        "id": row["clip_key"],
        **rest,
        **{name: _value(row[name]) for name in STORED},
        "saved_at": row["created_at"],
    }


def _value(text: str | None) -> Any:
    if text is None:
        return None
    try:
        return json.loads(text)
    except ValueError:  # unreadable stored data is shown as it is; rendering names it as an error
        return text
