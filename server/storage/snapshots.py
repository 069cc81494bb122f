"""A user's database in the object store: numbered snapshots `users/<uid>/db/<number>`.

A snapshot is a header, one line of JSON, and a body. The body is a whole image of the database as SQLite serialises
it, compressed, or a delta: the pages that changed since the snapshot that the header names as its base. Numbers have no
gaps, and each is written with If-None-Match: when two servers write snapshot n + 1 of one user, one of them fails and
so detects the other. A snapshot that was thinned is an empty object, which keeps its number taken.

Servers of before deltas read version 1, an image that is not compressed. They read the header of version 2 as far as
its version, and refuse it.
"""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

from server.storage import images
from server.storage.again import undamaged
from server.storage.objects import Missing, ObjectStore, Stat
from server.storage.skipped import skip
from server.threads import in_thread

WHOLE_IMAGE, DELTAS = 1, 2
"""The versions of the format: of before deltas, and with them."""
DIGITS = 12
_KEY = re.compile(rf"users/[^/]+/db/[0-9]{{{DIGITS}}}")
NEWEST = 50
"""Numbers that are taken again, at most, after the store lost them."""
HEADER = 1024
"""Bytes of the header, padded with spaces to this fixed length so that it can be read alone."""

ROLLBACK = bytes([1, 1])
"""The journal mode in a database's header, at byte 18, for an image in memory: a database with a WAL needs files."""


class Damaged(Exception):
    """A snapshot does not match its header, or its header cannot be read."""


class TooNewSnapshot(Damaged):
    """A snapshot was written by a newer server; nothing older stands for it."""


@dataclass(frozen=True, slots=True)
class Link:
    """The place of a snapshot of version 2 in its chain, which is a whole image and deltas one upon the other."""

    fingerprint: str
    """Of the image, see `images.py`."""
    page_size: int
    pages: int
    base: int = 0
    """The number of the snapshot that a delta changes; 0 for a whole image."""
    depth: int = 0
    """The deltas from the whole image to this snapshot."""
    path: int = 0
    """The bytes of their bodies."""
    whole: int = 0
    """The bytes of the whole image's body."""


@dataclass(frozen=True, slots=True)
class Header:
    """A snapshot's header: its format's version, its writer, its head, and its body's checksum and length."""

    snapshot: int
    writer: str
    head: int
    sha256: str
    size: int
    link: Link | None = None
    """None in version 1."""

    def line(self) -> bytes:
        """The header as a line of HEADER bytes.

        Servers of before read five members, whatever they contain, and refuse the version.
        """
        members = {name: getattr(self, name) for name in ("snapshot", "writer", "head", "sha256", "size")}
        if self.link is not None:
            members["size"] = {"body": self.size} | {name: getattr(self.link, name) for name in Link.__slots__}
        return json.dumps(members).encode().ljust(HEADER - 1) + b"\n"


def packed(writer: str, head: int, image: bytes) -> tuple[Header, bytes]:
    """The header and the whole snapshot of an image; takes a second for 60 MB."""
    page_size = images.page_size_of(image)
    body = images.compressed(image)
    print_ = images.fingerprint(images.digests_of(image, page_size))
    link = Link(print_, page_size, len(image) // page_size, whole=len(body))
    return with_body(writer, head, link, body)


def with_body(writer: str, head: int, link: Link, body: bytes) -> tuple[Header, bytes]:
    """The header and the whole snapshot of a body."""
    header = Header(DELTAS, writer, head, hashlib.sha256(body).hexdigest(), len(body), link)
    return header, header.line() + body


def packed_for_servers_of_before(writer: str, head: int, image: bytes) -> tuple[Header, bytes]:
    """The header and the whole snapshot of an image in version 1."""
    header = Header(WHOLE_IMAGE, writer, head, hashlib.sha256(image).hexdigest(), len(image))
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


async def numbers(store: ObjectStore, uid: str, since: int = 0) -> AsyncIterator[tuple[int, Stat]]:
    """The numbers of a user's snapshots from `since` on, thinned ones too, in order; other objects are skipped."""
    after = key_of(uid, since - 1) if since > 0 else ""
    async for stat in store.listing(folder(uid), after):
        if _KEY.fullmatch(stat.key):
            yield number_of(stat.key), stat
        else:
            skip(stat.key, "it is not a snapshot")


async def latest(store: ObjectStore, uid: str, since: int = 0) -> int:
    """The highest number of a stored snapshot from `since` on; 0 if there is none."""
    highest = 0
    async for number, _ in numbers(store, uid, since):
        highest = number
    return highest


async def points(store: ObjectStore, uid: str) -> AsyncIterator[tuple[int, Stat]]:
    """The numbers of the snapshots that can be fetched, the oldest first."""
    async for number, stat in numbers(store, uid):
        if stat.size:
            yield number, stat


async def read_header(store: ObjectStore, uid: str, number: int) -> Header:
    """A snapshot's header; Missing if it does not exist or was thinned, Damaged if it cannot be read."""

    async def read() -> Header:
        return _header(await store.get(key_of(uid, number), 0, HEADER), number)

    return await undamaged(read, key_of(uid, number), Damaged)


async def check(store: ObjectStore, uid: str, number: int) -> Header:
    """The header of a snapshot whose body matches it; Missing, Damaged. A delta's base is not read."""
    header, _ = await _read(store, uid, number)
    return header


async def fetch(store: ObjectStore, uid: str, number: int) -> tuple[Header, bytes]:
    """A snapshot's header and the database's image, put together and verified; Missing, Damaged."""
    header, body = await _read(store, uid, number)
    if header.link is None:
        return header, body
    bodies, link = [(header.link, body)], header.link
    while link.base:
        try:
            below, body = await _read(store, uid, link.base)
        except Missing as error:
            raise Damaged(f"snapshot {number} is damaged: its base {link.base} is missing") from error
        if below.link is None or below.link.depth >= link.depth:
            raise Damaged(f"snapshot {number} is damaged: snapshot {link.base} is not its base")
        link = below.link
        bodies.append((link, body))
    try:
        return header, await in_thread(_put_together, bodies)
    except ValueError as error:
        raise Damaged(f"snapshot {number} is damaged: {error}") from error


async def make_whole(store: ObjectStore, uid: str, number: int) -> Link:
    """Store a whole image in place of a delta, of the same state, so that deltas based on it stay; return its link."""
    header, image = await fetch(store, uid, number)
    renewed, whole = await in_thread(packed, header.writer, header.head, image)
    await store.put(key_of(uid, number), whole)
    assert renewed.link is not None, "version 2 has links"
    return renewed.link


def without_wal(image: bytes) -> bytes:
    """The image of a database that keeps no WAL, so that it opens in memory, and as a file anywhere."""
    return image[:18] + ROLLBACK + image[20:]


def opened(image: bytes) -> sqlite3.Connection:
    """An image as a database in memory; Damaged if it is not a whole database."""
    database = sqlite3.connect(":memory:")
    try:
        database.deserialize(without_wal(image))
        (state,) = database.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as error:
        database.close()
        raise Damaged(f"the image is not a database: {error}") from error
    if state != "ok":
        database.close()
        raise Damaged(f"the image is a damaged database: {state}")
    return database


async def _read(store: ObjectStore, uid: str, number: int) -> tuple[Header, bytes]:
    """A snapshot's header, and its body, which matches the header's checksum."""

    async def read() -> tuple[Header, bytes]:
        content = await store.get(key_of(uid, number))
        header, body = _header(content[:HEADER], number), content[HEADER:]
        if len(body) != header.size or await in_thread(_sha256, body) != header.sha256:
            raise Damaged(f"snapshot {number} is damaged: its checksum differs")
        return header, body

    return await undamaged(read, key_of(uid, number), Damaged)


def _sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def _put_together(bodies: list[tuple[Link, bytes]]) -> bytes:
    """The image of a chain, the whole image last; ValueError if it is not what its header says."""
    link, body = bodies.pop()
    image = images.decompressed(body, link.page_size, link.pages)
    for link, body in reversed(bodies):
        images.apply_pages(image, body, link.page_size, link.pages)
    if images.fingerprint(images.digests_of(image, link.page_size)) != link.fingerprint:
        raise ValueError("its fingerprint differs")
    return bytes(image)


def _header(line: bytes, number: int) -> Header:
    if not line:
        raise Missing(f"snapshot {number} was thinned")
    try:
        header = Header(**json.loads(line))
        if header.snapshot not in (WHOLE_IMAGE, DELTAS):
            text = f"snapshot {number} has version {header.snapshot}; this server reads versions up to {DELTAS}"
            raise TooNewSnapshot(text)
        if header.snapshot == DELTAS:
            members = dict(header.size)  # type: ignore[call-overload]
            return replace(header, size=members.pop("body"), link=Link(**members))
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise Damaged(f"snapshot {number} is damaged: its header cannot be read") from error
    return header
