"""What commands write for an operator: it is there when it is whole, and what a killed one left goes with the next."""

from __future__ import annotations

from pathlib import Path

import pytest

from compiler.errors import ReelError
from server.written import written

NAME = "copy"


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def ends_early(target: Path, error: BaseException) -> None:
    with written(target, "the backup") as coming:
        coming.mkdir()
        (coming / "half").touch()
        assert not target.exists()
        raise error


@pytest.mark.parametrize("error", [ValueError(), KeyboardInterrupt()])
def test_what_ends_early_leaves_nothing(tmp_path: Path, error: BaseException) -> None:
    with pytest.raises(type(error)):
        ends_early(tmp_path / NAME, error)
    assert names(tmp_path) == []


def test_what_a_killed_command_left_is_removed_and_what_a_living_one_writes_stays(tmp_path: Path) -> None:
    for left in (f".{NAME}.0123abcd.part", f".{NAME}2.0123abcd.part"):
        (tmp_path / left / "half").mkdir(parents=True)
    with written(tmp_path / NAME, "the backup") as living:
        living.touch()
        with written(tmp_path / NAME, "the backup") as coming:
            coming.write_text("whole")
        assert living.exists()
        living.unlink()
        (tmp_path / NAME).rename(living)
    assert names(tmp_path) == [f".{NAME}2.0123abcd.part", NAME]
    assert (tmp_path / NAME).read_text() == "whole"


def test_nothing_that_was_made_meanwhile_is_overwritten(tmp_path: Path) -> None:
    def late() -> None:
        with written(tmp_path / NAME, "the backup") as coming:
            coming.write_text("late")
            (tmp_path / NAME).write_text("first")

    with pytest.raises(ReelError, match="the backup"):
        late()
    assert (names(tmp_path), (tmp_path / NAME).read_text()) == ([NAME], "first")
