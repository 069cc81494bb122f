"""Admission of uploads: how many at once, how much footage a user may have, and room on the disk for all of them.

Room is reserved before the first byte of a body is read, by its Content-Length; a body without one reserves as it
comes. Uploads never take the last `room_kept` bytes, which saves need.
"""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from server.problem import Problem
from server.settings import Settings
from server.threads import Turns

STEP = 16 << 20
"""Bytes that a body without a Content-Length reserves at a time."""

PROBES, PROBES_PER_USER = 4, 2
"""Uploads that are looked into at once, each in a child of its own, for all users and for one."""


@dataclass(eq=False, slots=True)
class Share:
    """The part of one upload in the room that uploads have taken."""

    uid: str
    disks: Counter[Path]
    """The copies of the file on each disk, which is named by a folder on it; the first is written while it comes."""
    reserved: int = 0
    received: int = 0


class Uploads:
    """The uploads of one process."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._shares: set[Share] = set()
        self._stored: dict[str, int] = {}
        """Bytes of footage of each user with uploads, when it was last asked for."""
        self._ended: Counter[str] = Counter()
        """Bytes of the uploads of each user with uploads that have ended since there were none."""
        self.probes = Turns(PROBES, PROBES_PER_USER)

    @asynccontextmanager
    async def admitted(
        self, uid: str, size: int | None, stored: Callable[[int], Awaitable[int]], *, form: bool
    ) -> AsyncIterator[Share]:
        """A share for an upload of `size` bytes, None if the client does not state it.

        429 `too_many_uploads`, 507 `quota_exceeded` and `no_room`. `stored` makes room for the bytes that the user is
        uploading, and returns those of the user's footage. A form is spooled, which takes the room of one more copy.
        """
        self._check_count(uid)
        with self._share(uid, form) as share:
            share.reserved = size or 0  # counted while others ask for the bytes of their footage
            unstated = self._settings.upload_limit if size is None else 0
            before = self._ended[uid]
            found = await stored(self._taken(uid) + unstated)
            self._stored[uid] = found + self._ended[uid] - before  # what ended meanwhile may be missing in the answer
            share.reserved = 0
            self._reserve(share, size if size is not None else STEP)
            yield share

    def receive(self, share: Share, count: int) -> None:
        """Count received bytes; 507 when they exceed the reservation and there is no more room."""
        share.received += count
        while share.received > share.reserved:
            self._reserve(share, STEP)

    @contextmanager
    def _share(self, uid: str, form: bool) -> Iterator[Share]:
        share = Share(uid, self._disks(form))
        self._shares.add(share)
        try:
            yield share
        finally:
            self._shares.remove(share)
            if any(other.uid == uid for other in self._shares):
                self._stored[uid] = self._stored.get(uid, 0) + share.received
                self._ended[uid] += share.received
            else:
                self._stored.pop(uid, None)
                del self._ended[uid]

    def _check_count(self, uid: str) -> None:
        own = sum(share.uid == uid for share in self._shares)
        if own >= self._settings.uploads_per_user or len(self._shares) >= self._settings.uploads_at_once:
            message = "too many uploads at once: wait for one to end"
            raise Problem(429, "too_many_uploads", message, headers={"Retry-After": "5"})

    def _disks(self, form: bool) -> Counter[Path]:
        """The copies on each disk: the spooled form, the file here, and its object."""
        folders = [Path(tempfile.gettempdir())] if form else []
        folders.append(self._settings.temporary)
        folders += [_existing(self._settings.objects)] if self._settings.store == "folder" else []
        by_device: dict[int, Path] = {}
        return Counter(by_device.setdefault(folder.stat().st_dev, folder) for folder in folders)

    def _reserve(self, share: Share, count: int) -> None:
        quota = self._settings.footage_per_user
        if self._stored[share.uid] + self._taken(share.uid) + count > quota:
            hint = "delete footage that no clip uses"
            raise Problem(507, "quota_exceeded", f"your footage would exceed {quota} bytes", hint=hint)
        for disk, copies in share.disks.items():
            if count * copies > self._room(disk):
                raise Problem(507, "no_room", "the server has no room for this file", headers={"Retry-After": "60"})
        share.reserved += count

    def _taken(self, uid: str) -> int:
        """The bytes that a user's uploads have reserved."""
        return sum(share.reserved for share in self._shares if share.uid == uid)

    def _room(self, disk: Path) -> int:
        """The free bytes of a disk that no upload has reserved."""
        found = os.statvfs(disk)
        device = disk.stat().st_dev
        reserved = sum(
            share.reserved * copies - (0 if place else min(share.received, share.reserved))
            for share in self._shares
            for place, (folder, copies) in enumerate(share.disks.items())
            if folder.stat().st_dev == device
        )
        return found.f_bavail * found.f_frsize - reserved - self._settings.room_kept


def _existing(folder: Path) -> Path:
    """The folder, or the one that it will be made in."""
    return folder if folder.is_dir() else _existing(folder.parent)
