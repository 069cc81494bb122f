"""Answers wait until what they acknowledge is durable.

Handlers reach a user's database through `Held`, which remembers every head that the request made. The middleware holds
the start of the answer until those heads are in the object store; when that fails the answer is 503 instead, and
whatever the handler said is not sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from contextvars import ContextVar
from typing import TypeVar

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.logs import logger
from server.problem import Problem, storage_problem
from server.storage.database import DatabaseFailed, Reader, TooNew, Transaction
from server.storage.objects import StoreFailed
from server.storage.snapshots import Damaged
from server.storage.sync import Fenced, NotDurable
from server.storage.tenants import Lost, Overdue, Tenant, Tenants

T = TypeVar("T")

PENDING = "x-sync-pending"
"""The header of an answer that read what is not durable yet."""

UNSTORED = (StoreFailed, DatabaseFailed, Damaged, Lost, Fenced, NotDurable, Overdue)


class Written:
    """What one request wrote, and whether it saw something that is not durable."""

    def __init__(self) -> None:
        self.heads: dict[str, tuple[Tenant, int]] = {}
        self.saw_pending = False


_written: ContextVar[Written | None] = ContextVar("written", default=None)


class Held:
    """One user's database, as a request uses it."""

    def __init__(self, tenant: Tenant) -> None:
        self._tenant = tenant

    async def read(self, question: Callable[[Reader], Awaitable[T]]) -> T:
        """The answer to a question, from one unchanging view."""
        request = _written.get()
        if request is not None and self._tenant.sync.pending:
            request.saw_pending = True
        return await self._tenant.read(question)

    async def write(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Run a unit of work; the request's answer then waits for it.

        It also waits when there was nothing to write: what was found as wished may be somebody's undurable change.
        """
        result, n = await self._tenant.write(work)
        request = _written.get()
        if request is not None:
            request.heads[self._tenant.uid] = (self._tenant, self._tenant.database.n if n is None else n)
        return result


class Rooms:
    """Every user's database, for handlers."""

    def __init__(self, tenants: Tenants, within: float) -> None:
        self.tenants, self.within = tenants, within

    @asynccontextmanager
    async def of(self, uid: str) -> AsyncIterator[Held]:
        """A user's database; StoreFailed when it takes too long to open, which then goes on."""
        async with AsyncExitStack() as stack:
            try:
                async with asyncio.timeout(self.within):
                    tenant = await stack.enter_async_context(self.tenants.use(uid))
            except TimeoutError:
                raise StoreFailed(f"the database of {uid} is not open after {self.within:g} s") from None
            yield Held(tenant)

    async def durable(self) -> None:
        """Wait, in the midst of a request, until what it wrote is durable."""
        request = _written.get()
        if request is not None:
            await settle(request, self.within)

    @staticmethod
    def give_up() -> None:
        """The request's answer waits no more: it says itself that what it wrote may not be durable."""
        request = _written.get()
        if request is not None:
            request.heads.clear()


async def settle(request: Written, within: float) -> None:
    """Return when all that the request wrote is durable."""
    while request.heads:
        uid, (tenant, n) = next(iter(request.heads.items()))
        await tenant.durable(n, within)
        if request.heads[uid][1] == n:
            del request.heads[uid]


def unstored(error: Exception) -> Problem:
    """The answer to a request whose data could not be stored or read; the log has the reason."""
    logger.error("storage failed", extra={"why": f"{type(error).__name__}: {error}"})
    match error:
        case NotDurable():
            return storage_problem("the change was made, but is not stored safely yet: send the same request again")
        case Fenced():
            return storage_problem("another server is changing this user's data: read it again, then repeat the change")
        case Overdue():
            return storage_problem("earlier changes are not stored safely yet, so no more are taken", retry_after=5)
        case Damaged() | Lost() | TooNew():
            return storage_problem("this user's data cannot be used as it is: the operator has to look", retry_after=60)
    return storage_problem("the storage does not answer: try again")


class Durable:
    """The middleware: pure ASGI, as anything else would buffer answers or lose the context."""

    def __init__(self, app: ASGIApp, within: float) -> None:
        self.app, self.within = app, within

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, its answer held until what it wrote is durable."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Written()
        token = _written.set(request)
        refused: Problem | None = None

        async def held(message: Message) -> None:
            nonlocal refused
            if message["type"] == "http.response.start":
                try:
                    await settle(request, self.within)
                except UNSTORED as error:
                    refused = unstored(error)
                    await refused.response()(scope, receive, send)
                if request.saw_pending:
                    message["headers"] = [*message.get("headers", ()), (PENDING.encode(), b"1")]
            if refused is None:
                await send(message)

        try:
            await self.app(scope, receive, held)
        finally:
            _written.reset(token)
