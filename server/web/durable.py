"""The middleware that holds an answer until the changes that it acknowledges are durable.

It holds the start of an answer until every head that the request wrote is in the object store. When that fails, 503 is
sent instead of the handler's answer.
"""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.failures import UNSTORED, unstored
from server.problem import Problem
from server.storage.held import RequestDatabases, Written, settle, written

PENDING = "x-sync-pending"
"""The header that marks an answer as based on undurable data."""


class Durable:
    """The middleware, in pure ASGI, because other kinds buffer answers or lose the context."""

    def __init__(self, app: ASGIApp, databases: RequestDatabases) -> None:
        self.app, self.databases = app, databases

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request and hold its answer until its writes are durable."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Written()
        token = written.set(request)
        refused: Problem | None = None

        async def held(message: Message) -> None:
            nonlocal refused
            if message["type"] == "http.response.start":
                try:
                    await settle(request, self.databases.within)
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
            written.reset(token)
