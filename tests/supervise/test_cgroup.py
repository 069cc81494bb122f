"""Cgroups of renders, in a made-up tree: files that stand for the kernel's."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import pytest

from compiler.errors import ReelError
from compiler.supervise.children import cgroup
from compiler.supervise.children.cgroup import group
from compiler.supervise.children.reach import Reach
from compiler.supervise.children.reads import Reads
from compiler.supervise.children.sandbox import ChildLimits, answer_of, start
from compiler.supervise.films import feed
from compiler.supervise.films.verdict import UNKNOWN
from tests.supervise.conftest import python_reach

FILES = ("cgroup.procs", "cgroup.kill", "cgroup.subtree_control", "memory.max", "pids.max", "cpu.weight")


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that gets the kernel's files with each new group, and loses a group with them."""
    made = Path.mkdir

    def mkdir(place: Path) -> None:
        made(place)
        for name in FILES:
            (place / name).touch()

    monkeypatch.setattr(Path, "mkdir", mkdir)
    monkeypatch.setattr(Path, "rmdir", shutil.rmtree)
    (tmp_path / "renders").mkdir()
    return tmp_path / "renders"


def groups(tree: Path) -> list[Path]:
    return [path for path in tree.iterdir() if path.is_dir()]


def test_a_group_has_bounds_and_is_gone_after_the_render(tree: Path) -> None:
    with group(tree, 700 << 20) as place:
        assert place is not None
        assert groups(tree) == [place]
        assert (tree / "cgroup.subtree_control").read_text() == "+cpu +memory +pids"
        bounds = [(place / name).read_text() for name in ("memory.max", "pids.max", "cpu.weight")]
        assert bounds == [str(700 << 20), "16384", "50"]
    assert not groups(tree)


def test_no_folder_is_no_group() -> None:
    with group(None, 1) as place:
        assert place is None


def test_a_group_that_is_still_in_use_is_removed_later(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(place: Path) -> None:
        raise OSError(16, "Device or resource busy")

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rmdir", busy)
        with group(tree, None) as place:
            assert place is not None
            assert (place / "memory.max").read_text() == "max"
        assert (place / "cgroup.kill").read_text() == "1"
        assert groups(tree) == [place]
    with group(tree, None) as other:
        assert groups(tree) == [other]


def test_a_folder_that_is_no_cgroup_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReelError) as caught, group(tmp_path, 1):
        pass
    assert (caught.value.code, caught.value.detail) == ("RC616", f"{tmp_path}: No such file or directory")
    assert not groups(tmp_path)


def refuse(monkeypatch: pytest.MonkeyPatch, name: str, error: OSError) -> None:
    """Have the kernel refuse every write to files of this name."""
    write = cgroup._write

    def refused(file: Path, text: str) -> None:
        if file.name == name:
            raise error
        write(file, text)

    monkeypatch.setattr(cgroup, "_write", refused)


def test_a_group_without_a_controller_is_refused(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse(monkeypatch, "cgroup.subtree_control", OSError(22, "Invalid argument"))
    with pytest.raises(ReelError) as caught, group(tree, 1):
        pass
    assert (caught.value.code, caught.value.detail) == ("RC616", f"{tree}: Invalid argument")


def test_a_group_whose_bounds_cannot_be_set_is_removed(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse(monkeypatch, "cpu.weight", OSError(34, "Numerical result out of range"))
    with pytest.raises(ReelError) as caught, group(tree, 1):
        pass
    assert caught.value.code == "RC616"
    assert not groups(tree)


def test_the_reader_that_straightens_is_bounded_with_ffmpeg(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It joins the same group, and has the same limits of memory and processor time."""
    asked: list[tuple[ChildLimits, Reach]] = []

    async def started(
        module: str, argv: Sequence[str], limits: ChildLimits, reach: Reach, reads: Reads | None
    ) -> NoReturn:
        asked.append((limits, reach))
        raise OSError

    monkeypatch.setattr(feed, "start_fork", started)
    limits = ChildLimits(data=5000, file=99, cpu=7, nice=3)

    async def fed() -> None:
        async with feed.feeding({"a": '{"path": "/a.mkv"}'}, tree, UNKNOWN, limits, tree / "group"):
            pass

    with pytest.raises(OSError, match=r"^$"):
        asyncio.run(fed())
    (limited, reach), *rest = asked
    assert not rest
    assert (limited.data, limited.cpu, limited.nice, limited.file, reach.group) == (5000, 7, 3, 0, tree / "group")


def test_a_child_joins_before_it_becomes_the_command(tree: Path) -> None:
    reach = python_reach()
    with group(tree, None) as place:
        assert place is not None
        command = [sys.executable, "-I", "-S", "-c", "print('ran')"]
        joined = Reach(reach.runs, reach.reads, reach.writes, group=place)

        async def ran() -> bytes:
            return (await answer_of(await start(command, ChildLimits(), joined), 20)).stdout

        assert asyncio.run(ran()) == b"ran\n"
        assert (place / "cgroup.procs").read_text() == "0"
    assert not cgroup._LEFT
