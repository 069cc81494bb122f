"""Reads and writes of jobs in their users' databases, which wait for the store as long as it takes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from server.exports.job import Job, Undecided
from server.storage.database import DatabaseFailed, Reader, Transaction
from server.storage.sync import NotDurable
from server.storage.tenants import Databases, Overdue, UserDatabase

T = TypeVar("T")

FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0


class Writes:
    """The databases as jobs use them."""

    def __init__(self, databases: Databases) -> None:
        self._databases = databases
        self.stopping = False

    async def read(self, uid: str, question: Callable[[Reader], Awaitable[T]]) -> T:
        """The answer to a question about a user's data."""
        async with self._databases.use(uid) as user_database:
            return await user_database.read(question)

    async def write(self, uid: str, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Run a unit of work, without waiting until it is durable."""
        async with self._databases.use(uid) as user_database:
            return (await user_database.write(work))[0]

    async def accepted(self, job: Job) -> None:
        """Wait until the export's row is durable, so that no export is rendered that could vanish."""
        async with self._databases.use(job.uid) as user_database:
            await self._settled(job, user_database, user_database.database.n)

    async def durably(self, job: Job, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Run a unit of work, wait until it is durable, however long the store is unreachable, and return its result.

        Fenced when it can never be durable; Undecided when the server shuts down meanwhile.
        """
        async with self._databases.use(job.uid) as user_database:
            pause = FIRST_PAUSE
            while True:
                try:
                    result, n = await user_database.write(work)
                    break
                except (Overdue, DatabaseFailed):
                    await self._patiently(job, pause)
                    pause = min(2 * pause, LONGEST_PAUSE)
            if n is not None:
                await self._settled(job, user_database, n)
        return result

    async def _settled(self, job: Job, user_database: UserDatabase, n: int) -> None:
        """Wait until head `n` is durable, however long that takes; Fenced, Undecided."""
        while True:
            try:
                await user_database.durable(n, LONGEST_PAUSE)
                break
            except NotDurable:
                await self._patiently(job, 0)
        job.unstored.clear()

    async def _patiently(self, job: Job, pause: float) -> None:
        if self.stopping:
            raise Undecided
        job.unstored.set()
        await asyncio.sleep(pause)
