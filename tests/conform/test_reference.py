"""Random reels with moving boxes, rotations, bars, speeds and blends: every picture and sample is as defined.

The film is taken before its encoders and compared with `tests/reference`, which has no knowledge of filters.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.cases import cases
from tests.conform.smooth_reels import MEDIA, SEEDS, SLOW, decoded, facts_of, heard, planes, random_reel
from tests.conform.studio import compiled, raw_film
from tests.footage.smooth import Picture
from tests.reference.edit import edits
from tests.reference.pictures import film
from tests.reference.predict import predict
from tests.reference.sounds import Samples, film_sound

LEAST = 45.0
"""The least PSNR in dB over the three planes of every single frame."""
FARTHEST = 0.0005
"""The largest error of a sample, as a part of full scale."""


@pytest.mark.further
@pytest.mark.conform
@pytest.mark.parametrize("seed", cases(SEEDS, slow=SLOW, both=SEEDS[:1]))
def test_the_film_is_what_the_edit_means(seed: int, ffmpegs: str, smooth_sources: Path, tmp_path: Path) -> None:
    reel, facts = random_reel(seed, smooth_sources), facts_of(smooth_sources)
    done, prediction = compiled(reel, ffmpegs, smooth_sources), predict(reel, facts)
    pictures, sound = raw_film(done, tmp_path)
    found = planes(np.fromfile(pictures, np.uint8), (done.plan.width, done.plan.height))
    wanted = list(film(reel, prediction, {name: decoded(smooth_sources / name) for name in MEDIA}))
    assert len(found) == len(wanted)
    apart = [psnr(a, b) for a, b in zip(found, wanted, strict=True)]
    assert min(apart) >= LEAST, f"frame {int(np.argmin(apart))} of {len(apart)}"
    check_sound(
        sound, *film_sound(edits(reel, facts), prediction, {name: heard(smooth_sources / name) for name in MEDIA})
    )


def check_sound(found: Path, wanted: Samples, sure: NDArray[np.bool_]) -> None:
    """Check the number of samples, and the value of those that the reference predicts with certainty."""
    samples = np.fromfile(found, np.float32).reshape(-1, 2)
    assert samples.shape == wanted.shape
    off = np.abs(samples - wanted).max(axis=1) * sure
    assert off.max() <= FARTHEST, f"sample {int(off.argmax())} of {len(off)}"


@pytest.mark.conform
def test_what_is_not_meant_is_seen(smooth_sources: Path) -> None:
    """Planted faults: a neighbouring frame, and the same frame shifted by a pixel, fail the comparison."""
    pictures = decoded(smooth_sources / "phone.mov")
    y, u, v = pictures[10]
    assert psnr(pictures[10], pictures[11]) < LEAST - 15
    assert psnr((y, u, v), (np.roll(y, 1, axis=1), u, v)) < LEAST


def psnr(found: Picture, wanted: Picture) -> float:
    """The PSNR over all samples of a picture, in dB."""
    error = sum(float(((a - b) ** 2).sum()) for a, b in zip(found, wanted, strict=True))
    return float(10 * np.log10(255**2 * sum(plane.size for plane in found) / max(error, 1e-9)))
