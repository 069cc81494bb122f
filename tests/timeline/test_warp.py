"""Warps are exact, monotone, and invertible."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.timeline.instant import RecordTime, SourceTime
from compiler.timeline.warp import FASTEST, INVERSE_ERROR, SLOWEST, Ease, Pace, Warp, cover, held

SPEEDS = st.fractions(SLOWEST, FASTEST, max_denominator=100)
LENGTHS = st.fractions(Fraction(1, 100), 20, max_denominator=1000)
EASES: st.SearchStrategy[Ease] = st.sampled_from(("linear", "smooth"))
SHARES = st.fractions(0, 1, max_denominator=10_000)


def src(x: Fraction | int | str) -> SourceTime:
    return SourceTime(Fraction(x))


def rec(x: Fraction | int | str) -> RecordTime:
    return RecordTime(Fraction(x))


def pace(start: str, end: str, entry: str = "1", leave: str | None = None, ease: Ease = "linear") -> Pace:
    return Pace(src(start), src(end), Fraction(entry), Fraction(leave or entry), ease)


def steady(warp: Warp) -> bool:
    return all(pace.constant for pace in warp.paces)


@st.composite
def warps(draw: st.DrawFn) -> Warp:
    at, paces = draw(st.fractions(0, 10, max_denominator=100)), []
    for _ in range(draw(st.integers(1, 5))):
        end = at + draw(LENGTHS)
        entry, leave = draw(SPEEDS), draw(SPEEDS)
        paces.append(Pace(src(at), src(end), entry, draw(st.sampled_from([entry, leave])), draw(EASES)))
        at = end
    return Warp(tuple(paces))


@pytest.mark.parametrize(
    ("entry", "leave", "duration"),
    [("1", "1", "4"), ("2", "2", "2"), ("0.1", "0.1", "40"), ("16", "16", "1/4"), ("1", "3", "2"), ("0.5", "1.5", "4")],
)
@pytest.mark.parametrize("ease", ["linear", "smooth"])
def test_a_span_lasts_twice_its_length_over_the_sum_of_its_speeds(
    entry: str, leave: str, duration: str, ease: Ease
) -> None:
    ramp = Warp((pace("1", "5", entry, leave, ease),))
    assert ramp.total == Fraction(duration)
    assert ramp.source_of(rec(0)) == 1
    assert ramp.source_of(ramp.total) == 5
    assert abs(ramp.record_of(src(5)) - ramp.total) <= INVERSE_ERROR


def test_both_eases_cover_half_of_a_symmetric_ramp_by_its_middle_unevenly() -> None:
    """From 1 to 3 over 2 s, at the middle: linear has covered 1 + 1/2 s, smooth 1 + 2 (1/8 - 1/32) s."""
    assert pace("0", "4", "1", "3", "linear").source_offset(Fraction(1)) == Fraction(3, 2)
    assert pace("0", "4", "1", "3", "smooth").source_offset(Fraction(1)) == 1 + 4 * (Fraction(1, 8) - Fraction(1, 32))


def test_a_speed_is_the_slope_of_the_map() -> None:
    for ease in ("linear", "smooth"):
        ramp = Warp((pace("0", "4", "1", "3", ease), pace("4", "6", "3")))
        assert [ramp.speed_at(rec(t)) for t in ("0", "1", "2", "2.5", "99")] == [1, 2, 3, 3, 3]
        step = Fraction(1, 10**6)
        for t in (Fraction(1, 4), Fraction(3, 2), Fraction(9, 4)):
            slope = (ramp.source_of(rec(t + step)) - ramp.source_of(rec(t - step))) / (2 * step)
            assert abs(slope - ramp.speed_at(rec(t))) < Fraction(1, 10**6)


@pytest.mark.further
@given(warps(), SHARES)
def test_there_and_back_is_where_it_was(warp: Warp, share: Fraction) -> None:
    source = src(warp.start + share * (warp.end - warp.start))
    record = warp.record_of(source)
    assert abs(warp.source_of(record) - source) <= 10**-9
    assert abs(warp.record_of(src(min(warp.end, warp.source_of(record)))) - record) <= 10**-9
    if steady(warp):
        assert warp.source_of(record) == source


@pytest.mark.further
@given(warps(), st.lists(SHARES, min_size=2, max_size=6, unique=True))
def test_time_never_runs_back(warp: Warp, shares: list[Fraction]) -> None:
    records = [rec(share * warp.total) for share in sorted(shares)]
    assert all(a < b for a, b in pairwise(warp.source_of(at) for at in records))
    sources = [src(warp.start + share * (warp.end - warp.start)) for share in sorted(shares)]
    assert all(a <= b for a, b in pairwise(warp.record_of(at) for at in sources))


@pytest.mark.further
@given(warps())
def test_paces_meet(warp: Warp) -> None:
    for at, source in zip(warp.record_starts, [*warp.source_starts, warp.end], strict=True):
        assert warp.source_of(rec(at)) == source
    assert warp.total == sum(pace.duration for pace in warp.paces)


def test_past_its_end_a_warp_runs_on_at_its_last_speed() -> None:
    warp = Warp((pace("1", "3"), pace("3", "4", "0.5")))
    assert warp.total == 4
    assert warp.source_of(rec(5)) == Fraction(9, 2)
    assert warp.speed_at(rec(5)) == Fraction(1, 2)
    assert Warp((pace("0", "4", "1", "3"),)).source_of(rec(3)) == 7


@pytest.mark.parametrize("outside", ["0.999", "4.001"])
def test_source_time_outside_a_warp_has_no_record_time(outside: str) -> None:
    with pytest.raises(ValueError, match="outside"):
        Warp((pace("1", "4"),)).record_of(src(outside))


@pytest.mark.parametrize("paces", [(), (pace("1", "1"),), (pace("2", "1"),), (pace("1", "2"), pace("3", "4"))])
def test_a_warp_is_adjacent_spans_of_some_length(paces: tuple[Pace, ...]) -> None:
    with pytest.raises(ValueError, match="warp"):
        Warp(paces)


def covered(start: str, end: str, *paces: Pace) -> list[tuple[str, str, str]]:
    warp = cover(src(start), src(end), paces)
    return [(str(pace.start), str(pace.end), str(pace.entry)) for pace in warp.paces]


def test_what_no_span_covers_plays_at_real_time() -> None:
    assert covered("1", "9") == [("1", "9", "1")]
    assert covered("1", "9", pace("2", "3", "2"), pace("5", "7", "4")) == [
        *[("1", "2", "1"), ("2", "3", "2"), ("3", "5", "1"), ("5", "7", "4"), ("7", "9", "1")]
    ]


def test_spans_are_clipped_to_the_trim_and_those_outside_are_dropped() -> None:
    spans = pace("0", "1", "8"), pace("1", "4", "2"), pace("8", "12", "4"), pace("20", "30", "8")
    assert covered("3", "9", *spans) == [("3", "4", "2"), ("4", "8", "1"), ("8", "9", "4")]
    assert covered("4", "8", *spans) == [("4", "8", "1")]


def test_neighbours_of_one_speed_are_one_span() -> None:
    assert covered("0", "9", pace("0", "2"), pace("2", "3", "2"), pace("3", "5", "2"), pace("6", "7")) == [
        *[("0", "2", "1"), ("2", "5", "2"), ("5", "9", "1")]
    ]


@pytest.mark.further
@given(st.sampled_from([("0.1", "16"), ("16", "0.1"), ("1", "1.000001"), ("1", "2.5")]), EASES, SHARES, SHARES, SHARES)
def test_what_a_trim_leaves_of_a_ramp_keeps_to_its_course(
    speeds: tuple[str, str], ease: Ease, one: Fraction, other: Fraction, at: Fraction
) -> None:
    ramp = pace("2", "6", *speeds, ease)
    whole = cover(src(2), src(6), [ramp])
    low, high = sorted((2 + 4 * one, 2 + 4 * other))
    if low == high:
        return
    part = cover(src(low), src(high), [ramp])
    assert len(part.paces) == 1
    began = whole.record_of(src(low))
    for source in (low, low + (high - low) * at, high):
        assert abs(part.record_of(src(source)) - (whole.record_of(src(source)) - began)) <= 3 * INVERSE_ERROR
    record = part.total * at
    assert abs(part.source_of(rec(record)) - whole.source_of(rec(began + record))) <= 64 * INVERSE_ERROR
    assert abs(part.speed_at(rec(record)) - whole.speed_at(rec(began + record))) <= Fraction(1, 10**9)


def test_a_ramp_that_is_wholly_inside_is_taken_as_it_is() -> None:
    ramp = pace("2", "4", "1", "2")
    assert cover(src(1), src(5), [ramp]).paces[1] == ramp
    assert steady(cover(src(4), src(5), [ramp]))
    assert list(map(int, cover(src(3), src(5), [ramp]).paces[0].cut)) == [1, 0]
    assert len(cover(src(2), src(6), [ramp, pace("4", "6", "2")]).paces) == 2


def test_a_freeze_holds_the_last_frame_at_or_before_its_instant() -> None:
    """Half a second at 3, of a clip from 2 to 4: source times up to 3 come before it, later ones 0.5 s later."""
    warp = cover(src(2), src(4), [held(src(3), Fraction(1, 2))])
    assert warp.total == Fraction(5, 2)
    assert [warp.record_of(src(at)) for at in ("2", "3", "3.01", "4")] == [0, 1, Fraction("1.51"), Fraction(5, 2)]
    assert [warp.source_of(rec(at)) for at in ("0.9", "1", "1.4", "1.5", "1.6")] == [
        *(Fraction(each) for each in ("2.9", "3", "3", "3", "3.1"))
    ]
    assert [warp.speed_at(rec(at)) for at in ("0.9", "1.2", "1.6")] == [1, 0, 1]


def test_a_freeze_in_a_span_parts_it_and_leaves_its_speed() -> None:
    inside = cover(src(0), src(9), [pace("2", "4", "2"), pace("4", "8", "1", "3"), held(src(3), Fraction(1))])
    assert [each.length for each in inside.paces] == [2, 1, 0, 1, 4, 1]
    ramp = pace("4", "8", "1", "3")
    plain, frozen = (cover(src(4), src(8), [ramp, *holds]) for holds in ([], [held(src(5), Fraction(1))]))
    assert abs(frozen.total - plain.total - 1) <= 3 * INVERSE_ERROR
    for at in ("4.5", "5", "5.5", "8"):
        late = 1 if Fraction(at) > 5 else 0
        assert abs(frozen.record_of(src(at)) - plain.record_of(src(at)) - late) <= 3 * INVERSE_ERROR


def test_freezes_stand_at_both_ends_and_not_outside() -> None:
    one = Fraction(1)
    ends = cover(src(2), src(3), [held(src(at), one) for at in (2, 3)])
    assert [each.hold for each in ends.paces] == [1, 0, 1]
    assert [ends.source_of(rec(at)) for at in ("0.5", "1.5", "2.5", "9")] == [2, Fraction(5, 2), 3, 3]
    assert ends.record_of(src(2)) == 0
    assert len(cover(src(2), src(3), [held(src(at), one) for at in ("1.9", "3.1")]).paces) == 1
    with pytest.raises(ValueError, match="plays something"):
        Warp((held(src(2), one),))
    with pytest.raises(ValueError, match="holds an instant"):
        Warp((pace("1", "2"), held(src(2), Fraction(0))))


@pytest.mark.parametrize("ease", ["linear", "smooth"])
@pytest.mark.parametrize("speeds", [("0.1", "16"), ("16", "0.1"), ("4", "4.0001"), ("0.3", "2")])
def test_the_inverse_is_as_exact_as_it_says(speeds: tuple[str, str], ease: Ease) -> None:
    ramp = pace("0", "40", *speeds, ease)
    for k in range(201):
        at = ramp.length * k / 200
        t = ramp.record_offset(at)
        low, high = max(t - INVERSE_ERROR, Fraction(0)), min(t + INVERSE_ERROR, ramp.duration)
        assert ramp.source_offset(low) <= at <= ramp.source_offset(high)
