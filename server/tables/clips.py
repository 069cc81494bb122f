"""Clips of a project: every save is a new row with the next version, and the newest row is the clip.

A clip's identity is its `clip_key`, which never changes. Its `sort_order` belongs to the project and is changed in
place: moving a clip makes no version.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Any, NotRequired, TypedDict, cast

from compiler.model import CLIP_FIELDS
from server.long_json import loaded
from server.storage.database import Reader, Transaction

NESTED = tuple(name for field in CLIP_FIELDS if field.nested for name in field.names)
"""The fields of a clip's edit that are stored as JSON text; NULL is null."""

PLAIN = tuple(name for field in CLIP_FIELDS if not field.nested for name in field.names)
"""The fields of a clip's edit that are numbers, words or flags."""

FLAGS = frozenset(name for field in CLIP_FIELDS if field.flag for name in field.names)
"""The fields of a clip's edit that are true or false; SQLite stores 1 or 0."""

WHOLE = frozenset(name for field in CLIP_FIELDS if field.whole for name in field.names)
"""The fields of a clip's edit that are whole numbers."""

FIELDS = (*NESTED, *PLAIN)
"""Every field of a clip's edit, by the compiler's table: each is a column of its name."""

UNTOUCHED: Mapping[str, Any] = dict.fromkeys(FIELDS) | {"rotation": 0.0}
"""The edit of a new clip."""


class ClipVersion(TypedDict):
    """One version of a clip, to be stored; `edit` holds the columns of `FIELDS`."""

    project_id: str
    clip_key: str
    version: int
    sort_order: int
    created_at: str
    raw_clip_id: str | None
    uploaded_filename: str | None
    name: str
    edit: Mapping[str, Any]
    window: NotRequired[Mapping[str, Any]]
    """The window that its footage is of a file, in rows that are compiled; it is stored with the raw clip."""


class ClipRow(ClipVersion):
    """One version of a clip; `id` numbers the versions of all clips."""

    id: int


PAGE = 2**20
"""Characters of stored edits that one page holds at most; a page has one row at least."""

OF_A_ROW = 2**9
"""Characters of a row besides its nested fields, about."""

_NAMED = "working_clips WHERE id IN (SELECT value FROM json_each(?))"

_SIZE = " + ".join(f"coalesce(length({name}), 0)" for name in NESTED)
_SIZES = ", ".join(f"coalesce(length({name}), 0) AS {name}" for name in NESTED)
_UNUSED = "NOT EXISTS (SELECT 1 FROM kept_clips AS kept WHERE kept.working_clip_id = working_clips.id)"
_OWN = tuple(name for name in ClipRow.__annotations__ if name not in ("edit", "window"))
_STORED = frozenset(_OWN) - {"id"}
_COLUMNS = ", ".join((*_OWN, *FIELDS))


def row_of(columns: Mapping[str, Any]) -> ClipRow:
    """The row that these columns of `working_clips` are."""
    own = {name: columns[name] for name in _OWN}
    return cast(ClipRow, {**own, "edit": {name: _from_column(name, columns[name]) for name in FIELDS}})


def _from_column(name: str, value: Any) -> Any:
    return bool(value) if name in FLAGS and value is not None else value


async def every(reader: Reader, project_id: str) -> list[ClipRow]:
    """The clips of a project in their order."""
    sql = f"SELECT {_COLUMNS} FROM latest_clips WHERE project_id = ? ORDER BY sort_order, id"
    return [row_of(each) for each in await reader.all(sql, (project_id,))]


async def newest(reader: Reader, project_id: str) -> dict[str, int]:
    """The newest version of each clip of a project by its key, in their order."""
    sql = "SELECT clip_key, version FROM latest_clips WHERE project_id = ? ORDER BY sort_order, id"
    return {row["clip_key"]: row["version"] for row in await reader.all(sql, (project_id,))}


async def sizes(reader: Reader, project_id: str) -> dict[str, dict[str, int]]:
    """The characters of the nested fields of each clip of a project, by its key."""
    rows = await reader.all(f"SELECT clip_key, {_SIZES} FROM latest_clips WHERE project_id = ?", (project_id,))
    return {row["clip_key"]: {name: row[name] for name in NESTED} for row in rows}


def size_by(sizes: Mapping[str, Mapping[str, int]]) -> int:
    """The characters of clips of such sizes, about."""
    return sum(OF_A_ROW + sum(each.values()) for each in sizes.values())


async def ids(reader: Reader, project_id: str) -> list[int]:
    """The `id` of each clip of a project, in their order."""
    sql = "SELECT id FROM latest_clips WHERE project_id = ? ORDER BY sort_order, id"
    return [row["id"] for row in await reader.all(sql, (project_id,))]


async def pages(reader: Reader, wanted: Sequence[int]) -> AsyncIterator[tuple[int, list[ClipRow]]]:
    """The rows with these ids in this order, a page at a time, each with its characters, about."""
    sized = await reader.all(f"SELECT id, {_SIZE} AS size FROM {_NAMED}", (json.dumps(wanted),))
    sizes = {row["id"]: row["size"] + OF_A_ROW for row in sized}
    start = 0
    while start < len(wanted):
        stop, size = start + 1, sizes[wanted[start]]
        while stop < len(wanted) and size + sizes[wanted[stop]] <= PAGE:
            size += sizes[wanted[stop]]
            stop += 1
        found = await reader.all(f"SELECT {_COLUMNS} FROM {_NAMED}", (json.dumps(wanted[start:stop]),))
        rows = {row["id"]: row for row in found}
        yield size, [row_of(rows[each]) for each in wanted[start:stop]]
        start = stop


async def get(reader: Reader, project_id: str, clip_key: str) -> ClipRow | None:
    """A clip; None if there is none."""
    sql = f"SELECT {_COLUMNS} FROM latest_clips WHERE project_id = ? AND clip_key = ?"
    found = await reader.one(sql, (project_id, clip_key))
    return None if found is None else row_of(found)


_KEPT = "FROM working_clips WHERE project_id = ?1 AND clip_key = ?2 AND NOT deleted"


async def versions(
    reader: Reader, project_id: str, clip_key: str, before: int | None = None
) -> tuple[list[ClipRow], int | None]:
    """A page of the versions of a clip that are kept, the newest first, below the number `before`; the second value is
    the `before` of the next page, None after the last page."""
    below = "" if before is None else " AND version < ?3"
    asked = (project_id, clip_key) if before is None else (project_id, clip_key, before)
    sizes = f"sum({_SIZE}) OVER (ORDER BY version DESC ROWS UNBOUNDED PRECEDING) AS size"
    listed = await reader.all(f"SELECT version, {sizes} {_KEPT}{below} ORDER BY version DESC", asked)
    page = [each["version"] for place, each in enumerate(listed) if not place or each["size"] <= PAGE]
    if not page:
        return [], None
    within = f"{_KEPT} AND version BETWEEN ?3 AND ?4 ORDER BY version DESC"
    rows = await reader.all(f"SELECT {_COLUMNS} {within}", (project_id, clip_key, page[-1], page[0]))
    return [row_of(each) for each in rows], page[-1] if len(page) < len(listed) else None


async def version(reader: Reader, project_id: str, clip_key: str, number: int) -> ClipRow | None:
    """One version of a clip; None if it is not there."""
    sql = f"SELECT {_COLUMNS} FROM working_clips WHERE project_id = ? AND clip_key = ? AND version = ? AND NOT deleted"
    found = await reader.one(sql, (project_id, clip_key, number))
    return None if found is None else row_of(found)


async def removed(reader: Reader, project_id: str, clip_key: str) -> ClipRow | None:
    """The newest version of a clip that was removed; None if there is no such clip, or none of its versions is kept."""
    sql = f"SELECT {_COLUMNS} FROM working_clips WHERE project_id = ? AND clip_key = ? AND deleted"
    found = await reader.one(f"{sql} ORDER BY version DESC LIMIT 1", (project_id, clip_key))
    return None if found is None else row_of(found)


async def next_place(reader: Reader, project_id: str) -> int:
    """The place after the last clip."""
    sql = "SELECT coalesce(max(sort_order) + 1, 0) AS place FROM latest_clips WHERE project_id = ?"
    row = await reader.one(sql, (project_id,))
    return int(row["place"]) if row else 0


async def add(unit: Transaction, row: ClipVersion) -> None:
    """Store a version: the first of a new clip, or the next of one that is there."""
    values = {**{name: value for name, value in row.items() if name in _STORED}, **row["edit"]}
    marks = ", ".join("?" for _ in values)
    await unit.run(f"INSERT INTO working_clips ({', '.join(values)}) VALUES ({marks})", list(values.values()))


async def prune(unit: Transaction, project_id: str, clip_key: str, kept: int) -> None:
    """Delete all but the newest versions of a clip; those of a film, an export or a state of the project stay."""
    await unit.run(
        f"DELETE FROM working_clips WHERE project_id = ?1 AND clip_key = ?2 AND {_UNUSED}"
        " AND version NOT IN (SELECT version FROM working_clips"
        "   WHERE project_id = ?1 AND clip_key = ?2 ORDER BY version DESC LIMIT ?3)",
        (project_id, clip_key, kept),
    )


async def remove(unit: Transaction, project_id: str, clip_key: str) -> None:
    """Delete a clip; versions of a film, an export or a state of the project stay, marked deleted."""
    given = project_id, clip_key
    await unit.run(f"DELETE FROM working_clips WHERE project_id = ? AND clip_key = ? AND {_UNUSED}", given)
    await unit.run("UPDATE working_clips SET deleted = 1 WHERE project_id = ? AND clip_key = ?", given)


async def bring_back(unit: Transaction, project_id: str, clip_key: str) -> None:
    """Undo the removal of a clip whose versions are kept."""
    sql = "UPDATE working_clips SET deleted = 0 WHERE project_id = ? AND clip_key = ?"
    await unit.run(sql, (project_id, clip_key))


async def sweep(unit: Transaction) -> None:
    """Delete the versions of removed clips that nothing uses any more."""
    await unit.run(f"DELETE FROM working_clips WHERE deleted AND {_UNUSED}")


async def reorder(unit: Transaction, project_id: str, clip_keys: Sequence[str]) -> bool:
    """Give the project's clips the places 0, 1, 2 … in this order; False unless it names each clip once."""
    sql = "SELECT id, clip_key, sort_order FROM latest_clips WHERE project_id = ?"
    rows = {row["clip_key"]: row for row in await unit.all(sql, (project_id,))}
    if sorted(rows) != sorted(clip_keys):
        return False
    for place, row in enumerate(rows[key] for key in clip_keys):
        if row["sort_order"] != place:
            await unit.run("UPDATE working_clips SET sort_order = ? WHERE id = ?", (place, row["id"]))
    return True


def size_of(row: ClipVersion) -> int:
    """The characters of a version, about."""
    return OF_A_ROW + sum(len(row["edit"].get(name) or "") for name in NESTED)


def size_of_all(rows: Iterable[ClipVersion]) -> int:
    """The characters of these versions, about."""
    return sum(map(size_of, rows))


def as_json(row: ClipVersion) -> dict[str, Any]:
    """A clip as the API has it: `id` is its key, stored JSON as values, text that is no JSON as it is."""
    return {
        "id": row["clip_key"],
        "project_id": row["project_id"],
        "raw_clip_id": row["raw_clip_id"],
        "name": row["name"],
        **{name: row["edit"][name] for name in PLAIN},
        "sort_order": row["sort_order"],
        "version": row["version"],
        **{name: _value(row["edit"][name]) for name in NESTED},
        "saved_at": row["created_at"],
    }


def _value(text: str | None) -> Any:
    if text is None:
        return None
    try:
        return loaded(text)
    except ValueError:  # unreadable stored data stays as it is; rendering reports it as an error
        return text
