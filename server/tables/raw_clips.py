"""Raw clips: uploaded footage, as rows."""

from __future__ import annotations

import json
from typing import Any

from server.storage.database import Reader, Transaction

Row = dict[str, Any]

_COLUMNS = "id, name, object_key, etag, size, media_info, start_time, end_time, created_at"


async def get(reader: Reader, raw_clip_id: str) -> Row | None:
    """A raw clip; None if there is none."""
    row = await reader.one(f"SELECT {_COLUMNS} FROM raw_clips WHERE id = ?", (raw_clip_id,))
    return row and _shown(row)


async def every(reader: Reader) -> list[Row]:
    """Every raw clip, the newest first."""
    rows = await reader.all(f"SELECT {_COLUMNS} FROM raw_clips ORDER BY rowid DESC")
    return [_shown(row) for row in rows]


async def add(unit: Transaction, row: Row) -> None:
    """A new raw clip, whose object is stored already."""
    sql = f"INSERT INTO raw_clips ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, NULL, NULL, ?)"
    info = json.dumps(row["media_info"])
    given = (row["id"], row["name"], row["object_key"], row["etag"], row["size"], info, row["created_at"])
    await unit.run(sql, given)


async def users(reader: Reader, raw_clip_id: str) -> int:
    """How many clips are cut from it, deleted ones that a film was rendered from included."""
    sql = "SELECT count(DISTINCT project_id || '/' || clip_key) AS n FROM working_clips WHERE raw_clip_id = ?"
    row = await reader.one(sql, (raw_clip_id,))
    return int(row["n"]) if row else 0


async def remove(unit: Transaction, raw_clip_id: str) -> None:
    """Delete a raw clip that no clip is cut from."""
    await unit.run("DELETE FROM raw_clips WHERE id = ?", (raw_clip_id,))


def _shown(row: Row) -> Row:
    return {**row, "media_info": json.loads(row["media_info"])}
