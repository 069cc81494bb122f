"""The middleware that checks how a request is framed: its Host, the length of its body, and how fast the body comes."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from server.problem import Problem
from server.settings import Settings
from server.web.rate_limits import FREE

SLOWEST = 1024
"""Bytes a second that a body must reach in the long run."""

CLOSE = {"Connection": "close"}
LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})
"""The names by which programs of this machine reach the server, whatever its public address is."""

FOR_MONITORS = FREE | {"/metrics"}
"""The paths that are answered under every name, since monitors ask for them by number."""

_HOST = re.compile(r"(?P<name>\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9._-]{1,253})(:(?P<port>\d{1,5}))?")


class Framing:
    """The middleware, in pure ASGI, so that it sees every piece of a body."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app, self.settings = app, settings
        self._public = urlsplit(settings.public_url).netloc.lower()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse it and close the connection."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        try:
            self._check(scope)
        except Problem as problem:
            await problem.answer(scope, receive, send)
            return
        await self.app(scope, Body(receive, self.settings.body_within).receive, send)

    def _check(self, scope: Scope) -> None:
        given: Mapping[bytes, bytes] = dict(scope["headers"])
        if b"transfer-encoding" in given and b"content-length" in given:
            # two lengths of one body: a proxy that believes the other one would take the rest for a request
            raise _malformed("the body has both Content-Length and Transfer-Encoding")
        host = given.get(b"host", b"").decode("latin-1")
        found = _HOST.fullmatch(host)
        if b"host" in given and (found is None or int(found["port"] or 0) > 65535):
            raise _malformed("the Host header is not a name with or without a port")
        name = found["name"].lower() if found else ""
        if self._public and host.lower() != self._public and name not in LOOPBACK and scope["path"] not in FOR_MONITORS:
            message = f"this server is at {self.settings.public_url}"
            raise Problem(421, "foreign_host", message, headers=CLOSE)


class Body:
    """A request's body, whose pieces must come in time; the server's own work does not count."""

    def __init__(self, receive: Receive, within: float) -> None:
        self._receive, self._within = receive, within
        self._waited, self._size, self._whole = 0.0, 0, False

    async def receive(self) -> Message:
        """The next message; 408 `too_slow` when the body is late."""
        if self._whole:
            return await self._receive()
        begun = time.monotonic()
        try:
            async with asyncio.timeout(self._within + self._size / SLOWEST - self._waited):
                message = await self._receive()
        except TimeoutError:
            raise Problem(408, "too_slow", "the body of the request came too slowly", headers=CLOSE) from None
        self._waited += time.monotonic() - begun
        self._size += len(message.get("body", b""))
        self._whole = not message.get("more_body", False)
        return message


def _malformed(message: str) -> Problem:
    return Problem(400, "malformed_request", message, headers=CLOSE)
