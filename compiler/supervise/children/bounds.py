"""Bounds of a running child that no limit keeps: its threads, and the tables of its memory's pages.

Without a cgroup the kernel bounds neither for one process. The parent looks at them while the child runs.
"""

from __future__ import annotations

import contextlib
import os

from compiler.errors import Loc, ReelError
from compiler.supervise.children.cgroup import MOST_THREADS
from compiler.supervise.children.sandbox import ChildLimits

MOST_TABLES = 1 << 30
"""Bytes of page tables, which are a 512th of the memory that they describe, unless it is scattered on purpose."""

OF_A_THREAD = 1 << 20
"""Bytes of heap and stacks that a child may have for each of its threads: the stack of one is 8 MiB, or 2 MiB where the
system does not bound stacks."""

TASKS, COUNTED = "/proc/{}/task", ("Threads", "VmPTE")
"""The folder of a process's threads; the lines of a thread's state that tell of all of them, the second in KiB."""


def check_bounds(pid: int, limits: ChildLimits) -> None:
    """RC607 if a child has more threads than the stacks of its limits could be for, or larger page tables than
    MOST_TABLES. A child that has ended, and one of another system than Linux, has neither."""
    threads, tables = taken(pid)
    most = MOST_THREADS if limits.data is None else min(MOST_THREADS, limits.data // OF_A_THREAD)
    if threads > most:
        raise _beyond(f"{threads} threads, and {most} are allowed")
    if tables > MOST_TABLES:
        raise _beyond(f"{tables >> 20} MiB of page tables, and {MOST_TABLES >> 20} MiB are allowed")


def taken(pid: int) -> tuple[int, int]:
    """The threads and the bytes of page tables of a process; zeros where they cannot be read."""
    with contextlib.suppress(OSError), os.scandir(TASKS.format(pid)) as tasks:
        for task in tasks:  # the first one knows no tables any more if it has ended and left others
            facts = _facts(task.path)
            if "VmPTE" in facts:
                return facts["Threads"], facts["VmPTE"] << 10
    return 0, 0


def _facts(task: str) -> dict[str, int]:
    """The lines of a task's state that count; none if it has just ended."""
    with contextlib.suppress(OSError), open(f"{task}/status", encoding="utf-8", errors="replace") as status:
        lines = (line.partition(":") for line in status)
        return {name: int(rest.split()[0]) for name, _, rest in lines if name in COUNTED}
    return {}


def _beyond(what: str) -> ReelError:
    message = "ffmpeg took more of the kernel's memory than a render may take, and was stopped"
    return ReelError("RC607", Loc(), message, detail=f"it had {what}", hint="check the media; render a shorter reel")
