"""Fixtures for the tests of whole films."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conform.smooth_reels import MEDIA, SIZE
from tests.footage import smooth


@pytest.fixture(scope="session")
def smooth_sources(embedded: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the smooth sources."""
    folder = tmp_path_factory.mktemp("smooth")
    for name, (rate, sample_rate) in MEDIA.items():
        smooth.make(folder / name, rate, sample_rate, 4, SIZE, ffmpeg=embedded)
    return folder
