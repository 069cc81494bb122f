"""The interface of an object store, the same for a local folder and for S3.

StoreFailed       the store cannot be reached, or gave an invalid answer; a write may or may not have happened
Exists            `put` with `if_absent` found the key taken
Missing           the object does not exist
ChangedObject     the object is another one than the etag says that was asked for
WholeAnswered     the store answered a request for a range with the whole object
DamagedObject     its content is not what was stored; raised by those that compare checksums, not by a store
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol, runtime_checkable

_SEGMENT = re.compile(r"[a-z0-9_-][a-z0-9._-]{0,127}")
CHUNK = 1 << 18
"""Bytes of a stream in memory at a time."""


class StoreFailed(Exception):
    """The store failed or was too slow; a write may or may not have happened."""


class WholeAnswered(StoreFailed):
    """The store does not answer ranges: it sent the whole object."""


class ChangedObject(Exception):
    """The object under this key was replaced by another one."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


class Exists(Exception):
    """The key is taken."""


class Missing(Exception):
    """The key has no object."""


class DamagedObject(Exception):
    """The object under this key has another content than was stored."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


@dataclass(frozen=True, slots=True)
class Stat:
    """The metadata of an object; `etag` changes with the content."""

    key: str
    size: int
    etag: str
    modified: datetime


@runtime_checkable
class KeepsUnfinished(Protocol):
    """A store in which a put that was killed leaves bytes that no listing shows."""

    async def delete_unfinished(self, before: datetime) -> int:
        """Delete what such puts left that were last heard of before a time; return their number."""
        ...


class ObjectStore(Protocol):
    """Objects by key. Keys are segments of `[a-z0-9._-]` joined by `/`, none of which begins with a dot.

    A put is atomic; when it returns, the object is durable and visible to every reader. Every failure other than
    Exists, Missing and ChangedObject is StoreFailed.
    """

    async def put(self, key: str, body: bytes, *, if_absent: bool = False) -> Stat:
        """Store `body`; with `if_absent`, Exists if the key is taken: of concurrent puts exactly one succeeds."""
        ...

    async def put_file(self, key: str, path: Path) -> Stat:
        """Store a file's content without loading it into memory."""
        ...

    async def get(self, key: str, start: int = 0, stop: int | None = None) -> bytes:
        """The bytes `[start, stop)` of an object, to its end by default; Missing if it does not exist."""
        ...

    def stream(
        self, key: str, start: int = 0, stop: int | None = None, *, etag: str | None = None
    ) -> AsyncIterator[bytes]:
        """The bytes of `get`, in pieces; the store is not accessed before the first piece is requested.

        ChangedObject if the object has another etag than `etag`.
        """
        ...

    async def head(self, key: str) -> Stat:
        """The object's size, etag and time; Missing if it does not exist."""
        ...

    def listing(self, prefix: str, after: str = "") -> AsyncIterator[Stat]:
        """Every object whose key begins with `prefix` and sorts after `after`; sorted by key within a folder.

        Objects whose keys are invalid are skipped: others put them there.
        """
        ...

    async def delete(self, key: str) -> None:
        """Delete the object if it exists."""
        ...

    async def close(self) -> None:
        """Close connections and end threads."""
        ...


def is_key(key: str) -> bool:
    """Whether the key is valid."""
    return len(key) <= 512 and all(_SEGMENT.fullmatch(part) for part in key.split("/"))


def check_key(key: str) -> str:
    """Return the key if it is valid; ValueError otherwise."""
    if not is_key(key):
        raise ValueError(f"{key!r} is not a valid key")
    return key
