"""The crop window compared with values computed by hand."""

from __future__ import annotations

from fractions import Fraction

import pytest

from tests.reference import crop

SIZE = (1920, 1080)
RATE = Fraction(30)


def keys(*places: tuple[int, float, str]) -> list[dict[str, object]]:
    """Keyframes (frame, x, ease) of one size."""
    return [{"frame": at, "x": x, "y": 0, "width": 400, "height": 800, "ease": ease} for at, x, ease in places]


def x_at(stored: list[dict[str, object]], frame: float) -> Fraction:
    return crop.window(stored, RATE, SIZE, Fraction(frame) / RATE)[0]


def test_the_spline_is_catmull_rom_with_its_ends_held() -> None:
    stored = keys((0, 0, "spline"), (10, 100, "spline"), (30, 400, "spline"))
    # Half way: (-p0 + 9 p1 + 9 p2 - p3) / 16.
    assert x_at(stored, 5) == Fraction(-0 + 0 + 900 - 400, 16)
    assert x_at(stored, 20) == Fraction(-0 + 900 + 3600 - 400, 16)
    assert [x_at(stored, frame) for frame in (-1, 0, 10, 30, 99)] == [0, 0, 100, 400, 400]


@pytest.mark.parametrize(("ease", "quarter"), [("linear", 25), ("hold", 0), ("smooth", 100 * Fraction(10, 64))])
def test_the_ease_of_the_keyframe_left_behind_rules(ease: str, quarter: Fraction) -> None:
    stored = keys((0, 0, ease), (20, 100, "spline"), (40, 100, "hold"))
    assert x_at(stored, 5) == quarter
    assert x_at(stored, 20) == 100


def test_a_hold_on_either_side_ends_the_spline() -> None:
    cut = keys((0, 40, "hold"), (20, 100, "spline"), (40, 140, "hold"), (60, 500, "spline"))
    alone = keys((20, 100, "spline"), (40, 140, "spline"))
    assert [x_at(cut, frame) for frame in (20, 25, 33, 40)] == [x_at(alone, frame) for frame in (20, 25, 33, 40)]


def test_one_keyframe_holds_always() -> None:
    assert {x_at(keys((7, 42.5, "spline")), frame) for frame in (0, 7, 100)} == {Fraction(85, 2)}


def test_what_the_spline_overshoots_is_kept_inside() -> None:
    stored = keys((0, 1520, "spline"), (10, 1520, "spline"), (20, 0, "spline"), (30, 0, "spline"))
    assert x_at(stored, 5) == 1520
    assert x_at(stored, 25) == 0


def test_a_box_a_hair_too_large_is_the_whole_picture() -> None:
    stored: list[dict[str, object]] = [{"frame": 0, "x": 0.001, "y": 0, "width": 1920, "height": 1080.001}]
    assert list(crop.window(stored, RATE, SIZE, Fraction(0))) == [0, 0, 1920, 1080]


def test_the_largest_box_is_centred() -> None:
    assert list(crop.largest(Fraction(9, 16), SIZE)) == [656.25, 0, 607.5, 1080]
    assert list(crop.largest(Fraction(16, 9), SIZE)) == [0, 0, 1920, 1080]
    assert list(crop.largest(Fraction(2), SIZE)) == [0, 60, 1920, 960]
