"""Curves between keyframes: each ease compared with its formula, by numbers."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.timeline.cubic import evaluate, through
from compiler.timeline.curve import Box, Curve, Key, KeyEase
from compiler.timeline.instant import SourceTime


def src(x: Fraction | float | str) -> SourceTime:
    return SourceTime(Fraction(x))


def curve(ease: KeyEase, *values: float) -> Curve:
    """One key a second; the value applies to all four properties."""
    return Curve(tuple(Key(src(k), Box(v, v, v, v), ease) for k, v in enumerate(values)))


EASED: dict[KeyEase, tuple[float, float, float]] = {
    "hold": (100, 100, 100),
    "linear": (125, 150, 175),
    "smooth": (100 + 100 * 5 / 32, 150, 100 + 100 * 27 / 32),
    "spline": (121.953125, 153.125, 182.734375),
}
"""Between 100 and 200 with neighbours 90 and 160: a quarter, a half, three quarters of the way."""


@pytest.mark.parametrize("ease", EASED)
def test_an_ease_is_its_formula(ease: KeyEase) -> None:
    eased = curve(ease, 90, 100, 200, 160)
    assert [eased.at(src(1 + share)).x for share in (0.25, 0.5, 0.75)] == pytest.approx(EASED[ease])


def catmull_rom(a: float, b: float, c: float, d: float, u: float) -> float:
    """The uniform Catmull-Rom spline, from its tangents (c - a) / 2 and (d - b) / 2, in Hermite's form."""
    p, q = (c - a) / 2, (d - b) / 2
    return (2 * u**3 - 3 * u**2 + 1) * b + (u**3 - 2 * u**2 + u) * p + (3 * u**2 - 2 * u**3) * c + (u**3 - u**2) * q


NUMBERS = st.floats(-2000, 2000)


@given(NUMBERS, NUMBERS, NUMBERS, NUMBERS, st.floats(0, 1))
def test_a_spline_is_catmull_rom_with_its_ends_doubled(a: float, b: float, c: float, d: float, u: float) -> None:
    spline = curve("spline", a, b, c, d)
    for bracket, four in ((1, (a, a, b, c)), (2, (a, b, c, d)), (3, (b, c, d, d))):
        assert spline.within(bracket, u).y == pytest.approx(catmull_rom(*four, u), abs=1e-8)


def test_before_the_first_and_after_the_last_keyframe_the_value_holds() -> None:
    for ease in EASED:
        ends = curve(ease, 100, 200)
        assert [ends.at(src(at)).width for at in (-5, 0, 1, 7)] == [100, 100, 200, 200]


def test_a_keyframes_own_ease_leads_to_the_next() -> None:
    boxes = [Box(v, 0, 10, 10) for v in (0, 100, 200)]
    mixed = Curve((Key(src(0), boxes[0], "hold"), Key(src(1), boxes[1], "linear"), Key(src(2), boxes[2])))
    assert [mixed.at(src(at)).x for at in (0.99, 1, 1.5, 2)] == [0, 100, 150, 200]


def keyed(*keys: tuple[float, float, KeyEase]) -> Curve:
    """Keyframes at frames of 30 a second; the value applies to all four properties, to each in another measure."""
    return Curve(tuple(Key(src(Fraction(frame) / 30), Box(v, -v, 2 * v, v / 2), ease) for frame, v, ease in keys))


def test_a_hold_ends_the_spline_on_both_sides() -> None:
    """Between holds a spline is as if its keyframes were the only ones."""
    cut = keyed(
        (0, 40, "spline"),
        (10, 90, "hold"),
        (30, 480, "spline"),
        (60, 490, "spline"),
        (90, 470, "hold"),
        (99, 0, "spline"),
    )
    alone = keyed((30, 480, "spline"), (60, 490, "spline"), (90, 470, "spline"))
    assert [cut.at(src(Fraction(n, 30))) for n in range(30, 91)] == [
        alone.at(src(Fraction(n, 30))) for n in range(30, 91)
    ]
    before = keyed((0, 40, "spline"), (10, 90, "spline"))
    assert [cut.at(src(Fraction(n, 30))) for n in range(10)] == [before.at(src(Fraction(n, 30))) for n in range(10)]


def test_a_slow_pan_after_a_cut_does_not_swing() -> None:
    cut = keyed((0, 40, "hold"), (30, 480, "spline"), (60, 490, "spline"), (90, 490, "spline"))
    seen = [cut.at(src(Fraction(n, 30))).x for n in range(30, 100)]
    assert min(seen) == 480
    assert max(seen) < 490.75  # as the same three keyframes without a cut before them
    assert [round(x, 2) for x in seen[:31:10]] == [480, 482.96, 487.04, 490]


@pytest.mark.parametrize("ease", ["linear", "smooth"])
def test_keyframes_across_other_eases_are_neighbours(ease: KeyEase) -> None:
    """Nothing jumps there: the curve arrives where the spline begins."""
    joined = keyed((0, 40, ease), (30, 480, "spline"), (60, 490, "spline"))
    spline = keyed((0, 40, "spline"), (30, 480, "spline"), (60, 490, "spline"))
    assert joined.at(src("1.5")) == spline.at(src("1.5"))


def test_the_ease_of_the_last_keyframe_does_not_matter() -> None:
    ends = [keyed((0, 40, "spline"), (30, 480, "spline"), (60, 490, ease)) for ease in EASED]
    assert len({end.at(src(at)) for end in ends for at in ("1.5",)}) == 1


def test_progress_is_linear_in_time_however_keyframes_are_spaced() -> None:
    uneven = Curve(tuple(Key(src(at), Box(at, 0, 1, 1), "linear") for at in (0, 1, 10)))
    assert uneven.at(src("5.5")).x == 5.5


def test_properties_move_apart() -> None:
    moving = Curve((Key(src(0), Box(0, 10, 20, 30), "linear"), Key(src(1), Box(4, 8, 24, 38))))
    assert moving.at(src("0.5")) == Box(2, 9, 22, 34)


def test_a_curve_without_keyframes_is_none() -> None:
    with pytest.raises(ValueError, match="keyframe"):
        Curve(())


@given(st.lists(st.tuples(st.integers(-50, 50), NUMBERS), min_size=1, max_size=4, unique_by=lambda point: point[0]))
def test_a_polynomial_goes_through_its_points(points: list[tuple[int, float]]) -> None:
    cubic = through(points)
    assert len(cubic) == len(points)
    for x, y in points:
        assert evaluate(cubic, x) == pytest.approx(y, abs=1e-4)
