from __future__ import annotations

import os
from pathlib import Path

import pytest

from compiler.errors import ReelError
from compiler.supervise.small_files import keep_newest, put_text, read_made


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


def test_no_more_is_read_of_what_ffmpeg_made_than_it_was_asked_for(tmp_path: Path) -> None:
    """An exploited decoder could have ffmpeg's report fill the memory of the server, by a hole of any size."""
    made = tmp_path / "peaks.txt"
    made.write_bytes(b"x" * 100)
    assert read_made(made, 100) == b"x" * 100
    os.truncate(made, 1 << 40)
    with pytest.raises(ReelError) as caught:
        read_made(made)
    assert (caught.value.code, "peaks.txt" in caught.value.detail) == ("RC610", True)


def test_the_files_used_last_are_kept(tmp_path: Path) -> None:
    for age in range(5):
        (tmp_path / str(age)).touch()
        os.utime(tmp_path / str(age), (1000 - age, 1000 - age))
    keep_newest(tmp_path, 3)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["0", "1", "2"]
