"""The objects that a database image names, read without opening the database as a server does."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Literal

from server.footage.facts import facts_key
from server.storage import snapshots
from server.storage.objects import is_key
from server.storage.snapshots import Damaged
from server.tables.raw_clips import KEPT

_HAS_DELETED = "SELECT 1 FROM sqlite_schema WHERE name = 'deleted_raw_clips'"
"""Whether the image is of a server that keeps the rows of deleted footage."""


@dataclass(frozen=True, slots=True)
class NamedObject:
    """The facts of an object in a user's database; the checksum of footage is stored beside it."""

    kind: Literal["footage", "films"]
    name: str
    size: int
    sha256: str | None


def rows_in(image: bytes) -> dict[str, NamedObject]:
    """The objects that a database names, by key; Damaged if it is not whole, or names what is no key."""
    with closing(snapshots.opened(image)) as database:
        try:
            kept = KEPT if database.execute(_HAS_DELETED).fetchone() else "true"
            raws = database.execute(f"SELECT object_key, name, size FROM raw_clips WHERE {kept}").fetchall()
            films = database.execute("SELECT object_key, filename, size, sha256 FROM working_videos").fetchall()
        except sqlite3.Error as error:
            raise Damaged(f"its database cannot be read: {error}") from error
    for key in (each[0] for each in (*raws, *films)):
        if not isinstance(key, str) or not is_key(key):  # it is printed, and the name of a file in a backup
            raise Damaged(f"it names an object by {key!a}, which is no key")
    found = {key: NamedObject("footage", name, size, None) for key, name, size in reversed(raws)}  # the file's own name
    return found | {key: NamedObject("films", name, size, sha256) for key, name, size, sha256 in films}


def expected(rows: Mapping[str, NamedObject]) -> set[str]:
    """The keys of the objects that rows name, and of the facts of footage."""
    return {*rows, *(facts_key(key) for key, row in rows.items() if row.kind == "footage")}
