"""Children that run this project's own code, as forks of one process that has imported it.

To start Python and to import libav, or the server, take a third of a second of processor time, more than most files
take to be read. A fork takes milliseconds. It is a process of its own as any other child is: it limits and confines
itself before it opens a file.
"""

from __future__ import annotations

import array
import asyncio
import atexit
import contextlib
import json
import os
import socket
import subprocess
import threading
from asyncio import StreamReader
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from compiler.supervise.children.child import CANNOT_START
from compiler.supervise.children.fork_child import REQUEST
from compiler.supervise.children.reach import Reach, rules
from compiler.supervise.children.reads import Reads
from compiler.supervise.children.sandbox import ENVIRONMENT, Child, ChildLimits, python_of, stated, whole_start
from compiler.supervise.temporary import nameless_file

READERS = ("compiler.supervise.facts.probe_child", "compiler.supervise.straighten.child")
"""The modules that open media in a child."""


async def start_fork(
    module: str, argv: Sequence[str], limits: ChildLimits, reach: Reach, reads: Reads | None = None
) -> Child:
    """Start a child that runs the `main` of a module of `compiler.supervise`; as `sandbox.start` otherwise."""
    return await _SERVER.start(f"compiler.supervise.{module}", argv, limits, reach, reads=reads)


def prepare_forks() -> None:
    """Start the fork server of this process now: it imports libav while other work goes on."""
    _SERVER.prepare()


class ForkedChild:
    """A child of the fork server, with the part of asyncio's `Process` that `Child` states."""

    def __init__(self, stdout: StreamReader, stderr: StreamReader, status: StreamReader) -> None:
        self.stdout: StreamReader | None = stdout
        self.stderr: StreamReader | None = stderr
        self._output, self._status = (stdout, stderr), status
        self.pid = 0
        self.returncode: int | None = None
        self._ending: asyncio.Future[int] | None = None

    async def begun(self) -> None:
        """Wait until the child has a process number, or is known to have none."""
        self.pid = int(await self._status.readline() or 0)
        if not self.pid:  # the server died
            self.returncode = CANNOT_START
        self._ending = asyncio.ensure_future(self._ended())

    async def _ended(self) -> int:
        code = int(await self._status.readline() or CANNOT_START)
        await self._status.read()  # to the pipe's end, which closes it
        self.returncode = code
        return code

    async def wait(self) -> int:
        """The exit code; negative for the signal that ended the child."""
        assert self._ending is not None
        return await asyncio.shield(self._ending)

    async def communicate(self) -> tuple[bytes, bytes]:
        """The whole of stdout and stderr, once the child has ended."""
        stdout, stderr = await asyncio.gather(*(each.read() for each in self._output))
        await self.wait()
        return stdout, stderr


async def _reading(fd: int) -> StreamReader:
    reader = StreamReader()
    file = os.fdopen(fd, "rb", buffering=0)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), file)
    return reader


class ForkServer:
    """A fork server of this process, started with the first request; it holds nothing of any request."""

    def __init__(self, modules: Sequence[str] = READERS, packages: Sequence[Path] = ()) -> None:
        self._modules, self._packages = modules, packages
        self._lock = threading.Lock()
        self._owner = 0
        self._channel: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None

    async def start(
        self,
        module: str,
        argv: Sequence[str],
        limits: ChildLimits,
        reach: Reach,
        given: IO[bytes] | None = None,
        reads: Reads | None = None,
    ) -> Child:
        """Start a child that runs the `main` of one of the server's modules, with `given`, from its start, as stdin.

        Every read of the child and of its forks is answered by `reads`, if given. A caller that is cancelled leaves no
        child behind.
        """
        message = {
            **{"module": module, "argv": list(argv), "limits": stated(limits, reach), "rules": rules(reach)},
            **{"given": given is not None, "watched": reads is not None},
        }
        further = [*([given.fileno()] if given else []), *([reads.socket.fileno()] if reads else [])]
        return await whole_start(self._start_child(json.dumps(message).encode(), further))

    async def _start_child(self, message: bytes, further: Sequence[int]) -> Child:
        pipes = [os.pipe() for _ in range(3)]
        readers, writers = [pipe[0] for pipe in pipes], [pipe[1] for pipe in pipes]
        try:
            with nameless_file() as request:  # of any length, which a message is not
                request.write(message)
                request.seek(0)
                self.send(REQUEST, [*writers, request.fileno(), *further])
        except BaseException:
            for fd in readers:
                os.close(fd)
            raise
        finally:
            for fd in writers:
                os.close(fd)
        child = ForkedChild(*[await _reading(fd) for fd in readers])
        await child.begun()
        return child

    def prepare(self) -> None:
        """Start the server, if there is none. Where it cannot start, the first request says so."""
        with self._lock, contextlib.suppress(OSError):
            if self._channel is None:
                self._start()

    def send(self, message: bytes, fds: Sequence[int]) -> None:
        """Send a request, to a new server if there is none or the last one died."""
        with self._lock:
            if self._owner != os.getpid():  # a fork of this process has a server of its own
                self.close()
            if self._channel is None:
                self._start()
            try:
                self._send(message, fds)
            except (BrokenPipeError, ConnectionResetError):
                self.close()
                self._start()
                self._send(message, fds)

    def _send(self, message: bytes, fds: Sequence[int]) -> None:
        assert self._channel is not None
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))]
        self._channel.sendmsg([message], rights)

    def _start(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        packages = os.pathsep.join(map(str, self._packages))
        with theirs:
            self._process = subprocess.Popen(
                [*python_of("children.fork_child"), str(theirs.fileno()), packages, *self._modules],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                env=ENVIRONMENT,
                pass_fds=[theirs.fileno()],
            )
        self._owner, self._channel = os.getpid(), ours

    def close(self) -> None:
        """End the server and its children; in a fork of the process that started them, only let go of them."""
        if self._channel is not None:
            self._channel.close()
        if self._process is not None and self._owner == os.getpid():
            with contextlib.suppress(OSError):
                self._process.wait()
        self._channel = self._process = None


_SERVER = ForkServer()
atexit.register(_SERVER.close)
