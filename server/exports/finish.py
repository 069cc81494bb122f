"""The unit of work that completes an export."""

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
    pace: float,
) -> list[str]:
    """Add the film as the project's newest and complete the export, which took `pace` of its forecast; return the keys
    of the films that are retired.

    Lost when the export's row is gone or has ended. Films beyond `films_kept` that are older than `films_kept_for`
    and not watched are retired.
    """
    version = await films.next_version(unit, film["project_id"])
    await films.add(unit, {**film, "version": version}, clips)
    if not await exports.ended(unit, export_id, "complete", film["created_at"], film=film, pace=pace):
        raise Lost(f"the export {export_id} is gone or has ended")
    since = datetime.fromisoformat(film["created_at"]) - timedelta(seconds=settings.films_kept_for)
    stamp = since.isoformat(timespec="milliseconds")
    return await films.retire(unit, film["project_id"], settings.films_kept, stamp, watched)
