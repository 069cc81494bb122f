"""The precision of the crop, measured in films: blobs at known places, and textures against a float64 resampler."""

from __future__ import annotations

import json
import math
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from compiler.lower import Placed
from compiler.pipeline.plan import ClipPlan
from compiler.timeline.instant import RecordTime
from compiler.timeline.path import Path as CropPath
from compiler.timeline.track import TOLERANCE
from tests.cases import cases
from tests.conform.studio import compiled, rendered
from tests.footage import blobs, read

pytestmark = pytest.mark.further

FRAMES = 90
RATE, SPARSE = 30, 10
"""Frames a second of films: for the motion of a crop, and for its sharpness, for which few frames are measured."""

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
RAMPS: dict[str, tuple[str, list[tuple[float, float, dict[str, Any]]]]] = {
    "slow_pan_into_slow_motion": ("slow_pan", [(0.5, 2.5, {"from": 1, "to": 0.5, "ease": "smooth"})]),
    "fast_pan_out_of_slow_motion": ("fast_pan", [(0, 1.5, {"from": 0.25, "to": 2}), (1.5, 3, {"from": 2, "to": 1})]),
    "pan_from_edge_to_edge_and_the_slowest_ramp": (
        "pan_from_edge_to_edge",
        [(1.4, 1.6, {"from": 1, "to": 0.1, "ease": "smooth"}), (1.6, 3, {"from": 0.1, "to": 16})],
    ),
    "slow_zoom_into_slow_motion": ("slow_zoom", [(0.5, 2.5, {"from": 1, "to": 0.5})]),
    "slow_zoom_through_a_ramp": ("slow_zoom", [(0.2, 2.8, {"from": 0.5, "to": 3, "ease": "smooth"})]),
    "tracked_through_ramps": (
        "tracked",
        [(0.4, 1.4, {"from": 2, "to": 0.3, "ease": "smooth"}), (1.4, 3, {"from": 0.3, "to": 8})],
    ),
}
"""The same motions while the speed changes."""

PLACED = ("slow_pan_in_two_axes", "slow_zoom", "slow_zoom_through_a_ramp")
SHARP = ("slow_zoom",)
"""The motions that `make test` measures: the crop's place, and its sharpness."""

BARS = {"pan": (0.12, 0.25, 46.0), "zoom": (0.05, 0.08, 49.0)}
"""Limits by the class of the motion: rms error and jitter in output pixels, PSNR in dB."""


def stored(name: str, media: Path, rate: int) -> dict[str, Any]:
    """A lossless reel of one clip with that motion."""
    motion, ramps = RAMPS.get(name, (name, []))
    ease, keys, (width, height) = MOTIONS[motion]
    spans = [{"start": start, "end": end, "speed": speed} for start, end, speed in ramps]
    crop = [{"frame": n, "x": x, "y": y, "width": w, "height": h, "ease": ease} for n, x, y, w, h in keys]
    return {
        "reel": 1,
        "canvas": {"width": width, "height": height, "fps": rate, "fit": "cover"},
        "audio": {"include": False},
        "encode": {"preset": "ultrafast", "crf": 0},
        "clips": [{"id": "c", "media": str(media), "crop_data": crop, "segments_data": {"version": 2, "spans": spans}}],
    }


def meant(placed: Placed, rate: int = RATE) -> list[tuple[float, float, float, float]]:
    """The windows of all frames: on a ramp from the curve itself at each frame's source time, not from its fit."""
    path, warp, curve = placed.framing.path, placed.timing.warp, placed.framing.curve
    if all(pace.constant for pace in warp.paces):
        return windows(path)
    exact = [curve.at(warp.source_of(RecordTime(Fraction(n, rate)))) for n in range(path.frames)]
    off = [
        abs(a - b)
        for box, n in zip(exact, range(path.frames), strict=True)
        for a, b in zip(box, path.at(n), strict=True)
    ]
    assert max(off) <= path.error + 1e-6 <= TOLERANCE + 1e-6
    return [(box.x, box.y, box.width, box.height) for box in exact]


def windows(path: CropPath) -> list[tuple[float, float, float, float]]:
    return [(box.x, box.y, box.width, box.height) for box in map(path.at, range(path.frames))]


@pytest.fixture(scope="session")
def blob_scene(embedded: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("blobs")
    return blobs.write_still(folder / "still.mkv", blobs.blob_scene(), FRAMES, ffmpeg=embedded)


@pytest.fixture(scope="session")
def texture(embedded: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("texture")
    return blobs.write_still(folder / "still.mkv", blobs.texture_scene(), FRAMES, ffmpeg=embedded)


@pytest.mark.conform
@pytest.mark.parametrize("name", cases([*MOTIONS, *RAMPS], slow={*MOTIONS, *RAMPS} - {*PLACED}))
def test_the_crop_sits_where_it_is_meant_to(name: str, blob_scene: Path, ffmpegs: str, tmp_path: Path) -> None:
    film, plan = shot(name, blob_scene, ffmpegs, tmp_path)
    rms, jitter, _ = BARS[plan.crop.kind]
    score = blobs.score(read.luma(film), meant(plan.placed), size_of(name))
    print(json.dumps({name: [score.rms_unbiased, score.jitter, plan.crop.error]}))
    assert score.rms_unbiased <= rms
    assert score.jitter <= jitter
    assert score.rms <= plan.crop.error


@pytest.mark.conform
@pytest.mark.parametrize("name", cases([*MOTIONS, *RAMPS], slow={*MOTIONS, *RAMPS} - {*SHARP}))
def test_the_crop_is_as_sharp_as_promised(name: str, texture: Path, ffmpegs: str, tmp_path: Path) -> None:
    film, plan = shot(name, texture, ffmpegs, tmp_path, SPARSE)
    windows = meant(plan.placed, SPARSE)
    got = blobs.psnr_against_reference(read.luma(film), blobs.texture_scene(), windows, size_of(name))
    print(json.dumps({name: got}))
    assert got >= BARS[plan.crop.kind][2]


def shot(name: str, media: Path, ffmpeg: str, folder: Path, rate: int = RATE) -> tuple[Path, ClipPlan]:
    """The film of that motion, and the plan of its clip."""
    reel = stored(name, media, rate)
    return rendered(reel, ffmpeg, folder / "film.mp4").path, compiled(reel, ffmpeg).plan.clips[0]


def size_of(name: str) -> tuple[int, int]:
    return MOTIONS[RAMPS.get(name, (name,))[0]][2]
