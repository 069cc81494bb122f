"""The launcher, in process: the kernel's calls are recorded and not made."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, NoReturn

import pytest

from compiler.supervise.children import child
from compiler.supervise.children.child import CANNOT_START, bind, main

Calls = list[tuple[Any, ...]]
LIMITS = {"parent": 7, "nice": 0, "confined": 0, "landlock": 7, "filtered": 1, "forks": 0, "threads": 1}


class ExitError(Exception):
    """Stands for the end of the process."""


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    """Calls that would change this process, in their order; hard limits are infinite, but for 100 open files."""
    made: Calls = []

    def record(name: str) -> Callable[..., int]:
        def called(*arguments: Any) -> int:
            made.append((name, *arguments))
            return 0

        return called

    def leave(code: int) -> NoReturn:
        made.append(("exit", code))
        raise ExitError

    hard = {resource.RLIMIT_NOFILE: 100}
    monkeypatch.setattr(resource, "getrlimit", lambda kind: (1, hard.get(kind, resource.RLIM_INFINITY)))
    monkeypatch.setattr(resource, "setrlimit", record("limit"))
    monkeypatch.setattr(signal, "signal", record("signal"))
    monkeypatch.setattr(os, "nice", record("nice"))
    monkeypatch.setattr(os, "write", record("write"))
    monkeypatch.setattr(os, "execvp", record("become"))
    monkeypatch.setattr(os, "_exit", leave)
    libc = SimpleNamespace(prctl=record("prctl"))
    monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: libc)
    monkeypatch.setattr(os, "getppid", lambda: 7)
    return made


def launch(monkeypatch: pytest.MonkeyPatch, **limits: int) -> None:
    words = " ".join(f"{name}={number}" for name, number in (LIMITS | limits).items())
    monkeypatch.setattr("sys.argv", ["child.py", words, "r/in", "w/out", "--", "ffmpeg", "-i", "--"])
    main()


def test_limits_come_before_the_command(calls: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    launch(monkeypatch, memory=1 << 30, file=9, files=50, cpu=60, nice=5)
    assert calls == [
        ("prctl", 38, 1, 0, 0, 0),  # no new privileges
        ("prctl", 1, 9, 0, 0, 0),  # SIGKILL when the parent dies
        ("limit", resource.RLIMIT_CORE, (0, 0)),
        ("limit", resource.RLIMIT_AS, (1 << 30, 1 << 30)),
        ("limit", resource.RLIMIT_FSIZE, (9, 9)),
        ("limit", resource.RLIMIT_NOFILE, (50, 50)),
        ("limit", resource.RLIMIT_CPU, (60, 65)),  # a signal that ffmpeg obeys, then death
        ("nice", 5),
        ("signal", signal.SIGXFSZ, signal.SIG_IGN),
        ("become", "ffmpeg", ["ffmpeg", "-i", "--"]),
    ]


def test_the_address_space_is_bounded_where_heap_and_stacks_are(calls: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
    def spaces() -> list[int]:
        return [call[2][0] for call in calls if call[:2] == ("limit", resource.RLIMIT_AS)]

    launch(monkeypatch, data=1 << 30)
    assert spaces() == [3 << 30]
    calls.clear()
    launch(monkeypatch, data=1 << 30, memory=1 << 29)
    assert spaces() == [1 << 29]


def test_confinement_is_the_last_before_the_command(calls: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "confine", lambda *rules, **how: calls.append(("confine", *rules, how)))
    launch(monkeypatch, confined=1)
    how = {"filtered": True, "forks": False, "threads": True}
    assert calls[-2:] == [("confine", ["r/in", "w/out"], 7, how), ("become", "ffmpeg", ["ffmpeg", "-i", "--"])]


def test_no_command_runs_where_the_kernel_refuses_to_confine(calls: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(1, "Operation not permitted")

    monkeypatch.setattr(child, "confine", refuse)
    with pytest.raises(ExitError):
        launch(monkeypatch, confined=1)
    assert "become" not in [name for name, *_ in calls]
    assert calls[-2:] == [("write", 2, b"launcher: the sandbox: Operation not permitted\n"), ("exit", CANNOT_START)]


def test_what_is_not_limited_is_left(calls: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "darwin")
    launch(monkeypatch, file=0)
    assert [name for name, *_ in calls] == ["limit", "limit", "signal", "become"]
    assert calls[:2] == [("limit", resource.RLIMIT_CORE, (0, 0)), ("limit", resource.RLIMIT_FSIZE, (0, 0))]


def test_no_limit_is_raised_above_the_hard_one(calls: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
    launch(monkeypatch, files=4096)
    assert ("limit", resource.RLIMIT_NOFILE, (100, 100)) in calls


def test_a_kernel_without_a_limit_runs_the_command(calls: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object) -> None:
        raise ValueError("invalid resource specified")

    monkeypatch.setattr(resource, "setrlimit", unknown)
    launch(monkeypatch, memory=1)
    assert calls[-1][0] == "become"


def test_a_command_that_is_missing_is_told_in_one_line(calls: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object) -> None:
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr(os, "execvp", missing)
    with pytest.raises(ExitError):
        launch(monkeypatch)
    assert calls[-2:] == [("write", 2, b"launcher: ffmpeg: No such file or directory\n"), ("exit", CANNOT_START)]


def test_a_child_whose_parent_has_died_ends(calls: Calls) -> None:
    bind(7)
    assert ("exit", CANNOT_START) not in calls
    with pytest.raises(ExitError):
        bind(8)
    assert calls[-1] == ("exit", CANNOT_START)
