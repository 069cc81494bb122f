"""A user's database in the object store: numbered, immutable snapshots `users/<uid>/db/<number>`.

A snapshot is a header, one line of JSON, and the database as SQLite serialises it. Numbers have no gaps, and each is
written with If-None-Match: when two servers write snapshot n + 1 of one user, one of them fails and so detects the
other.
"""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
from collections.abc import AsyncIterator, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from server.storage.objects import ObjectStore, Stat
from server.storage.skipped import skip

VERSION = 1
DIGITS = 12
_KEY = re.compile(rf"users/[^/]+/db/[0-9]{{{DIGITS}}}")
HEADER = 1024
"""Bytes of the header, padded with spaces to this fixed length so that it can be read alone."""

ROLLBACK = bytes([1, 1])
"""The journal mode in a database's header, at byte 18, for an image in memory: a database with a WAL needs files."""

NEWEST = 50
YOUNG = timedelta(hours=24)
HOURLY_FOR = timedelta(days=7)


class Damaged(Exception):
    """A snapshot does not match its header, or its header cannot be read."""


@dataclass(frozen=True, slots=True)
class Header:
    """A snapshot's header: its format's version, its writer, its head, and the image's checksum and length."""

    snapshot: int
    writer: str
    head: int
    sha256: str
    size: int

    def line(self) -> bytes:
        """The header as a line of HEADER bytes."""
        return json.dumps(asdict(self)).encode().ljust(HEADER - 1) + b"\n"


def packed(writer: str, head: int, image: bytes) -> tuple[Header, bytes]:
    """The header and the whole snapshot of an image."""
    header = Header(VERSION, writer, head, hashlib.sha256(image).hexdigest(), len(image))
    return header, header.line() + image


def folder(uid: str) -> str:
    """The prefix of the keys of a user's snapshots."""
    return f"users/{uid}/db/"


def key_of(uid: str, number: int) -> str:
    """The key of a snapshot."""
    return f"{folder(uid)}{number:0{DIGITS}d}"


def number_of(key: str) -> int:
    """The number in a snapshot's key."""
    return int(key.rpartition("/")[2])


async def points(store: ObjectStore, uid: str, since: int = 0) -> AsyncIterator[tuple[int, Stat]]:
    """The numbers of a user's stored snapshots from `since` on, in order; other objects there are skipped."""
    after = key_of(uid, since - 1) if since > 0 else ""
    async for stat in store.listing(folder(uid), after):
        if _KEY.fullmatch(stat.key):
            yield number_of(stat.key), stat
        else:
            skip(stat.key, "it is not a snapshot")


async def latest(store: ObjectStore, uid: str, since: int = 0) -> int:
    """The highest number of a stored snapshot from `since` on; 0 if there is none."""
    highest = 0
    async for number, _ in points(store, uid, since):
        highest = number
    return highest


async def read_header(store: ObjectStore, uid: str, number: int) -> Header:
    """A snapshot's header; Missing if the snapshot does not exist, Damaged if it cannot be read."""
    return _header(await store.get(key_of(uid, number), 0, HEADER), number)


async def fetch(store: ObjectStore, uid: str, number: int) -> tuple[Header, bytes]:
    """A snapshot's header and image; Damaged if the checksum or the length differs."""
    body = await store.get(key_of(uid, number))
    header, image = _header(body[:HEADER], number), body[HEADER:]
    if len(image) != header.size or hashlib.sha256(image).hexdigest() != header.sha256:
        raise Damaged(f"snapshot {number} is damaged: its checksum differs")
    return header, image


def opened(image: bytes) -> sqlite3.Connection:
    """An image as a database in memory; Damaged if it is not a whole database."""
    database = sqlite3.connect(":memory:")
    try:
        database.deserialize(image[:18] + ROLLBACK + image[20:])
        (state,) = database.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as error:
        database.close()
        raise Damaged(f"the image is not a database: {error}") from error
    if state != "ok":
        database.close()
        raise Damaged(f"the image is a damaged database: {state}")
    return database


def _header(line: bytes, number: int) -> Header:
    try:
        header = Header(**json.loads(line))
    except (ValueError, TypeError, RecursionError) as error:
        raise Damaged(f"snapshot {number} is damaged: its header cannot be read") from error
    if header.snapshot != VERSION:
        raise Damaged(f"snapshot {number} has version {header.snapshot}; this server reads version {VERSION}")
    return header


def outdated(snapshots: Iterable[Stat], now: datetime) -> list[str]:
    """The keys of snapshots to delete: all but the newest 50, those of the last day, and each hour's last for a week.

    All snapshots of the last day stay, so that a server that was suspended for hours still finds its number taken.
    """
    ordered = sorted(snapshots, key=lambda stat: stat.key)
    hours = {stat.modified.strftime("%Y%m%d%H"): stat.key for stat in ordered if stat.modified > now - HOURLY_FOR}
    kept = {stat.key for stat in ordered[-NEWEST:]} | set(hours.values())
    return [stat.key for stat in ordered if stat.key not in kept and stat.modified <= now - YOUNG]


async def prune(store: ObjectStore, uid: str, now: datetime) -> int:
    """Delete a user's outdated snapshots; return their number."""
    keys = outdated([stat async for _, stat in points(store, uid)], now)
    for key in keys:
        await store.delete(key)
    return len(keys)
