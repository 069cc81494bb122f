"""The unit of work that completes an export."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import cast

from server.ages import settled
from server.footage.facts import media_key
from server.settings import Settings
from server.storage.database import Transaction
from server.storage.marks import Lost
from server.tables import exports, films
from server.tables.clips import ClipRow
from server.tables.films import FilmRow, MadeFilm


class FilmGone(Exception):
    """The film whose object was to be shared was deleted meanwhile."""


async def finish(
    unit: Transaction,
    uid: str,
    export_id: str,
    film: MadeFilm,
    clips: Sequence[ClipRow],
    settings: Settings,
    watched: Collection[str],
    pace: float | None,
) -> list[str]:
    """Add the film as the project's newest and complete the export, which took `pace` of its forecast; return the keys
    of the films that are retired.

    FilmGone when the film shares an object that no row has any more. Lost when the export's row is gone or has ended.
    Films beyond `films_kept` that are older than `films_kept_for` and not watched are retired.
    """
    if film["object_key"] != media_key(uid, film["id"]) and not await films.names(unit, film["object_key"]):
        raise FilmGone
    version = await films.next_version(unit, film["project_id"])
    await films.add(unit, cast(FilmRow, {**film, "version": version}), clips)
    if not await exports.ended(unit, export_id, "complete", film["created_at"], film=film, pace=pace):
        raise Lost(f"the export {export_id} is gone or has ended")
    since = min(datetime.fromisoformat(film["created_at"]), settled()) - timedelta(seconds=settings.films_kept_for)
    stamp = since.isoformat(timespec="milliseconds")
    return await films.retire(unit, film["project_id"], settings.films_kept, stamp, watched)
