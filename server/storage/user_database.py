"""A user's open database with its uploader."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator
from typing import TypeVar

from server.ages import Seconds, awake
from server.storage.database import Database, Reader, Transaction
from server.storage.sync import Fenced, Sync

T = TypeVar("T")

TAKEN_WITHIN = 10.0
"""Seconds within which the first snapshot after a takeover must be stored."""


class Overdue(Exception):
    """Earlier writes have been undurable for too long, so new ones are refused."""


class UserDatabase:
    """A user's open database with its uploader."""

    def __init__(self, uid: str, database: Database, sync: Sync, refuse_after: float, since: int = 0) -> None:
        self.uid, self.database, self.sync = uid, database, sync
        self.since = since
        """The term of the user's lease at its opening: if others had the user since, it is out of date."""
        self._refuse_after = refuse_after
        self.used = awake()
        self.closed, self.checked = False, False
        self._users = 0
        self._free = asyncio.Event()
        self._free.set()

    @property
    def in_use(self) -> bool:
        """Whether a caller holds it."""
        return self._users > 0

    @contextlib.contextmanager
    def held(self, clock: Seconds) -> Iterator[UserDatabase]:
        """Keep it open inside the context."""
        self._users += 1
        self._free.clear()
        try:
            yield self
        finally:
            self._users -= 1
            self.used = clock()
            if not self._users:
                self._free.set()

    async def read(self, question: Callable[[Reader], Awaitable[T]]) -> T:
        """The answer to a question, from one snapshot of the committed data."""
        async with self.database.read() as reader:
            return await question(reader)

    async def write(self, work: Callable[[Transaction], Awaitable[T]]) -> tuple[T, int | None]:
        """Run a unit of work; return its result and the head to pass to `durable`, None if nothing was written.

        Raises Overdue or Fenced before writing anything when earlier writes cannot be made durable.
        """
        if self.sync.fenced:
            raise Fenced(self.uid)
        if self.sync.pending > self._refuse_after:
            raise Overdue(self.uid)
        result, n = await self.database.write(work)
        if n is not None:
            self.sync.wrote()
        return result, n

    async def durable(self, n: int, within: float) -> None:
        """Wait until head `n` is durable; NotDurable, Fenced."""
        await self.sync.barrier(n, within)

    async def take_number(self) -> None:
        """Store a snapshot, so that a server that had this user before can store none any more; NotDurable, Fenced.

        An empty database needs none: its first save takes the first number.
        """
        if self.database.n:
            _, n = await self.write(lambda unit: unit.run("UPDATE sync_head SET n = n"))
            assert n is not None, "every database has a head"
            await self.durable(n, TAKEN_WITHIN)

    async def vacuum(self) -> bool:
        """Make the file smaller if much of it is free, and begin its upload; return whether it was."""
        n = await self.database.vacuum()
        if n is not None:
            self.sync.wrote()
        return n is not None

    async def close(self) -> None:
        """Close the database once no caller holds it; undurable writes are uploaded when it is opened again."""
        await self._free.wait()
        self.closed = True
        await self.sync.close()
        await self.database.close()
