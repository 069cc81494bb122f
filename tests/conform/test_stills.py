"""`reelc frame` draws the film's own frame: its PNG equals the frame before encoding, bit for bit."""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from compiler.pipeline import Compiled, compile_still
from compiler.render import render_frame
from tests.cases import cases
from tests.conform.everything import FPS, MEDIA, reel, run
from tests.conform.smooth_reels import SEEDS, SLOW, random_reel
from tests.conform.studio import compiled, raw_film
from tests.footage.coded import BT709, H264
from tests.footage.pool import POOL

pytestmark = pytest.mark.further

SIZE = (180, 320)
TO_RGB = (
    "scale=in_range=limited:in_color_matrix=bt709:out_range=full:flags=bicubic+accurate_rnd+full_chroma_int+bitexact,"
    "format=rgb24"
)

Pixels = NDArray[np.uint8]

ASKED = {
    "the first": 0,
    "in the pan, slowly": 12,
    "after the cut": 24,
    "in the zoom": 37,
    "the dissolve's first": 48,
    "the dissolve's last": 59,
    "fading in": 80,
    "the last": 95,
}


@pytest.fixture(scope="module")
def coloured(tmp_path_factory: pytest.TempPathFactory, embedded: str) -> Path:
    """Moving colours, under the names and at the rates of the pool's sources."""
    folder = tmp_path_factory.mktemp("coloured")
    for name in MEDIA:
        picture = f"testsrc2=s=640x360:r={POOL[name].rate}:d=3"
        command = [embedded, "-v", "error", "-f", "lavfi", "-i", picture, *H264, *BT709, str(folder / name)]
        subprocess.run(command, check=True, timeout=60)
    return folder


@pytest.mark.conform
def test_a_still_is_the_films_frame(
    ffmpegs: str, coloured: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REELC_FFMPEG", ffmpegs)
    edit = reel(audio={"include": False})
    for name in MEDIA:
        (tmp_path / name).symlink_to(coloured / name)
    film = before_encoding(compiled(edit, ffmpegs, tmp_path), ffmpegs, tmp_path)
    assert len(film) == 96
    assert len({frame.tobytes() for frame in film}) > 60, "the film moves"
    assert np.ptp(film[24], axis=-1).max() > 200, "the film has colours"
    (tmp_path / "reel.json").write_text(json.dumps(edit))
    for asked, frame in ASKED.items():
        still = tmp_path / f"{frame}.png"
        run("frame", str(tmp_path / "reel.json"), "--at", str(Fraction(frame, FPS)), "-o", str(still))
        assert np.array_equal(decoded(still, ffmpegs, SIZE), film[frame]), asked


@pytest.mark.conform
@pytest.mark.parametrize("seed", cases(SEEDS, slow=SLOW))
def test_stills_of_random_reels_are_their_films_frames(
    seed: int, ffmpegs: str, smooth_sources: Path, tmp_path: Path
) -> None:
    done = compiled(random_reel(seed, smooth_sources), ffmpegs, smooth_sources)
    film = before_encoding(done, ffmpegs, tmp_path)
    for frame in sorted(random.Random(seed).sample(range(len(film)), k=min(3, len(film)))):
        still = tmp_path / f"{frame}.png"
        asyncio.run(render_frame(compile_still(done, frame), still))
        assert np.array_equal(decoded(still, ffmpegs, (done.plan.width, done.plan.height)), film[frame]), frame


def before_encoding(done: Compiled, ffmpeg: str, folder: Path) -> Pixels:
    """The film's frames as RGB, before encoding."""
    size = (done.plan.width, done.plan.height)
    coded = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", "{}x{}".format(*size), "-i", str(raw_film(done, folder)[0])]
    return rgb([ffmpeg, "-v", "error", *coded, "-vf", TO_RGB], size)


def decoded(still: Path, ffmpeg: str, size: tuple[int, int]) -> Pixels:
    """The one picture of a PNG, unchanged."""
    pictures = rgb([ffmpeg, "-v", "error", "-i", str(still)], size)
    assert len(pictures) == 1
    picture: Pixels = pictures[0]
    return picture


def rgb(command: list[str], size: tuple[int, int]) -> Pixels:
    """The pictures that a command writes, as 8-bit RGB."""
    output = ["-f", "rawvideo", "-pix_fmt", "rgb24", "pipe:1"]
    made = subprocess.run([*command, *output], check=True, capture_output=True, timeout=120).stdout
    return np.frombuffer(made, np.uint8).reshape(-1, size[1], size[0], 3)
