"""The places of clips, and the longest possible joins."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from compiler.timeline.layout import CUT, Join, first_frames, longest

KINDS = st.sampled_from(["cut", "fade", "dissolve"])


@st.composite
def reels(draw: st.DrawFn) -> tuple[list[int], list[Join]]:
    lengths = draw(st.lists(st.integers(1, 40), min_size=2, max_size=6))
    joins = [CUT]
    for _ in lengths[1:]:
        kind = draw(KINDS)
        joins.append(CUT if kind == "cut" else Join(kind, draw(st.integers(1, 40))))
    return lengths, joins


def legal(lengths: list[int], joins: list[Join]) -> bool:
    """Whether every clip has enough frames for its two joins, and every join at most as many as either side has."""
    leaving = [join.leaving for join in [*joins[1:], CUT]]
    return all(join.entering + after <= length for length, join, after in zip(lengths, joins, leaving, strict=True))


@pytest.mark.further
@given(reels(), KINDS.filter(lambda kind: kind != "cut"), st.integers(1, 5))
def test_the_longest_join_is_legal_and_one_frame_more_is_not(
    edit: tuple[list[int], list[Join]], kind: str, k: int
) -> None:
    lengths, joins = edit
    assume(k < len(joins))

    def lasting(frames: int) -> list[Join]:
        return [*joins[:k], Join(kind, frames), *joins[k + 1 :]]

    assume(legal(lengths, lasting(0)))
    most = longest(lengths, lasting(1), k)
    assert legal(lengths, lasting(most))
    assert not legal(lengths, lasting(most + 1))


def test_a_fade_is_shared_by_halves_and_overlaps_nothing() -> None:
    fade = Join("fade", 15)
    assert (fade.leaving, fade.entering, fade.overlap) == (7, 8, 0)
    dissolve = Join("dissolve", 15)
    assert (dissolve.leaving, dissolve.entering, dissolve.overlap) == (15, 15, 15)
    assert (CUT.leaving, CUT.entering, CUT.overlap) == (0, 0, 0)


def test_the_longest_fade_uses_up_the_shorter_side() -> None:
    assert longest([10, 100], [CUT, Join("fade", 1)], 1) == 21
    assert longest([100, 10], [CUT, Join("fade", 1)], 1) == 20
    assert longest([1, 1], [CUT, Join("fade", 1)], 1) == 2
    assert longest([30, 20, 30], [CUT, Join("dissolve", 25), Join("fade", 1)], 2) == 1


@given(reels())
def test_clips_follow_each_other_less_their_overlaps(edit: tuple[list[int], list[Join]]) -> None:
    lengths, joins = edit
    firsts = first_frames(lengths, joins)
    assert firsts[0] == 0
    for k in range(1, len(lengths)):
        assert firsts[k] == firsts[k - 1] + lengths[k - 1] - joins[k].overlap
    assert firsts[-1] + lengths[-1] == sum(lengths) - sum(join.overlap for join in joins)
