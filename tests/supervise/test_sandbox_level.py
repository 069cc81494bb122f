from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from compiler.errors import ReelError
from compiler.supervise.children import level as levels
from compiler.supervise.children.level import VARIABLE, Level, confinement, level
from compiler.supervise.children.reach import Reach
from compiler.supervise.children.sandbox import ChildLimits, launcher
from compiler.supervise.doctor import examine
from tests.supervise.test_sandbox import ask

NONE = Level(0, False, "Function not implemented")


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without Landlock and without a filter."""
    monkeypatch.setattr(levels, "level", lambda: NONE)
    monkeypatch.setattr("compiler.supervise.doctor.level", lambda: NONE)


def doctors_row() -> tuple[str, str]:
    row = next(row for row in examine().rows if row.name == "sandbox")
    return row.state, row.value


def test_a_level_names_the_guarded_things_and_the_means() -> None:
    assert str(Level(7, True)) == "files, network, system calls (Landlock 7, seccomp)"
    assert str(Level(0, True, "off")) == "network, system calls (seccomp)"
    assert Level(0, True, "off").lacks == "files are within reach (no Landlock: off)"
    assert str(NONE) == "none"
    assert Level(1, True).lacks == ""


@pytest.mark.usefixtures("bare")
def test_a_machine_without_means_starts_children_unless_the_sandbox_is_required(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert asyncio.run(ask(["/bin/sh", "-c", "cd /; echo *"], ChildLimits(), Reach([]), 60)).stdout
    assert doctors_row()[0] == "warn"
    monkeypatch.setenv(VARIABLE, "require")
    with pytest.raises(ReelError) as caught:
        asyncio.run(ask(["/bin/sh", "-c", f"echo > {tmp_path}/ran"], ChildLimits(), Reach([]), 60))
    assert (caught.value.code, caught.value.exit_code) == ("RC615", 4)
    assert "Function not implemented" in caught.value.detail
    assert not (tmp_path / "ran").exists()
    assert doctors_row()[0] == "fail"


@pytest.mark.skipif(bool(level().lacks), reason=f"this machine has no complete sandbox: {level().lacks}")
def test_a_complete_sandbox_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "require")
    assert confinement() == {"confined": True, "landlock": level().landlock, "filtered": True}
    assert doctors_row() == ("ok", str(level()))


def test_off_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "off")
    assert doctors_row() == ("warn", f"off, by {VARIABLE}")


def test_an_unknown_mode_starts_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "of")
    with pytest.raises(ReelError) as caught:
        launcher(["true"], ChildLimits(), Reach([]))
    assert caught.value.code == "RC615"
    assert doctors_row()[0] == "fail"


def test_a_kernel_that_refuses_the_sandbox_runs_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A child whose launcher cannot confine it ends before it becomes the command."""
    monkeypatch.setattr(levels, "level", lambda: Level(99, True))
    monkeypatch.setattr("compiler.supervise.children.sandbox.rules", lambda reach: [f"?{os.devnull}"])
    answer = asyncio.run(ask(["/bin/echo", "ran"], ChildLimits(), Reach([]), 60))
    assert (answer.exit_code != 0, answer.stdout) == (True, b"")
