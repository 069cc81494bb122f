"""The cache of units: what is taken from it was put there; a faulty folder, entry or neighbour costs no film."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import time

import pytest

from compiler.supervise import unit_cache
from compiler.supervise.small_files import AHEAD, put_sealed
from compiler.supervise.unit_cache import ABANDONED, UnitCache

KEY, OTHER = "ab" + 62 * "1", "ab" + 62 * "2"


@pytest.fixture
def cache(tmp_path: Path) -> UnitCache:
    return UnitCache(tmp_path / "units", limit=1000)


def made(folder: Path, data: bytes = b"unit", name: str = "made") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def only_entry(cache: UnitCache) -> Path:
    (entry,) = cache.entries()
    return entry.path


def test_an_entry_is_what_was_put_there(cache: UnitCache, tmp_path: Path) -> None:
    assert not cache.get(KEY, tmp_path / "taken")
    cache.put(KEY, made(tmp_path, b"one"))
    cache.put(OTHER, made(tmp_path, b"two"))
    assert (cache.get(KEY, tmp_path / "taken"), (tmp_path / "taken").read_bytes()) == (True, b"one")
    assert (cache.get(OTHER, tmp_path / "taken"), (tmp_path / "taken").read_bytes()) == (True, b"two")
    assert cache.notices == []


def test_an_entry_is_a_copy(cache: UnitCache, tmp_path: Path) -> None:
    """A program that writes to a unit in its folder does not change the cache."""
    source = made(tmp_path)
    cache.put(KEY, source)
    source.write_bytes(b"else")
    assert cache.get(KEY, tmp_path / "taken")
    (tmp_path / "taken").write_bytes(b"else")
    assert cache.get(KEY, tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == b"unit"


@pytest.mark.parametrize("damage", [b"", b"uni", b"Unit", b"unit and more"])
def test_a_damaged_entry_is_removed_and_said(cache: UnitCache, tmp_path: Path, damage: bytes) -> None:
    cache.put(KEY, made(tmp_path))
    only_entry(cache).write_bytes(damage)
    assert not cache.get(KEY, tmp_path / "taken")
    assert not (tmp_path / "taken").exists()
    assert cache.entries() == []
    assert [notice.message for notice in cache.notices] == ["an entry of the cache was damaged and is made again"]


def test_swapped_entries_are_found(cache: UnitCache, tmp_path: Path) -> None:
    cache.put(KEY, made(tmp_path, b"one"))
    first = only_entry(cache)
    cache.put(OTHER, made(tmp_path, b"two"))
    second = next(entry.path for entry in cache.entries() if entry.path != first)
    second.write_bytes(first.read_bytes())
    assert not cache.get(OTHER, tmp_path / "taken")


def test_the_longest_unused_goes_first(cache: UnitCache, tmp_path: Path) -> None:
    keys = [f"{number:02}" + 62 * "0" for number in range(5)]
    for age, key in enumerate(keys):
        cache.put(key, made(tmp_path, bytes([age]) * 240))
        entry = next(entry.path for entry in cache.entries() if entry.path.name.startswith(key))
        os.utime(entry, (1000 + age, 1000 + age))
        if age == 2:
            assert cache.get(keys[0], tmp_path / "taken")
    assert [cache.has(key) for key in keys] == [True, False, True, True, True]
    assert sum(entry.size for entry in cache.entries()) <= 1000


def test_a_unit_beyond_the_limit_is_not_kept(cache: UnitCache, tmp_path: Path) -> None:
    cache.put(OTHER, made(tmp_path, b"small"))
    cache.put(KEY, made(tmp_path, 1001 * b"x"))
    assert (cache.has(KEY), cache.has(OTHER)) == (False, True)


def test_unfinished_entries_are_removed_once_they_are_old(cache: UnitCache, tmp_path: Path) -> None:
    cache.put(KEY, made(tmp_path))
    young, old = (cache.folder / "ab" / name for name in ("young.part", "old.part"))
    for path in (young, old):
        path.write_bytes(b"half")
    since = old.stat().st_mtime - ABANDONED - 60
    os.utime(old, (since, since))
    cache.trim()
    assert (young.exists(), old.exists(), cache.has(KEY)) == (True, False, True)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EDQUOT])
def test_a_folder_that_cannot_be_written_is_said_once(
    cache: UnitCache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(*_: object) -> str:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(unit_cache, "_copied", refuse)
    for key in (KEY, OTHER):
        cache.put(key, made(tmp_path))
    (notice,) = cache.notices
    assert os.strerror(number) in notice.message
    assert "goes on without it" in notice.message
    assert not [*cache.folder.rglob("*.part")]


def test_a_folder_that_cannot_be_written_still_gives(
    cache: UnitCache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is in it is taken, and what is wrong stays there."""
    cache.put(KEY, made(tmp_path))

    def refused(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(os, "utime", refused)
    assert cache.get(KEY, tmp_path / "taken")
    assert cache.notices == []
    monkeypatch.setattr(Path, "unlink", refused)
    cache.forget([KEY])
    assert ["cannot be written" in notice.message for notice in cache.notices] == [True]
    assert cache.has(KEY)


def test_a_folder_that_is_a_file_is_as_none(tmp_path: Path) -> None:
    cache = UnitCache(made(tmp_path, name="file"))
    cache.put(KEY, made(tmp_path))
    assert (cache.get(KEY, tmp_path / "taken"), cache.entries(), len(cache.notices)) == (False, [], 1)


def test_several_writers_of_one_unit_leave_one_whole_entry(tmp_path: Path) -> None:
    folder, source = tmp_path / "units", made(tmp_path, 3_000_000 * b"x")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: UnitCache(folder).put(KEY, source), range(16)))
    cache = UnitCache(folder)
    assert len(cache.entries()) == 1
    assert cache.get(KEY, tmp_path / "taken")


def test_a_content_is_that_of_the_bytes_and_follows_changes(cache: UnitCache, tmp_path: Path) -> None:
    one, two = made(tmp_path, b"one", "one"), made(tmp_path, b"one", "two")
    before = cache.content(str(one))
    assert cache.content(str(two)) == before
    assert cache.unchanged([str(one), str(two)])
    one.write_bytes(b"two")
    assert not cache.unchanged([str(one)])
    assert cache.content(str(one)) != before
    assert not cache.unchanged([str(tmp_path / "never asked for")])


def test_a_content_is_known_without_reading_again(cache: UnitCache, tmp_path: Path) -> None:
    path = made(tmp_path, b"one", "one")
    known = cache.content(str(path))
    (record,) = (cache.folder / "contents").iterdir()
    put_sealed(record, "from the record")
    assert UnitCache(cache.folder).content(str(path)) == "from the record" != known


@pytest.mark.parametrize("damage", [b"", b"\xff\xfe", b"0" * 20])
def test_a_damaged_record_of_a_content_is_none(cache: UnitCache, tmp_path: Path, damage: bytes) -> None:
    """As a crash of the machine leaves it: two files would have one content, and a film the units of another."""
    path = made(tmp_path, b"one", "one")
    known = cache.content(str(path))
    (record,) = (cache.folder / "contents").iterdir()
    record.write_bytes(damage)
    again = UnitCache(cache.folder)
    assert not again.knows([str(path)])
    assert again.content(str(path)) == known
    assert UnitCache(cache.folder).known(str(path)) == known


def test_swapped_records_of_contents_are_none(cache: UnitCache, tmp_path: Path) -> None:
    one, two = made(tmp_path, b"one", "one"), made(tmp_path, b"two", "two")
    known = [cache.content(str(path)) for path in (one, two)]
    first, second = (cache.folder / "contents").iterdir()
    first.rename(tmp_path / "aside")
    second.rename(first)
    (tmp_path / "aside").rename(second)
    again = UnitCache(cache.folder)
    assert [again.content(str(path)) for path in (one, two)] == known


def test_the_records_of_contents_are_bounded(cache: UnitCache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unit_cache, "MOST_CONTENTS", 2)
    for name in ("one", "two", "three"):
        cache.content(str(made(tmp_path, name=name)))
    assert len([*(cache.folder / "contents").iterdir()]) == 2


def in_a_loop(path: Path) -> None:
    path.symlink_to(path)


@pytest.mark.parametrize("put_there", [os.mkfifo, in_a_loop])
def test_what_is_no_file_is_no_entry_and_is_replaced(
    cache: UnitCache, tmp_path: Path, put_there: Callable[[Path], None]
) -> None:
    """A FIFO would be waited for without end."""
    cache.put(KEY, made(tmp_path))
    entry = only_entry(cache)
    entry.unlink()
    put_there(entry)
    assert (cache.has(KEY), cache.get(KEY, tmp_path / "taken"), cache.entries()) == (False, False, [])
    cache.put(KEY, made(tmp_path))
    assert cache.get(KEY, tmp_path / "taken")
    assert cache.notices == []


def test_a_folder_in_the_place_of_an_entry_costs_no_other_entry(cache: UnitCache, tmp_path: Path) -> None:
    (cache.folder / "ab" / f"{KEY}-{64 * '0'}" / "in it").mkdir(parents=True)
    cache.put(OTHER, made(tmp_path))
    cache.trim(0)
    assert (cache.has(KEY), cache.has(OTHER), cache.notices) == (False, False, [])


def failing(number: int) -> Callable[..., str]:
    """A copy that ends with this error of the system."""

    def copied(*_: object) -> str:
        raise OSError(number, os.strerror(number))

    return copied


def test_an_entry_that_cannot_be_read_is_replaced(
    cache: UnitCache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.put(KEY, made(tmp_path))
    with monkeypatch.context() as patch:
        patch.setattr(unit_cache, "_copied", failing(errno.EIO))
        assert not cache.get(KEY, tmp_path / "taken")
    assert [os.strerror(errno.EIO) in notice.message for notice in cache.notices] == [True]
    assert (cache.has(KEY), (tmp_path / "taken").exists()) == (False, False)


def test_a_full_disk_beside_the_film_costs_no_entry(
    cache: UnitCache, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.put(KEY, made(tmp_path))
    monkeypatch.setattr(unit_cache, "_copied", failing(errno.ENOSPC))
    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
        cache.get(KEY, tmp_path / "taken")
    assert (cache.has(KEY), cache.notices) == (True, [])


def test_entries_of_a_clock_that_was_ahead_go_first(cache: UnitCache, tmp_path: Path) -> None:
    """Otherwise everything that is kept until that time comes would go at once."""
    cache.put(KEY, made(tmp_path, b"1" * 600))
    ahead = time() + 2 * AHEAD
    os.utime(only_entry(cache), (ahead, ahead))
    cache.put(OTHER, made(tmp_path, b"2" * 600))
    assert (cache.has(KEY), cache.has(OTHER)) == (False, True)
