"""Eight orientations: a clip's turn and mirror after the metadata's, as one."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.golden.media import MEDIA

PIXELS = np.arange(6).reshape(2, 3)
TURNS = (0, 90, 180, 270)


def turned(pixels: NDArray[np.int64], degrees: int) -> NDArray[np.int64]:
    return np.rot90(pixels, -degrees // 90)


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("stated", TURNS)
def test_a_clips_turn_and_mirror_join_the_metadatas(stated: int, mirrored: bool) -> None:
    video = replace(MEDIA["game.mp4"].video, rotation=stated, mirrored=mirrored)
    displayed = turned(np.fliplr(PIXELS) if mirrored else PIXELS, stated)
    for turn, mirror in product(TURNS, (False, True)):
        wanted = turned(displayed, turn)
        wanted = np.fliplr(wanted) if mirror else wanted
        merged = video.oriented(turn, mirror)
        found = turned(np.fliplr(PIXELS) if merged.mirrored else PIXELS, merged.rotation)
        assert np.array_equal(found, wanted), (turn, mirror)
        assert (merged.displayed[0] > merged.displayed[1]) == (wanted.shape[1] > wanted.shape[0])
