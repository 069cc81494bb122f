"""What an object store is: immutable-minded, small, and the same for a local folder and for S3.

StoreFailed       the store cannot be reached, or did not answer as it should; whether a write happened is unknown
Exists            put with `if_absent` found the key taken
Missing           there is no such object
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

_SEGMENT = re.compile(r"[a-z0-9_-][a-z0-9._-]{0,127}")
CHUNK = 1 << 18
"""Bytes of a stream that are held at a time."""


class StoreFailed(Exception):
    """The store failed or was too slow; a write may or may not have happened."""


class Exists(Exception):
    """The key is taken."""


class Missing(Exception):
    """There is no object under the key."""


@dataclass(frozen=True, slots=True)
class Stat:
    """What is known of an object without reading it; `etag` changes with its content."""

    key: str
    size: int
    etag: str
    modified: datetime


class ObjectStore(Protocol):
    """Objects by key. Keys are segments of `[a-z0-9._-]` joined by `/`, none of which begins with a dot.

    A put is all or nothing, durable when it returns, and seen by everyone from then on. Anything that goes wrong and
    is not Exists or Missing is StoreFailed.
    """

    async def put(self, key: str, body: bytes, *, if_absent: bool = False) -> Stat:
        """Store `body`; with `if_absent`, Exists if the key is taken, and of several at once one wins."""
        ...

    async def put_file(self, key: str, path: Path) -> Stat:
        """Store a file's content, without holding it."""
        ...

    async def get(self, key: str, start: int = 0, stop: int | None = None) -> bytes:
        """The bytes `[start, stop)` of an object, to its end by default; Missing if there is none."""
        ...

    def stream(self, key: str, start: int = 0, stop: int | None = None) -> AsyncIterator[bytes]:
        """The same, in pieces; nothing is asked before the first is."""
        ...

    async def head(self, key: str) -> Stat:
        """What is known of an object; Missing if there is none."""
        ...

    def listing(self, prefix: str, after: str = "") -> AsyncIterator[Stat]:
        """Every object whose key begins with `prefix` and sorts after `after`; those of one folder in order of keys."""
        ...

    async def delete(self, key: str) -> None:
        """There is no such object from now on; nor need there have been one."""
        ...

    async def close(self) -> None:
        """Let go of connections and threads."""
        ...


def check_key(key: str) -> str:
    """The key itself, if it is one; ValueError otherwise."""
    if len(key) > 512 or not all(_SEGMENT.fullmatch(part) for part in key.split("/")):
        raise ValueError(f"{key!r} is no key")
    return key
