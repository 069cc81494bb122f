"""Fixtures of the field tests: the maker of files, and a desk for each ffmpeg."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.field.desk import Desk
from tests.field.make import Maker


@pytest.fixture(scope="session")
def make(embedded: str, tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Maker:
    """The maker of files, into a folder that all processes of a run share."""
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "field"
    folder.mkdir(exist_ok=True)
    return Maker(folder, embedded)


@pytest.fixture
def desk(tmp_path: Path, ffmpegs: str, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A desk, for each ffmpeg in turn."""
    monkeypatch.setenv("REELC_FFMPEG", ffmpegs)
    return Desk(tmp_path)
