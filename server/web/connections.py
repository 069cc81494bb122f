"""Connections: how many an address may hold, how long a client may be silent, and the answer to malformed requests.

uvicorn has a deadline only for idle connections that were answered before. The deadlines here are those of a request's
head, of reading an answer, and of ending; `framing.py` has that of a body.
"""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from server.addresses import network_of
from server.problem import MEDIA_TYPE, Problem
from server.settings import Settings
from server.web.envelope import HEADERS, HTTPS_ONLY


class Connections:
    """The open connections of the process, by address, and their deadlines in seconds.

    One address may hold a quarter of the files that the process may open, all addresses half: the databases and
    requests of others need the rest.
    """

    def __init__(self, settings: Settings, files: int, trusts: Callable[[str], bool] | None = None) -> None:
        self._trusts = trusts or settings.trusts
        self.headers = HEADERS | (HTTPS_ONLY if settings.secure else {})
        self.each = min(settings.connections_per_address, max(1, files // 4))
        self.all = max(1, files // 2)
        self.head_within, self.send_within = settings.head_within, settings.send_within
        self._open: Counter[str] = Counter()

    def enter(self, host: str) -> bool:
        """Count a new connection, unless there are too many; trusted proxies and servers hold those of clients."""
        address = network_of(host)
        if self._open.total() >= self.all or (self._open[address] >= self.each and not self._trusts(host)):
            return False
        self._open[address] += 1
        return True

    def leave(self, host: str) -> None:
        """Count the end of a connection."""
        self._open -= Counter([network_of(host)])


class Http(H11Protocol):
    """HTTP/1.1 with bounds of connections and time, and problem+json in its refusals."""

    bounds: Connections
    _counted = ""
    """The address that the connection is counted for."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for a request, or refuse the connection when the address has too many."""
        super().connection_made(transport)
        self._timers: dict[str, asyncio.TimerHandle] = {}
        host = self.client[0] if self.client else ""
        self._await_head()
        if self.bounds.enter(host):
            self._counted = host
        else:
            message = "too many connections from this address: close some"
            self._refuse(Problem(429, "too_many_connections", message, headers={"Retry-After": "5"}))

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        super().connection_lost(exc)
        self._stop("head", "sending")
        if self._counted:
            self.bounds.leave(self._counted)

    def data_received(self, data: bytes) -> None:
        """Read a piece of a request; from a complete head on, its body and its answer have their own deadlines."""
        super().data_received(data)
        if self._is_busy():
            self._stop("head")

    def on_response_complete(self) -> None:
        """Wait for the next request."""
        super().on_response_complete()
        if not self._is_busy():
            self._await_head()

    def pause_writing(self) -> None:
        """Expect the client to read on."""
        super().pause_writing()
        self._start("sending", self.bounds.send_within, self.transport.abort)

    def resume_writing(self) -> None:
        """The client has read on."""
        super().resume_writing()
        self._stop("sending")

    def handle_websocket_upgrade(self, event: h11.Request) -> None:
        """Leave the connection to the WebSocket, which counts its end."""
        self._stop("head", "sending")
        self._counted = ""
        super().handle_websocket_upgrade(event)

    def send_400_response(self, msg: str) -> None:
        """Answer a malformed request and close the connection."""
        self._refuse(Problem(400, "malformed_request", "malformed HTTP request"))

    def _is_busy(self) -> bool:
        """Whether a request is being answered."""
        return self.cycle is not None and not self.cycle.response_complete

    def _await_head(self) -> None:
        self._start("head", self.bounds.head_within, self._end)

    def _end(self) -> None:
        """Close the connection; what the client has not read some time later is dropped."""
        if self.transport.is_closing():
            self.transport.abort()
        else:
            self.transport.close()
            self._start("head", self.bounds.send_within, self.transport.abort)

    def _refuse(self, problem: Problem) -> None:
        self.transport.write(_answer(self.conn, problem, self.bounds.headers))
        self.transport.close()

    def _start(self, name: str, seconds: float, work: Callable[[], None]) -> None:
        self._stop(name)
        self._timers[name] = self.loop.call_later(seconds, work)

    def _stop(self, *names: str) -> None:
        for name in names:
            if name in self._timers:
                self._timers.pop(name).cancel()


class Socket(WebSocketsSansIOProtocol):
    """A WebSocket, which counts as a connection of its address."""

    bounds: Connections

    def data_received(self, data: bytes) -> None:
        """Read a piece of a handshake or of a message; a handshake that cannot be read is answered, and ended.

        uvicorn would leave the connection as it is, for ever.
        """
        super().data_received(data)
        if self.conn.handshake_exc is not None and not self.handshake_initiated and not self.transport.is_closing():
            problem = Problem(400, "malformed_request", "the handshake of the WebSocket is malformed")
            self.transport.write(_answer(h11.Connection(h11.SERVER), problem, self.bounds.headers))
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        super().connection_lost(exc)
        self.bounds.leave(self.client[0] if self.client else "")


def _answer(connection: h11.Connection, problem: Problem, usual: Mapping[str, str]) -> bytes:
    """The bytes of a refusal, after which the connection is closed; `usual` are the headers of every answer."""
    body = json.dumps(problem.body()).encode()
    more = {"content-type": MEDIA_TYPE, "content-length": str(len(body)), "connection": "close"}
    headers = [(name.encode(), value.encode()) for name, value in {**usual, **problem.headers, **more}.items()]
    response = h11.Response(status_code=problem.status, headers=headers)
    return b"".join(connection.send(event) or b"" for event in (response, h11.Data(data=body), h11.EndOfMessage()))


def protocols(bounds: Connections) -> dict[str, Any]:
    """The protocols with these bounds, as arguments of uvicorn's configuration."""
    return {
        "http": type("BoundHttp", (Http,), {"bounds": bounds}),
        "ws": type("BoundSocket", (Socket,), {"bounds": bounds}),
    }
