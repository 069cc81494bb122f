"""Warps are exact, monotone, and the same both ways."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.timeline.instant import RecordTime, SourceTime
from compiler.timeline.warp import FASTEST, INVERSE_ERROR, SLOWEST, Ease, Pace, Warp, cover

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


@given(warps(), SHARES)
def test_there_and_back_is_where_it_was(warp: Warp, share: Fraction) -> None:
    source = src(warp.start + share * (warp.end - warp.start))
    record = warp.record_of(source)
    assert abs(warp.source_of(record) - source) <= 10**-9
    assert abs(warp.record_of(src(min(warp.end, warp.source_of(record)))) - record) <= 10**-9
    if steady(warp):
        assert warp.source_of(record) == source


@given(warps(), st.lists(SHARES, min_size=2, max_size=6, unique=True))
def test_time_never_runs_back(warp: Warp, shares: list[Fraction]) -> None:
    records = [rec(share * warp.total) for share in sorted(shares)]
    assert all(a < b for a, b in pairwise(warp.source_of(at) for at in records))
    sources = [src(warp.start + share * (warp.end - warp.start)) for share in sorted(shares)]
    assert all(a <= b for a, b in pairwise(warp.record_of(at) for at in sources))


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


def test_a_ramp_is_taken_whole_or_not_at_all() -> None:
    ramp = pace("2", "4", "1", "2")
    assert cover(src(1), src(5), [ramp]).paces[1] is ramp
    assert steady(cover(src(4), src(5), [ramp]))
    with pytest.raises(ValueError, match="cut"):
        cover(src(3), src(5), [ramp])
    assert not steady(cover(src(2), src(6), [ramp, pace("4", "6", "2")]))
    assert len(cover(src(2), src(6), [ramp, pace("4", "6", "2")]).paces) == 2
