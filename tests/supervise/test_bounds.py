"""What a child takes of the kernel's memory: what it may start, and what its parent sees of it."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from compiler.errors import Loc, ReelError
from compiler.supervise import probe
from compiler.supervise.children import bounds
from compiler.supervise.children.bounds import check_bounds, taken
from compiler.supervise.children.level import level
from compiler.supervise.children.reach import Reach, python_files
from compiler.supervise.children.sandbox import ChildLimits
from compiler.supervise.films import feed, run
from compiler.supervise.films.progress import ProgressMeter
from compiler.supervise.films.verdict import Origins
from compiler.supervise.straighten import child as streams
from tests.supervise.conftest import python_reach
from tests.supervise.test_fork_server import run_forked, server

__all__ = ["server"]

filtered = pytest.mark.skipif(not level().filtered, reason="this machine has no filter of system calls")
of_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux says what a process has")

LASTS = """
import contextlib, ctypes, mmap, platform, threading
end = {"x86_64": 60}.get(platform.machine(), 93)
def touch():
    part = mmap.mmap(-1, 1 << 30, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, mmap.PROT_READ)
    with contextlib.suppress(OSError):  # a kernel without huge pages
        part.madvise(mmap.MADV_NOHUGEPAGE)
    for place in range(0, 1 << 30, 2 << 20):
        part[place]
    held.append(part)
    ready.set()
    threading.Event().wait()
held, ready = [], threading.Event()
"""
THREADS = "threading.stack_size(1 << 16)\nfor _ in range(150): threading.Thread(target=ready.wait).start()"
TABLES = "touch()"
TABLES_OF_THREADS = "threading.Thread(target=touch).start(); ready.wait(); ctypes.CDLL(None).syscall(end, 0)"


def failed(body: str, limits: ChildLimits) -> ReelError:
    """The error of a program in ffmpeg's place that does not end by itself."""
    command = [sys.executable, "-I", "-S", "-c", LASTS + body]
    meter = ProgressMeter(10, monotonic())
    with pytest.raises(ReelError) as caught:
        asyncio.run(
            run.run(command, meter, reach=python_reach(), on_progress=lambda _: None, stall_after=60, limits=limits)
        )
    return caught.value


@of_linux
def test_a_program_with_too_many_threads_is_stopped() -> None:
    error = failed(THREADS, ChildLimits(data=100 << 20))
    assert (error.code, error.detail.endswith("threads, and 100 are allowed")) == ("RC607", True)


@of_linux
@pytest.mark.parametrize("body", [TABLES, TABLES_OF_THREADS], ids=["its own", "of its threads"])
def test_a_program_with_too_large_tables_is_stopped(body: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also one whose first thread has ended, of which the kernel then knows no memory."""
    monkeypatch.setattr(bounds, "MOST_TABLES", 1 << 20)
    error = failed(body, ChildLimits())
    assert (error.code, "MiB of page tables" in error.detail) == ("RC607", True)


@of_linux
def test_what_a_process_has_is_seen_and_allowed() -> None:
    threads, tables = taken(os.getpid())
    assert threads >= 1
    assert 0 < tables < bounds.MOST_TABLES
    check_bounds(os.getpid(), ChildLimits())


def test_what_has_ended_or_is_not_said_is_within_bounds(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(bounds, "TASKS", f"{tmp_path}/{{}}")
    assert taken(7) == (0, 0)
    (tmp_path / "7" / "7").mkdir(parents=True)
    assert taken(7) == (0, 0)
    (tmp_path / "7" / "7" / "status").write_text("Name:\tffmpeg\nGroups:\t\nThreads:\t3\n")  # dying, without memory
    assert taken(7) == (0, 0)
    check_bounds(7, ChildLimits(data=0))


@filtered
@pytest.mark.usefixtures("server")
def test_a_process_that_starts_no_more_starts_neither_processes_nor_threads() -> None:
    """A stream of hostile media could otherwise start processes until the machine has no more."""
    program = """
import _thread, os
from compiler.supervise.children.confine import start_no_more
if os.fork() == 0:
    start_no_more()
    for start in (os.fork, lambda: _thread.start_new_thread(print, ("started",))):
        try:
            start()
        except (OSError, RuntimeError) as error:
            os.write(1, type(error).__name__.encode() + b" ")
    os._exit(0)
os.wait()
"""
    answer = run_forked(program, reach=Reach((), python_files(), forks=True))
    assert answer.stdout == b"PermissionError RuntimeError "


def test_each_stream_starts_no_more_before_it_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    listed = tmp_path / "listed"
    listed.write_text('{"fifo": {}}')
    os.mkfifo(tmp_path / "fifo")
    monkeypatch.setattr(sys, "argv", ["-c", str(listed)])
    monkeypatch.setattr(os, "fork", lambda: 0)
    monkeypatch.setattr(os, "_exit", sys.exit)

    def witness(name: str) -> int:
        done.append(name)
        return 7

    for name in ("bind", "start_no_more", "_feed"):
        monkeypatch.setattr(streams, name, lambda *_, name=name: witness(name))
    with pytest.raises(SystemExit, match="7"):
        streams.main()
    assert done == ["bind", "start_no_more", "_feed"]


@filtered
@pytest.mark.usefixtures("server")
@pytest.mark.parametrize("forks", [False, True])
def test_a_reader_starts_no_threads(forks: bool) -> None:
    reach = Reach((), python_files(), forks=forks, threads=False)
    answer = run_forked("import _thread; _thread.start_new_thread(print, ('started',))", reach=reach)
    assert "can't start new thread" in answer.stderr
    assert answer.stdout == b""


def test_readers_of_media_may_start_no_threads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Reach] = []

    async def start(_: str, __: Sequence[str], ___: ChildLimits, reach: Reach, *____: Any) -> None:
        asked.append(reach)
        raise InterruptedError

    for module in (probe, feed):
        monkeypatch.setattr(module, "start_fork", start)
    film = tmp_path / "film"
    film.touch()

    async def fed() -> None:
        async with feed.feeding({"fifo": '{"path": "film"}'}, tmp_path, Origins({}, (), {}), ChildLimits()):
            raise AssertionError("a reader that could not start feeds nothing")

    for asking in (lambda: probe.question("facts", film, loc=Loc()), fed):
        with pytest.raises(InterruptedError):
            asyncio.run(asking())
    assert [(reach.forks, reach.threads) for reach in asked] == [(False, False), (True, False)]
