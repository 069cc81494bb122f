"""Films that are there already: an export of the same identity gets the same object, without a render."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from compiler.render import known_film
from server.exports.prepare import Prepared
from server.footage.cache import MediaCache
from server.footage.checked import checksum_of, contents_of
from server.storage.database import Reader
from server.storage.objects import Missing, ObjectStore, StoreFailed
from server.storage.tenants import UserDatabase
from server.tables import exports, films
from server.tables.films import FilmRow, MadeFilm
from server.threads import computed

_CLIP = re.compile(r"/clips/(\d+)(?:/|$)")
"""The pointer of a clip."""


async def with_known_film(prepared: Prepared, cache: MediaCache) -> Prepared:
    """An edit with its film's steps and identity, each of which is computed once for an export.

    They stay unknown for files of before checksums, which get theirs when they are fetched.
    """
    if prepared.known or not all(facts.sha256 for _, facts in prepared.footage):
        return prepared
    known = await computed(known_film, prepared.compiled, contents_of(prepared.footage, cache))
    return replace(prepared, known=known)


async def same_film(
    prepared: Prepared, film_id: str, now: str, store: ObjectStore, user_database: UserDatabase
) -> MadeFilm | None:
    """The row of a film of this edit that shares the object of one that is there, of any project; None if there is none
    whose object is whole."""
    identity = prepared.identity
    if identity is None:
        return None

    async def found(reader: Reader) -> tuple[FilmRow, list[dict[str, Any]]] | None:
        film = await films.same(reader, identity)
        return film and (film, await exports.warnings_of(reader, film["id"]))

    if (known := await user_database.read(found)) is None or not await _is_whole(known[0], store):
        return None
    there, warnings = known
    project = prepared.edit.project
    filename = f"{project['name']}{Path(there['filename']).suffix}"
    named: dict[str, Any] = {"id": film_id, "project_id": project["id"], "filename": filename, "created_at": now}
    row = {name: named.get(name, value) for name, value in there.items() if name != "version"}
    return cast(MadeFilm, {**row, "warnings": [_here(each, prepared) for each in warnings]})


def _here(warning: Mapping[str, Any], prepared: Prepared) -> dict[str, Any]:
    """The warning of another export of the same film, about the clip that this project has at that place."""
    place = _CLIP.match(warning["pointer"] or "")
    return {**warning, "clip_id": prepared.edit.clips[int(place[1])]["clip_key"] if place else None}


async def _is_whole(film: FilmRow, store: ObjectStore) -> bool:
    try:
        return await checksum_of(store, film["object_key"], film["sha256"]) == film["sha256"]
    except (Missing, StoreFailed):
        return False
