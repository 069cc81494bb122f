from __future__ import annotations

import asyncio
import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from compiler.errors import Loc
from compiler.supervise import facts_cache
from compiler.supervise.facts_cache import FactsCache, reader_files
from compiler.supervise.probe import probe, probing
from tests.supervise.conftest import Made

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _of_any_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facts_cache, "LARGE", 0)


@pytest.fixture
def media(made: Made, tmp_path: Path) -> Path:
    path = tmp_path / "vfr.mp4"
    path.write_bytes(made("vfr.mp4").read_bytes())
    return path


def test_facts_are_kept_exactly(media: Path, tmp_path: Path) -> None:
    known = FactsCache(tmp_path / "facts")
    assert known.get(media) is None
    found = asyncio.run(probing([(media, Loc())], known))
    assert known.get(media) == found[media] == probe(media)


def test_a_file_that_changed_is_read_anew(media: Path, tmp_path: Path) -> None:
    known = FactsCache(tmp_path / "facts")
    known.put(media, probe(media))
    os.utime(media, ns=(1, 1))
    assert known.get(media) is None


def test_facts_in_a_folder_that_cannot_be_written_are_taken(
    media: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known, found = FactsCache(tmp_path / "facts"), probe(media)
    known.put(media, found)

    def refused(*_: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(os, "utime", refused)
    assert known.get(media) == found


def test_another_reader_reads_anew(media: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = FactsCache(tmp_path / "facts")
    known.put(media, probe(media))
    monkeypatch.setattr(facts_cache, "reader", lambda: "another")
    assert known.get(media) is None


def test_the_version_of_the_reader_is_that_of_every_module_that_reads() -> None:
    listing = (
        "import sys, compiler.supervise.facts.probe_child\nprint(*(n for n in sys.modules if n[:9] == 'compiler.'))"
    )
    done = subprocess.run([sys.executable, "-c", listing], cwd=ROOT, capture_output=True, text=True, check=True)
    read = {file.relative_to(ROOT) for file in reader_files()}
    modules = {Path(*name.split(".")).with_suffix(".py") for name in done.stdout.split()}
    read_by = {module for module in modules if (ROOT / module).is_file()}
    assert read_by - read == {Path("compiler/codes.py"), Path("compiler/errors.py")}  # errors are not kept
    assert len(read_by) > 30


@pytest.mark.parametrize("text", ["", "{}", "[1", json.dumps({"format": "mov", "video": 1, "audio": None})])
def test_a_damaged_entry_is_as_none(media: Path, tmp_path: Path, text: str) -> None:
    known = FactsCache(tmp_path / "facts")
    known.put(media, probe(media))
    (entry,) = (tmp_path / "facts").iterdir()
    entry.write_text(text)
    assert known.get(media) is None


def test_the_oldest_entries_go(media: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facts_cache, "MOST", 2)
    known, facts = FactsCache(tmp_path / "facts"), probe(media)
    for n in range(4):
        os.utime(media, ns=(n, n))
        known.put(media, facts)
    assert len(list((tmp_path / "facts").iterdir())) == 2


def test_a_folder_that_cannot_be_written_is_as_none(media: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    known = FactsCache(tmp_path / "file" / "facts")
    known.put(media, probe(media))
    assert known.get(media) is None
