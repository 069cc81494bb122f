"""A proxy between a server and its object store, which simulates failures of the network and of the store."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

Fault = Literal["", "slow", "throttle", "cut", "refuse", "silence", "overwrite"]
"""The treatment of a request: done, late by `delay`, but not for a plan that is over; 503 SlowDown; done, but the
answer is cut after a part, by default nothing; the connection reset at once; no answer while the plan is silence; done
without its condition."""

Plan = Callable[[str, str], Fault]
"""The fault for a request, chosen by its method and path."""

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
EXPECT = re.compile(rb"\r\nexpect: *100-continue", re.IGNORECASE)
CONDITION = re.compile(rb"\r\nif-none-match: *[^\r]*", re.IGNORECASE)
KEPT = re.compile(rb"\r\nconnection: *[\w-]+", re.IGNORECASE)
SLOW_DOWN = b"<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
THROTTLED = b"HTTP/1.1 503 Slow Down\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(SLOW_DOWN) + SLOW_DOWN


def no_fault(method: str, path: str) -> Fault:
    """No faults."""
    return ""


@dataclass
class Proxy:
    """The proxy's address, and its plan for the next requests; each connection carries one request."""

    upstream: tuple[str, int]
    url: str = ""
    plan: Plan = no_fault
    delay: float = 0.0
    part: Callable[[bytes], bytes] = lambda answer: b""
    """The part of the answer that is sent before the connection breaks."""
    faults: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass one request on, and its answer back, unless the plan names a fault."""
        try:
            await self._pass_on(reader, writer)
        except (OSError, EOFError):
            pass
        finally:
            writer.close()  # also when the proxy ends meanwhile
        with suppress(OSError):
            await writer.wait_closed()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head, body = await _request(reader, writer)
        method, path, _ = head.split(b" ", 2)
        fault = self.plan(method.decode(), path.decode())
        self.faults += bool(fault)
        if fault == "refuse":
            writer.transport.abort()
        elif fault == "silence":
            while self.plan(method.decode(), path.decode()) == "silence":
                await asyncio.sleep(0.05)
        elif fault == "throttle":
            writer.write(THROTTLED)
        else:
            head = CONDITION.sub(b"", head) if fault == "overwrite" else head
            if fault == "slow":
                await self._late()
            await self._answer(head, body, writer, fault)

    async def _late(self) -> None:
        """Return after the delay, or with the next plan."""
        plan, over = self.plan, asyncio.get_running_loop().time() + self.delay
        while self.plan is plan and (left := over - asyncio.get_running_loop().time()) > 0:
            await asyncio.sleep(min(left, 0.05))

    async def _answer(self, head: bytes, body: bytes, writer: asyncio.StreamWriter, fault: Fault) -> None:
        store, asking = await asyncio.open_connection(*self.upstream)
        try:
            asking.write(head + body)
            answer = await store.read()
        finally:
            asking.close()
        writer.write(self.part(answer) if fault == "cut" else answer)
        await writer.drain()


async def _request(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> tuple[bytes, bytes]:
    """Head and body of a request; the connection for it ends with its answer."""
    head = await reader.readuntil(b"\r\n\r\n")
    if EXPECT.search(head):
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    length = LENGTH.search(head)
    body = await reader.readexactly(int(length[1])) if length else b""
    plain = KEPT.sub(b"", EXPECT.sub(b"", head))
    return plain.removesuffix(b"\r\n") + b"Connection: close\r\n\r\n", body


@contextmanager
def between(endpoint: str) -> Iterator[Proxy]:
    """A proxy in front of the store at `endpoint`, in its own thread."""
    there = urlsplit(endpoint)
    assert there.hostname
    assert there.port
    proxy, ready = Proxy((there.hostname, there.port)), threading.Event()
    loop: asyncio.AbstractEventLoop
    ended: asyncio.Event

    async def whole() -> None:
        nonlocal loop, ended
        loop, ended = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0, limit=1 << 20)
        proxy.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        ready.set()
        await ended.wait()
        server.close()

    thread = threading.Thread(target=lambda: asyncio.run(whole()), name="proxy")
    thread.start()
    ready.wait()
    try:
        yield proxy
    finally:
        loop.call_soon_threadsafe(ended.set)
        thread.join()
