"""Random reels, the same in every run: each frame's source, each time stamp, each sample and click as predicted."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from compiler.supervise.unit_cache import UnitCache
from tests.cases import cases
from tests.conform.studio import rendered
from tests.footage.check import check_film
from tests.footage.pool import Source
from tests.reference.predict import predict
from tests.reference.random_reels import random_reel

QUICK = 6
REELS = int(os.environ.get("REELC_CONFORM_REELS", str(QUICK)))
"""The number of reels; `make conform` sets 300."""

BLENDS = (
    *("wipeleft", "wipeup", "slideright", "slidedown", "smoothleft", "circleopen", "radial", "rectcrop"),
    *("diagtl", "hlslice", "zoomin", "distance", "grain", "pixelize", "hblur", "fadegrays", "fadewhite", "squeezev"),
)
"""Transitions that every build supports."""

FIRST = int(os.environ.get("REELC_CONFORM_FIRST", "0"))
"""The first seed."""

SEEDS = range(FIRST, FIRST + REELS)


@pytest.mark.conform
@pytest.mark.parametrize("seed", cases(SEEDS, both={*SEEDS} & {1, 3}))
def test_the_film_is_what_the_edit_means(seed: int, ffmpegs: str, sources: tuple[Source, ...], tmp_path: Path) -> None:
    check(random_reel(seed, sources), sources, ffmpegs, tmp_path)


@pytest.mark.conform
@pytest.mark.parametrize("seed", cases(SEEDS[: REELS // 2 + 1], both={*SEEDS} & {3}))
def test_whatever_the_sources_and_the_transitions(
    seed: int, ffmpegs: str, all_sources: tuple[Source, ...], tmp_path: Path
) -> None:
    check(random_reel(10_000 + seed, all_sources, blends=BLENDS), all_sources, ffmpegs, tmp_path)


def check(reel: Mapping[str, Any], sources: Sequence[Source], ffmpeg: str, folder: Path) -> None:
    """Render it with an empty cache, read the film back, and delete it if it is correct. From the full cache comes the
    same film; in long runs also from half of the cache, and without one."""
    (folder / "reel.json").write_text(json.dumps(reel, indent=1))
    cache = UnitCache(folder / "cache")
    film = rendered(reel, ffmpeg, folder / "film.mp4", cache=cache)
    report = check_film(film.path, predict(reel, {source.media: source.facts for source in sources}), sources)
    assert not report.faults()
    warm = rendered(reel, ffmpeg, film.path, cache=cache)
    assert (warm.sha256, warm.kept) == (film.sha256, film.frames)
    if REELS > QUICK:
        cache.trim(sum(entry.size for entry in cache.entries()) // 2)
        assert rendered(reel, ffmpeg, film.path, cache=cache).sha256 == film.sha256
        assert rendered(reel, ffmpeg, film.path).sha256 == film.sha256
    assert not cache.notices
    film.path.unlink()
