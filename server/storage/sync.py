"""Uploads a database to the object store: one uploader for each user, which writers wait for.

A unit of work is durable when a snapshot that contains it is stored. The uploader takes the database with every unit
committed by then (group commit), and puts it under the next number with If-None-Match. If the number is taken, and not
by an earlier try of its own, another server is writing: this one is fenced, and stops.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from datetime import datetime

from server.ages import Seconds, awake, settled
from server.logs import logger
from server.storage import snapshots, thinning
from server.storage.chain import Chain
from server.storage.database import Database, DatabaseFailed, Head
from server.storage.marks import note_data
from server.storage.objects import Exists, Missing, ObjectStore, StoreFailed
from server.storage.snapshots import Damaged, Header

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0
"""Seconds between tries, before jitter."""

SURE_FOR = 600.0
"""Seconds without an upload after which newer snapshots are looked for first: old numbers may have been pruned."""

PRUNE_EVERY = 3600.0

CHECKPOINT = 1000
"""Frames in the WAL after which it is emptied, once its changes are stored."""


class Fenced(Exception):
    """Another server wrote this user's database, so the local one is no longer the newest."""


class NotDurable(Exception):
    """The write is not known to be durable within the time limit."""


class Sync:
    """The uploader of one open database."""

    def __init__(self, store: ObjectStore, uid: str, database: Database, head: Head, clock: Seconds = awake) -> None:
        self.uid, self.fenced = uid, False
        self._marked = False
        self._store, self._database, self._clock = store, database, clock
        self._head, self._chain = head, Chain(store, uid, database)
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []
        self._tries: dict[str, int] = {}
        self.bases: dict[int, int] = {}
        """The bases of the snapshots that were stored or read here, which `prune` then need not read."""
        self._task: asyncio.Task[None] | None = None
        self._pruning: asyncio.Task[None] | None = None
        self._renewing: asyncio.Task[None] | None = None
        self._since: float | None = None
        self._sure = clock()
        self._pruned = clock()

    @property
    def pending(self) -> float:
        """The age in seconds of the oldest undurable write; 0 when everything is durable."""
        return 0.0 if self._since is None else self._clock() - self._since

    @property
    def synced(self) -> Head:
        """The head of the newest stored snapshot."""
        return self._head

    def wrote(self) -> None:
        """Start an upload if there are undurable commits and none is running."""
        if self._database.n <= self._head.synced_n or self.fenced:
            return
        if self._since is None:
            self._since = self._clock()
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._upload(), name=f"sync {self.uid}")

    async def barrier(self, n: int, within: float) -> None:
        """Wait until head `n` is durable; NotDurable after `within` seconds, Fenced if it can never be durable."""
        self.wrote()
        if n <= self._head.synced_n:
            return
        if self.fenced:
            raise Fenced(self.uid)
        reached: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((n, reached))
        try:
            async with asyncio.timeout(within):
                await reached
        except TimeoutError:
            raise NotDurable(f"head {n} is not durable after {within:g} s") from None
        finally:
            self._waiting = [entry for entry in self._waiting if entry[1] is not reached]
            del reached  # its exception holds this frame: together they would wait for the garbage collector

    def store_whole(self) -> None:
        """Make the next snapshot a whole image, because the newest one is damaged."""
        self._chain.distrust()

    def fence(self, why: str) -> None:
        """Store nothing more, and refuse the writes that wait: another server has this user's data."""
        self.fenced = True
        logger.error(f"fenced: {why}", extra={"sync_user": self.uid})
        for _, reached in self._waiting:
            if not reached.done():
                reached.set_exception(Fenced(self.uid))

    async def close(self) -> None:
        """Stop uploading and write the store's state to the database, which still marks undurable units."""
        for task in (self._task, self._pruning, self._renewing):
            if task is not None:
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await task
        try:
            await self._chain.close()
            await self._database.note(self._head)
        except (DatabaseFailed, OSError) as error:  # harmless: the store is authoritative
            logger.warning("sync state not written", extra={"sync_user": self.uid, "why": str(error)})

    async def _upload(self) -> None:
        pause = FIRST_PAUSE
        while self._database.n > self._head.synced_n:
            try:
                await self._once()
                pause = FIRST_PAUSE
            except Fenced:
                self.fence("another server writes this user's data")
                return
            except (StoreFailed, Missing, Damaged, DatabaseFailed) as error:
                logger.warning("not synced yet", extra={"sync_user": self.uid, "why": str(error)})
                await asyncio.sleep(pause * random.uniform(0.5, 1))
                pause = min(2 * pause, LONGEST_PAUSE)
        self._prune_now_and_then()

    async def _once(self) -> None:
        """Store a snapshot of everything committed by now, under the next number."""
        number = self._head.base + 1
        await self._look(number)
        n, header, body = await self._chain.pack(number, self._head.writer)
        self._tries[header.sha256] = n
        try:
            await self._store.put(snapshots.key_of(self.uid, number), body, if_absent=True)
        except Exists:
            header = await self._own(number)
        await self._mark()
        self._chain.stored(number, header)
        self.bases[number] = header.link.base if header.link is not None else 0
        n = self._tries[header.sha256]
        self._reached(Head(n, n, number, self._head.writer))
        if self._chain.due and (self._renewing is None or self._renewing.done()):
            self._renewing = asyncio.create_task(self._renew(number), name=f"renew {self.uid}")
        if self._database.pages.frames > CHECKPOINT:
            await self._database.checkpoint()

    async def _mark(self) -> None:
        """Mark that the user has data, once for each opening: after the first snapshot, before it is acknowledged."""
        if not self._marked:
            await note_data(self._store, self.uid)
            self._marked = True

    async def _look(self, number: int) -> None:
        """After a long pause, check for newer snapshots, because a pruned number can be put again."""
        if self._clock() - self._sure > SURE_FOR and await snapshots.latest(self._store, self.uid, number) >= number:
            await self._own(number)

    async def _own(self, number: int) -> Header:
        """The header of the snapshot under our next number, if an earlier try of ours stored it; Fenced otherwise."""
        try:
            header = await snapshots.read_header(self._store, self.uid, number)
        except Missing as error:  # thinned, or only a later number exists
            raise Fenced(self.uid) from error
        if header.writer == self._head.writer and header.sha256 in self._tries:
            return header
        raise Fenced(self.uid)

    def _reached(self, head: Head) -> None:
        self._head, self._sure = head, self._clock()
        self._database.stored(head)
        self._since = None if self._database.n <= head.synced_n else self._sure
        self._tries.clear()
        for n, reached in self._waiting:
            if n <= head.synced_n and not reached.done():
                reached.set_result(None)

    def _prune_now_and_then(self) -> None:
        if self._clock() - self._pruned >= PRUNE_EVERY and (self._pruning is None or self._pruning.done()):
            self._pruned = self._clock()
            self._pruning = asyncio.create_task(self._prune(settled()), name=f"prune {self.uid}")

    async def _prune(self, now: datetime) -> None:
        try:
            if await thinning.prune(self._store, self.uid, now, self.bases):
                self._chain.begin_anew()
        except (StoreFailed, Missing, Damaged) as error:
            logger.warning("old snapshots not pruned", extra={"sync_user": self.uid, "why": str(error)})

    async def _renew(self, number: int) -> None:
        """Make a snapshot whole, beside the saves that go on."""
        try:
            self._chain.renewed(number, await snapshots.make_whole(self._store, self.uid, number))
            self.bases[number] = 0
        except (StoreFailed, Missing, Damaged) as error:
            if not isinstance(error, StoreFailed):
                self.store_whole()
            logger.warning("no whole snapshot stored", extra={"sync_user": self.uid, "why": str(error)})
