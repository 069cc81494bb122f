"""Random reels with moving boxes, rotations, bars and blends: every picture is the one that the edit means.

The film is taken before its encoder and held against `tests/reference/pictures.py`, which knows nothing of filters.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.conform.smooth_reels import MEDIA, SEEDS, decoded, facts_of, planes, random_reel
from tests.conform.studio import compiled, raw_film
from tests.footage.smooth import Picture
from tests.reference.pictures import film
from tests.reference.predict import predict

LEAST = 45.0
"""dB over the three planes of every single frame."""


@pytest.mark.conform
@pytest.mark.parametrize("seed", SEEDS)
def test_pictures_are_what_the_edit_means(seed: int, ffmpegs: str, smooth_sources: Path, tmp_path: Path) -> None:
    reel = random_reel(seed, smooth_sources)
    done = compiled(reel, ffmpegs, smooth_sources)
    found = planes(np.fromfile(raw_film(done, tmp_path), np.uint8), (done.plan.width, done.plan.height))
    shot = {name: decoded(smooth_sources / name) for name in MEDIA}
    wanted = list(film(reel, predict(reel, facts_of(smooth_sources)), shot))
    assert len(found) == len(wanted)
    apart = [psnr(a, b) for a, b in zip(found, wanted, strict=True)]
    assert min(apart) >= LEAST, f"frame {int(np.argmin(apart))} of {len(apart)}"


@pytest.mark.conform
def test_what_is_not_meant_is_seen(smooth_sources: Path) -> None:
    """Planted: a neighbouring frame, and the same frame a pixel aside, are not near enough."""
    pictures = decoded(smooth_sources / "phone.mp4")
    y, u, v = pictures[10]
    assert psnr(pictures[10], pictures[11]) < LEAST - 15
    assert psnr((y, u, v), (np.roll(y, 1, axis=1), u, v)) < LEAST


def psnr(found: Picture, wanted: Picture) -> float:
    """Of all samples of a picture, decibels."""
    error = sum(float(((a - b) ** 2).sum()) for a, b in zip(found, wanted, strict=True))
    return float(10 * np.log10(255**2 * sum(plane.size for plane in found) / max(error, 1e-9)))
