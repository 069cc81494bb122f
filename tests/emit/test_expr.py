"""Expressions have the values of their tracks and places."""

from __future__ import annotations

from random import Random

import pytest

from compiler.emit.expr import place_text, track_text
from compiler.ir.ops import Coarse, Fine, Follow
from compiler.timeline.frame_values import FrameValues
from compiler.timeline.track import Piece, Track, describe, hold
from tests.emit.expressions import value

SMOOTH = Track((Piece(0, (100.0, 0.0, 3.5, -0.25)),), 0.0)
TURNING = Track((Piece(0, (300.3, 0.5)), Piece(45, (322.8, -1.0))), 0.0)


def wandering(seed: int, keys: int) -> tuple[Track, int]:
    """A track through random keyframes, lines and holds between them, and how many frames it has."""
    random = Random(seed)
    samples: list[float] = [random.uniform(0, 1500)]
    breaks = [0]
    for _ in range(keys):
        slope, length = random.choice([0.0, random.uniform(-3, 3)]), random.randint(1, 30)
        samples += [samples[-1] + slope * k for k in range(1, length + 1)]
        breaks.append(len(samples) - 1)
    return describe(FrameValues(samples), breaks), len(samples)


@pytest.mark.parametrize(
    ("track", "text"),
    [
        (hold(300.0), "300"),
        (hold(656.25), "656.25"),
        (Track((Piece(0, (300.3, 0.5)),), 0.0), "300.3+n*0.5"),
        (Track((Piece(0, (0.0, -2.0)),), 0.0), "-n*2"),
        (Track((Piece(0, (8.0, 1e-14)),), 0.0), "8"),
        (SMOOTH, "100+n*n*(3.5-n*0.25)"),
        (TURNING, "if(lt(n,45),300.3+n*0.5,322.8-(n-45)*1)"),
    ],
)
def test_few_pieces_can_be_read(track: Track, text: str) -> None:
    assert track_text(track) == text


def test_what_is_little_in_one_frame_is_much_in_many() -> None:
    assert value(track_text(Track((Piece(0, (8.0, 5e-7)),), 0.0)), 10_000) == pytest.approx(8.005, abs=1e-5)


def test_perspective_counts_from_one() -> None:
    assert track_text(TURNING, "in-1") == "if(lt(in-1,45),300.3+(in-1)*0.5,322.8-(in-1-45)*1)"


@pytest.mark.further
@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("n", ["n", "in-1"])
def test_text_is_the_track(seed: int, n: str) -> None:
    track, frames = wandering(seed, keys=1 + 3 * seed)
    text = track_text(track, n)
    assert [value(text, frame) for frame in range(frames)] == pytest.approx(
        [track.at(n) for n in range(frames)], abs=1e-5
    )


@pytest.mark.parametrize("pieces", [3, 100, 10_000])
def test_the_tree_is_balanced(pieces: int) -> None:
    text = track_text(Track(tuple(Piece(3 * k, (float(k),)) for k in range(pieces)), 0.0))
    depth = deepest = 0
    for character in text:
        depth += (character == "(") - (character == ")")
        deepest = max(deepest, depth)
    assert depth == 0
    assert deepest <= pieces.bit_length() + 1
    assert text.count("if(") == pieces - 1


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize(("p", "q"), [(16, 9), (31, 30), (7, 12), (121, 21)])
@pytest.mark.parametrize("lead", [0, 18])
def test_vernier_places_are_even_and_add_up(seed: int, p: int, q: int, lead: int) -> None:
    track, frames = wandering(seed, keys=4)
    coarse, fine = (place_text(step(track, lead, p, q)) for step in (Coarse, Fine))
    for n in range(frames):
        first, second = value(coarse, n), value(fine, n)
        assert first % 2 == second % 2 == 0
        assert 0 <= second <= 2 * (p - 1)
        assert first + second * q / p == pytest.approx(track.at(n) + lead, abs=1 / p + 1e-6)


def test_vernier_evaluates_its_track_once() -> None:
    assert place_text(Coarse(SMOOTH, 4, 16, 9)).count("3.5") == 1
    assert place_text(Fine(SMOOTH, 4, 16, 9)).count("3.5") == 1


@pytest.mark.parametrize("seed", range(6))
def test_follow_is_even_and_before_its_track(seed: int) -> None:
    track, frames = wandering(seed, keys=4)
    text = place_text(Follow(track, 2, 1000))
    for n in range(frames):
        place = value(text, n)
        assert place % 2 == 0
        assert 0 <= place <= 1000
        assert place in (0, 1000) or 2 <= track.at(n) - place < 4


def test_whole_pixels_are_plain() -> None:
    assert place_text(654) == "654"
