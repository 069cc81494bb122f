"""Facts of large media files, kept from one command to the next: reading every packet of an hour takes seconds.

An entry is named by the file's size, times and inode, and by the code that reads facts: another version of the reader
reads the file anew. A cache that cannot be read or written is as none.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from functools import cache
from importlib.metadata import version
from pathlib import Path

from compiler.supervise.machine import user_cache
from compiler.supervise.probe import media_of
from compiler.supervise.record import recorded
from compiler.timeline.media import Media

LARGE = 32 << 20
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
            media = media_of(path, json.loads(place.read_text(encoding="utf-8")))
            os.utime(place)
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return media

    def put(self, path: Path, media: Media) -> None:
        """Keep the facts of a file."""
        place = self._place(path)
        if place is None:
            return
        with contextlib.suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile("w", dir=self._folder, delete=False, encoding="utf-8") as file:
                json.dump(recorded(media), file)
            Path(file.name).replace(place)
            self._trim()

    def _place(self, path: Path) -> Path | None:
        try:
            state = path.stat()
        except OSError:
            return None
        if state.st_size < LARGE:
            return None
        known = (reader(), state.st_size, state.st_mtime_ns, state.st_ctime_ns, state.st_ino, state.st_dev)
        return self._folder / f"{hashlib.sha256(repr(known).encode()).hexdigest()}.json"

    def _trim(self) -> None:
        entries = sorted(self._folder.iterdir(), key=lambda entry: entry.stat().st_mtime)
        for entry in entries[:-MOST]:
            entry.unlink(missing_ok=True)


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
