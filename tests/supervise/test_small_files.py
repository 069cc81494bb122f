from __future__ import annotations

import os
from pathlib import Path

import pytest

from compiler.supervise.small_files import keep_newest, put_text


def test_a_text_appears_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "folder" / "text"
    put_text(path, "é one")
    put_text(path, "two")
    assert path.read_text(encoding="utf-8") == "two"

    def full(_: object, __: object) -> None:
        raise OSError(28, "no room")

    monkeypatch.setattr(os, "rename", full)
    with pytest.raises(OSError, match="no room"):
        put_text(path, "three")
    assert [file.name for file in path.parent.iterdir()] == ["text"]
    assert path.read_text(encoding="utf-8") == "two"


def test_the_files_used_last_are_kept(tmp_path: Path) -> None:
    for age in range(5):
        (tmp_path / str(age)).touch()
        os.utime(tmp_path / str(age), (1000 - age, 1000 - age))
    keep_newest(tmp_path, 3)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["0", "1", "2"]
