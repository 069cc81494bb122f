"""The next snapshot of an open database: the pages that changed since an earlier one, or a whole image now and then.

The base of a delta is not always the snapshot before it. Counted from the whole image, number i is based on i - 8^k,
where 8^k is the highest power that divides i: 27 (octal) on 26, 30 on 20, 100 on 0. So a chain of a thousand snapshots
is read in some twenty steps, and all but every eighth, or every sixty-fourth, can be deleted without changing the
others.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from server.storage import images, snapshots
from server.storage.database import Database, DatabaseFailed
from server.storage.images import DIGEST
from server.storage.objects import Missing, ObjectStore
from server.storage.snapshots import Damaged, Header, Link
from server.threads import in_thread

FAN = 8
DEEPEST = 64
"""Deltas of a chain, after which a whole image is due, as it is when they are larger than their whole image."""
LARGE = 8 << 20
"""Bytes of a database above which saves do not wait for a whole image: a delta is made whole later."""
MOST = 2
"""The largest chain that waits for that, as a multiple of its whole image."""


class Chain:
    """The stored snapshots of an open database, as far as the next one depends on them."""

    def __init__(self, store: ObjectStore, uid: str, database: Database) -> None:
        self._store, self._uid, self._database = store, uid, database
        self._links: dict[int, Link] = {}
        self._root = 0
        self._digests = b""
        self._changed: dict[int, int] = {}
        """The number of the snapshot that each page last changed in, in that order."""
        self._packed, self._stored, self._distrusted = "", b"", False
        self.due = False
        """Whether the newest snapshot should be made whole, see `renewed`; small databases are stored whole instead."""

    async def pack(self, number: int, writer: str) -> tuple[int, Header, bytes]:
        """The snapshot `number` of everything committed by now, with its head; DatabaseFailed, StoreFailed."""
        n, changed = await self._database.changes()
        if (changed is None or not self._links) and not self._distrusted:
            await self._recall(number - 1)
            if self._links:
                await self._compared(number)
                n, changed = await self._database.changes()  # the image may be newer than those of before
        packed = await self._delta(number, writer, n, changed) if self._links and not self._distrusted else None
        if packed is None:
            n, image = await self._compared(number)
            packed = await in_thread(snapshots.packed, writer, n, image)
        header, body = packed
        self._packed = header.sha256
        return n, header, body

    def stored(self, number: int, header: Header) -> None:
        """Take note that the store has this snapshot, from the last `pack` or an earlier one of the same number."""
        if header.sha256 != self._packed or header.link is None:  # what changed since that try is not known
            self._links, self._stored = {}, b""
            return
        if not header.link.base:
            self._root, self._links, self.due, self._distrusted = number, {}, False, False
            self._changed.clear()
        near = header.link.base
        self._links = {each: link for each, link in self._links.items() if each <= near or each == self._root}
        self._links[number] = header.link
        self._stored = self._digests

    def distrust(self) -> None:
        """Make the next snapshot a whole image, because one of the chain is damaged."""
        self._distrusted = True

    def begin_anew(self) -> None:
        """Have the chain begun anew, see `due`."""
        self.due = True

    def renewed(self, number: int, link: Link) -> None:
        """Take note that a snapshot is a whole image now; newer snapshots may exist, but are no bases any more."""
        if self._links and number >= self._root and not self._distrusted:
            self._root, self._links, self.due = number, {number: link}, False

    async def close(self) -> None:
        """Remember the digests of what is stored, so that the next snapshot after the next opening is a delta."""
        if self._stored:
            await in_thread(remembered(self._database.path).write_bytes, self._stored)

    async def _recall(self, number: int) -> None:
        """Know the newest snapshot, unless it was written by another server or in a run that was killed."""
        if self._links or not number:
            return
        try:
            link = (await snapshots.read_header(self._store, self._uid, number)).link
            digests = await in_thread(remembered(self._database.path).read_bytes)
        except (Missing, Damaged, OSError):
            return
        if link is not None and images.fingerprint(digests) == link.fingerprint:
            self._root, self._links, self._digests = number, {number: link}, digests
            self._changed.clear()

    async def _compared(self, number: int) -> tuple[int, bytes]:
        """A head and the whole image at that head; pages that differ from the known digests are marked as changed."""
        n, image = await self._database.image()
        digests = await in_thread(images.digests_of, image, self._database.pages.size)
        self._mark(number, images.differing(self._digests, digests))
        self._digests = digests
        return n, image

    def _mark(self, number: int, changed: Iterable[int]) -> None:
        new = range(len(self._digests) // DIGEST + 1, self._database.pages.count + 1)
        for page in (*changed, *new):
            self._changed.pop(page, None)
            self._changed[page] = number

    async def _delta(self, number: int, writer: str, n: int, changed: set[int] | None) -> tuple[Header, bytes] | None:
        """A delta of the head n; None if a whole image is due."""
        if changed is None:
            raise DatabaseFailed("another process changes the database")
        self._mark(number, changed)
        step = _step(number - self._root)
        base = max(each for each in self._links if each <= number - step)
        below = self._links[base]
        pages = await self._database.content(self._since(base))
        self._digests, link, body = await in_thread(
            _packed_pages, self._digests, pages, self._database.pages.count, base, below
        )
        self.due = self.due or link.depth > DEEPEST or link.path > link.whole
        if self.due and (self._database.pages.total <= LARGE or link.path > MOST * link.whole):
            return None
        return snapshots.with_body(writer, n, link, body)

    def _since(self, base: int) -> list[int]:
        """The pages that changed after a snapshot."""
        found = []
        for page, number in reversed(self._changed.items()):
            if number <= base:
                break
            found.append(page)
        return [page for page in found if page <= self._database.pages.count]


def remembered(path: Path) -> Path:
    """The file with the digests of a local database's newest stored snapshot."""
    return path.with_suffix(".pages")


def remember(path: Path, image: bytes) -> None:
    """Remember the digests of an image that a local database was restored from."""
    remembered(path).write_bytes(images.digests_of(image, images.page_size_of(image)))


def _step(i: int) -> int:
    """The highest power of FAN that divides i."""
    step = 1
    while i % (step * FAN) == 0:
        step *= FAN
    return step


def _packed_pages(
    digests: bytes, pages: dict[int, bytes], count: int, base: int, below: Link
) -> tuple[bytes, Link, bytes]:
    """The new digests, the link and the body of a delta."""
    digests = images.updated(digests, pages, count)
    body = images.compressed_pages(pages)
    path = below.path + len(body)
    return (
        digests,
        Link(images.fingerprint(digests), below.page_size, count, base, below.depth + 1, path, below.whole),
        body,
    )
