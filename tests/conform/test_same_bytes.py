"""The same edit gives the same bytes: in a second render, later, and on other machines."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from compiler.supervise.children.sandbox import ENVIRONMENT
from tests.conform.everything import MEDIA, reel, run

pytestmark = pytest.mark.further


@pytest.mark.conform
def test_the_same_edit_gives_the_same_bytes(
    ffmpegs: str, footage: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REELC_FFMPEG", ffmpegs)
    here = tmp_path / "here"
    here.mkdir()
    for name in MEDIA:
        shutil.copy(footage / name, here)
    (here / "reel.json").write_text(json.dumps(reel()))
    first = rendered(here)
    for file in here.iterdir():
        os.utime(file, (1_000_000_000, 1_000_000_000))
    there = here.rename(tmp_path / "somewhere else, with a longer name")
    monkeypatch.chdir(there)
    with monkeypatch.context() as patched:
        patched.setitem(ENVIRONMENT, "MALLOC_PERTURB_", "77")
        assert rendered(Path()) == first, "with other file times, in another folder, and other data left in memory"
    (there / "reel.json").write_text(json.dumps(reel(encode={"crf": 21})))
    assert rendered(there) != first, "another edit"


def rendered(folder: Path) -> bytes:
    """The film's bytes; the file itself is deleted."""
    film = folder / "film.mp4"
    run("render", str(folder / "reel.json"), "-o", str(film), "--progress", "none")
    content = film.read_bytes()
    film.unlink()
    return content
