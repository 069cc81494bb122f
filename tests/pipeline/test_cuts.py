"""Cuts inside clips: in a clip's own frames, whatever is around it, and never where a frame depends on others."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from compiler.pipeline.cuts import EVERY, cuts_inside
from compiler.pipeline.units import unit_spans
from compiler.timeline.media import Media
from tests.golden.media import MEDIA, picture
from tests.lower.reels import Stored, into, lowered, play

FPS = 30
STEP = round(EVERY * FPS)
LONG = {"media": "match.mp4"}


def units(*clips: Stored, media: dict[str, Media] | None = None, **top: Any) -> list[list[tuple[int, int]]]:
    """The units of each clip, counted from its first frame."""
    placed = lowered(*({**LONG, **clip} for clip in clips), media={**MEDIA, **(media or {})}, **top).clips
    spans = unit_spans(placed, Fraction(FPS))
    assert [first for first, _ in spans[1:]] == [until for _, until in spans[:-1]]
    ends = [clip.first for clip in placed[1:]] + [spans[-1][1]]
    return [
        [(first - clip.first, until - clip.first) for first, until in spans if clip.first <= first < end]
        for clip, end in zip(placed, ends, strict=True)
    ]


def cuts(clip: Stored, media: dict[str, Media] | None = None) -> list[int]:
    """The cuts of a clip between others."""
    placed = lowered(play(0, 2), {**LONG, **clip}, play(0, 2), media={**MEDIA, **(media or {})}).clips[1]
    return list(cuts_inside(placed, Fraction(FPS)))


def test_a_long_clip_is_cut_every_few_seconds() -> None:
    assert units(play(0, 20)) == [[(0, STEP), (STEP, 2 * STEP), (2 * STEP, 600)]]
    assert units(play(0, 60)) == [[(n * STEP, min((n + 1) * STEP, 1800)) for n in range(8)]]


def test_no_unit_at_the_end_is_shorter_than_half_of_the_others() -> None:
    lengths = (STEP + STEP // 2 - 1, STEP + STEP // 2)
    assert [units(play(0, length / FPS)) for length in lengths] == [
        [[(0, lengths[0])]],
        [[(0, STEP), (STEP, lengths[1])]],
    ]


def test_an_edit_elsewhere_moves_no_cut() -> None:
    clip = play(3, 33)
    (own,) = units(clip)
    others = (play(0, 1), play(0, 7.77, (0, 4, 0.61)), play(50, 50.1))
    for before in others:
        for after in others:
            assert units(before, before, clip, after)[2] == own


def test_an_out_point_moves_no_cut_before_it() -> None:
    (short,), (long,) = units(play(3, 33)), units(play(3, 53))
    assert short[:-1] == long[: len(short) - 1]


def test_every_clip_is_a_unit_and_a_film_of_a_few_seconds_is_one() -> None:
    assert units(*(play(k, k + 0.5) for k in range(5))) == [[(0, 15)]] * 5
    assert units(play(0, 1), play(2, 3)) == [[(0, 60)], []]


def test_a_clip_that_its_blend_covers_is_in_the_next_ones_unit() -> None:
    spans = unit_spans(lowered(play(0, 5), play(5, 6), {**play(6, 11), **into("dissolve", 1)}).clips, Fraction(FPS))
    assert spans == ((0, 150), (150, 180), (180, 300))


@pytest.mark.parametrize("rest", [29, 30])
def test_a_blend_is_a_unit_of_its_own_before_a_second_of_the_clip(rest: int) -> None:
    """Of the clip alone: the blend out of it is in the next clip's unit."""
    clip = {**play(0, (15 + rest + 9) / FPS), **into("wipeleft", 0.5)}
    alone = [(0, 15), (15, 15 + rest)] if rest == 30 else [(0, 15 + rest)]
    assert units(play(0, 5), clip, {**play(0, 5), **into("dissolve", 0.3)})[1:] == [alone, [(0, 9), (9, 150)]]


@pytest.mark.parametrize(
    ("lengths", "expected"),
    [
        ((2, 40, 40), [42, 40]),
        ((40, 2, 40), [40, 42]),
        ((40, 40, 2), [40, 42]),
        ((40, 40, 3), [40, 40, 3]),
        ((1, 1, 1, 1, 1), [5]),
        ((1, 1, 1, 1, 1, 1), [3, 3]),
        ((1, 1, 1), [3]),
        ((2, 2, 2, 2), [4, 4]),
    ],
)
def test_no_unit_is_shorter_than_three_frames(lengths: tuple[int, ...], expected: list[int]) -> None:
    placed = lowered(*(play(0, length / FPS) for length in lengths)).clips
    assert [until - first for first, until in unit_spans(placed, Fraction(FPS))] == expected


def test_a_blend_of_two_frames_is_no_unit() -> None:
    two, three = ({**play(0, 5), **into("dissolve", frames / FPS)} for frames in (2, 3))
    assert units(play(0, 5), two, three)[1:] == [[(0, 147)], [(0, 3), (3, 150)]]


@pytest.mark.parametrize("kind", ["dissolve", "fade"])
def test_no_cut_is_within_a_transition(kind: str) -> None:
    """9 s of dissolve, and 9 s on either side of a fade."""
    seconds = 9 if kind == "dissolve" else 18
    before, after = units(play(0, 40), {**play(0, 40), **into(kind, seconds)})
    assert after[:2] == (
        [(0, 9 * FPS), (9 * FPS, 2 * STEP)] if kind == "dissolve" else [(0, 2 * STEP), (2 * STEP, 3 * STEP)]
    )
    assert before[-1][0] == 3 * STEP
    assert before[-1][1] == (1200 if kind == "fade" else 1200 - 9 * FPS)


@pytest.mark.parametrize("motion", ["blend", "interpolate"])
def test_no_cut_is_within_mixed_frames(motion: str) -> None:
    """Slow motion from 5 s on, for 20 s: the cuts at 8, 16 and 24 s lie in it."""
    slow = play(0, 35, (5, 15, 0.5))
    assert cuts(slow) == [n * STEP for n in (1, 2, 3, 4, 5)]
    assert cuts({**slow, "motion": motion}) == [n * STEP for n in (4, 5)]
    assert cuts({**play(0, 30, (8, 12, 0.5)), "motion": motion}) == [STEP, 2 * STEP, 3 * STEP]
    assert cuts({**play(0, 30), "motion": motion}) == [STEP, 2 * STEP, 3 * STEP]


def test_no_cut_is_where_each_unit_would_be_read_from_the_files_start() -> None:
    long = play(0, 30)
    plain, half = MEDIA["match.mp4"], range(0, 2_700_000, 45_000)
    stream = replace(plain, format="mpegts")
    odd = picture(plain, straightened=("its clock jumps",))
    entered = picture(odd, entries=tuple((tick, tick, tick, tick) for tick in half))
    found = [cuts(long, {"match.mp4": media}) for media in (plain, stream, odd, entered)]
    assert found == [[STEP, 2 * STEP, 3 * STEP], [], [], [STEP, 2 * STEP, 3 * STEP]]


def test_uneven_frames_that_are_mixed_are_not_cut() -> None:
    """What interpolates them reads them from the clip's start."""
    uneven = picture(MEDIA["match.mp4"], ticks=tuple(256 * n + n % 2 for n in range(3000)))
    assert cuts(play(0, 30), {"match.mp4": uneven}) == [STEP, 2 * STEP, 3 * STEP]
    assert cuts({**play(0, 30), "motion": "interpolate"}, {"match.mp4": uneven}) == []
