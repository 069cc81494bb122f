"""Reverse proxies: which are trusted to say whom they ask for, and how much one of their clients may have at once.

A proxy holds the connections of all its clients. So its own connections are not counted by address; the requests and
sockets of each of its clients are counted instead, as connections.
"""

from __future__ import annotations

from collections import Counter

from starlette.types import ASGIApp, Receive, Scope, Send

from server.addresses import address_in, network_of
from server.logs import logger
from server.problem import Problem
from server.settings import Settings
from server.web.peers import FORWARDED

HEADER = b"x-forwarded-for"


class Proxies:
    """The middleware that finds a request's client, in pure ASGI, because it precedes all others."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app, self.settings = app, settings
        self._open: Counter[str] = Counter()
        self._warned = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request under the address of its client, or answer 429 when the client has too many."""
        client = self._client(scope) if scope["type"] in ("http", "websocket") else None
        if client is None:
            await self.app(scope, receive, send)
            return
        scope, network = {**scope, "client": (client, 0)}, network_of(client)
        if self._open[network] >= self.settings.connections_per_address:
            await _refuse(scope, receive, send)
            return
        self._open[network] += 1
        try:
            await self.app(scope, receive, send)
        finally:
            self._open -= Counter([network])

    def _client(self, scope: Scope) -> str | None:
        """The address that a trusted proxy or another server names; None without one."""
        peer = (scope.get("client") or ("",))[0]
        named = b",".join(value for name, value in scope["headers"] if name == HEADER).decode("latin-1")
        if not named:
            return None
        if scope.get(FORWARDED):
            return forwarded(named, self.settings)
        if not self.settings.trusts(peer):
            self._warn(peer)
            return None
        return forwarded(named, self.settings)

    def _warn(self, peer: str) -> None:
        if not self._warned:
            logger.warning("X-Forwarded-For is ignored: trusted_proxies does not name the peer", extra={"peer": peer})
        self._warned = True


def forwarded(named: str, settings: Settings) -> str | None:
    """The last address of an X-Forwarded-For that is not itself a trusted proxy: what is before it may be made up."""
    found = None
    for each in reversed(named.split(",")):
        try:
            found = str(address_in(each))
        except ValueError:
            return found
        if not settings.trusts(found):
            return found
    return found


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    message = "too many requests of this address at once: end some"
    await Problem(429, "too_many_connections", message, headers={"Retry-After": "5"}).answer(scope, receive, send)
