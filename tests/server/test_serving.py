"""The listening socket of the server, and what its start leaves to the first request."""

from __future__ import annotations

import asyncio
import resource
import socket
from pathlib import Path

import httpx
import pytest

from server.app import make_app
from server.process import listen, most_files, warn_of_plain_http
from server.settings import Settings
from server.storage.folder import FolderStore
from server.web.connections import Connections
from server.web.services import make_services


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


@pytest.mark.parametrize(
    ("host", "public_url", "warned"),
    [
        ("127.0.0.1", "", False),
        ("localhost", "", False),
        ("::1", "", False),
        ("0.0.0.0", "", True),
        ("192.0.2.1", "http://example.com", True),
        ("0.0.0.0", "https://example.com", False),
    ],
)
def test_plain_http_beyond_this_machine_is_warned_of(
    caplog: pytest.LogCaptureFixture, host: str, public_url: str, warned: bool
) -> None:
    warn_of_plain_http(Settings(host=host, public_url=public_url))
    assert ("plain http" in caplog.text) == warned


def test_the_server_may_open_as_many_files_as_the_system_allows() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(200, hard // 2), hard))
    try:
        assert most_files() == hard
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (hard, hard)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_connections_leave_files_to_everything_else(tmp_path: Path) -> None:
    few = Connections(Settings(data=tmp_path), 256)
    assert [few.enter("192.0.2.1") for _ in range(65)].count(True) == 64
    assert few.enter("192.0.2.2")
    assert [few.enter(f"192.0.2.{number}") for number in range(3, 200)].count(True) == 256 // 2 - 65
    few.leave("192.0.2.1")
    assert few.enter("192.0.2.1")


def test_the_description_is_made_once_and_not_at_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[object] = []

    def document(operations: object) -> dict[str, str]:
        made.append(operations)
        return {"openapi": "3.1.0"}

    async def whole() -> None:
        services = make_services(Settings(data=tmp_path), FolderStore(tmp_path / "objects"))
        transport = httpx.ASGITransport(make_app(services))
        assert made == []
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            for _ in range(2):
                assert (await client.get("/openapi.json")).json() == {"openapi": "3.1.0"}
        assert len(made) == 1
        await services.store.close()

    monkeypatch.setattr("server.app.document", document)
    asyncio.run(whole())
