"""Interpolated slow motion: the same number and times of frames, and frames outside it are the source's own."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from compiler.ir import ops
from compiler.ir.ops import Value
from compiler.lower import Placed
from compiler.model.limits import Motion
from compiler.passes.part_motion import runs_of
from tests.cases import cases
from tests.conform.studio import compiled, rendered
from tests.footage.check import check_film
from tests.footage.pool import Source
from tests.reference.predict import predict
from tests.reference.random_reels import random_reel

pytestmark = pytest.mark.further

SEEDS = (30, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (2, 3, 6)))
"""Seeds of random reels that contain slow motion."""

MOTIONS: list[tuple[Motion, Motion]] = [("blend", "interpolate"), ("interpolate", "blend")]
"""The motion of the first clip and every second one after it, and of the others."""


def mixed(placed: Placed, fps: Fraction) -> set[int]:
    """The frames of the film that a clip's motion draws."""
    op = ops.Retime(Value("x"), placed.timing.grid_warp(fps), fps, motion=placed.clip.motion)
    return {placed.first + n for first, until, moves in runs_of(op) if moves for n in range(first, until)}


@pytest.mark.conform
@pytest.mark.parametrize("motions", cases(MOTIONS, slow=MOTIONS[1:]), ids="-".join)
@pytest.mark.parametrize("seed", SEEDS)
def test_only_slow_motion_is_mixed(
    seed: int, motions: tuple[Motion, Motion], ffmpegs: str, sources: tuple[Source, ...], tmp_path: Path
) -> None:
    reel = random_reel(seed, sources)
    for number, clip in enumerate(reel["clips"]):
        clip["motion"] = motions[number % 2]
    film = rendered(reel, ffmpegs, tmp_path / "film.mp4")
    prediction = predict(reel, {source.media: source.facts for source in sources})
    report = check_film(film.path, prediction, sources)
    assert report.count == prediction.frames
    assert not report.pts_errors
    assert 0 <= report.samples - prediction.samples < 1024
    plan = compiled(reel, ffmpegs).plan
    slow = set().union(*(mixed(clip.placed, plan.fps) for clip in plan.clips))
    assert slow
    assert {wrong.frame for wrong in report.wrong_frames} <= slow
