"""Child processes under limits: starts, awaits and stops every program that this project runs.

A child dies with its parent, gains no privileges, dumps no core, has an almost empty environment, and a session (and so
a process group) of its own. It reaches the files that its start states, libraries, and nothing else (docs/sandbox.md).
Start it from a thread that outlives the child: for the kernel the parent is the thread that forked.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Coroutine, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

from compiler.supervise.children.ends import Ends, listening
from compiler.supervise.children.level import confinement
from compiler.supervise.children.reach import Reach, rules
from compiler.supervise.children.reads import Reads

PACKAGE = str(Path(__file__).parents[2])
# The package is made by hand, so that a child needs no right to list the folder that holds it, runs the version of its
# parent even if another one is installed, and finds nothing else in that folder.
BOOT = (
    "import sys; package = type(sys)('compiler'); package.__path__ = [sys.argv.pop(1)]; "
    "sys.modules['compiler'] = package; from compiler.supervise.{} import main; main()"
)

ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "MALLOC_ARENA_MAX": "1"}
"""The whole environment of a child: nothing of the user's, no secrets. One heap, since glibc has a heap for each thread
and ffmpeg a thread for every input and output, and pictures freed in one heap cannot be reused by other threads."""


MOST = 32 << 20
"""Bytes of stdout that are read of a short-lived child, unless its keeper says another number."""

PIECE = 64 * 1024


@dataclass(frozen=True, slots=True)
class ChildLimits:
    """The most that a child may use; None is no limit by reelc."""

    memory: int | None = None
    """Bytes of address space."""
    data: int | None = None
    """Bytes of heap and stacks. The address space of ffmpeg has 170 to 230 MiB of libraries besides."""
    file: int | None = None
    """Bytes of each written file."""
    files: int | None = 256
    """Open files."""
    cpu: int | None = None
    """Seconds of processor time."""
    nice: int = 10


@dataclass(frozen=True, slots=True)
class Answer:
    """The result of a child that ran to its end: exit code (negative: the signal that ended it) and output.

    A child that says too much does not run to its end: its stdout then has one byte more than it may have.
    """

    exit_code: int
    stdout: bytes
    stderr: str
    """Its two ends, if it is long."""


class Child(Protocol):
    """A running child: the part of asyncio's `Process` that its keepers use."""

    pid: int
    stdout: asyncio.StreamReader | None
    stderr: asyncio.StreamReader | None

    @property
    def returncode(self) -> int | None:
        """The exit code, negative for the signal that ended it; None while it runs."""

    async def wait(self) -> int:
        """The exit code, once the child has ended."""

    async def communicate(self) -> tuple[bytes, bytes]:
        """The whole of stdout and stderr, once the child has ended."""


def stated(limits: ChildLimits, reach: Reach) -> dict[str, int]:
    """What the child has to know of its limits; RC615 if REELC_SANDBOX requires more than this machine can do."""
    all_of_them = {**asdict(limits), **confinement(), "forks": reach.forks, "threads": reach.threads}
    return {name: int(value) for name, value in all_of_them.items() if value is not None}


def launcher(command: Sequence[str], limits: ChildLimits, reach: Reach, watched: int | None = None) -> list[str]:
    """The argv that runs `command` under `limits`, confined to `reach`; this process must start it.

    `watched` is the socket through which a child sends the listener of its reads.
    """
    numbers = {**stated(limits, reach), "parent": os.getpid(), **({} if watched is None else {"watched": watched})}
    words = (f"{name}={number}" for name, number in numbers.items())  # to import a reader of JSON takes 4 ms
    return [*python_of("children.child", "-S"), " ".join(words), *rules(reach), "--", *command]


def python_of(module: str, *options: str) -> list[str]:
    """The beginning of the argv of a process that runs the `main` of a module of `compiler.supervise`."""
    return [sys.executable, "-I", "-B", *options, "-c", BOOT.format(module), PACKAGE]


async def start(
    command: Sequence[str], limits: ChildLimits, reach: Reach, cwd: Path | None = None, reads: Reads | None = None
) -> Child:
    """Start a child with stdin null, stdout and stderr pipes, as the leader of its own process group.

    Every read of the child is answered by `reads`, if given. A caller that is cancelled leaves no child behind.
    """
    watched = None if reads is None else reads.socket.fileno()
    return await whole_start(
        asyncio.create_subprocess_exec(
            *launcher(command, limits, reach, watched),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
            env=ENVIRONMENT,
            cwd=cwd,
            pass_fds=() if watched is None else (watched,),
        )
    )


async def whole_start(starting: Coroutine[Any, Any, Child]) -> Child:
    """The child of a start that goes on to its end, however often the caller is cancelled, and is stopped then: asyncio
    leaves the process and the pipes of a start that is cancelled twice."""
    task = asyncio.ensure_future(starting)
    if await _cancelled_before(task):
        if not task.exception():
            await stop(task.result())
        raise asyncio.CancelledError
    return task.result()


async def answer_of(child: Child, within: float, most: int = MOST) -> Answer:
    """The answer of a short-lived child, of up to `most` bytes: a child that says more is killed, for it might say more
    than this process can hold. TimeoutError after `within` seconds. No process is left alive.
    """
    stdout, stderr = bytearray(), Ends()
    try:
        await asyncio.wait_for(_heard(child, stdout, stderr, most), within)
    finally:
        await stop(child)
    return Answer(child.returncode or 0, bytes(stdout[: most + 1]), stderr.text())


async def _heard(child: Child, stdout: bytearray, stderr: Ends, most: int) -> None:
    """Return when the child has ended, or has said more than `most` bytes."""
    assert child.stdout
    assert child.stderr
    async with listening(child.stderr, stderr) as ended:
        while piece := await child.stdout.read(PIECE):
            stdout += piece
            if len(stdout) > most:
                return
        await ended
        await child.wait()


async def stop(child: Child, reader: asyncio.Future[Any] | None = None) -> None:
    """Kill a child and return only when it has ended; a cancel of the caller meanwhile is raised after that.

    Nobody reads what a stopped child would still write; an ffmpeg that is asked to end encodes first the frames that it
    has taken, for seconds. `reader`, a task that still reads the child's output, ends first.
    """
    stopping = asyncio.ensure_future(_stop(child, reader))
    cancelled = await _cancelled_before(stopping)
    stopping.result()
    if cancelled:
        raise asyncio.CancelledError


async def _cancelled_before(task: asyncio.Future[Any]) -> bool:
    """Whether the caller is cancelled before a task has ended, which it does in any case."""
    cancelled = False
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError:
            cancelled = True
    return cancelled


async def _stop(child: Child, reader: asyncio.Future[Any] | None) -> None:
    if reader:
        reader.cancel()
        await asyncio.gather(reader, return_exceptions=True)
    if child.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):  # the child has just ended by itself
        os.killpg(child.pid, signal.SIGKILL)
    await child.communicate()  # and not `wait`: its pipes may be full
