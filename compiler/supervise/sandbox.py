"""Children under limits: how every program this project starts is started, waited for and stopped.

A child dies with its parent, gains no privileges, dumps no core, sees an almost empty environment, and has a session
(and so a process group) of its own. Spawn from a thread that lives as long as the child: the kernel's "parent died"
means the thread that forked.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

LAUNCHER = str(Path(__file__).with_name("child.py"))

ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C.UTF-8", "MALLOC_ARENA_MAX": "1"}
"""All that a child sees of ours: nothing of the user's, no secrets. One heap: glibc keeps one a thread, and ffmpeg has
a thread for every input and output, whose freed pictures nobody else could use."""

GRACE = 5.0
"""Seconds between SIGTERM and SIGKILL: ffmpeg closes its file in 0.1 to 0.4 s."""


@dataclass(frozen=True, slots=True)
class ChildLimits:
    """What a child may use at most; None is no limit of ours."""

    memory: int | None = None
    """Bytes of address space."""
    file: int | None = None
    """Bytes of any file it writes."""
    files: int | None = 256
    """Open files."""
    cpu: int | None = None
    """Seconds of processor time."""
    nice: int = 10


@dataclass(frozen=True, slots=True)
class Answer:
    """What a child that ran to its end left: exit code (negative: the signal that ended it) and output."""

    exit_code: int
    stdout: bytes
    stderr: str


def launcher(command: Sequence[str], limits: ChildLimits) -> list[str]:
    """The argv that runs `command` under `limits`; this process must be the one that starts it."""
    stated = json.dumps({**asdict(limits), "parent": os.getpid()})
    return [sys.executable, "-I", "-S", LAUNCHER, stated, "--", *command]


async def start(command: Sequence[str], limits: ChildLimits, cwd: Path | None = None) -> Process:
    """The started child: stdin null, stdout and stderr pipes, the leader of its own process group."""
    return await asyncio.create_subprocess_exec(
        *launcher(command, limits),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
        env=ENVIRONMENT,
        cwd=cwd,
    )


async def ask(command: Sequence[str], limits: ChildLimits, within: float) -> Answer:
    """The whole answer of a short-lived child; TimeoutError after `within` seconds, with nothing left alive."""
    child = await start(command, limits)
    try:
        stdout, stderr = await asyncio.wait_for(child.communicate(), within)
    finally:
        await stop(child, grace=0)
    return Answer(child.returncode or 0, stdout, stderr.decode(errors="replace"))


async def stop(child: Process, grace: float = GRACE, reader: asyncio.Future[int] | None = None) -> None:
    """Return only when the child is gone, however often the caller is cancelled meanwhile; the cancel is then raised.

    One SIGTERM to its group (several break the file that ffmpeg is closing), SIGKILL after `grace` seconds. `reader`
    is whatever still reads the child's output: it ends first.
    """
    stopping = asyncio.ensure_future(_stop(child, grace, reader))
    cancelled = False
    while not stopping.done():
        try:
            await asyncio.shield(stopping)
        except asyncio.CancelledError:
            cancelled = True
    stopping.result()
    if cancelled:
        raise asyncio.CancelledError


async def _stop(child: Process, grace: float, reader: asyncio.Future[int] | None) -> None:
    if reader:
        reader.cancel()
        await asyncio.gather(reader, return_exceptions=True)
    if child.returncode is not None:
        return
    # communicate, not wait: a child whose pipes nobody empties cannot end.
    if grace:
        _signal(child, signal.SIGTERM)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(child.communicate(), grace)
            return
    _signal(child, signal.SIGKILL)
    await child.communicate()


def _signal(child: Process, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):  # it ended by itself just now
        os.killpg(child.pid, number)
