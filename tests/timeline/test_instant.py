"""The frame grid and the sample grid, at their edges."""

from __future__ import annotations

from fractions import Fraction
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.timeline.instant import SAMPLE_RATE, RecordTime, frame_count, nearest, sample_at, slot

NTSC = Fraction(30_000, 1001)
RATES = st.sampled_from([Fraction(24), Fraction(24_000, 1001), Fraction(25), NTSC, Fraction(30), Fraction(60)])


def at(text: str) -> RecordTime:
    return RecordTime(Fraction(text))


def test_halves_are_rounded_up() -> None:
    assert [nearest(Fraction(text)) for text in ("0", "0.4999", "0.5", "1.5", "2.5", "-0.5", "-0.51")] == [
        *(0, 0, 1, 2, 3, 0, -1)
    ]


@pytest.mark.parametrize(
    ("seconds", "fps", "frames"),
    [
        *(("0.0001", 30, 1), ("1", 30, 30), ("1.0166", 30, 30), ("1.0167", 30, 31)),
        *(("2", NTSC, 60), ("1.001", NTSC, 30), ("0.05", 30, 2)),
    ],
)
def test_a_length_in_frames_is_the_nearest_and_at_least_one(seconds: str, fps: Fraction, frames: int) -> None:
    assert frame_count(at(seconds), Fraction(fps)) == frames


def test_a_source_frame_on_an_exact_half_belongs_to_the_later_slot() -> None:
    assert slot(RecordTime(Fraction(1, 60)), Fraction(30)) == 1
    assert slot(RecordTime(Fraction(1, 60) - Fraction(1, 10**6)), Fraction(30)) == 1
    assert slot(RecordTime(Fraction(1, 60) - Fraction(1, 10**4)), Fraction(30)) == 0
    assert slot(RecordTime(Fraction(-1, 20)), Fraction(30)) == -1


@given(RATES, st.integers(0, 10**7), st.integers(0, 10**5))
def test_samples_never_drift_from_frames(fps: Fraction, frame: int, length: int) -> None:
    exact = frame * SAMPLE_RATE / fps
    assert abs(sample_at(frame, fps) - exact) <= Fraction(1, 2)
    apart = sample_at(frame + length, fps) - sample_at(frame, fps)
    assert abs(apart - length * SAMPLE_RATE / fps) <= 1


@given(RATES, st.fractions(0, 100))
def test_frame_n_of_the_grid_is_in_slot_n(fps: Fraction, jitter: Fraction) -> None:
    n = floor(jitter)
    assert slot(RecordTime(n / fps), fps) == n
