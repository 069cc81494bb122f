"""Paths equal the curve at the source time of every record frame."""

from __future__ import annotations

from fractions import Fraction
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.timeline.curve import Box, Curve, Key, KeyEase
from compiler.timeline.frame_values import FrameValues, Stay
from compiler.timeline.instant import RecordTime, SourceTime, frame_count
from compiler.timeline.path import draw, reshape, trace
from compiler.timeline.warp import Warp, held
from tests.timeline.test_warp import pace, src, warps

EASES: st.SearchStrategy[KeyEase] = st.sampled_from(("spline", "linear", "hold", "smooth"))
FPS = st.sampled_from([Fraction(24), Fraction(30), Fraction(30_000, 1001)])


@st.composite
def curves(draw_: st.DrawFn) -> Curve:
    at = draw_(st.lists(st.fractions(0, 30, max_denominator=30), min_size=1, max_size=8, unique=True))
    sides = st.floats(10, 900)
    return Curve(
        tuple(
            Key(src(instant), Box(draw_(sides), draw_(sides), draw_(sides), draw_(sides)), draw_(EASES))
            for instant in sorted(at)
        )
    )


@pytest.mark.further
@given(curves(), warps(), FPS)
def test_a_trace_is_the_curve_at_every_frames_source_time(curve: Curve, warp: Warp, fps: Fraction) -> None:
    frames = min(400, frame_count(warp.total, fps))
    boxes, breaks = trace(curve, warp, fps, frames)
    assert boxes.frames == frames
    assert breaks == sorted({0, *breaks})
    for n in range(frames):
        assert boxes.at(n) == pytest.approx(curve.at(warp.source_of(RecordTime(n / fps))), abs=1e-6)


def test_the_window_glides_while_slow_motion_repeats_frames() -> None:
    keys = (Key(src(0), Box(0, 0, 100, 100), "linear"), Key(src(10), Box(1000, 0, 100, 100)))
    warp = Warp((pace("1", "2", "0.25"),))
    boxes, _ = trace(Curve(keys), warp, Fraction(30), 120)
    assert [round(boxes.at(n).x, 6) for n in (0, 1, 2, 60)] == [100, 100.833333, 101.666667, 150]


def test_breaks_are_keyframes_and_changes_of_speed_within_the_clip() -> None:
    keys = tuple(Key(src(at), Box(at, 0, 10, 10), "linear") for at in (0, 2, 3, 9))
    warp = Warp((pace("1", "2.5"), pace("2.5", "4", "0.5")))
    _, breaks = trace(Curve(keys), warp, Fraction(10), 45)
    assert breaks == [0, 10, 15, 25]


def test_a_keyframe_between_frames_breaks_at_the_next() -> None:
    keys = tuple(Key(src(at), Box(0, 0, 10, 10), "linear") for at in (0, Fraction(155, 100), 9))
    assert trace(Curve(keys), Warp((pace("1", "4"),)), Fraction(10), 30)[1] == [0, 6]


def test_a_path_says_what_moves() -> None:
    def path(*boxes: Box) -> str:
        drawn = draw(FrameValues(boxes), [0])
        return f"{drawn.still} {drawn.zooms}"

    box = Box(10, 20, 300, 400)
    assert path(box, box, box) == "True False"
    assert path(box, box._replace(x=12), box) == "False False"
    assert path(box, box._replace(width=300.04), box) == "False False"
    assert path(box, box._replace(height=401), box) == "False True"


def test_a_path_reads_as_it_was_drawn_and_says_its_worst_track() -> None:
    boxes = [Box(n * n / 10, 5, 300 + n % 2 / 100, 400) for n in range(50)]
    drawn = draw(FrameValues(boxes), [0])
    assert max(abs(a - b) for n in range(50) for a, b in zip(drawn.at(n), boxes[n], strict=True)) <= drawn.error + 1e-6
    assert drawn.error == max(track.error for track in drawn.tracks)
    assert drawn.frames == 50


def test_boxes_that_are_one_are_shaped_once() -> None:
    shaped: list[Box] = []

    def shape(box: Box) -> Box:
        shaped.append(box)
        return box._replace(x=box.x + 1)

    same = [Box(1, 2, 3, 4)] * 9
    assert reshape(FrameValues(same), shape).values == [Box(2, 2, 3, 4)] * 9
    assert len(shaped) == 1
    assert reshape(FrameValues([*same, Box(5, 2, 3, 4)]), shape).values[-1] == Box(6, 2, 3, 4)


def test_two_frames_are_enough_for_a_run() -> None:
    keys = (Key(src(0), Box(0, 0, 10, 10), "linear"), Key(src(1), Box(100, 0, 10, 10)))
    boxes, _ = trace(Curve(keys), Warp((pace("0", "0.1"),)), Fraction(20), 2)
    assert [box.x for box in boxes.values] == pytest.approx([0, 5])
    assert SourceTime(Fraction(0)) == 0


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 40)), min_size=1, max_size=8), st.randoms())
def test_a_path_with_stays_is_the_path_written_out(spans: list[tuple[bool, int]], dice: Random) -> None:
    boxes: list[Box] = []
    stays: list[Stay] = []
    written: list[Box] = []
    breaks = [0]
    for still, frames in spans:
        step, last = dice.choice((0.0, 0.001, 0.5, 7.0)), written[-1].x if written else 100.0
        moved = [Box(last + step * n, 5, 300, 400) for n in range(1 if still else frames)]
        if still and frames > 1:
            stays.append(Stay(len(written), len(written) + frames, len(boxes)))
        boxes += moved
        written += moved * frames if still else moved
        breaks.append(len(written))
    few, every = draw(FrameValues(boxes, stays), breaks[:-1]), draw(FrameValues(written), breaks[:-1])
    assert few.error == pytest.approx(every.error, abs=1e-12)
    assert [track.pieces for track in few.tracks] == [track.pieces for track in every.tracks]


def test_an_hour_that_is_held_costs_one_box() -> None:
    keys = (Key(src(0), Box(0, 0, 100, 100), "linear"), Key(src(10), Box(1000, 0, 100, 100)))
    warp = Warp((pace("1", "2"), held(src(2), Fraction(3600)), pace("2", "3")))
    boxes, breaks = trace(Curve(keys), warp, Fraction(240), 2 * 240 + 3600 * 240)
    assert (len(boxes.values), boxes.frames) == (2 * 240 + 1, 2 * 240 + 3600 * 240)
    assert len(draw(boxes, breaks).x.pieces) == 3


def test_a_box_that_stands_costs_one_box_for_each_pace() -> None:
    for ease in ("hold", "spline"):
        still = Curve(tuple(Key(src(at), Box(5, 5, 100, 100), ease) for at in (0, 5)))
        boxes, _ = trace(still, Warp((pace("1", "2"), pace("2", "4", "0.5"))), Fraction(30), 150)
        assert (len(boxes.values), boxes.frames) == (2, 150)
