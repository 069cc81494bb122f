"""How exactly the crop sits, measured in films: blobs at known places, and textures against a float64 resampler."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from compiler.timeline.path import Path as CropPath
from tests.conform.studio import compiled, rendered
from tests.footage import blobs, read

FRAMES = 90
Key = tuple[int, float, float, float, float]

MOTIONS: dict[str, tuple[str, list[Key], tuple[int, int]]] = {
    "slow_pan": ("linear", [(0, 300.3, 0, 608, 1080), (89, 307.3, 0, 608, 1080)], (1080, 1920)),
    "slow_pan_in_two_axes": ("linear", [(0, 300.3, 20.4, 540, 960), (89, 307.3, 24.9, 540, 960)], (1080, 1920)),
    "fast_pan": ("smooth", [(0, 100, 0, 608, 1080), (89, 1200, 0, 608, 1080)], (1080, 1920)),
    "pan_from_edge_to_edge": ("smooth", [(0, 0, 0, 607.5, 1080), (89, 1312.5, 0, 607.5, 1080)], (1080, 1920)),
    "slow_zoom": ("linear", [(0, 300, 0, 608, 1080), (89, 354, 95.9, 500, 888.2)], (1080, 1920)),
    "zoom_at_the_edge": ("linear", [(0, 0, 0, 1080, 1080), (89, 560, 0, 607.5, 1080)], (1080, 1080)),
    "tracked": (
        "linear",
        [
            (
                n,
                656 + 300 * math.sin(n / 40),
                20 + 20 * math.sin(n / 23),
                500 + 60 * math.sin(n / 31),
                888 + 100 * math.sin(n / 31),
            )
            for n in range(FRAMES)
        ],
        (1080, 1920),
    ),
}
BARS = {"pan": (0.12, 0.25, 46.0), "zoom": (0.05, 0.08, 49.0)}
"""By the class of the motion: rms error and jitter in output pixels, PSNR in dB."""


def stored(name: str, media: Path) -> dict[str, Any]:
    """A reel of one clip with that motion, encoded without loss."""
    ease, keys, (width, height) = MOTIONS[name]
    crop = [{"frame": n, "x": x, "y": y, "width": w, "height": h, "ease": ease} for n, x, y, w, h in keys]
    return {
        "reel": 1,
        "canvas": {"width": width, "height": height, "fps": 30, "fit": "cover"},
        "audio": {"include": False},
        "encode": {"preset": "ultrafast", "crf": 0},
        "clips": [{"id": "c", "media": str(media), "crop_data": crop}],
    }


def windows(path: CropPath) -> list[tuple[float, float, float, float]]:
    return [(box.x, box.y, box.width, box.height) for box in map(path.at, range(FRAMES))]


@pytest.fixture(scope="session", params=["blobs", "texture"])
def scene(request: pytest.FixtureRequest, embedded: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    picture = blobs.blob_scene() if request.param == "blobs" else blobs.texture_scene()
    folder = tmp_path_factory.mktemp(request.param)
    return request.param, blobs.write_still(folder / "still.mkv", picture, FRAMES, ffmpeg=embedded)


@pytest.mark.conform
@pytest.mark.parametrize("name", MOTIONS)
def test_the_crop_sits_as_promised(name: str, scene: tuple[str, Path], ffmpegs: str, tmp_path: Path) -> None:
    kind, media = scene
    reel = stored(name, media)
    plan = compiled(reel, ffmpegs).plan.clips[0]
    film = rendered(reel, ffmpegs, tmp_path / "film.mp4")
    rms, jitter, psnr = BARS[plan.crop.kind]
    shown, frames = windows(plan.placed.framing.path), read.luma(film.path)
    size = MOTIONS[name][2]
    if kind == "blobs":
        score = blobs.score(frames, shown, size)
        print(json.dumps({name: [score.rms_unbiased, score.jitter, plan.crop.error]}))
        assert score.rms_unbiased <= rms
        assert score.jitter <= jitter
        assert score.rms <= plan.crop.error
    else:
        got = blobs.psnr_against_reference(frames, blobs.texture_scene(), shown, size)
        print(json.dumps({name: got}))
        assert got >= psnr
