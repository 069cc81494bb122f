"""Tests of the measurement of a moving crop: the reference resampler has no error, and planted errors are found."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.footage import blobs, read
from tests.footage.blobs import SIZE, Window
from tests.footage.coded import Luma

CANVAS = (304, 540)
WINDOWS: list[Window] = [(300.3 + 0.7 * n, 10.0, 608 - n, 1060.0) for n in range(5)]


@pytest.fixture(scope="module")
def scene() -> Luma:
    return blobs.blob_scene()


def rendered(scene: Luma, windows: list[Window]) -> list[Luma]:
    """The 8-bit output of a perfect chain of filters."""
    exact = (blobs.resample(scene, window, CANVAS) for window in windows)
    return [np.clip(np.rint(frame), 0, 255).astype(np.uint8) for frame in exact]


@pytest.mark.further
def test_the_reference_is_without_error(scene: Luma) -> None:
    score = blobs.score(rendered(scene, WINDOWS), WINDOWS, CANVAS)
    assert score.blobs > 30
    assert max(score.rms, score.rms_unbiased, score.jitter) < 0.008


def test_a_constant_offset_is_bias_and_no_jitter(scene: Luma) -> None:
    moved = [(x + 2, y, width, height) for x, y, width, height in WINDOWS]
    score = blobs.score(rendered(scene, WINDOWS), moved, CANVAS)
    assert score.rms == pytest.approx(2 * CANVAS[0] / 606, rel=0.02)
    assert score.rms_unbiased < 0.01
    assert score.jitter < 0.01


def test_a_frame_that_jumps_is_jitter(scene: Luma) -> None:
    x, y, width, height = WINDOWS[2]
    jumping = [*WINDOWS[:2], (x + 1, y, width, height), *WINDOWS[3:]]
    score = blobs.score(rendered(scene, jumping), WINDOWS, CANVAS)
    step = CANVAS[0] / width
    assert score.jitter == pytest.approx(step * np.sqrt((1 + 4 + 1) / 3), rel=0.03)


def test_the_ratio_falls_with_the_place(scene: Luma) -> None:
    texture = blobs.texture_scene()
    frames = rendered(texture, WINDOWS)
    moved = [(x + 0.5, y, width, height) for x, y, width, height in WINDOWS]
    right = blobs.psnr_against_reference(frames, texture, WINDOWS, CANVAS, every=4)
    wrong = blobs.psnr_against_reference(frames, texture, moved, CANVAS, every=4)
    assert right > 58
    assert wrong < right - 15


def test_a_missing_frame_is_an_error(scene: Luma) -> None:
    with pytest.raises(ValueError, match="longer"):
        blobs.score(rendered(scene, WINDOWS[:4]), WINDOWS, CANVAS)


def test_the_still_is_lossless(scene: Luma, tmp_path: Path, embedded: str) -> None:
    clip = blobs.write_still(tmp_path / "still.mkv", scene, 3, ffmpeg=embedded)
    frames = list(read.luma(clip))
    assert len(frames) == 3
    assert all(np.array_equal(frame, scene) for frame in frames)
    assert scene.shape == (SIZE[1], SIZE[0])
