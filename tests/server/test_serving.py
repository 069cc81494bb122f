"""The listening socket of the server."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest

from server.process import listen
from server.settings import Settings


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_answers_are_sent_at_once(tmp_path: Path, host: str) -> None:
    """With Nagle's algorithm on, a body waits for the client's delayed acknowledgement, 40 ms on Linux."""

    async def whole() -> None:
        accepted: asyncio.Queue[int] = asyncio.Queue()

        def accept(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            served = writer.get_extra_info("socket")
            accepted.put_nowait(served.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        bound = listen(Settings(data=tmp_path, host=host, port=0))
        async with await asyncio.start_server(accept, sock=bound):
            _, writer = await asyncio.open_connection(host, bound.getsockname()[1])
            assert await accepted.get()
            writer.close()

    asyncio.run(whole())
