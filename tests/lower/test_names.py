"""Names that are valid for a filter's instance and a link's label, for any clip id."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.lower.names import LONGEST, TAKEN, clip_names


@given(st.lists(st.text(max_size=70), max_size=12))
def test_names_are_safe_short_and_unique(ids: list[str]) -> None:
    names = clip_names(ids)
    assert len({*names, *TAKEN}) == len(ids) + len(TAKEN)
    assert all(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", name) for name in names)
    assert all(len(name) <= LONGEST + len("_12") for name in names)


@pytest.mark.parametrize(
    ("ids", "names"),
    [
        (["dunk", "dunk", "dunk_2", "dunk"], ["dunk", "dunk_2", "dunk_2_2", "dunk_3"]),
        (["reel", "frame", "still"], ["reel_2", "frame_2", "still_2"]),
        (["", "  ", "---", "日本"], ["clip", "clip_2", "clip_3", "clip_4"]),
        (["a.b", "a b", "a/b"], ["a_b", "a_b_2", "a_b_3"]),
        (["[0:v]nullsink;", "x=y'z,\\"], ["0_v_nullsink", "x_y_z"]),
        (["clip 1 — the beginning of it all"], ["clip_1_the_beginning_of_it_all"]),
        (["x" * 80], ["x" * LONGEST]),
        (["0", "1"], ["0", "1"]),
    ],
)
def test_a_name_is_what_is_left_of_the_id(ids: list[str], names: list[str]) -> None:
    assert clip_names(ids) == names
