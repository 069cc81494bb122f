"""Turns: in a round of the event loop, one request of each address begins.

Hundreds of connections of one address may have a request at the same instant. Begun all at once, they would delay the
requests of others by the time of them all; begun in turns, by the time of one.
"""

from __future__ import annotations

import asyncio
from collections import deque

from starlette.types import ASGIApp, Receive, Scope, Send

from server.addresses import network_of

Turn = asyncio.Future[None]


class InTurn:
    """The middleware by which the requests of an address wait for each other's beginning, not for their end."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._waiting: dict[str, deque[Turn]] = {}
        """By address, for those of which a request began in this round."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request when it is its turn."""
        if scope["type"] in ("http", "websocket"):
            await self._turn(network_of((scope.get("client") or ("",))[0]))
        await self.app(scope, receive, send)

    async def _turn(self, address: str) -> None:
        loop = asyncio.get_running_loop()
        if address in self._waiting:
            turn: Turn = loop.create_future()
            self._waiting[address].append(turn)
            await turn
        else:
            self._waiting[address] = deque()
            loop.call_soon(self._next, address)

    def _next(self, address: str) -> None:
        """Begin the next request of an address; another one may follow in the next round."""
        waiting = self._waiting[address]
        while waiting:
            turn = waiting.popleft()
            if not turn.done():  # its client has not gone
                turn.set_result(None)
                asyncio.get_running_loop().call_soon(self._next, address)
                return
        del self._waiting[address]
