"""Raw clips: uploaded footage."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypedDict, cast

from server.storage.database import Reader, Transaction


class RawClipRow(TypedDict):
    """Uploaded footage; `media_info` summarises its facts."""

    id: str
    name: str
    object_key: str
    etag: str
    size: int
    media_info: dict[str, Any]
    created_at: str


_COLUMNS = ", ".join(RawClipRow.__annotations__)


async def get(reader: Reader, raw_clip_id: str) -> RawClipRow | None:
    """A raw clip; None if there is none."""
    row = await reader.one(f"SELECT {_COLUMNS} FROM raw_clips WHERE id = ?", (raw_clip_id,))
    return None if row is None else _row(row)


async def every(reader: Reader) -> list[RawClipRow]:
    """Every raw clip, the newest first."""
    rows = await reader.all(f"SELECT {_COLUMNS} FROM raw_clips ORDER BY rowid DESC")
    return [_row(row) for row in rows]


async def total_size(reader: Reader) -> int:
    """The bytes of all raw clips."""
    row = await reader.one("SELECT coalesce(sum(size), 0) AS n FROM raw_clips")
    return int(row["n"]) if row else 0


async def add(unit: Transaction, row: RawClipRow) -> None:
    """Add a raw clip; its object is stored already."""
    sql = f"INSERT INTO raw_clips ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)"
    info = json.dumps(row["media_info"])
    given = (row["id"], row["name"], row["object_key"], row["etag"], row["size"], info, row["created_at"])
    await unit.run(sql, given)


async def users(reader: Reader, raw_clip_id: str) -> int:
    """The number of clips that use it, including deleted ones that a film was rendered from."""
    sql = (
        "SELECT count(DISTINCT project_id || '/' || clip_key) AS n FROM working_clips WHERE raw_clip_id = ?"
        " AND (NOT deleted OR id IN (SELECT working_clip_id FROM rendered_clips))"
    )
    row = await reader.one(sql, (raw_clip_id,))
    return int(row["n"]) if row else 0


async def remove(unit: Transaction, raw_clip_id: str) -> None:
    """Delete a raw clip that no clip uses; removed clips that a state of a project keeps are without footage then."""
    await unit.run("UPDATE working_clips SET raw_clip_id = NULL WHERE raw_clip_id = ?", (raw_clip_id,))
    await unit.run("DELETE FROM raw_clips WHERE id = ?", (raw_clip_id,))


def _row(columns: Mapping[str, Any]) -> RawClipRow:
    return cast(RawClipRow, {**columns, "media_info": json.loads(columns["media_info"])})
