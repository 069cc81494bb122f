"""Work in threads for callers that may be cancelled, and files that are hashed, also while they are written."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import BinaryIO, ParamSpec, Protocol, TypeVar
from weakref import WeakValueDictionary

from server.checksums import Checksums, Hashing

P = ParamSpec("P")
T = TypeVar("T")


ARITHMETIC_THREADS = 2
ARITHMETIC = ThreadPoolExecutor(ARITHMETIC_THREADS, "arithmetic")
"""Threads for arithmetic of this process, apart from those that wait for files: they share one processor with the event
loop, so that more of them would only slow it down."""


PIECE, AT_ONCE = 1 << 20, 8
"""Bytes of a file that are read at once, and how many such pieces in one job of a thread, for which a cancel waits."""


class Turns:
    """Turns of users at one kind of work: `at_once` in all, `each` of one user, so that no user takes all of them."""

    def __init__(self, at_once: int, each: int) -> None:
        self._each, self._all = each, asyncio.Semaphore(at_once)
        self._own: WeakValueDictionary[str, asyncio.Semaphore] = WeakValueDictionary()

    @asynccontextmanager
    async def of(self, uid: str) -> AsyncIterator[None]:
        """Wait for a turn of this user."""
        own = self._own.setdefault(uid, asyncio.Semaphore(self._each))
        async with own, self._all:
            yield


class Closable(Protocol):
    """A file, or the body of an answer."""

    def close(self) -> object:
        """Release the file or the connection."""
        ...


class HashedFile:
    """An open file that is hashed while it is written, so that it need not be read again."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._hashing = file, Hashing()

    def write(self, piece: bytes) -> None:
        """Write the next piece."""
        self._file.write(piece)
        self._hashing.update(piece)

    @property
    def checksums(self) -> Checksums:
        """The checksums of everything written so far."""
        return self._hashing.checksums


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
    finally:
        del task  # its exception holds this frame: together they would wait for the garbage collector


class Hasher(Protocol):
    """What counts bytes: a hash, or several."""

    def update(self, piece: bytes, /) -> object:
        """Count the next piece."""
        ...


async def hash_file(path: Path, hasher: Hasher) -> None:
    """Count all of a file, in jobs of AT_ONCE pieces, so that a cancel need not wait for the rest of it; OSError."""
    with path.open("rb") as file:
        while await in_thread(_count, file, hasher):
            pass


def _count(file: BinaryIO, hasher: Hasher) -> bool:
    """Count the next pieces; whether more may follow."""
    for _ in range(AT_ONCE):
        if not (piece := file.read(PIECE)):
            return False
        hasher.update(piece)
    return True


async def checksums_of_file(path: Path) -> Checksums:
    """The checksums of a file, which is read as `hash_file` does; OSError."""
    hashing = Hashing()
    await hash_file(path, hashing)
    return hashing.checksums


async def computed(work: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
    """The result of arithmetic that would hold the event loop, computed in a thread."""
    return await asyncio.get_running_loop().run_in_executor(ARITHMETIC, partial(work, *given, **named))


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
    finally:
        del opening  # its exception holds this frame: together they would wait for the garbage collector


def close_in(pool: Executor, body: Closable) -> None:
    """Close something in a thread of the pool: `close` waits for a read that goes on after its caller was cancelled."""
    try:
        pool.submit(body.close)
    except RuntimeError:  # the pool has been shut down, which waits for all reads
        body.close()
