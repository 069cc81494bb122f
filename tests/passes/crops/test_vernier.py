"""A vernier reaches every place within the error it states."""

from __future__ import annotations

from random import Random

import pytest

from compiler.passes.crops.vernier import find_vernier

SIZES = [(607.5, 1080), (608, 1080), (540, 1080), (960, 1920), (1080, 1080), (2430, 1080), (304.2, 1920), (1215, 1080)]


@pytest.mark.parametrize(("size", "out"), SIZES)
def test_every_place_is_shown_within_the_stated_error(size: float, out: int) -> None:
    vernier = find_vernier(size, out)
    assert vernier is not None
    random = Random(1)
    for place in [0.0, *(random.uniform(0, 3000) for _ in range(400))]:
        coarse, fine = vernier.steps(place + vernier.shift)
        start, end = vernier.span(coarse, fine)
        assert coarse % 2 == fine % 2 == 0
        assert 0 <= fine <= vernier.scaled - vernier.view
        assert abs(start - place) <= vernier.worst + 1e-9
        assert abs(end - place - size) <= vernier.worst + 1e-9


@pytest.mark.parametrize(("size", "out"), SIZES)
def test_the_stated_error_is_not_idle_talk(size: float, out: int) -> None:
    vernier = find_vernier(size, out)
    assert vernier is not None
    spans = [(place, vernier.span(*vernier.steps(place + vernier.shift))) for place in (k / 50 for k in range(5000))]
    assert max(max(abs(a - x), abs(b - x - size)) for x, (a, b) in spans) >= 0.7 * vernier.worst


@pytest.mark.parametrize(("size", "out"), SIZES)
def test_sizes_are_even_and_the_window_little_wider(size: float, out: int) -> None:
    vernier = find_vernier(size, out)
    assert vernier is not None
    assert vernier.window % 2 == vernier.scaled % 2 == vernier.view % 2 == 0
    assert vernier.window <= 1.25 * size + 8
    assert vernier.worst * out / size < 0.2


def test_ratios_without_fine_steps_take_a_detour() -> None:
    views = {out: vernier.view for size, out in SIZES if (vernier := find_vernier(size, out)) and size in (540, 960)}
    assert all(view < out for out, view in views.items())
    assert len(views) == 2


def test_a_box_of_a_few_pixels_has_no_vernier() -> None:
    assert find_vernier(3, 1080) is None
