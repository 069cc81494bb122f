"""Copies of objects that were compared with their checksums, and whether they are still as they were then."""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from pathlib import Path

from compiler import conceal
from compiler.errors import ReelError, ReelErrors
from compiler.supervise.films.verdict import KILLED, OUT_OF_MEMORY
from server.threads import hash_file

Noted = tuple[int, int, int, int]
"""Device, inode, size and time of modification of a file. Its other times change where it is only used."""

BY_DAMAGE = conceal.BY_DAMAGE | {"RC603", "RC605", "RC606"}
"""The codes of errors that a damaged copy may lead to. A stall and a deadline tell of the machine and of the edit."""

OF_MEMORY = frozenset({KILLED, OUT_OF_MEMORY})
"""The messages of errors with these codes that tell of the machine, too."""


def may_be_damage(error: ReelError | ReelErrors) -> bool:
    """Whether a damaged copy may have led to an error."""
    errors = error.errors if isinstance(error, ReelErrors) else (error,)
    return any(each.code in BY_DAMAGE and each.message not in OF_MEMORY for each in errors)


class Compared:
    """The files of a folder that were compared, by their names."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._noted: dict[str, tuple[Noted, str | None]] = {}
        """Each file as it was, and its checksum; None if that was not known."""
        self.changes: Counter[str] = Counter()
        """How often a file was found that had changed since it was compared."""

    def note(self, name: str, sha256: str) -> None:
        """Note that a file has just been found to have this checksum; OSError without a file."""
        self._noted[name] = self._now(name), sha256

    def is_same(self, name: str, sha256: str | None = None) -> bool:
        """Whether a file is there as it was when it was compared, with this checksum if one is given."""
        try:
            noted = self._noted.get(name)
            return noted is not None and noted[0] == self._now(name) and sha256 in (None, noted[1])
        except OSError:
            return False

    def forget(self, name: str) -> None:
        """Forget a file that was removed, which nobody uses."""
        self._noted.pop(name, None)
        self.changes.pop(name, None)

    def changed(self, name: str) -> None:
        """Note that a file is not what it was: who read it read what is wrong."""
        self.changes[name] += 1
        self._noted.pop(name, None)

    async def is_whole(self, name: str, size: int, sha256: str | None) -> bool:
        """Whether a file has this size and checksum, for which it is read; without one, whether it is as it was."""
        try:
            now = self._now(name)
            if now[2] != size or (sha256 is None and name in self._noted and not self.is_same(name)):
                return False
            if sha256 is not None and await self._sum(name) != sha256:
                return False
        except OSError:  # it has gone, or its disk fails
            return False
        if sha256 is not None or name not in self._noted:
            self._noted[name] = now, sha256
        return True

    async def _sum(self, name: str) -> str:
        sha256 = hashlib.sha256()
        await hash_file(self._folder / name, sha256)
        return sha256.hexdigest()

    def _now(self, name: str) -> Noted:
        found = os.stat(self._folder / name)
        return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns
