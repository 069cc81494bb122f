"""The unit of work that ends an export well."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from server.settings import Settings
from server.storage.database import Transaction
from server.storage.tenants import Lost
from server.tables import exports, films
from server.tables.clips import ClipRow
from server.tables.films import NewFilm


async def finish(
    unit: Transaction,
    export_id: str,
    film: NewFilm,
    clips: Sequence[ClipRow],
    settings: Settings,
    watched: Collection[str],
) -> list[str]:
    """The film, the project's newest, and the export complete: all of it or nothing. Lost if it is not ours to end.

    The keys of the project's older films that are not kept from now on: many are newer, and nobody watches them.
    """
    version = await films.next_version(unit, film["project_id"])
    await films.add(unit, {**film, "version": version}, clips)
    if not await exports.ended(unit, export_id, "complete", film["created_at"], film=film):
        raise Lost(f"the export {export_id} is no more")
    since = datetime.fromisoformat(film["created_at"]) - timedelta(seconds=settings.films_kept_for)
    stamp = since.isoformat(timespec="milliseconds")
    return await films.retire(unit, film["project_id"], settings.films_kept, stamp, watched)
