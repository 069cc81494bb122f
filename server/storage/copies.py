"""Copies of objects and uploads as files."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from server.checksums import Checksums
from server.storage.again import changed
from server.storage.objects import CHUNK, ObjectStore
from server.threads import HashedFile, in_thread

Copied = Callable[[int], None]
"""Called with the number of bytes copied since the last call."""


async def copy_object(
    store: ObjectStore,
    key: str,
    path: Path,
    on_copied: Copied = lambda _: None,
    *,
    etag: str | None = None,
    sha256: str | None = None,
) -> Checksums:
    """Copy an object into a new file, synced to the disk; return its checksums. A copy that fails leaves no file.

    A copy with another SHA-256 than `sha256` is made once more, and then stays. StoreFailed, Missing; ChangedObject if
    the object has another etag than `etag`; OSError if the file cannot be made.
    """
    checksums = await _copied(store, key, path, on_copied, etag)
    if sha256 in (None, checksums.sha256):
        return checksums
    changed(key)
    path.unlink()
    return await _copied(store, key, path, lambda _: None, etag)


async def _copied(store: ObjectStore, key: str, path: Path, on_copied: Copied, etag: str | None) -> Checksums:
    with path.open("xb") as file:
        try:
            hashed = HashedFile(file)
            async for piece in store.stream(key, etag=etag):
                await in_thread(hashed.write, piece)
                on_copied(len(piece))
            await in_thread(sync, file)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
    return hashed.checksums


def copy_file(source: BinaryIO, path: Path) -> Checksums:
    """Copy an open file into a new one; return its checksums."""
    with path.open("xb") as file:
        hashed = HashedFile(file)
        while piece := source.read(CHUNK):
            hashed.write(piece)
    return hashed.checksums


def sync(file: BinaryIO) -> None:
    """Write what is buffered to the file, and the file to the disk."""
    file.flush()
    os.fsync(file.fileno())
