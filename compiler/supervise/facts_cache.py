"""Facts of media files, kept from one command to the next: reading every packet of an hour takes seconds, and starting
the child that reads them a third of a second.

An entry is named by the file's size, times and inode, and by the code that reads facts: another version of the reader
reads the file anew. A cache that cannot be read or written is as none.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from functools import cache
from importlib.metadata import version
from pathlib import Path

from compiler.supervise.machine import user_cache
from compiler.supervise.record import media_of, recorded
from compiler.supervise.small_files import keep_newest, put_sealed, sealed_text
from compiler.timeline.media import Media

LARGE = 1 << 20
"""Bytes of the smallest file whose facts are kept."""

COMPILER = Path(__file__).parents[1]
READER = ("supervise/**/*.py", "timeline/*.py", "emit/specs.py")
"""The files of the compiler whose code facts depend on."""

MOST = 500
"""Entries; beyond, those that were used longest ago are removed."""


class FactsCache:
    """The facts in a folder."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or user_cache("facts")

    def get(self, path: Path) -> Media | None:
        """The facts of the file as it is now, if they are known."""
        place = self._place(path)
        if place is None:
            return None
        try:
            media = media_of(path, json.loads(sealed_text(place)))
        except (OSError, ValueError, KeyError, TypeError):
            return None
        with contextlib.suppress(OSError):  # the folder may be read-only
            os.utime(place)
        return media

    def put(self, path: Path, media: Media) -> None:
        """Keep the facts of a file."""
        place = self._place(path)
        if place is None:
            return
        with contextlib.suppress(OSError):
            put_sealed(place, json.dumps(recorded(media)))
            keep_newest(self._folder, MOST)

    def _place(self, path: Path) -> Path | None:
        try:
            state = path.stat()
        except OSError:
            return None
        if state.st_size < LARGE:
            return None
        known = (reader(), state.st_size, state.st_mtime_ns, state.st_ctime_ns, state.st_ino, state.st_dev)
        return self._folder / f"{hashlib.sha256(repr(known).encode()).hexdigest()}.json"


@cache
def reader() -> str:
    """The version of the code that reads facts: a hash of its files and PyAV's version."""
    digest = hashlib.sha256(version("av").encode())
    for file in reader_files():
        digest.update(file.read_bytes())
    return digest.hexdigest()


def reader_files() -> list[Path]:
    """The files of the code that reads facts."""
    return sorted(file for pattern in READER for file in COMPILER.glob(pattern))
