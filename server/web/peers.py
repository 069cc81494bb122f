"""Other servers over the same store, as senders of forwarded requests: the shared secret tells them from strangers."""

from __future__ import annotations

import hmac

from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from server.problem import Problem
from server.settings import Settings
from server.web.audit import Audit

SECRET = b"x-reelc-secret"
"""The header with the shared secret; the X-Forwarded-For of such a request names its client."""

HOST = b"x-forwarded-host"
"""The header with the Host of a forwarded socket, whose own Host is the address of the server."""

FORWARDED = "reelc.forwarded"
"""The key in the scope of a request that another server forwarded."""

MOST = 1000
"""Addresses of other servers that are remembered."""


class Peers:
    """The other servers: their addresses, from which requests with the secret came."""

    def __init__(self, settings: Settings, audit: Audit) -> None:
        self.secret = settings.shared_secret.get_secret_value().encode()
        self.audit, self._trusts = audit, settings.trusts
        self._hosts: set[str] = set()

    def trusts(self, host: str) -> bool:
        """Whether an address may hold the connections of many clients: a trusted proxy, or another server."""
        return host in self._hosts or self._trusts(host)

    def admit(self, secret: bytes, host: str) -> bool:
        """Whether the secret is right; the address is then that of another server."""
        right = bool(self.secret) and hmac.compare_digest(secret, self.secret)
        if right and len(self._hosts) < MOST:
            self._hosts.add(host)
        return right


class FromPeers:
    """The middleware that recognises forwarded requests, in pure ASGI, because it precedes all others."""

    def __init__(self, app: ASGIApp, peers: Peers) -> None:
        self.app, self.peers = app, peers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or answer 403 when its secret is wrong."""
        given = [value for name, value in scope.get("headers", ()) if name == SECRET]
        if not given:
            await self.app(scope, receive, send)
            return
        if len(given) > 1 or not self.peers.admit(given[0], (scope.get("client") or ("",))[0]):
            await self._refuse(scope, receive, send)
            return
        hosts = [(b"host", value) for name, value in scope["headers"] if name == HOST]
        left_out = {SECRET, HOST} | {name for name, _ in hosts}
        headers = [*hosts, *(each for each in scope["headers"] if each[0] not in left_out)]
        await self.app({**scope, "headers": headers, FORWARDED: True}, receive, send)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.peers.audit.failure("peer_refused", HTTPConnection(scope))
        problem = Problem(403, "foreign_server", "the shared secret of the forwarding server is wrong")
        await problem.answer(scope, receive, send)
