"""A cgroup v2 for each render: bounds of memory, threads and share of the processors for all its children together."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from compiler.errors import Loc, ReelError

MOST_THREADS = 16_384
"""Threads and processes of a render: ffmpeg has some 20, and four for each open clip."""

WEIGHT = 50
"""Share of the processors where others want them too; a group has 100 unless it is told otherwise."""

CONTROLLERS = ("cpu", "memory", "pids")
CONTROLLED = "cgroup.subtree_control"
REMEDY = "name a cgroup v2 without processes that reelc may write, with the controllers cpu, memory and pids, or none"

_LEFT: set[Path] = set()
"""Groups that could not be removed yet, since the kernel has not reaped their last process."""


@contextmanager
def group(parent: Path | None, memory: int | None) -> Iterator[Path | None]:
    """A new group below `parent` for as long as the block runs, with at most `memory` bytes; None without a parent.

    RC616 if the group cannot be made. What still runs in it at the end is killed.
    """
    if parent is None:
        yield None
        return
    _sweep()
    place = parent / f"reelc-{secrets.token_hex(8)}"
    try:
        _write(parent / CONTROLLED, " ".join(f"+{name}" for name in CONTROLLERS))
        place.mkdir()
    except OSError as error:
        raise _unfit(parent, error) from error
    try:
        _limit(parent, place, memory)
        yield place
    finally:
        with suppress(OSError):  # before Linux 5.14
            _write(place / "cgroup.kill", "1")
        _LEFT.add(place)
        _sweep()


def _limit(parent: Path, place: Path, memory: int | None) -> None:
    try:
        _write(place / "memory.max", "max" if memory is None else str(memory))
        _write(place / "pids.max", str(MOST_THREADS))
        _write(place / "cpu.weight", str(WEIGHT))
    except OSError as error:
        raise _unfit(parent, error) from error


def _sweep() -> None:
    for place in list(_LEFT):
        with suppress(OSError):  # a process in it has not been reaped; the next render tries again
            place.rmdir()
        if not place.exists():
            _LEFT.discard(place)


def _write(file: Path, text: str) -> None:
    """Write to a file of the kernel's, which is there, and which may not be read."""
    opened = os.open(file, os.O_WRONLY)
    try:
        os.write(opened, text.encode())
    finally:
        os.close(opened)


def _unfit(parent: Path, error: OSError) -> ReelError:
    return ReelError("RC616", Loc(), "renders cannot have a cgroup", detail=f"{parent}: {error.strerror}", hint=REMEDY)
