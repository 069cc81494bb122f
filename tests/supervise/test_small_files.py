from __future__ import annotations

import os
from pathlib import Path
from time import time

import pytest

from compiler.errors import ReelError
from compiler.supervise.small_files import (
    AHEAD,
    keep_newest,
    put_sealed,
    put_text,
    read_made,
    sealed_text,
    text_of,
)


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


def aged(folder: Path, files: int) -> None:
    """Put files there, each older than the one before, named by its number."""
    for age in range(files):
        (folder / str(age)).touch()
        os.utime(folder / str(age), (1000 - age, 1000 - age))


def test_the_files_used_last_are_kept(tmp_path: Path) -> None:
    aged(tmp_path, 5)
    keep_newest(tmp_path, 3)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["0", "1", "2"]


def test_what_is_no_file_stays_and_keeps_no_others(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    os.utime(tmp_path / "folder", (1, 1))
    aged(tmp_path, 3)
    keep_newest(tmp_path, 2)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0", "1", "folder"]


def test_the_files_of_a_clock_that_was_ahead_go_first(tmp_path: Path) -> None:
    for name, ahead in (("soon", AHEAD / 2), ("late", 2 * AHEAD), ("now", 0)):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (time() + ahead,) * 2)
    keep_newest(tmp_path, 2)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["now", "soon"]


def test_nobody_waits_for_what_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    for read in (text_of, read_made):
        with pytest.raises(OSError, match="not a regular file"):
            read(tmp_path / "fifo")


def test_a_sealed_text_is_that_which_was_put_there(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    put_sealed(one, "é 1\n2")
    assert sealed_text(one) == "é 1\n2"
    one.rename(two)
    with pytest.raises(OSError, match="damaged"):
        sealed_text(two)


@pytest.mark.parametrize("at", [0, 70])
def test_a_sealed_text_that_lost_a_bit_is_damaged(tmp_path: Path, at: int) -> None:
    path = tmp_path / "text"
    put_sealed(path, '{"width": 1920, "height": 1080}')
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)
    with pytest.raises(OSError, match="damaged"):
        sealed_text(path)
