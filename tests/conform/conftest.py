"""Fixtures for the tests of whole films."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conform.smooth_reels import MEDIA, SIZE
from tests.footage import smooth
from tests.footage.kept import alone


@pytest.fixture(scope="session")
def smooth_sources(embedded: str, tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The folder of the smooth sources, which all processes of a run share."""
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "smooth"
    folder.mkdir(exist_ok=True)
    for name, (rate, sample_rate) in MEDIA.items():
        with alone(folder / name):
            if not (folder / name).exists():
                part = smooth.make(folder / f"part-{name}", rate, sample_rate, 4, SIZE, ffmpeg=embedded)
                part.replace(folder / name)
    return folder
