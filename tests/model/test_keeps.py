"""segments_data as a list of kept and cut segments."""

from __future__ import annotations

import pytest

from tests.model.reading import errors_of, faults, read, reel_text, times


def keep(start: object, end: object) -> dict[str, object]:
    return {"type": "keep", "start": start, "end": end}


def cut(start: object, end: object) -> dict[str, object]:
    return {"type": "cut", "start": start, "end": end}


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        ([keep(0, 10)], ("0", "10")),
        ([keep(2, 10)], ("2", "10")),
        ([keep(0, 4), keep(4, 10)], ("0", "10")),
        ([keep(4, 10), keep(0, 4)], ("0", "10")),
        ([keep(2, None)], ("2", "None")),
        ([keep(0, None)], None),
        ([cut(0, 2), keep(2, 8), cut(8, 10)], ("2", "8")),
        ([cut(0, 2), cut(2, 3), keep(3, 8)], ("3", "8")),
        ([cut(0, 2)], ("2", "None")),
        ([cut(8, None)], ("0", "8")),
        ([cut(0, 2), cut(8, None)], ("2", "8")),
        ([], None),
    ],
)
def test_what_is_kept_in_one_piece_is_a_trim(stored: object, expected: tuple[str, str] | None) -> None:
    assert times(read(segments_data=stored)) == expected


@pytest.mark.parametrize(
    ("stored", "at"),
    [
        ([keep(0, 3), keep(5, 10)], 1),
        ([keep(0, 3), cut(3, 5), keep(5, 10)], 1),
        ([keep(5, 10), cut(3, 5), keep(0, 3)], 1),
        ([cut(3, 5)], 0),
        ([cut(0, 1), cut(3, 5)], 1),
    ],
)
def test_a_cut_inside_is_an_error_with_its_remedy(stored: object, at: int) -> None:
    (error,) = errors_of(reel_text(segments_data=stored))
    assert (error.code, error.loc.pointer) == ("RC114", f"/clips/0/segments_data/{at}")
    assert error.hint == "split the clip in two: one that ends at 3 s and one that starts at 5 s"


@pytest.mark.parametrize(
    ("stored", "code", "at"),
    [
        ([cut(0, None)], "RC201", ""),
        ([keep(0, 5), keep(3, 8)], "RC112", "/1"),
        ([keep(0, 5), cut(3, 8)], "RC112", "/1"),
        ([keep(0, None), keep(3, 8)], "RC112", "/1"),
        ([keep(5, 5)], "RC111", "/0"),
        ([keep(0, "5")], "RC104", "/0/end"),
        ([{"type": "keep", "start": 0}], "RC105", "/0/end"),
        ([{"type": "drop", "start": 0, "end": 5}], "RC106", "/0/type"),
        ([{"start": 0, "end": 5}], "RC105", "/0/type"),
        ([{**keep(0, 5), "speed": 2}], "RC103", "/0/speed"),
        ([0, 5], "RC104", "/0"),
    ],
)
def test_wrong_lists(stored: object, code: str, at: str) -> None:
    assert faults(segments_data=stored)[0] == (code, f"segments_data{at}")


def test_errors_elsewhere_hide_no_cut() -> None:
    assert faults(media="", segments_data=[keep(0, 3), keep(5, 10)]) == [
        ("RC106", "media"),
        ("RC114", "segments_data/1"),
    ]
