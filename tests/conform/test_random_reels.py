"""Random reels, every run the same ones: each frame's source, each time stamp, each sample and click as foretold."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.conform.studio import rendered
from tests.footage.check import check_film
from tests.footage.pool import Source
from tests.reference.predict import predict
from tests.reference.random_reels import random_reel

REELS = int(os.environ.get("REELC_CONFORM_REELS", "8"))
"""How many; `make conform` sets 200."""

FIRST = int(os.environ.get("REELC_CONFORM_FIRST", "0"))
"""The first seed."""


@pytest.mark.conform
@pytest.mark.parametrize("seed", range(FIRST, FIRST + REELS))
def test_the_film_is_what_the_edit_means(seed: int, ffmpegs: str, sources: tuple[Source, ...], tmp_path: Path) -> None:
    reel = random_reel(seed, sources)
    (tmp_path / "reel.json").write_text(json.dumps(reel, indent=1))
    film = rendered(reel, ffmpegs, tmp_path / "film.mp4")
    report = check_film(film.path, predict(reel, {source.media: source.facts for source in sources}), sources)
    assert not report.faults()
    film.path.unlink()
