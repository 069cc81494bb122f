"""A client behind a proxy: named by trusted proxies alone, and counted by its own address."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import Any

import pytest
from pydantic import ValidationError

from server.settings import Settings
from server.web.connections import Connections
from server.web.proxies import Proxies

PROXIES = "127.0.0.1, 10.0.0.0/8, 2001:db8::/48"


class Behind:
    """The middleware before an application that does not end, and what reaches it."""

    def __init__(self, **settings: Any) -> None:
        self.seen: list[str] = []
        self.sent: list[dict[str, Any]] = []
        self.middleware = Proxies(self._answer, Settings(**settings))
        self.tasks: list[asyncio.Task[None]] = []

    async def _answer(self, scope: Any, receive: Any, send: Any) -> None:
        self.seen.append(scope["client"][0])
        await asyncio.Event().wait()

    async def ask(self, *forwarded: str, peer: str = "127.0.0.1") -> None:
        async def send(message: Any) -> None:
            self.sent.append(message)

        headers = [(b"x-forwarded-for", each.encode()) for each in forwarded]
        scope = {"type": "http", "client": (peer, 1), "headers": headers}
        self.tasks.append(asyncio.create_task(self.middleware(scope, None, send)))  # type: ignore[arg-type]
        await asyncio.sleep(0)

    async def end(self) -> None:
        for task in self.tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("127.0.0.1", ["192.0.2.7"], "192.0.2.7"),
        ("127.0.0.1", ["198.51.100.1, 192.0.2.7"], "192.0.2.7"),  # the first may be made up by the client
        ("127.0.0.1", ["198.51.100.1", "192.0.2.7, 10.1.2.3"], "192.0.2.7"),
        ("127.0.0.1", ["made up, 192.0.2.7"], "192.0.2.7"),
        ("127.0.0.1", ["made up, 10.1.2.3"], "10.1.2.3"),
        ("127.0.0.1", ["made up"], "127.0.0.1"),
        ("2001:db8::1", ["2001:db9::7"], "2001:db9::7"),
        ("192.0.2.1", ["192.0.2.7"], "192.0.2.1"),
        ("::ffff:127.0.0.1", ["::ffff:192.0.2.7, ::ffff:10.1.2.3"], "192.0.2.7"),  # of sockets for IPv4 and IPv6
        ("127.0.0.1", ["192.0.2.7:50000, 10.1.2.3:443"], "192.0.2.7"),
        ("127.0.0.1", ["[2001:db9::7]:50000"], "2001:db9::7"),
        ("127.0.0.1", ["192.0.2.7:port"], "127.0.0.1"),
        ("127.0.0.1", [], "127.0.0.1"),
    ],
)
def test_the_client_is_the_last_that_a_trusted_proxy_names(peer: str, forwarded: list[str], client: str) -> None:
    async def whole() -> None:
        behind = Behind(trusted_proxies=PROXIES)
        await behind.ask(*forwarded, peer=peer)
        assert behind.seen == [client]
        await behind.end()

    asyncio.run(whole())


def test_without_the_setting_nobody_is_believed(caplog: pytest.LogCaptureFixture) -> None:
    async def whole() -> None:
        behind = Behind()
        for _ in range(2):
            await behind.ask("192.0.2.7")
        assert behind.seen == ["127.0.0.1"] * 2
        await behind.end()

    asyncio.run(whole())
    assert caplog.text.count("X-Forwarded-For is ignored") == 1


def test_each_client_of_a_proxy_has_so_many_requests_at_once() -> None:
    async def whole() -> None:
        behind = Behind(trusted_proxies=PROXIES, connections_per_address=2)
        for _ in range(3):
            await behind.ask("2001:db9::7")
        assert len(behind.seen) == 2
        assert behind.sent[0]["status"] == 429
        assert json.loads(behind.sent[1]["body"])["error"] == "too_many_connections"
        await behind.ask("2001:db9::8")  # the same network
        assert len(behind.seen) == 2
        await behind.ask("192.0.2.7")
        assert len(behind.seen) == 3
        await behind.end()
        await behind.ask("2001:db9::7")
        assert len(behind.seen) == 4
        await behind.end()

    asyncio.run(whole())
    bounds = Connections(Settings(trusted_proxies=PROXIES, connections_per_address=2), 64)
    assert [bounds.enter("10.0.0.1") for _ in range(9)] == [True] * 9
    assert [bounds.enter("192.0.2.1") for _ in range(3)] == [True, True, False]


@pytest.mark.parametrize("value", ["proxy", "*", "10.0.0.1/8", "127.0.0.1 10.0.0.1"])
def test_what_is_no_list_of_networks_is_refused(value: str) -> None:
    with pytest.raises(ValidationError, match="trusted_proxies"):
        Settings(trusted_proxies=value)
