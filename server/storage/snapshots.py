"""A user's database in the object store: numbered, immutable snapshots `users/<uid>/db/<number>`.

A snapshot is a line of JSON that says what follows, and the database as SQLite serialises it. Numbers have no gaps,
and each is written with If-None-Match: of two servers that make snapshot n + 1 of one user, one is told that it is
taken, and learns that it is not alone.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from server.storage.objects import ObjectStore, Stat

VERSION = 1
DIGITS = 12
HEADER = 1024
"""Bytes of the first line, filled up with spaces: a reader who wants only this knows what to ask for."""

NEWEST = 50
YOUNG = timedelta(hours=24)
HOURLY_FOR = timedelta(days=7)


class Damaged(Exception):
    """A snapshot is not what it says it is."""


@dataclass(frozen=True, slots=True)
class Header:
    """What a snapshot says of itself: who wrote it, at which head, and the image's checksum and length."""

    snapshot: int
    writer: str
    head: int
    sha256: str
    size: int

    def line(self) -> bytes:
        """The first line."""
        return json.dumps(asdict(self)).encode().ljust(HEADER - 1) + b"\n"


def packed(writer: str, head: int, image: bytes) -> tuple[Header, bytes]:
    """The snapshot of an image, as it is stored."""
    header = Header(VERSION, writer, head, hashlib.sha256(image).hexdigest(), len(image))
    return header, header.line() + image


def folder(uid: str) -> str:
    """What the keys of a user's snapshots begin with."""
    return f"users/{uid}/db/"


def key_of(uid: str, number: int) -> str:
    """A snapshot's key."""
    return f"{folder(uid)}{number:0{DIGITS}d}"


def number_of(key: str) -> int:
    """The number in a snapshot's key."""
    return int(key.rpartition("/")[2])


async def latest(store: ObjectStore, uid: str, since: int = 0) -> int:
    """The highest number that is there, not below `since`; 0 when there is none."""
    after = key_of(uid, since - 1) if since > 0 else ""
    highest = 0
    async for stat in store.listing(folder(uid), after):
        highest = number_of(stat.key)
    return highest


async def read_header(store: ObjectStore, uid: str, number: int) -> Header:
    """What a snapshot says of itself; Missing if there is none, Damaged if it cannot be read."""
    return _header(await store.get(key_of(uid, number), 0, HEADER), number)


async def fetch(store: ObjectStore, uid: str, number: int) -> tuple[Header, bytes]:
    """A snapshot's image, checked; Damaged if it is not what was stored."""
    body = await store.get(key_of(uid, number))
    header, image = _header(body[:HEADER], number), body[HEADER:]
    if len(image) != header.size or hashlib.sha256(image).hexdigest() != header.sha256:
        raise Damaged(f"snapshot {number} is damaged: its checksum differs")
    return header, image


def _header(line: bytes, number: int) -> Header:
    try:
        header = Header(**json.loads(line))
    except (ValueError, TypeError) as error:
        raise Damaged(f"snapshot {number} is damaged: its first line cannot be read") from error
    if header.snapshot != VERSION:
        raise Damaged(f"snapshot {number} is of version {header.snapshot}; this server reads {VERSION}")
    return header


def outdated(snapshots: Iterable[Stat], now: datetime) -> list[str]:
    """The keys that need not be kept: neither the newest 50, nor younger than a day, nor an hour's last for a week.

    A day's snapshots stay whatever their number, so that a server which slept that long still finds its number taken.
    """
    ordered = sorted(snapshots, key=lambda stat: stat.key)
    hours = {stat.modified.strftime("%Y%m%d%H"): stat.key for stat in ordered if stat.modified > now - HOURLY_FOR}
    kept = {stat.key for stat in ordered[-NEWEST:]} | set(hours.values())
    return [stat.key for stat in ordered if stat.key not in kept and stat.modified <= now - YOUNG]


async def prune(store: ObjectStore, uid: str, now: datetime) -> int:
    """Delete a user's outdated snapshots; how many there were."""
    keys = outdated([stat async for stat in store.listing(folder(uid))], now)
    for key in keys:
        await store.delete(key)
    return len(keys)
