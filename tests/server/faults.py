"""A store that fails at chosen calls: before the call does anything, or after it, so that the answer is lost."""

from __future__ import annotations

import asyncio
import resource
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from server.storage.objects import ObjectStore, Stat, StoreFailed

Fault = Literal["fail", "swallow"]
Plan = Callable[[int, str], Fault | None]
"""Return the fault for the n-th call (counted from 1) with this name."""


def no_fault(_: int, name: str) -> Fault | None:
    """No call fails."""
    return None


def nth(number: int, fault: Fault, *names: str) -> Plan:
    """A fault at the n-th call with one of these names; by default all names count."""
    seen = 0

    def plan(_: int, name: str) -> Fault | None:
        nonlocal seen
        if not names or name in names:
            seen += 1
            return fault if seen == number else None
        return None

    return plan


class FaultStore:
    """Wraps a store and adds faults."""

    def __init__(self, inner: ObjectStore, plan: Plan = no_fault, delay: float = 0) -> None:
        self.inner, self.plan, self.delay = inner, plan, delay
        self.calls: list[str] = []

    @property
    def planned(self) -> bool:
        """Whether a fault is planned."""
        return self.plan is not no_fault

    async def _before(self, name: str) -> Fault | None:
        self.calls.append(name)
        fault = self.plan(len(self.calls), name)
        if self.delay:
            await asyncio.sleep(self.delay)
        if fault == "fail":
            raise StoreFailed(f"planned: {name}")
        return fault

    @staticmethod
    def _after(fault: Fault | None, name: str) -> None:
        if fault == "swallow":
            raise StoreFailed(f"planned: the answer to {name} was lost")

    async def put(self, key: str, body: bytes, *, if_absent: bool = False) -> Stat:
        fault = await self._before("put")
        stat = await self.inner.put(key, body, if_absent=if_absent)
        self._after(fault, "put")
        return stat

    async def put_file(self, key: str, path: Path) -> Stat:
        fault = await self._before("put_file")
        stat = await self.inner.put_file(key, path)
        self._after(fault, "put_file")
        return stat

    async def get(self, key: str, start: int = 0, stop: int | None = None) -> bytes:
        fault = await self._before("get")
        body = await self.inner.get(key, start, stop)
        self._after(fault, "get")
        return body

    async def stream(
        self, key: str, start: int = 0, stop: int | None = None, *, etag: str | None = None
    ) -> AsyncIterator[bytes]:
        fault = await self._before("stream")
        async for piece in self.inner.stream(key, start, stop, etag=etag):
            yield piece
            self._after(fault, "stream")

    async def head(self, key: str) -> Stat:
        fault = await self._before("head")
        stat = await self.inner.head(key)
        self._after(fault, "head")
        return stat

    async def listing(self, prefix: str, after: str = "") -> AsyncIterator[Stat]:
        fault = await self._before("list")
        async for stat in self.inner.listing(prefix, after):
            yield stat
        self._after(fault, "list")

    async def delete(self, key: str) -> None:
        fault = await self._before("delete")
        await self.inner.delete(key)
        self._after(fault, "delete")

    async def close(self) -> None:
        await self.inner.close()


@contextmanager
def files_bounded_to(size: int) -> Iterator[None]:
    """As on a disk that is full: a write across the bound takes the bytes before it, one beyond it fails."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
