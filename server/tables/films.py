"""Working videos: the films of a project."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, TypedDict, cast

from server.storage.database import Reader, Transaction
from server.tables import clips, raw_clips
from server.tables.clips import ClipRow


class NewFilm(TypedDict):
    """A film that is stored, and has no number in its project yet."""

    id: str
    project_id: str
    filename: str
    object_key: str
    duration: float
    frames: int
    size: int
    sha256: str
    render_identity: str
    created_at: str


class MadeFilm(NewFilm):
    """A film that an export ends with; `warnings` are those that only its render could give, which the export keeps."""

    warnings: list[dict[str, Any]]


class FilmRow(NewFilm):
    """A film of a project; `version` counts the project's films from 1."""

    version: int


_NAMES = tuple(FilmRow.__annotations__)
_COLUMNS = ", ".join(_NAMES)


async def get(reader: Reader, film_id: str) -> FilmRow | None:
    """A film; None if there is none."""
    row = await reader.one(f"SELECT {_COLUMNS} FROM working_videos WHERE id = ?", (film_id,))
    return cast(FilmRow | None, row)


async def same(reader: Reader, identity: str) -> FilmRow | None:
    """The newest film of this identity, in any project; None if there is none."""
    sql = f"SELECT {_COLUMNS} FROM working_videos WHERE render_identity = ? ORDER BY rowid DESC LIMIT 1"
    return cast(FilmRow | None, await reader.one(sql, (identity,)))


async def names(reader: Reader, object_key: str) -> bool:
    """Whether a film has this object."""
    return await reader.one("SELECT 1 FROM working_videos WHERE object_key = ?", (object_key,)) is not None


async def unnamed(reader: Reader, keys: Sequence[str]) -> list[str]:
    """Those of the keys that no film has any more: films of one identity share an object."""
    return [key for key in dict.fromkeys(keys) if not await names(reader, key)]


async def next_version(reader: Reader, project_id: str) -> int:
    """The number of the project's next film."""
    sql = "SELECT coalesce(max(version), 0) + 1 AS next FROM working_videos WHERE project_id = ?"
    row = await reader.one(sql, (project_id,))
    return int(row["next"]) if row else 1


async def add(unit: Transaction, row: FilmRow, clips: Sequence[ClipRow]) -> None:
    """Add a film rendered from these versions of clips, and make it the project's; its object is stored already."""
    values: Mapping[str, object] = row
    marks = ", ".join("?" for _ in _NAMES)
    await unit.run(
        f"INSERT INTO working_videos ({_COLUMNS}) VALUES ({marks})",
        [values[name] for name in _NAMES],
    )
    sql = "INSERT INTO working_video_clips VALUES (?, ?, ?)"
    for position, clip in enumerate(clips):
        await unit.run(sql, (row["id"], position, clip["id"]))
    await unit.run("UPDATE projects SET working_video_id = ? WHERE id = ?", (row["id"], row["project_id"]))


async def retire(unit: Transaction, project_id: str, kept: int, since: str, watched: Collection[str]) -> list[str]:
    """Delete a project's films except the `kept` newest, those made `since`, and those `watched`; the keys of
    the objects that no film has any more.

    The answers of their exports stay.
    """
    old = await unit.all(
        "SELECT id, object_key FROM working_videos WHERE project_id = ?1 AND created_at < ?2 AND version NOT IN"
        " (SELECT version FROM working_videos WHERE project_id = ?1 ORDER BY version DESC LIMIT ?3)",
        (project_id, since, kept),
    )
    gone = [film for film in old if film["object_key"] not in watched]
    for film in gone:
        await _delete(unit, film["id"])
    return await unnamed(unit, [str(film["object_key"]) for film in gone])


async def remove(unit: Transaction, film: FilmRow) -> list[str]:
    """Delete a film, and return the key of its object unless another film has it.

    The project's newest film that is left becomes the project's, and removed clips of it go.
    """
    await unit.run(
        "UPDATE projects SET working_video_id = (SELECT id FROM working_videos"
        " WHERE project_id = ?1 AND id <> ?2 ORDER BY version DESC LIMIT 1) WHERE working_video_id = ?2",
        (film["project_id"], film["id"]),
    )
    await _delete(unit, film["id"])
    await clips.sweep(unit)
    return await unnamed(unit, [film["object_key"]])


async def _delete(unit: Transaction, film_id: str) -> None:
    await unit.run("UPDATE exports SET working_video_id = NULL WHERE working_video_id = ?", (film_id,))
    await unit.run("DELETE FROM working_videos WHERE id = ?", (film_id,))


async def keys(reader: Reader) -> set[str]:
    """The keys of every object that a film or a raw clip names; deleted raw clips name none."""
    films = await reader.all("SELECT object_key FROM working_videos")
    raws = await reader.all(f"SELECT object_key FROM raw_clips WHERE {raw_clips.KEPT}")
    return {str(row["object_key"]) for row in (*films, *raws)}
