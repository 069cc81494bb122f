"""A colour is the colour it was: patches of known numbers are read back from films."""

from __future__ import annotations

import subprocess
from pathlib import Path

import av
import numpy as np
import pytest

from tests.conform.studio import rendered

RED = (63, 102, 240)
"""Y, Cb, Cr of full red in limited-range BT.709."""

NEAR = 2
"""Steps of 8 bits that rounding and the encoder may move a flat colour by."""

LOSSLESS = ("-c:v", "libx264", "-qp", "0", "-preset", "ultrafast")


def patch(ffmpeg: str, output: Path, colour: tuple[int, int, int], *options: str) -> None:
    """A second of one colour, its numbers stored as they are given."""
    y, cb, cr = colour
    picture = f"color=black:s=320x180:r=25:d=1,format=yuv420p,geq=lum={y}:cb={cb}:cr={cr}"
    command = [ffmpeg, "-v", "error", "-y", "-f", "lavfi", "-i", picture, *LOSSLESS, *options, str(output)]
    subprocess.run(command, check=True, timeout=60)


def middle(film: Path) -> tuple[int, int, int]:
    """The numbers in the middle of a film's tenth frame."""
    with av.open(str(film)) as container:
        picture = next(frame for n, frame in enumerate(container.decode(video=0)) if n == 10)
        planes = [picture.to_ndarray()[: picture.height], *_chroma(picture)]
    y, cb, cr = (int(np.median(plane)) for plane in planes)
    return y, cb, cr


def _chroma(picture: av.VideoFrame) -> list[np.ndarray]:
    rest = picture.to_ndarray()[picture.height :].reshape(2, -1)
    return [rest[0], rest[1]]


@pytest.mark.conform
def test_an_unmarked_source_keeps_its_numbers(ffmpegs: str, embedded: str, tmp_path: Path) -> None:
    """ffmpeg 9 once turned them as if from BT.601, since the frames that met its encoder had no marks."""
    patch(embedded, tmp_path / "red.mp4", RED)
    reel = {
        "reel": 1,
        "canvas": {"width": 320, "height": 180, "fps": 25},
        "clips": [{"media": "red.mp4"}],
    }
    rendered(reel, ffmpegs, tmp_path / "film.mp4", tmp_path)
    assert middle(tmp_path / "film.mp4") == pytest.approx(RED, abs=NEAR)


@pytest.mark.conform
def test_a_film_says_what_its_numbers_mean(ffmpegs: str, embedded: str, tmp_path: Path) -> None:
    patch(embedded, tmp_path / "red.mp4", RED)
    reel = {"reel": 1, "canvas": {"width": 320, "height": 180, "fps": 25}, "clips": [{"media": "red.mp4"}]}
    rendered(reel, ffmpegs, tmp_path / "film.mp4", tmp_path)
    with av.open(str(tmp_path / "film.mp4")) as film:
        context = film.streams.video[0].codec_context
        assert (context.colorspace, context.color_primaries, context.color_trc, context.color_range) == (1, 1, 1, 1)
