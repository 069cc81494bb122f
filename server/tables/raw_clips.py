"""Raw clips: uploaded footage."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypedDict, cast

from server.storage.database import Reader, Transaction


class RawClipRow(TypedDict):
    """Uploaded footage, or a window of it; `media_info` summarises its facts."""

    id: str
    name: str
    object_key: str
    etag: str
    size: int
    media_info: dict[str, Any]
    start_time: float | None
    """Start of the window, seconds of the file's source time; NULL is the file's start."""
    end_time: float | None
    """End of the window; NULL is the file's end."""
    created_at: str


class Use(TypedDict):
    """A clip that uses a raw clip, and its project, with their names."""

    project_id: str
    project: str
    clip_id: str
    clip: str


_COLUMNS = ", ".join(RawClipRow.__annotations__)
KEPT = "id NOT IN (SELECT raw_clip_id FROM deleted_raw_clips)"
"""The condition of raw clips that are not deleted."""

_DELETED = "raw_clips JOIN deleted_raw_clips AS gone ON gone.raw_clip_id = id"


async def get(reader: Reader, raw_clip_id: str) -> RawClipRow | None:
    """A raw clip; None if there is none, or if it is deleted."""
    row = await reader.one(f"SELECT {_COLUMNS} FROM raw_clips WHERE id = ? AND {KEPT}", (raw_clip_id,))
    return None if row is None else _row(row)


async def deleted(reader: Reader, raw_clip_id: str) -> RawClipRow | None:
    """A deleted raw clip; None if there is none."""
    row = await reader.one(f"SELECT {_COLUMNS} FROM {_DELETED} WHERE id = ?", (raw_clip_id,))
    return None if row is None else _row(row)


async def every(reader: Reader) -> list[RawClipRow]:
    """Every raw clip that is not deleted, the newest first."""
    rows = await reader.all(f"SELECT {_COLUMNS} FROM raw_clips WHERE {KEPT} ORDER BY rowid DESC")
    return [_row(row) for row in rows]


async def every_deleted(reader: Reader) -> list[tuple[RawClipRow, str]]:
    """Every deleted raw clip and the time of its deletion, the last deleted first."""
    rows = await reader.all(f"SELECT {_COLUMNS}, deleted_at FROM {_DELETED} ORDER BY gone.rowid DESC")
    return [(_row({name: row[name] for name in RawClipRow.__annotations__}), str(row["deleted_at"])) for row in rows]


async def total_size(reader: Reader) -> int:
    """The bytes of all raw clips that are not deleted; a file that several share counts once."""
    files = f"SELECT DISTINCT object_key, size FROM raw_clips WHERE {KEPT}"
    row = await reader.one(f"SELECT coalesce(sum(size), 0) AS n FROM ({files})")
    return int(row["n"]) if row else 0


async def add(unit: Transaction, row: RawClipRow) -> None:
    """Add a raw clip; its object is stored already."""
    values = {**row, "media_info": json.dumps(row["media_info"])}
    marks = ", ".join("?" for _ in values)
    await unit.run(f"INSERT INTO raw_clips ({', '.join(values)}) VALUES ({marks})", list(values.values()))


async def parts(reader: Reader, object_key: str) -> list[RawClipRow]:
    """The raw clips that share a file and are not deleted."""
    rows = await reader.all(f"SELECT {_COLUMNS} FROM raw_clips WHERE object_key = ? AND {KEPT}", (object_key,))
    return [_row(row) for row in rows]


async def every_part(reader: Reader) -> set[tuple[str, float | None, float | None]]:
    """The file, the start and the end of every raw clip that is not deleted."""
    rows = await reader.all(f"SELECT object_key, start_time, end_time FROM raw_clips WHERE {KEPT}")
    return {(str(row["object_key"]), row["start_time"], row["end_time"]) for row in rows}


async def users(reader: Reader, raw_clip_id: str) -> int:
    """The number of clips that use it, including deleted ones that a film was rendered from."""
    sql = (
        "SELECT count(DISTINCT project_id || '/' || clip_key) AS n FROM working_clips WHERE raw_clip_id = ?"
        " AND (NOT deleted OR id IN (SELECT working_clip_id FROM rendered_clips))"
    )
    row = await reader.one(sql, (raw_clip_id,))
    return int(row["n"]) if row else 0


async def uses(reader: Reader) -> dict[str, list[Use]]:
    """The clips of each raw clip that has some, those of the newest project first."""
    rows = await reader.all(
        "SELECT clip.raw_clip_id, clip.project_id, project.name AS project, clip.clip_key AS clip_id, clip.name AS clip"
        " FROM latest_clips AS clip JOIN projects AS project ON project.id = clip.project_id"
        " WHERE clip.raw_clip_id IS NOT NULL ORDER BY project.rowid DESC, clip.sort_order, clip.id"
    )
    found: dict[str, list[Use]] = {}
    for row in rows:
        use = cast(Use, {name: row[name] for name in Use.__annotations__})
        found.setdefault(str(row["raw_clip_id"]), []).append(use)
    return found


async def exporting(reader: Reader, raw_clip_id: str) -> bool:
    """Whether an export that has not ended renders the raw clip."""
    sql = (
        "SELECT 1 FROM export_clips AS used JOIN working_clips AS clip ON clip.id = used.working_clip_id"
        " WHERE clip.raw_clip_id = ?"
    )
    return await reader.one(sql, (raw_clip_id,)) is not None


async def remove(unit: Transaction, raw_clip_id: str, now: str) -> None:
    """Delete a raw clip; its row stays, because clips may name it and it may be restored."""
    await unit.run("INSERT INTO deleted_raw_clips (raw_clip_id, deleted_at) VALUES (?, ?)", (raw_clip_id, now))


async def restore(unit: Transaction, raw_clip_id: str) -> None:
    """Make a deleted raw clip one as before."""
    await unit.run("DELETE FROM deleted_raw_clips WHERE raw_clip_id = ?", (raw_clip_id,))


async def forget(unit: Transaction, before: str) -> None:
    """Delete the rows of raw clips that were deleted before a time and that no clip names."""
    await unit.run(
        "DELETE FROM raw_clips WHERE id IN (SELECT raw_clip_id FROM deleted_raw_clips WHERE deleted_at < ?)"
        " AND id NOT IN (SELECT raw_clip_id FROM working_clips WHERE raw_clip_id IS NOT NULL)",
        (before,),
    )


def _row(columns: Mapping[str, Any]) -> RawClipRow:
    return cast(RawClipRow, {**columns, "media_info": json.loads(columns["media_info"])})
