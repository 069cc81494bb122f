"""Turned films that reelc's own reader decodes: raw frames state no rotation, whichever ffmpeg reads them."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from tests.field.desk import Desk
from tests.field.make import X264, Maker, recipe
from tests.footage import read

UPRIGHT = {"canvas": {"width": 90, "height": 160, "fps": 25}, "audio": {"include": False}}


@recipe("turned.mp4")
def turned(make: Maker, out: Path) -> None:
    """A picture of 2 s that players turn, beside a sound of 4 s."""
    upright = make.folder / "upright.mp4"
    make.numbered(upright, range(50), *X264, "-c:a", "aac", rate="25", sound=make.beeps(4))
    make.run("-display_rotation", "90", "-i", upright, "-map", "0", "-c", "copy", "-f", "mp4", out)


@pytest.mark.parametrize(("start", "end"), [(0, 4), (0.2, 1.0)])
@pytest.mark.both_builds
def test_a_turned_picture_is_turned_once(start: float, end: float, make: Maker, desk: Desk) -> None:
    film = desk.render(make("turned.mp4"), start, end, reel=UPRIGHT)
    assert film.exit_code == 0, film.stderr
    with av.open(str(film.film)) as made:
        frame = next(made.decode(video=0))
        assert (frame.rotation, frame.width, frame.height) == (0, 90, 160)
        picture = np.asarray(frame.to_ndarray(format="gray"), np.uint8)
    number = read.codes(np.rot90(picture, k=-1))[0]
    assert number == round(25 * start)
