from __future__ import annotations

import os
from pathlib import Path

import pytest

from compiler.errors import ReelError
from compiler.supervise import machine
from compiler.supervise.machine import MIB, check_memory, machine_memory, memory_notice, user_cache


def groups(folder: Path, path: str, limits: dict[str, str]) -> tuple[Path, Path]:
    """A made-up tree of cgroups with these limits, and the file that names the group of this process."""
    (folder / "tree" / path).mkdir(parents=True)
    for name, limit in limits.items():
        (folder / "tree" / name / "memory.max").write_text(f"{limit}\n")
    (folder / "own").write_text(f"4:memory:/v1\n0::/{path}\n")
    return folder / "tree", folder / "own"


def test_the_lowest_limit_of_the_groups_around_counts(tmp_path: Path) -> None:
    tree, own = groups(tmp_path, "a/b", {"a": str(300 * MIB), "a/b": "max"})
    assert machine_memory(tree, own) == 300 * MIB
    (tree / "a/b/memory.max").write_text(str(200 * MIB))
    assert machine_memory(tree, own) == 200 * MIB


def test_without_groups_all_memory_counts(tmp_path: Path) -> None:
    assert machine_memory(tmp_path, tmp_path / "own") > 256 * MIB


@pytest.mark.parametrize(
    ("allowed", "has", "detail"),
    [
        (8000, 9000, "8000 MiB are allowed; the forecast is rough"),
        (9000, 8000, "the machine has 8000 MiB; the forecast is rough"),
    ],
)
def test_a_forecast_above_the_setting_or_the_machine_is_refused_with_the_numbers(
    allowed: int, has: int, detail: str
) -> None:
    with pytest.raises(ReelError) as caught:
        check_memory(8001, allowed * MIB, has * MIB)
    assert (caught.value.code, caught.value.detail) == ("RC210", detail)
    assert caught.value.message == "to render the film takes some 8001 MiB of memory"
    check_memory(8000, allowed * MIB, has * MIB)


def test_the_command_line_warns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "machine_memory", lambda: 8000 * MIB)
    assert memory_notice(8000) is None
    assert "8001 MiB of memory; the machine has 8000 MiB" in str(memory_notice(8001))


@pytest.mark.parametrize("stated", ["", "relative/caches"])
def test_a_cache_home_that_is_no_absolute_path_counts_for_nothing(monkeypatch: pytest.MonkeyPatch, stated: str) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", stated)
    monkeypatch.setenv("HOME", "/people/anna")
    assert user_cache("units") == Path("/people/anna/.cache/reelc/units")


def test_without_a_home_nothing_can_be_cached(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)  # a user without an entry in passwd
    with pytest.raises(NotADirectoryError):
        user_cache("units").mkdir(parents=True)
