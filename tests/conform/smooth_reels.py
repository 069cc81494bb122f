"""Random reels over smooth sources, for the tests that compare whole pictures."""

from __future__ import annotations

import os
from collections.abc import Mapping
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from tests.footage import read
from tests.footage.smooth import Picture
from tests.reference.facts import Facts
from tests.reference.random_looks import random_looks
from tests.reference.sounds import Heard

SEEDS = range(int(os.environ.get("REELC_CONFORM_PICTURES", "4")))
"""The seeds, one reel each; `make conform` asks for 50."""

SLOW = {*SEEDS} & {1, 2}
"""Seeds that `make test` leaves out: the other reels cover every feature, including a rotation."""

SIZE = (640, 360)
MEDIA: Mapping[str, tuple[Fraction, int]] = {
    "slow.mov": (Fraction(24), 48_000),
    "broadcast.mov": (Fraction(25), 44_100),
    "phone.mov": (Fraction(30_000, 1001), 48_000),
}
"""The sources, with their frames and samples a second; they last 4 s."""


def random_reel(seed: int, folder: Path) -> dict[str, Any]:
    """The reel of a seed."""
    return random_looks(seed, facts_of(folder))


@cache
def facts_of(folder: Path) -> Mapping[str, Facts]:
    """The sources' facts, in the form of the reference."""
    return {name: _facts(folder / name, rate) for name, (rate, _) in MEDIA.items()}


@cache
def decoded(path: Path) -> list[Picture]:
    """All pictures of a source."""
    with av.open(str(path)) as media:
        arrays = (frame.to_ndarray(format="yuv420p") for frame in media.decode(video=0))
        return [planes(np.frombuffer(array.tobytes(), np.uint8), SIZE)[0] for array in arrays]


@cache
def heard(path: Path) -> Heard:
    """The sound of a source."""
    with av.open(str(path)) as media:
        blocks = [frame.to_ndarray().astype(float).reshape(-1, 2) for frame in media.decode(audio=0)]
        return Heard(np.concatenate(blocks) / 32768, media.streams.audio[0].rate)


def planes(samples: NDArray[np.uint8], size: tuple[int, int]) -> list[Picture]:
    """Raw 4:2:0 pictures, plane by plane."""
    width, height = size
    frames = samples.reshape(-1, width * height * 3 // 2).astype(float)
    luma, chroma = width * height, width * height // 4
    return [
        (
            frame[:luma].reshape(height, width),
            frame[luma : luma + chroma].reshape(height // 2, width // 2),
            frame[luma + chroma :].reshape(height // 2, width // 2),
        )
        for frame in frames
    ]


def _facts(path: Path, rate: Fraction) -> Facts:
    times, end = read.frame_times(path)
    return Facts(rate, times, end, SIZE)
