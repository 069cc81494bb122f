"""WebSockets for users of other servers: relayed to the server that has the user, message by message."""

from __future__ import annotations

import contextlib

from starlette.responses import Response
from starlette.websockets import WebSocket, WebSocketDisconnect
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidMessage, InvalidStatus
from websockets.typing import Origin

from server.storage.terms import Elsewhere
from server.tasks import until_first
from server.web.forwarding import OF_A_HOP, Forwarding
from server.web.peers import HOST

ANSWERED_WITHIN = 20.0
"""Seconds in which another server must accept or refuse a socket: it may have to open the user's database."""

LARGEST = 1 << 16
"""Bytes of a message."""

RESTARTING = 1012
"""The code of a socket whose server has gone: clients connect again."""


async def forward_socket(socket: WebSocket, elsewhere: Elsewhere, forwarding: Forwarding) -> None:
    """Relay a socket to the server that has the user; `elsewhere` is raised when there is none."""
    address = await forwarding.address(socket, elsewhere)
    query = f"?{socket.url.query}" if socket.url.query else ""
    uri, origin = f"ws{address.removeprefix('http')}{socket.url.path}{query}", socket.headers.get("origin")
    opening = connect(
        uri,
        origin=Origin(origin) if origin else None,
        additional_headers=_headers(socket, forwarding),
        proxy=None,
        compression=None,
        open_timeout=ANSWERED_WITHIN,
        max_size=LARGEST,
    )
    try:
        peer = await opening
    except InvalidStatus as refused:
        await socket.send_denial_response(_refusal(refused, elsewhere, forwarding))
    except (OSError, InvalidHandshake, InvalidMessage) as error:
        raise forwarding.lost(elsewhere, error) from error
    else:
        async with peer:
            await socket.accept()
            await _relay(socket, peer)


def _headers(socket: WebSocket, forwarding: Forwarding) -> list[tuple[str, str]]:
    """The headers of a handshake; those of the WebSocket itself are made by the client."""
    made = OF_A_HOP | {b"host", b"origin", b"user-agent"}
    kept = [each for each in forwarding.headers(socket) if each[0] not in made and b"sec-websocket" not in each[0]]
    return [(name.decode(), value.decode("latin-1")) for name, value in (*kept, (HOST, _host(socket)))]


def _host(socket: WebSocket) -> bytes:
    return socket.headers.get("host", "").encode("latin-1")


def _refusal(refused: InvalidStatus, elsewhere: Elsewhere, forwarding: Forwarding) -> Response:
    given = refused.response
    if given.status_code == 503:
        forwarding.forget(elsewhere)
    names = ("content-type", "retry-after", "www-authenticate")
    headers = {name: given.headers[name] for name in names if name in given.headers}
    return Response(bytes(given.body or b""), given.status_code, headers)


async def _relay(socket: WebSocket, peer: ClientConnection) -> None:
    """Relay messages until one side ends, and end the other one likewise."""
    await until_first(_to_client(socket, peer), _to_peer(socket, peer))
    with contextlib.suppress(RuntimeError, WebSocketDisconnect):  # the client has gone
        await socket.close(peer.close_code if peer.close_code not in (None, 1006) else RESTARTING)


async def _to_client(socket: WebSocket, peer: ClientConnection) -> None:
    with contextlib.suppress(ConnectionClosed):
        while True:
            await socket.send_text(await peer.recv(decode=True))


async def _to_peer(socket: WebSocket, peer: ClientConnection) -> None:
    with contextlib.suppress(ConnectionClosed):
        while (message := await socket.receive())["type"] != "websocket.disconnect":
            await peer.send(message.get("text") or message.get("bytes") or "")
