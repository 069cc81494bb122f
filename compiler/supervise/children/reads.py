"""Answers the reads of a watched child: what it reads of a file that is not all here is filled first.

A read waits in the kernel until it is answered, so a hole is never read. A failure to fill is an input/output error to
the child, and the failure is raised here. If this process ends, the kernel refuses the child's reads.
"""

from __future__ import annotations

import asyncio
import errno
import fcntl
import os
import socket
import struct
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

from compiler.supervise.children.system_calls import machine
from compiler.supervise.children.watch import AT_OFFSET, FROM_POSITION, READS, WHOLE, place_of_file

RECEIVE, SEND = 0xC0502100, 0xC0182101
"""Calls of ioctl on a listener: the next question, and an answer to one."""

GO_ON = 1
"""The flag of an answer that lets the kernel do the call as usual."""

QUESTION, ANSWER = struct.Struct("=QIIiIQ6Q"), struct.Struct("=QqiI")
"""`struct seccomp_notif`: id, thread, flags, then call, machine, place, arguments; and `struct seccomp_notif_resp`."""

FileId = tuple[int, int]
"""A file's device and inode."""


def file_id(path: str | Path) -> FileId:
    """The device and the inode of a file."""
    found = os.stat(path)
    return found.st_dev, found.st_ino


class Partial(Protocol):
    """Files with holes, which are filled when they are read."""

    def size(self, file: FileId) -> int | None:
        """The size of such a file; None for all other files."""

    def ready(self, file: FileId, start: int, stop: int) -> bool:
        """Whether the bytes from `start` to `stop` are there; those that follow may be fetched in advance."""

    async def fill(self, file: FileId, start: int, stop: int) -> None:
        """Return when they are there; every exception ends the child's run, and is raised there."""

    async def complete(self) -> None:
        """Fill the files, each to its end."""


class Reads:
    """The reads of one child; `socket` is inherited by it, and sends the listener."""

    def __init__(self, partial: Partial) -> None:
        self._partial, self._loop = partial, asyncio.get_running_loop()
        self._ours, self.socket = socket.socketpair()
        self._ours.setblocking(False)
        self._listener: int | None = None
        self._filling: set[asyncio.Task[None]] = set()
        self.failure: BaseException | None = None
        """The first failure to fill."""
        self._loop.add_reader(self._ours, self._receive)

    def check(self) -> None:
        """Raise the failure to fill, if there was one, once: the child has ended."""
        failure, self.failure = self.failure, None
        try:
            if failure is not None:
                raise failure
        finally:
            del failure  # it holds this frame: together they would wait for the garbage collector

    async def close(self) -> None:
        """Answer no more reads; the child has ended."""
        self._stop_receiving()
        self.socket.close()
        if self._listener is not None:
            self._loop.remove_reader(self._listener)
        for task in self._filling:
            task.cancel()
        await asyncio.gather(*self._filling, return_exceptions=True)
        if self._listener is not None:
            os.close(self._listener)

    def _stop_receiving(self) -> None:
        if self._ours.fileno() >= 0:
            self._loop.remove_reader(self._ours)
            self._ours.close()

    def _receive(self) -> None:
        with suppress(OSError):
            handles = socket.recv_fds(self._ours, 1, 1)[1]
            self._listener = handles[0] if handles else None  # none if the child ended before
        self._stop_receiving()
        if self._listener is not None:
            self._loop.add_reader(self._listener, self._answer)

    def _answer(self) -> None:
        """Answer one question, now if nothing has to be filled."""
        assert self._listener is not None
        question = bytearray(QUESTION.size)
        try:
            fcntl.ioctl(self._listener, RECEIVE, question)
        except OSError as error:
            if error.errno not in (errno.ENOENT, errno.EINTR):  # the thread ended, or was interrupted
                self._loop.remove_reader(self._listener)
            return
        number, thread, _, call, _, _, *arguments = QUESTION.unpack(question)
        try:
            found = self._part(thread, call, arguments)
        except OSError as failure:  # which file it is cannot be told
            self.failure = self.failure or failure
            self._send(number, errno.EIO)
            return
        if found is None or self._partial.ready(*found):
            self._send(number, 0)
        else:
            self._begin(self._fill(number, *found))

    def _begin(self, filling: Coroutine[Any, Any, None]) -> None:
        task = self._loop.create_task(filling)
        self._filling.add(task)
        task.add_done_callback(self._filling.discard)

    def _part(self, thread: int, call: int, arguments: list[int]) -> tuple[FileId, int, int] | None:
        """The bytes that a call reads of a file with holes; None for any other file."""
        handle = arguments[place_of_file(call)] & 0xFFFFFFFF
        try:
            file = file_id(f"/proc/{thread}/fd/{handle}")
            size = self._partial.size(file)
            if size is None:
                return None
            part = READS[machine()].get(call, WHOLE)
            if part == WHOLE:
                return file, 0, size
            start = arguments[3] if part == AT_OFFSET else _position(thread, handle)
        except (FileNotFoundError, ProcessLookupError):  # no such file is open: the call fails by itself
            return None
        assert part in (AT_OFFSET, FROM_POSITION)
        return file, min(start, size), min(start + arguments[2], size)

    async def _fill(self, number: int, file: FileId, start: int, stop: int) -> None:
        try:
            if self.failure is None:
                await self._partial.fill(file, start, stop)
        except Exception as failure:
            self.failure = self.failure or failure
        self._send(number, errno.EIO if self.failure else 0)

    def _send(self, number: int, error: int) -> None:
        assert self._listener is not None
        answer = bytearray(ANSWER.pack(number, 0, -error, 0 if error else GO_ON))
        with suppress(OSError):  # the thread has ended, or its call was interrupted
            fcntl.ioctl(self._listener, SEND, answer)


@asynccontextmanager
async def reading(partial: Partial | None) -> AsyncIterator[Reads | None]:
    """The reads of a child that starts and ends inside the context; None without files with holes.

    A failure to fill is raised in place of what the child made of it.
    """
    if partial is None:
        yield None
        return
    reads = Reads(partial)
    try:
        yield reads
    except Exception:
        reads.check()
        raise
    finally:
        await reads.close()
    reads.check()


def _position(thread: int, handle: int) -> int:
    """The place from which an open file is read next."""
    with open(f"/proc/{thread}/fdinfo/{handle}", encoding="ascii") as facts:
        return int(facts.readline().removeprefix("pos:"))
