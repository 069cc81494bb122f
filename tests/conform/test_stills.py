"""`reelc frame` draws the film's own frame: its PNG is the frame as it goes into the encoder, bit for bit."""

from __future__ import annotations

import json
import subprocess
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.conform.everything import FPS, MEDIA, reel, run
from tests.conform.studio import compiled
from tests.footage.coded import BT709, H264
from tests.footage.pool import POOL

WIDTH, HEIGHT = 180, 320
TO_RGB = (
    "scale=in_range=limited:in_color_matrix=bt709:out_range=full:flags=bicubic+accurate_rnd+full_chroma_int+bitexact,"
    "format=rgb24"
)

Pixels = NDArray[np.uint8]

ASKED = {
    "the first": 0,
    "in the pan, at speed": 4,
    "in the pan, slowly": 12,
    "before the cut": 23,
    "after the cut": 24,
    "in the zoom": 37,
    "before the dissolve": 47,
    "the dissolve's first": 48,
    "in the dissolve": 54,
    "the dissolve's last": 59,
    "after the dissolve": 60,
    "fading out": 75,
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
    film = before_encoding(edit, ffmpegs, tmp_path)
    assert len(film) == 96
    assert len({frame.tobytes() for frame in film}) > 60, "the film moves"
    assert np.ptp(film[24], axis=-1).max() > 200, "the film has colours"
    (tmp_path / "reel.json").write_text(json.dumps(edit))
    for asked, frame in ASKED.items():
        still = tmp_path / f"{frame}.png"
        run("frame", str(tmp_path / "reel.json"), "--at", str(Fraction(frame, FPS)), "-o", str(still))
        assert np.array_equal(decoded(still, ffmpegs), film[frame]), asked


def before_encoding(edit: dict[str, object], ffmpeg: str, folder: Path) -> Pixels:
    """The film's frames as RGB: its command's own inputs and graph, but raw pictures in place of the encoder."""
    done = compiled(edit, ffmpeg, folder)
    script = folder / "filtergraph.txt"
    script.write_text(done.script)
    command = done.command(str(script), "film.mp4")
    mapped = command.index("-map") + 2
    raw = ["-fps_mode", "passthrough", "-pix_fmt", "yuv420p", "-f", "rawvideo", str(folder / "film.yuv")]
    subprocess.run([*command[:mapped], *raw], check=True, capture_output=True, timeout=120)
    coded = ["-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{WIDTH}x{HEIGHT}", "-i", str(folder / "film.yuv")]
    return rgb([ffmpeg, "-v", "error", *coded, "-vf", TO_RGB])


def decoded(still: Path, ffmpeg: str) -> Pixels:
    """The one picture of a PNG, untouched."""
    pictures = rgb([ffmpeg, "-v", "error", "-i", str(still)])
    assert len(pictures) == 1
    picture: Pixels = pictures[0]
    return picture


def rgb(command: list[str]) -> Pixels:
    """The pictures a command makes, 8-bit RGB."""
    output = ["-f", "rawvideo", "-pix_fmt", "rgb24", "pipe:1"]
    made = subprocess.run([*command, *output], check=True, capture_output=True, timeout=120).stdout
    return np.frombuffer(made, np.uint8).reshape(-1, HEIGHT, WIDTH, 3)
