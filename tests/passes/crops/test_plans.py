"""The chain for each motion; its crops stay in the picture, and their stated errors hold."""

from __future__ import annotations

from math import sin
from random import Random

import pytest

from compiler.ir.ops import Crop, Follow, Perspective, Scale, Smear
from compiler.passes.crops import CropPlan, plan_crop
from compiler.timeline.curve import Box
from compiler.timeline.path import Path
from tests.passes.crops.paths import gliding, moving, stand, still

HD = (1920, 1080)
TALL = (1080, 1920)

SLOW = gliding(Box(300.3, 0, 608, 1080), Box(307.3, 0, 608, 1080))
DIAGONAL = gliding(Box(300.3, 20.4, 540, 960), Box(307.3, 24.9, 540, 960))
EDGE = gliding(Box(0, 0, 607.5, 1080), Box(1312.5, 0, 607.5, 1080))
ZOOM = gliding(Box(300, 0, 608, 1080), Box(354, 95.9, 500, 888.2))


@pytest.mark.parametrize(
    ("path", "kind", "chain", "steps"),
    [
        (still(656, 0, 608, 1080), "static", "crop", "crop scale"),
        (still(0, 0, 1920, 1080), "static", "scale", "scale"),
        (still(656.25, 0, 607.5, 1080), "static", "vernier", "coarse scale fine"),
        (SLOW, "pan", "vernier", "coarse scale fine"),
        (DIAGONAL, "pan", "padded vernier via 558x984", "smear coarse scale fine resize"),
        (EDGE, "pan", "padded vernier", "smear coarse scale fine"),
        (gliding(Box(10, 5, 20, 35.6), Box(90, 5, 20, 35.6)), "pan", "perspective", "follow perspective scale"),
        (ZOOM, "zoom", "perspective", "follow perspective scale"),
        (gliding(Box(0, 0, 1920, 1080), Box(60, 33.75, 1800, 1012.5)), "zoom", "perspective", "perspective scale"),
    ],
)
def test_chains(path: Path, kind: str, chain: str, steps: str) -> None:
    plan = plan_crop(path, *HD, *TALL)
    assert (plan.kind, plan.chain, " ".join(name for name, _ in plan.steps)) == (kind, chain, steps)


@pytest.mark.parametrize("path", [SLOW, DIAGONAL, EDGE, ZOOM, still(656.25, 0, 607.5, 1080)])
def test_hd_is_shown_within_a_fifth_of_a_pixel(path: Path) -> None:
    assert plan_crop(path, *HD, *TALL).error < 0.2


def test_even_boxes_are_exact() -> None:
    assert plan_crop(still(656, 12, 540, 960), *HD, *TALL).error == 0


def test_a_small_rounding_is_stated() -> None:
    """Without a vernier, the plan states the error of rounding."""
    plan = plan_crop(still(101.0, 50, 4, 8), *HD, *TALL)
    assert plan.chain == "crop"
    assert plan.error == pytest.approx(1080 / 4)


def test_a_still_axis_is_cropped_at_its_place() -> None:
    crop = plan_crop(SLOW, *HD, *TALL).steps[0][1]
    assert isinstance(crop, Crop)
    assert (crop.height, crop.y) == (1080, 0)


def covered(plan: CropPlan, n: int, size: tuple[int, int]) -> list[tuple[float, float]]:
    """Per axis, the edges of the visible part of the picture at frame `n`; every crop is checked to be inside."""
    spans = [(0.0, float(side)) for side in size]
    for _, step in plan.steps:
        if isinstance(step, Smear):
            spans = [(-step.left, spans[0][1] + step.right), (-step.top, spans[1][1] + step.bottom)]
            size = (size[0] + step.left + step.right, size[1] + step.top + step.bottom)
        elif isinstance(step, Scale):
            size = (step.width, step.height)
        elif isinstance(step, Crop):
            axes = zip(spans, size, (step.x, step.y), (step.width, step.height), strict=True)
            spans = [cropped(span, side, stand(place, n), length) for span, side, place, length in axes]
            size = (step.width, step.height)
    return spans


def cropped(span: tuple[float, float], side: int, place: float, length: int) -> tuple[float, float]:
    assert place % 2 == length % 2 == 0
    assert 0 <= place <= side - length
    unit = (span[1] - span[0]) / side
    return span[0] + place * unit, span[0] + (place + length) * unit


def random_pan(random: Random) -> tuple[Path, tuple[int, int]]:
    """A box of constant size wandering through a picture, often along its edges."""
    side = random.choice([(1920, 1080), (1280, 720), (3840, 2160), (1281, 721), (1080, 1920)])
    height = random.choice([side[1], random.uniform(0.6, 1) * side[1]])
    width = min(side[0], height * 9 / 16)
    room = side[0] - width, side[1] - height
    low, high, pace = random.choice([0, random.random()]), random.choice([1, random.random()]), random.uniform(5, 40)

    def box(n: int) -> Box:
        along = low + (high - low) * (sin(n / pace) + 1) / 2
        return Box(room[0] * along, room[1] * (1 - along), width, height)

    return moving(box, 90, tuple(range(0, 90, 6))), side


@pytest.mark.parametrize("seed", range(25))
def test_pans_stay_inside_and_keep_their_error(seed: int) -> None:
    path, side = random_pan(Random(seed))
    plan = plan_crop(path, *side, *TALL)
    assert "vernier" in plan.chain
    for n in range(path.frames):
        box = path.at(n)
        for (start, end), at, size, out in zip(covered(plan, n, side), box[:2], box[2:], TALL, strict=True):
            assert abs(start - at) * out / size <= plan.error + 1e-6
            assert abs(end - at - size) * out / size <= plan.error + 1e-6


@pytest.mark.parametrize("seed", range(25))
def test_stills_show_what_they_say(seed: int) -> None:
    random = Random(seed)
    width, height = random.uniform(3, 900), random.uniform(3, 900)
    x, y = random.uniform(0, 1919 - width), random.uniform(0, 1079 - height)
    plan = plan_crop(still(x, y, width, height), *HD, *TALL)
    for (start, end), at, size, out in zip(covered(plan, 0, HD), (x, y), (width, height), TALL, strict=True):
        assert max(abs(start - at), abs(end - at - size)) * out / size <= plan.error + 1e-6


def test_an_odd_line_is_cut_off_before_it_is_smeared() -> None:
    plan = plan_crop(gliding(Box(0, 0, 227, 405), Box(400, 0, 227, 405)), 721, 405, *TALL)
    even, smear = (step for _, step in plan.steps[:2])
    assert even == Crop(even.src, 720, 404, 0, 0)
    assert isinstance(smear, Smear)
    assert smear.bottom > 0


@pytest.mark.parametrize("side", [HD, (721, 405), (64, 48)])
def test_the_follow_crop_holds_the_box_and_its_neighbours(side: tuple[int, int]) -> None:
    path = gliding(Box(0, 1, side[0] * 0.7, side[1] - 2), Box(side[0] * 0.6, 5, side[0] * 0.4, side[1] * 0.6))
    crop = plan_crop(path, *side, *TALL).steps[0][1]
    assert isinstance(crop, Crop)
    for n in range(path.frames):
        box = path.at(n)
        axes = zip(box[:2], box[2:], (crop.x, crop.y), (crop.width, crop.height), side, strict=True)
        for at, size, place, length, whole in axes:
            left, right = stand(place, n), stand(place, n) + length
            assert left == 0 or left <= at - 2
            assert right >= whole // 2 * 2 or right >= at + size + 2


def test_many_keyframes_share_filters_out() -> None:
    random = Random(3)
    boxes = [Box(random.uniform(0, 900), 0, width := random.uniform(300, 600), width * 16 / 9) for _ in range(1200)]
    plan = plan_crop(moving(boxes.__getitem__, 1200, tuple(range(0, 1200, 3))), *HD, *TALL)
    filters = [step for _, step in plan.steps if isinstance(step, Perspective)]
    assert 1 < len(filters) <= (256 << 20) // (8 * 600 * 1072)
    assert [step.first for step in filters] == [0, *(step.until for step in filters[:-1])]
    assert filters[-1].until == 1200
    assert all(isinstance(step.x, Follow) for step in filters)


def test_equal_questions_are_answered_once() -> None:
    again = gliding(Box(300.3, 0, 608, 1080), Box(307.3, 0, 608, 1080))
    assert plan_crop(again, *HD, *TALL) is plan_crop(SLOW, *HD, *TALL)
