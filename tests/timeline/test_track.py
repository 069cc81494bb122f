"""Tracks follow the values that they are fitted to, within their stated error."""

from __future__ import annotations

import random
from math import sin

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.timeline.cubic import evaluate
from compiler.timeline.frame_values import FrameValues
from compiler.timeline.track import EXACT, TOLERANCE, Piece, Track, describe, hold
from tests.work import work

COEFFICIENTS = st.floats(-5, 5, allow_subnormal=False)


def furthest(track: Track, samples: list[float]) -> float:
    return max(abs(track.at(n) - sample) for n, sample in enumerate(samples))


@given(st.lists(st.floats(-100, 2000), min_size=1, max_size=80), st.sets(st.integers(1, 79), max_size=8))
def test_a_track_leaves_its_samples_by_no_more_than_it_says(samples: list[float], breaks: set[int]) -> None:
    track = describe(FrameValues(samples), sorted({0, *(n for n in breaks if n < len(samples))}))
    assert furthest(track, samples) <= max(track.error, EXACT) + 1e-6
    assert track.error <= TOLERANCE
    values = [track.at(n) for n in range(len(samples))]
    assert track.extremes(len(samples)) == pytest.approx((min(values), max(values)))


@given(COEFFICIENTS, COEFFICIENTS, st.floats(-0.05, 0.05), st.floats(-0.001, 0.001), st.integers(5, 300))
def test_a_cubic_is_one_exact_piece(a: float, b: float, c: float, d: float, frames: int) -> None:
    samples = [evaluate((a, b, c, d), n) for n in range(frames)]
    track = describe(FrameValues(samples), [0])
    assert len(track.pieces) == 1
    assert furthest(track, samples) <= 2 * EXACT


def test_a_polynomial_is_no_higher_than_it_must_be() -> None:
    for degree, samples in enumerate([[5.0] * 40, [2.0 * n for n in range(40)], [float(n * n) for n in range(40)]]):
        (piece,) = describe(FrameValues(samples), [0]).pieces
        assert len(piece.cubic) == degree + 1


def test_nothing_that_moves_less_than_a_millionth_moves() -> None:
    still = describe(FrameValues([7, 7 + EXACT / 2, 7]), [0])
    assert still.constant == 7
    assert still == hold(7)
    assert describe(FrameValues([7, 7 + 3 * EXACT, 7]), [0]).constant is None


def test_a_corner_at_a_break_is_kept_to_the_frame() -> None:
    samples = [float(min(n, 30)) for n in range(60)]
    track = describe(FrameValues(samples), [0, 30])
    assert [piece.first for piece in track.pieces] == [0, 30]
    assert furthest(track, samples) == pytest.approx(0, abs=EXACT)


def test_a_jump_at_a_break_is_a_jump() -> None:
    samples = [0.0] * 20 + [900.0] * 20
    track = describe(FrameValues(samples), [0, 20])
    assert (track.at(19), track.at(20)) == (0, 900)
    assert len(track.pieces) == 2


def test_what_no_cubic_describes_is_halved_until_one_does() -> None:
    samples = [500 + 300 * sin(n / 15) for n in range(200)]
    track = describe(FrameValues(samples), [0])
    assert 4 <= len(track.pieces) <= 40
    assert furthest(track, samples) <= TOLERANCE


def test_dense_keyframes_are_thinned() -> None:
    samples = [n * n / 50 + 0.004 * (n % 2) for n in range(300)]
    track = describe(FrameValues(samples), list(range(0, 300, 3)))
    assert len(track.pieces) < 10
    assert furthest(track, samples) <= TOLERANCE


def test_pieces_that_are_long_stay_as_they_were_drawn() -> None:
    """Two long lines that nearly agree are not merged into one: thinning is for dense keyframes."""
    samples = [float(n) if n < 50 else 50 + (n - 50) * 1.0002 for n in range(100)]
    assert [piece.first for piece in describe(FrameValues(samples), [0, 50]).pieces] == [0, 50]


def test_noise_is_described_piece_by_piece() -> None:
    dice = random.Random(3)
    samples = [dice.uniform(0, 1000) for _ in range(64)]
    track = describe(FrameValues(samples), [0])
    assert furthest(track, samples) <= 1e-6
    assert len(track.pieces) >= 16


def test_reading_between_frames_keeps_what_they_read() -> None:
    track = Track(tuple(Piece(first, (float(first),)) for first in (0, 10, 20, 30)), 0.0)
    assert [piece.first for piece in track.between(12, 30).pieces] == [10, 20]
    assert [piece.first for piece in track.between(10, 11).pieces] == [10]
    assert [piece.first for piece in track.between(0, 99).pieces] == [0, 10, 20, 30]
    assert track.at(-1) == 0
    assert track.extremes(12) == (0, 10)


def test_a_long_piece_has_its_extremes_at_ends_and_turns() -> None:
    rising, turning = Piece(0, (0.0, 0.25)), Piece(1_000_000_000, (250_000_000.0, 4.0, -0.001))
    track = Track((rising, turning), 0.0)
    assert track.extremes(1_000_004_001) == (0, 250_004_000)
    assert work(lambda: track.extremes(2_000_000_000)) < 2000
