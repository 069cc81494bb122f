"""Crops drawn by ffmpeg, on ramps whose mean luma gives the centre of the visible part."""

from __future__ import annotations

from statistics import mean

import pytest

from compiler.emit import pictures
from compiler.ir.ops import Crop, Perspective, Scale, Smear
from compiler.passes.crops import CropPlan, plan_crop
from compiler.timeline.curve import Box
from compiler.timeline.path import Path
from tests.emit.drawn import draw, lumas
from tests.passes.crops.paths import gliding, still

FRAMES = 6
PICTURE = (242, 180)
CANVAS = (180, 320)


def chain(plan: CropPlan) -> str:
    texts = []
    for name, step in plan.steps:
        match step:
            case Crop():
                texts.append(pictures.crop(step, name))
            case Scale():
                texts.append(pictures.scale(step, name))
            case Smear():
                texts.append(pictures.smear(step, name))
            case Perspective():
                texts.append(pictures.perspective(step, name))
    return ", ".join(texts)


@pytest.mark.parametrize("axis", [0, 1])
@pytest.mark.parametrize(
    "path",
    [
        still(110.3, 9.7, 83.1, 147.7),
        gliding(Box(100.3, 20.4, 80, 142.2), Box(104.1, 22.9, 80, 142.2), FRAMES),
        gliding(Box(40, 0, 101.25, 180), Box(47.7, 0, 101.25, 180), FRAMES),
        gliding(Box(60.2, 4.5, 95, 168.9), Box(90.9, 20.5, 78.3, 139.2), FRAMES),
    ],
    ids=["still", "pan both ways", "pan at full height", "zoom"],
)
def test_the_box_is_where_the_path_says(ffmpegs: str, path: Path, axis: int) -> None:
    plan = plan_crop(path, *PICTURE, *CANVAS)
    film = draw(ffmpegs, chain(plan), "XY"[axis], FRAMES, f"{PICTURE[0]}x{PICTURE[1]}")
    drawn = lumas(film, *CANVAS)
    assert len(drawn) == FRAMES
    for n, frame in enumerate(drawn):
        box = path.at(n)
        centre = box[axis] + box[axis + 2] / 2 - 0.5
        assert mean(frame) == pytest.approx(centre, abs=plan.error * box[axis + 2] / CANVAS[axis] + 0.03)
