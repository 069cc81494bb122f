"""Raw clips: uploaded footage."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, NamedTuple, TypedDict, cast

from server.storage.database import Reader, Transaction
from server.tables.paged import newest_first


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


OF_A_ROW = 2**10
"""Characters of a raw clip of a list, about."""

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


class Listed(NamedTuple):
    """The columns of a raw clip in a list, undecoded, and the rows of the clips that use it."""

    columns: Mapping[str, Any]
    uses: Sequence[Mapping[str, Any]]

    @property
    def row(self) -> RawClipRow:
        """The raw clip."""
        return _row({name: self.columns[name] for name in RawClipRow.__annotations__})

    @property
    def used_in(self) -> list[Use]:
        """The clips that use it, those of the newest project first."""
        return [cast(Use, {name: use[name] for name in Use.__annotations__}) for use in self.uses]


async def pages(reader: Reader, *, deleted: bool = False) -> AsyncIterator[tuple[int, list[Listed]]]:
    """Every raw clip that is not deleted, the newest first, a page at a time, each with its characters, about; or those
    that are `deleted`, with the column `deleted_at`, the last deleted first."""
    kept = f"rowid AS place, {_COLUMNS} FROM raw_clips WHERE {KEPT} AND rowid < ? ORDER BY rowid"
    gone = f"gone.rowid AS place, {_COLUMNS}, deleted_at FROM {_DELETED} WHERE gone.rowid < ? ORDER BY gone.rowid"
    async for rows in newest_first(reader, f"SELECT {gone if deleted else kept} DESC LIMIT ?"):
        uses = await _uses(reader, [row["id"] for row in rows])
        yield (
            OF_A_ROW * (len(rows) + sum(map(len, uses.values()))),
            [Listed(row, uses.get(row["id"], ())) for row in rows],
        )


async def deleted_keys(reader: Reader) -> set[str]:
    """The keys of the files of all deleted raw clips."""
    return {str(row["object_key"]) for row in await reader.all(f"SELECT DISTINCT object_key FROM {_DELETED}")}


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


async def _uses(reader: Reader, raw_clip_ids: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    """The clips of each of these raw clips that has some, those of the newest project first."""
    rows = await reader.all(
        "SELECT clip.raw_clip_id, clip.project_id, project.name AS project, clip.clip_key AS clip_id, clip.name AS clip"
        " FROM latest_clips AS clip JOIN projects AS project ON project.id = clip.project_id"
        " WHERE clip.raw_clip_id IN (SELECT value FROM json_each(?))"
        " ORDER BY project.rowid DESC, clip.sort_order, clip.id",
        (json.dumps(raw_clip_ids),),
    )
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(str(row["raw_clip_id"]), []).append(row)
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
