"""Work in threads for callers that may be cancelled, and a file that is hashed while it is written."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import BinaryIO, ParamSpec, Protocol, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Closable(Protocol):
    """A file, or the body of an answer."""

    def close(self) -> object:
        """Release the file or the connection."""
        ...


class HashedFile:
    """An open file that is hashed while it is written, so that it need not be read again."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._digest = file, hashlib.sha256()

    def write(self, piece: bytes) -> None:
        """Write the next piece."""
        self._file.write(piece)
        self._digest.update(piece)

    @property
    def sha256(self) -> str:
        """The SHA-256 of everything written so far."""
        return self._digest.hexdigest()


async def in_thread(work: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
    """Run `work` in a thread; return its result or raise its exception.

    A thread cannot be stopped. The cancellation of the caller therefore takes effect only when the work has ended, so
    that clean-up code finds the files complete. `asyncio.to_thread` would drop work that has not begun, and let the
    caller go on beside work that has.
    """
    task = asyncio.create_task(asyncio.to_thread(work, *given, **named))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.gather(asyncio.shield(task), return_exceptions=True)
        raise


async def opened_in(pool: Executor, work: Callable[[], T], body: Callable[[T], Closable]) -> T:
    """Run `work`, which opens something, in a thread of the pool; what it opens after its caller was cancelled is
    closed.

    `body` returns what has to be closed. Otherwise the file or the connection stays open until a garbage collection.
    """
    opening = pool.submit(work)

    def close(done: Future[T]) -> None:
        if not done.cancelled() and not done.exception():
            body(done.result()).close()

    try:
        return await asyncio.wrap_future(opening)
    except asyncio.CancelledError:
        opening.add_done_callback(close)
        raise


def close_in(pool: Executor, body: Closable) -> None:
    """Close something in a thread of the pool: `close` waits for a read that goes on after its caller was cancelled."""
    try:
        pool.submit(body.close)
    except RuntimeError:  # the pool has been shut down, which waits for all reads
        body.close()
