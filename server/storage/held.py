"""A request's access to user databases, which records every head that the request wrote.

The middleware of `web/durable.py` holds the answer until those heads are in the object store.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from contextvars import ContextVar
from typing import TypeVar

from server.problem import Problem
from server.storage.database import Reader, Transaction
from server.storage.objects import StoreFailed
from server.storage.tenants import Databases, UserDatabase

T = TypeVar("T")


class Written:
    """The heads that one request wrote, and whether it read undurable data."""

    def __init__(self) -> None:
        self.heads: dict[str, tuple[UserDatabase, int]] = {}
        self.saw_pending = False


written: ContextVar[Written | None] = ContextVar("written", default=None)
"""The writes of the current request; None outside requests."""


class RequestDatabase:
    """A user's database as a request accesses it."""

    def __init__(self, user_database: UserDatabase, quota: int) -> None:
        self._user_database, self._quota = user_database, quota

    async def read(self, question: Callable[[Reader], Awaitable[T]]) -> T:
        """The answer to a question, from one snapshot of the committed data."""
        request = written.get()
        if request is not None and self._user_database.sync.pending:
            request.saw_pending = True
        return await self._user_database.read(question)

    async def write(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Run a unit of work and return its result; the request's answer then waits until it is durable.

        The answer waits even without a write: what was read may be another request's undurable change.
        """
        result, n = await self._user_database.write(work)
        request = written.get()
        if request is not None:
            head = self._user_database.database.n if n is None else n
            request.heads[self._user_database.uid] = self._user_database, head
        return result

    def bounded(
        self,
        work: Callable[[Transaction], Awaitable[T]],
        when_full: Callable[[Transaction], Awaitable[T]] | None = None,
    ) -> Callable[[Transaction], Awaitable[T]]:
        """The unit of work, refused with 507 `quota_exceeded` or replaced by `when_full` when the database is full.

        Units that make it smaller, and those that end an export, are not bounded.
        """

        async def checked(unit: Transaction) -> T:
            if self._user_database.database.pages.total > self._quota and await unit.used() > self._quota:
                if when_full is not None:
                    return await when_full(unit)
                hint = "delete projects or clips: that is possible at any time"
                raise Problem(507, "quota_exceeded", f"your edits exceed {self._quota} bytes", hint=hint)
            return await work(unit)

        return checked


class RequestDatabases:
    """The user databases, for handlers of requests."""

    def __init__(self, databases: Databases, within: float, quota: int) -> None:
        self.databases, self.within, self._quota = databases, within, quota

    @asynccontextmanager
    async def of(self, uid: str) -> AsyncIterator[RequestDatabase]:
        """A user's database; StoreFailed when opening takes too long, while the opening goes on."""
        async with AsyncExitStack() as stack:
            try:
                async with asyncio.timeout(self.within):
                    user_database = await stack.enter_async_context(self.databases.use(uid))
            except TimeoutError:
                raise StoreFailed(f"the database of {uid} is not open after {self.within:g} s") from None
            yield RequestDatabase(user_database, self._quota)

    async def durable(self) -> None:
        """Wait within the request until its writes are durable."""
        request = written.get()
        if request is not None:
            await settle(request, self.within)

    @staticmethod
    def give_up() -> None:
        """Send the request's answer without waiting; the answer itself states that its writes may be lost."""
        request = written.get()
        if request is not None:
            request.heads.clear()


async def settle(request: Written, within: float) -> None:
    """Wait until all writes of the request are durable."""
    while request.heads:
        uid, (user_database, n) = next(iter(request.heads.items()))
        await user_database.durable(n, within)
        if request.heads[uid][1] == n:
            del request.heads[uid]
