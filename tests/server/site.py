"""A server in its own process, on a free port, and clients for it."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import httpx

from server.accounts import Accounts
from server.storage.folder import FolderStore
from server.storage.objects import ObjectStore
from server.storage.s3 import Bucket, S3Store
from server.tokens import LINK_FOR
from tests.server.forking import fork, new
from tests.server.waiting import PATIENCE

T = TypeVar("T")
ROOT = Path(__file__).parents[2]
PLAIN = "from server.cli import main; main()"
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Shared by all clients, which use no TLS: otherwise each client would load all of the system's certificates."""


class Fresh(str):
    """A program that has to run in an interpreter of its own: it replaces what the server imports by name."""


class Site:
    """One running server on a data folder."""

    def __init__(self, data: Path, program: str = PLAIN, port: str = "0", **settings: str) -> None:
        self.data = data
        named = {f"REELC_{name.upper()}": value for name, value in settings.items()}
        environment = {**os.environ, "PYTHONPATH": str(ROOT), **named}
        arguments = ["serve", "--port", port, "--data", str(data)]
        self.log = (data.parent / f"{data.name}.log").open("ab")
        begin = new if isinstance(program, Fresh) else fork
        self.process = begin(program, arguments, environment, data.parent, self.log.fileno())
        assert self.process.stdout
        self.link = self.process.stdout.readline().strip()
        assert self.link, Path(self.log.name).read_text()
        parts = urlsplit(self.link)
        self.url = f"{parts.scheme}://{parts.netloc}"

    def __enter__(self) -> Site:
        """Kill the server if it still runs."""
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.kill()

    def client(self, token: str = "") -> httpx.Client:
        """A client with a token."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        transport = httpx.HTTPTransport(retries=5, verify=NO_TLS)  # the socket listens before the application is ready
        return httpx.Client(base_url=self.url, headers=headers, timeout=PATIENCE, transport=transport, trust_env=False)

    def wire(self, source: str = "127.0.0.1") -> socket.socket:
        """A connection from one of this machine's addresses, for requests that no client sends."""
        parts = urlsplit(self.url)
        assert parts.hostname
        assert parts.port
        return socket.create_connection((parts.hostname, parts.port), PATIENCE, (source, 0))

    def kill(self) -> None:
        """Kill the server at once, as in a crash; it cannot clean up."""
        self.process.kill()
        self._end()

    def stop(self) -> int:
        """Stop the server as an operator does; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self._end()

    def _end(self) -> int:
        code = self.process.wait(60)
        assert self.process.stdout
        self.process.stdout.close()
        self.log.close()
        return code


def in_bucket(bucket: Bucket) -> dict[str, str]:
    """The settings for a server with a bucket as its store."""
    named = ("endpoint", "region", "prefix", "access_key", "secret_key")
    return {"store": "s3", "s3_bucket": bucket.name, **{f"s3_{name}": getattr(bucket, name) for name in named}}


@contextmanager
def serving(data: Path, program: str = PLAIN, **settings: str) -> Iterator[Site]:
    """A running server; at the end it is stopped, and must exit without an error."""
    site = Site(data, program, **settings)
    try:
        yield site
    finally:
        code = site.stop()
    assert code == 0, Path(site.log.name).read_text()


def in_accounts(place: Path | Bucket, work: Callable[[Accounts], Awaitable[T]]) -> T:
    """What `work` returns, which gets the accounts of a server's data folder, or of its bucket."""

    async def whole() -> T:
        store: ObjectStore = S3Store(place) if isinstance(place, Bucket) else FolderStore(place / "objects")
        try:
            return await work(Accounts(store))
        finally:
            await store.close()

    return asyncio.run(whole())


def add_user(place: Path | Bucket, name: str) -> str:
    """Add a user to a server's data folder, or to its bucket; the token."""

    async def work(accounts: Accounts) -> str:
        await accounts.ensure(name)
        return await accounts.issue(name, "bearer")

    return in_accounts(place, work)


def new_link(data: Path, name: str = "me") -> str:
    """The token of a new sign-in link."""
    return in_accounts(data, lambda accounts: accounts.issue(name, "link", LINK_FOR))


def sign_in(browser: httpx.Client, token: str, **form: str) -> httpx.Response:
    """Press the button of a link's page; the answer."""
    return browser.post("/sign-in", data={"token": token, **form})


def add_somebody(data: Path) -> str:
    """Add a new user with a unique name; the token."""
    return add_user(data, f"user-{secrets.token_hex(6)}")
