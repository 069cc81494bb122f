"""Requests for users of other servers: sent on to the server that has the user, and its answers sent back as they come.

A request is forwarded once at most: a server that gets a forwarded one and has not its user either answers 503.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from asyncio import FIRST_COMPLETED as FIRST
from collections.abc import AsyncIterator, Awaitable
from typing import TypeVar
from urllib.parse import urlsplit

import h11
from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import Response, StreamingResponse

from server.edits.children import ClientGone
from server.logs import logger, request_id
from server.storage.leases import Leases
from server.storage.terms import Elsewhere
from server.web.peers import FORWARDED, SECRET, Peers

T = TypeVar("T")

CONNECT_WITHIN = 3.0
"""Seconds to connect to another server."""

PIECE = 1 << 16

OF_A_HOP = frozenset(
    {b"connection", b"keep-alive", b"proxy-connection", b"te", b"trailer", b"transfer-encoding", b"upgrade", b"expect"}
)
"""Headers that concern one connection and are not forwarded."""

OURS = frozenset({SECRET, b"x-forwarded-for", b"x-request-id", b"content-length"})
"""Headers that this server sets itself."""

Headers = list[tuple[bytes, bytes]]


class NotHere(Exception):
    """A request is for a user of another server; `body` is its body, None if it was not read yet."""

    def __init__(self, elsewhere: Elsewhere, body: bytes | None) -> None:
        super().__init__(str(elsewhere))
        self.elsewhere, self.body = elsewhere, body


class Forwarding:
    """Forwards the requests of this server."""

    def __init__(self, leases: Leases, peers: Peers) -> None:
        self._leases, self._peers = leases, peers
        self._stopping = asyncio.Event()

    def stop(self) -> None:
        """Wait for no further answers: the server shuts down. Those that have begun go on."""
        self._stopping.set()

    async def answer(self, request: Request, not_here: NotHere) -> Response:
        """The answer of the server that has the user; Elsewhere is raised when there is none."""
        elsewhere = not_here.elsewhere
        address = await self.address(request, elsewhere)
        exchange = _Exchange(self._leases, elsewhere, self._stopping)
        try:
            await exchange.connect(address)
            return await exchange.answer(request, self.headers(request), not_here.body)
        except BaseException as error:
            await exchange.close()
            if isinstance(error, (OSError, h11.ProtocolError)):
                raise self.lost(elsewhere, error) from error
            raise

    async def address(self, connection: HTTPConnection, elsewhere: Elsewhere) -> str:
        """The address to forward to; `elsewhere` is raised where there is none."""
        if not self._peers.secret or connection.scope.get(FORWARDED):
            raise elsewhere
        address = await self._leases.servers.address_of(elsewhere.server)
        if not address:
            raise elsewhere
        return address

    def headers(self, connection: HTTPConnection) -> Headers:
        """The headers of a request as they are forwarded, with its client's address and the secret."""
        kept = [each for each in connection.headers.raw if each[0] not in OF_A_HOP | OURS]
        client = connection.client.host if connection.client else ""
        ours = [(SECRET, self._peers.secret), (b"x-forwarded-for", client.encode())]
        return [*kept, *ours, (b"x-request-id", request_id.get().encode() or b"-")]

    def forget(self, elsewhere: Elsewhere) -> None:
        """Look for the user's server anew at the next request."""
        self._leases.look_for(elsewhere.uid)

    def lost(self, elsewhere: Elsewhere, error: Exception) -> Elsewhere:
        """Note that a server did not answer; return `elsewhere`, to be raised."""
        logger.warning("not forwarded", extra={"server": elsewhere.server, "why": f"{type(error).__name__}: {error}"})
        self.forget(elsewhere)
        return elsewhere


class _Exchange:
    """One request to another server and its answer."""

    def __init__(self, leases: Leases, elsewhere: Elsewhere, stopping: asyncio.Event) -> None:
        self._leases, self._elsewhere, self._stopping = leases, elsewhere, stopping
        self._connection = h11.Connection(h11.CLIENT, max_incomplete_event_size=PIECE)
        self._writer: asyncio.StreamWriter | None = None
        self._sending: asyncio.Task[None] | None = None
        self._wanted = asyncio.Event()

    async def connect(self, address: str) -> None:
        """Connect to a server; OSError."""
        place = urlsplit(address)
        secure = ssl.create_default_context() if place.scheme == "https" else None
        port = place.port or (443 if secure else 80)
        opening = asyncio.open_connection(place.hostname, port, ssl=secure)
        self._reader, self._writer = await asyncio.wait_for(opening, CONNECT_WITHIN)

    async def answer(self, request: Request, headers: Headers, body: bytes | None) -> Response:
        """Send the request, and return the answer once it begins; its body is streamed."""
        raw = request.scope.get("raw_path") or request.url.path.encode()
        query = request.scope.get("query_string", b"")
        target, length = raw + (b"?" + query if query else b""), _length(request, body)
        more: Headers = [(b"connection", b"close"), *length]
        if length:  # a refusal comes before the body, so that the connection is not reset while it is on its way
            more.append((b"expect", b"100-continue"))
        await self._write(h11.Request(method=request.method, target=target, headers=[*headers, *more]))
        self._sending = asyncio.create_task(self._send_body(request, body, bool(length)), name="forward")
        response = await self._while_living(self._response(), asyncio.create_task(self._stopped()))
        if response.status_code == 503:
            self._leases.look_for(self._elsewhere.uid)
        answer = StreamingResponse(self._body(), response.status_code)
        answer.raw_headers = [each for each in response.headers if each[0] not in OF_A_HOP | {b"date"}]
        return answer

    async def close(self) -> None:
        """Close the connection; a server that still works on the request sees that its client has gone."""
        if self._sending is not None:
            self._sending.cancel()
            await asyncio.gather(self._sending, return_exceptions=True)
            self._sending = None
        if self._writer is not None:
            self._writer.close()
            with contextlib.suppress(OSError):
                await self._writer.wait_closed()

    async def _write(self, event: h11.Request | h11.Data | h11.EndOfMessage) -> None:
        assert self._writer is not None, "it is connected"
        self._writer.write(self._connection.send(event) or b"")
        await self._writer.drain()

    async def _send_body(self, request: Request, body: bytes | None, is_expected: bool) -> None:
        """Send the body once the other server wants it, then wait for the client's end; ClientGone."""
        try:
            if is_expected:
                await self._wanted.wait()
            async for piece in _pieces(request, body):
                await self._write(h11.Data(data=piece))
            await self._write(h11.EndOfMessage())
        except ClientDisconnect:
            raise ClientGone from None
        except OSError:  # the server has answered before it read the whole body
            pass
        while (await request.receive())["type"] != "http.disconnect":
            pass
        raise ClientGone

    async def _response(self) -> h11.Response:
        while not isinstance(event := await self._event(), h11.Response):
            self._wanted.set()  # 100 Continue
        return event

    async def _body(self) -> AsyncIterator[bytes]:
        try:
            while not isinstance(event := await self._while_living(self._event()), h11.EndOfMessage):
                if isinstance(event, h11.Data):
                    yield bytes(event.data)
        except ClientGone:
            return
        finally:
            await self.close()

    async def _event(self) -> h11.Event:
        """The next part of the answer; ConnectionResetError at an early end."""
        while (event := self._connection.next_event()) is h11.NEED_DATA:
            self._connection.receive_data(await self._reader.read(PIECE))
        if isinstance(event, h11.ConnectionClosed):
            raise ConnectionResetError("the server ended without an answer")
        assert not isinstance(event, type), "the answer is read to its end"
        return event

    async def _stopped(self) -> None:
        await self._stopping.wait()
        raise ConnectionAbortedError("this server shuts down")

    async def _while_living(self, work: Awaitable[T], *others: asyncio.Task[None]) -> T:
        """The result of reading, while the server lives and the client waits, and none of the others has failed.

        ClientGone, OSError.
        """
        assert self._sending is not None, "the request is being sent"
        reading, ends = asyncio.ensure_future(work), {self._sending, *others}
        end: asyncio.Task[None] | None = None
        try:
            while not reading.done():
                await asyncio.wait({reading, *ends}, timeout=self._leases.servers.stale, return_when=FIRST)
                for end in (each for each in ends if each.done() and not reading.done()):
                    end.result()
                if not reading.done() and not self._leases.servers.sees(self._elsewhere.server):
                    raise ConnectionResetError("the server has gone")
            return reading.result()
        finally:
            for task in (reading, *others):
                task.cancel()
            await asyncio.gather(reading, *others, return_exceptions=True)
            del reading, ends, others, task, end  # the exception of one holds this frame: see threads.py


def _length(request: Request, body: bytes | None) -> Headers:
    """The header with the length of the forwarded body; none for a request without a body."""
    if body is not None:
        return [(b"content-length", str(len(body)).encode())] if body else []
    if "transfer-encoding" in request.headers:
        return [(b"transfer-encoding", b"chunked")]
    stated = request.headers.get("content-length", "0")
    return [(b"content-length", stated.encode())] if stated != "0" else []


async def _pieces(request: Request, body: bytes | None) -> AsyncIterator[bytes]:
    if body is not None:
        if body:
            yield body
        return
    async for piece in request.stream():
        if piece:
            yield piece
