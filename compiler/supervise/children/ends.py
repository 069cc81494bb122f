"""What is kept of a child's stderr, which a child may make as long as it likes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

KEPT = 64 * 1024
"""Bytes kept of each end of stderr: causes are at the head, consequences at the tail."""


PIECE = 16 * 1024


class Ends:
    """The head and the tail of a stream of bytes of any length."""

    def __init__(self, most: int = KEPT) -> None:
        self._most, self._head, self._tail, self._lost = most, b"", b"", 0

    def add(self, piece: bytes) -> None:
        """Add the next bytes."""
        room = self._most - len(self._head)
        self._head, rest = self._head + piece[:room], piece[room:]
        self._tail += rest
        over = max(0, len(self._tail) - self._most)
        self._tail, self._lost = self._tail[over:], self._lost + over

    def text(self) -> str:
        """The kept bytes as text, with a line in place of the bytes left out."""
        gap = f"\n[{self._lost} bytes left out]\n".encode() if self._lost else b""
        return (self._head + gap + self._tail).decode(errors="replace")


@asynccontextmanager
async def listening(stderr: asyncio.StreamReader, ends: Ends) -> AsyncIterator[asyncio.Future[None]]:
    """Add what a child says on stderr to `ends` inside the context, beside what the caller reads of it: a full pipe
    would stop the child. What is yielded is done at the end of stderr."""
    task = asyncio.ensure_future(_added(stderr, ends))
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _added(stderr: asyncio.StreamReader, ends: Ends) -> None:
    while piece := await stderr.read(PIECE):
        ends.add(piece)
