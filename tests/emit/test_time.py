"""Time in ffmpeg's spelling: exact ticks, one balanced expression, whole frames."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.emit.time import NANOSECONDS, frames, record_time, restamp, retime, trim
from compiler.ir import ops
from compiler.ir.infer import Video
from compiler.timeline.instant import RecordTime, SourceTime, frame_count, nearest, slot
from compiler.timeline.warp import Ease, Pace, Warp, cover, held
from tests.emit.expressions import compiled, evaluate
from tests.ir.graphs import src, v


def steady(start: Fraction | int, *paces: tuple[str, str]) -> Warp:
    """A warp of constant speeds from `start` on, each for this many source seconds."""
    at, made = Fraction(start), []
    for length, speed in paces:
        end = at + Fraction(length)
        made.append(Pace(src(at), src(end), Fraction(speed), Fraction(speed)))
        at = end
    return Warp(tuple(made))


def test_a_trim_counts_nanoseconds_of_ffmpegs_clock() -> None:
    op = ops.Trim(v("a"), src(Fraction(1001, 30_000)), src(3))
    assert trim(op, Video(64, 36, zero=Fraction(-2)), "x.trim") == [
        "settb=1/1000000000",
        "trim@x.trim=start_pts=-1966633333:end_pts=1000000000",
    ]


@pytest.mark.parametrize(
    ("warp", "zero", "text"),
    [
        (steady(0, ("1", "1")), 0, "T"),
        (steady(1, ("1", "1")), 0, "T-1"),
        (steady(1, ("1", "1")), -3, "T+2"),
        (steady(0, ("1", "0.5")), 0, "T*2"),
        (steady(1, ("1", "2")), 0, "(T-1)/2"),
        (steady(1, ("1", "3/2")), 0, "(T-1)*2/3"),
        (steady(1, ("1", "1"), ("2", "2")), 0, "clip(T-1,0,1)+clip(T-2,0,2)/2"),
    ],
)
def test_record_time_is_a_term_a_pace(warp: Warp, zero: int, text: str) -> None:
    assert record_time(warp, Fraction(zero)) == text


PACES = st.lists(
    st.tuples(
        st.sampled_from(["1/2", "1/3", "0.7", "2"]), st.sampled_from(["0.1", "0.5", "0.37", "1", "1.07", "2", "16"])
    ),
    min_size=1,
    max_size=40,
)


@given(
    PACES, st.fractions(0, 4000), st.fractions(0, 1, max_denominator=997), st.sampled_from([30, Fraction(30_000, 1001)])
)
def test_the_expression_is_the_warp(
    paces: list[tuple[str, str]], zero: Fraction, share: Fraction, fps: Fraction
) -> None:
    warp = steady(5, *paces)
    at = src(warp.start + share * (warp.end - warp.start))
    exact = warp.record_of(at)
    assert evaluate(record_time(warp, zero), T=float(at + zero)) == pytest.approx(float(exact), abs=1e-8)
    (setpts, *_) = retime(ops.Retime(v("a"), warp, Fraction(fps)), Video(64, 36, zero=zero), "x")
    text = re.sub(r"setpts@x='(.*)'", r"\1", setpts)
    edge = exact * fps + Fraction(501, 1000)
    if min(edge % 1, -edge % 1) > Fraction(1, 10**6):
        assert round(evaluate(text, T=float(at + zero), TB=1) * fps) == slot(exact, Fraction(fps))


EDGES = ("0.1", "0.10001", "0.5", "1", "1.0000001", "1.0001", "2.37", "15.9", "16")
SPEEDS = st.one_of(st.sampled_from(EDGES).map(Fraction), st.fractions(Fraction(1, 10), 16, max_denominator=1000))


@st.composite
def ramped(draw: st.DrawFn) -> Warp:
    """Ramps, constant spans and freezes in any order, their outer ones cut by a trim anywhere."""
    at, paces = Fraction(draw(st.integers(0, 3000)), 7), []
    for _ in range(draw(st.integers(1, 6))):
        end = at + draw(st.fractions(Fraction(1, 50), 9, max_denominator=1000))
        entry = draw(SPEEDS)
        leave = draw(st.one_of(st.just(entry), SPEEDS, SPEEDS))
        paces.append(Pace(src(at), src(end), entry, leave, draw(st.sampled_from(["linear", "smooth"]))))
        if draw(st.integers(0, 3)) == 0:
            paces.append(held(src(at + (end - at) * draw(st.fractions(0, 1, max_denominator=9))), Fraction(1, 3)))
        at = end
    low, high = sorted(draw(st.tuples(*[st.fractions(0, 1, max_denominator=500)] * 2)))
    length = at - paces[0].start
    if high - low < Fraction(1, 100):
        low, high = Fraction(0), Fraction(1)
    return cover(src(paces[0].start + low * length), src(paces[0].start + high * length), paces)


SURE = Fraction(1, 10**7)
"""The frames that are nearer to the edge of a slot than this, where nanoseconds decide."""


@pytest.mark.further
@given(ramped(), st.integers(0, 3600), st.sampled_from(["24", "25", "30000/1001", "60", "240"]), st.integers(1, 99))
def test_every_frame_has_the_slot_that_exact_arithmetic_gives_it(warp: Warp, zero: int, rate: str, step: int) -> None:
    fps = Fraction(rate)
    (setpts, *_) = retime(ops.Retime(v("a"), warp, fps), Video(64, 36, zero=Fraction(zero)), "x")
    slots = compiled(re.sub(r"setpts@x='(.*)'", r"\1", setpts))
    for k in range(step, 5000, 97):
        ticks = nearest((warp.start + zero + (warp.end - warp.start) * k / 5000) * NANOSECONDS)
        at = Fraction(ticks, NANOSECONDS) - zero
        if not warp.start <= at < warp.end:
            continue
        exact = warp.record_of(src(at))
        edge = (exact * fps + Fraction(501, 1000)) % 1
        if SURE < edge < 1 - SURE:
            spelled = slots({"T": ticks * 1e-9, "PTS": float(ticks), "TB": 1e-9}) * 1e-9 * float(fps)
            assert round(spelled) == slot(exact, fps), f"{warp} at {at}"


@pytest.mark.further
@pytest.mark.parametrize("ease", ["linear", "smooth"])
@pytest.mark.parametrize("entry", EDGES)
@pytest.mark.parametrize("leave", EDGES)
def test_a_ramp_is_exact_to_a_nanosecond(entry: str, leave: str, ease: Ease) -> None:
    if entry == leave:
        return
    pace = Pace(src(3), src(11), Fraction(entry), Fraction(leave), ease)
    for warp in (Warp((pace,)), cover(src(5), src(8), [pace])):
        text = compiled(record_time(warp, Fraction(0)))
        for k in range(11):
            at = warp.start + (warp.end - warp.start) * k / 10
            exact = warp.record_of(src(at))
            assert abs(text({"T": float(at)}) - float(exact)) < 1e-9


def test_ramps_are_spelled_in_closed_form() -> None:
    linear, smooth = (Pace(src(1), src(3), Fraction(1), Fraction(3), ease) for ease in ("linear", "smooth"))
    assert record_time(Warp((linear,)), Fraction(0)) == "2*st(0,clip(T-1,0,2))/(1+sqrt(1+4*ld(0)))"
    assert (
        record_time(cover(src(2), src(3), [linear]), Fraction(0)) == "2*st(0,clip(T-2,0,1))/(sqrt(5)+sqrt(5+4*ld(0)))"
    )
    assert record_time(Warp((smooth,)), Fraction(0)).startswith("(st(1,2*st(0,(clip(T-1,0,2))/1)/(1+sqrt(1+4*ld(0))));")


def test_a_freeze_adds_its_seconds_to_every_frame_after_it() -> None:
    warp = cover(src(1), src(3), [held(src(2), Fraction(1, 2))])
    assert record_time(warp, Fraction(0)) == "(clip(T-1,0,1)+gt(PTS,2000000000)*0.5)+(clip(T-2,0,1))"


def depth(text: str) -> int:
    level = deepest = 0
    for letter in text:
        level += {"(": 1, ")": -1}.get(letter, 0)
        deepest = max(deepest, level)
    return deepest


def test_a_thousand_paces_are_ten_deep() -> None:
    warp = steady(1, *[("1/10", "1/2"), ("1/10", "2")] * 500)
    text = record_time(warp, Fraction(0))
    assert depth(text) <= 12
    assert max(len(part.split("+")) for part in re.split(r"[()]", text)) <= 2
    assert text.count("clip(") == 1000


def test_retime_makes_exactly_its_frames() -> None:
    op = ops.Retime(v("a"), steady(1, ("2", "1")), Fraction(30_000, 1001))
    assert retime(op, Video(64, 36), "x") == [
        "setpts@x='floor((T-1)*30000/1001+0.501)*1001/30000/TB'",
        "fps@x=30000/1001:start_time=0",
        "tpad=stop=-1:stop_mode=clone",
        f"trim=end_frame={frame_count(RecordTime(Fraction(2)), Fraction(30_000, 1001))}",
    ]


def test_frames_are_counted_anew() -> None:
    shape = Video(64, 36, fps=Fraction(25))
    assert frames(ops.Frames(v("a"), 7, 9), shape, "x") == [
        "trim@x=start_frame=7:end_frame=9",
        "settb=1/25",
        "setpts=N",
        "fps=25",
    ]


@pytest.mark.parametrize(
    ("fps", "base"), [(Fraction(30), "1/30"), (Fraction(30_000, 1001), "1001/30000"), (Fraction(60), "1/60")]
)
def test_restamping_counts_frames_in_the_grids_own_ticks(fps: Fraction, base: str) -> None:
    assert restamp(Video(64, 36, fps=fps)) == [f"settb={base}", "setpts=N", f"fps={fps}"]


def test_a_tick_is_a_nanosecond() -> None:
    assert NANOSECONDS * Fraction(1, 10**9) == 1
    assert SourceTime(Fraction(1)) == 1
