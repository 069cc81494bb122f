"""Restore points of a user, and the return to one of them or to a backup, for `reelc restore`.

Nothing is overwritten: an older database is stored as the next snapshot, with If-None-Match, and fences other servers.
Objects that only the newer database named stay in the store until the rollback is accepted.
"""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from compiler.errors import Loc, ReelError
from compiler.supervise.plain import plain
from server.footage.named import NamedObject, expected, rows_in
from server.storage import marks, snapshots
from server.storage.files import local_base
from server.storage.migrations import STEPS
from server.storage.objects import Exists, Missing, ObjectStore
from server.storage.snapshots import Damaged
from server.threads import in_thread

JUMP = 1_000_000
"""Numbers that are left out when no snapshot is left: the lost ones were lower, and local databases name them."""

NO_POINT = "list the restore points with reelc restore USER, or restore a backup with --from"


@dataclass(frozen=True, slots=True)
class Point:
    """A restore point: a snapshot's number, time, bytes, and why it cannot be restored (empty: it can)."""

    number: int
    stored_at: datetime
    size: int
    problem: str

    def as_text(self) -> str:
        """The point as a line of text."""
        when = self.stored_at.isoformat(timespec="seconds")
        return f"{self.number:>12}  {when}  {self.size:>12}  {plain(self.problem) or 'opens'}"

    def as_json(self) -> dict[str, Any]:
        """The point, JSON-ready."""
        when = self.stored_at.isoformat(timespec="seconds")
        return {"number": self.number, "stored_at": when, "size": self.size, "problem": self.problem or None}


async def points_of(store: ObjectStore, uid: str) -> list[Point]:
    """A user's restore points, the oldest first; each is opened."""
    found = []
    for number, stat in [point async for point in snapshots.points(store, uid)]:
        try:
            _, image = await snapshots.fetch(store, uid, number)
            await in_thread(_check_tables, image)
            problem = ""
        except Missing:  # pruned meanwhile
            continue
        except Damaged as error:
            problem = str(error)
        found.append(Point(number, stat.modified, stat.size, problem))
    return found


async def image_at(store: ObjectStore, uid: str, number: int) -> bytes:
    """The whole database of a restore point; RC705 if it cannot be restored."""
    try:
        _, image = await snapshots.fetch(store, uid, number)
        await in_thread(_check_tables, image)
    except (Missing, Damaged) as error:
        detail = str(error) if isinstance(error, Damaged) else "there is no such restore point"
        raise _unusable(f"restore point {number} of {uid} cannot be restored", detail) from error
    return image


async def newest_image(store: ObjectStore, uid: str) -> bytes:
    """The newest database of a user; RC705 if there is none, or it cannot be restored."""
    number = await snapshots.latest(store, uid)
    if not number:
        raise _unusable(f"the store has no data of {uid}", "there is no restore point")
    return await image_at(store, uid, number)


def image_in(path: Path, uid: str) -> bytes:
    """The database in a file or in the folder of a backup; RC705 if it is not a whole database of this user."""
    file = path / DATABASE if path.is_dir() else path
    name = f'"{path}" cannot be restored'
    try:
        with closing(sqlite3.connect(f"file:{quote(str(file))}?mode=ro", uri=True)) as database:
            image = database.serialize()
        _check_tables(image)
        foreign = [key for key in rows_in(image) if not key.startswith(f"users/{uid}/")]
    except (sqlite3.Error, Damaged) as error:
        raise _unusable(name, str(error)) from error
    if foreign:
        raise _unusable(name, f"it is the backup of another user: it names {foreign[0]}")
    return image


DATABASE, MEDIA = "database.sqlite", "media"
"""The names of a backup's database and of its folder of media."""


async def put_missing_media(store: ObjectStore, uid: str, image: bytes, folder: Path) -> int:
    """Store the media of a backup that a database names and the store lacks; return their number."""
    count = 0
    for key in sorted(await absent(store, uid, image)):
        file = folder / MEDIA / key.rpartition("/")[2]
        if file.is_file():
            await store.put_file(key, file)
            count += 1
    return count


async def roll_back(store: ObjectStore, uid: str, image: bytes, local: Path) -> int:
    """Store a database as the user's newest snapshot; return its number. RC707 if a server wrote meanwhile.

    The mark comes first, so that no server sweeps in between. Lost numbers that the local database of this machine
    knows are taken, too: otherwise that database would count as newer.
    """
    await _check_all(f"the database of {uid} is damaged", image)
    await marks.note_rollback(store, uid)
    newest = await snapshots.latest(store, uid)
    last = max(newest or JUMP, local_base(local, uid), await marks.removed_before(store, uid)) + 1
    header, body = snapshots.packed(secrets.token_hex(8), _head(image), image)
    first = max(newest, last - snapshots.NEWEST) + 1 if newest else last
    for number in range(first, last + 1):
        try:
            await store.put(snapshots.key_of(uid, number), body, if_absent=True)
        except Exists:
            if await snapshots.read_header(store, uid, number) != header:  # else a put of ours was repeated
                raise _overtaken(uid) from None
    await marks.note_data(store, uid)
    return last


async def prove(store: ObjectStore, uid: str, number: int) -> bytes:
    """Read a stored database back and check all of it; RC705 if it is not whole."""
    image = await image_at(store, uid, number)
    await _check_all(f"restore point {number} of {uid} is damaged", image)
    return image


async def absent(store: ObjectStore, uid: str, image: bytes) -> dict[str, NamedObject]:
    """The objects that a database names and the store lacks, by key."""
    rows = await in_thread(rows_in, image)
    stored = {stat.key async for stat in store.listing(f"users/{uid}/media/")}
    return {key: rows[key.partition(".")[0]] for key in expected(rows) - stored}


def as_text(missing: Mapping[str, NamedObject]) -> list[str]:
    """A line for each missing object."""
    return [f"missing: {key} ({row.kind} of {plain(row.name)})" for key, row in sorted(missing.items())]


async def unnamed(store: ObjectStore, uid: str) -> int:
    """The number of media that no row of the newest database names; RC705."""
    rows = {} if not await snapshots.latest(store, uid) else rows_in(await newest_image(store, uid))
    media = [stat.key async for stat in store.listing(f"users/{uid}/media/")]
    return sum(key.partition(".")[0] not in rows for key in media)


async def accept(store: ObjectStore, uid: str) -> None:
    """Accept a rollback: objects without a row may be swept, and a user without a snapshot starts empty."""
    if not await snapshots.latest(store, uid):
        await store.delete(marks.data_key(uid))
    await marks.accept(store, uid)


async def _check_all(message: str, image: bytes) -> None:
    """RC705 if a page, an index or a reference of a database is damaged."""
    problems = await in_thread(_problems, image)
    if problems:
        raise _unusable(message, "\n".join(problems))


def _check_tables(image: bytes) -> None:
    """Damaged if an image is not the whole database of a server that is as old as this one, or older."""
    with closing(snapshots.opened(image)) as database:
        try:
            (step,) = database.execute("SELECT step FROM schema_version").fetchone()
            database.execute("SELECT n FROM sync_head").fetchone()
        except (sqlite3.Error, TypeError) as error:
            raise Damaged(f"it is not a user's database: {error}") from error
    if step > len(STEPS):
        raise Damaged(f"it was written by a newer server: step {step}; this one knows {len(STEPS)}")
    rows_in(image)  # Damaged where it names what is no object


def _problems(image: bytes) -> list[str]:
    """SQLite's complaints about the pages, indexes and references of a database, at most ten of each kind."""
    with closing(snapshots.opened(image)) as database:
        found = [str(row[0]) for row in database.execute("PRAGMA integrity_check(10)") if row[0] != "ok"]
        broken = [f"a row of {row[0]} refers to a missing row" for row in database.execute("PRAGMA foreign_key_check")]
    return [*found, *broken[:10]]


def _head(image: bytes) -> int:
    with closing(snapshots.opened(image)) as database:
        (n,) = database.execute("SELECT n FROM sync_head").fetchone()
    return int(n)


def _unusable(message: str, detail: str) -> ReelError:
    shown = "\n".join(map(plain, detail.splitlines()))  # it quotes what a database says
    return ReelError("RC705", Loc(), message, detail=shown, hint=NO_POINT)


def _overtaken(uid: str) -> ReelError:
    hint = "stop the servers that use this store, then restore again; nothing is lost"
    return ReelError("RC707", Loc(), f"another server saved data of {uid} meanwhile", hint=hint)
