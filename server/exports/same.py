"""Films that are there already: an export of the same identity gets the same object, without a render."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from compiler.verification import film_key
from server.exports.prepare import Prepared
from server.footage.cache import MediaCache
from server.footage.checked import checksum_of, contents_of
from server.storage.objects import Missing, ObjectStore, StoreFailed
from server.storage.tenants import UserDatabase
from server.tables import films
from server.tables.films import FilmRow, NewFilm
from server.threads import computed


async def same_film(
    prepared: Prepared, film_id: str, now: str, store: ObjectStore, cache: MediaCache, user_database: UserDatabase
) -> NewFilm | None:
    """The row of a film of this edit that shares the object of one that is there, of any project; None if there is none
    whose object is whole."""
    if not all(facts.sha256 for _, facts in prepared.footage):  # files of before checksums get theirs when fetched
        return None
    identity = await computed(film_key, prepared.compiled, contents_of(prepared.footage, cache))
    if identity is None:
        return None
    there = await user_database.read(lambda reader: films.same(reader, identity))
    if there is None or not await _is_whole(there, store):
        return None
    project = prepared.edit.project
    filename = f"{project['name']}{Path(there['filename']).suffix}"
    named: dict[str, Any] = {"id": film_id, "project_id": project["id"], "filename": filename, "created_at": now}
    return cast(NewFilm, {name: named.get(name, value) for name, value in there.items() if name != "version"})


async def _is_whole(film: FilmRow, store: ObjectStore) -> bool:
    try:
        return await checksum_of(store, film["object_key"]) == film["sha256"]
    except (Missing, StoreFailed):
        return False
