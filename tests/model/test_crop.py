"""crop_data: every stored shape, and every error."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import pytest

from compiler.errors import Loc
from compiler.model import Clip, Keyframe
from tests.model.reading import F, faults, read

FIRST = {"frame": 0, "x": 439.153, "y": 272.187, "width": 370.496, "height": 658.66, "origin": "permanent"}
SECOND = {"frame": 45, "x": 300.218, "y": 243.583, "width": 370.496, "height": 658.66, "origin": "user"}
ANY_ORDER = [
    {"frame": 182, "x": 520.2, "y": 0, "width": 607.499, "height": 1080, "origin": "user"},
    {"x": 392.074, "y": 0.001, "width": 607.499, "height": 1079.999, "frame": 233, "origin": "permanent"},
]
DEFAULT_CROP = [
    {"frame": 0, "x": 857, "y": 357, "width": 205, "height": 365},
    {"frame": 240, "x": 857, "y": 357, "width": 205, "height": 365},
]


def frames(clip: Clip) -> list[int | None]:
    assert clip.crop is not None
    return [key.at for key in clip.crop]


def test_a_keyframe_is_exact_and_knows_its_place() -> None:
    clip = read(id="dunk", crop_data=[FIRST, SECOND])
    assert clip.crop is not None
    assert clip.crop[1] == Keyframe(
        at=45,
        time=None,
        x=F("300.218"),
        y=F("243.583"),
        width=F("370.496"),
        height=F("658.66"),
        ease="spline",
        origin="user",
        loc=Loc("dunk", "/clips/0/crop_data/1"),
    )


@pytest.mark.parametrize("stored", [[FIRST, SECOND], ANY_ORDER, DEFAULT_CROP])
def test_real_stored_crops(stored: list[dict[str, Any]]) -> None:
    clip = read(crop_data=stored)
    assert frames(clip) == [key["frame"] for key in stored]
    assert clip.notices == ()


@pytest.mark.parametrize("nothing", [None, "", "  ", [], "[]", "null", '""', '"[]"'])
def test_nothing_stored_is_no_framing(nothing: object) -> None:
    assert read(crop_data=nothing).crop is None


def test_json_in_text_however_often() -> None:
    stored: object = ANY_ORDER
    for _ in range(3):
        stored = json.dumps(stored)
        assert read(crop_data=stored).crop == read(crop_data=ANY_ORDER).crop


def test_a_bare_box_is_one_keyframe_at_0() -> None:
    (key,) = read(crop_data={"x": 100, "y": 50, "width": 1920, "height": 1080}).crop or ()
    assert [key.at, key.x, key.width, key.loc.pointer] == [0, 100, 1920, "/clips/0/crop_data"]


def test_keyframes_by_time() -> None:
    box = {"x": 0, "y": 0, "width": 10, "height": 20}
    clip = read(crop_data=[{"time": 2.5, **box}, {"time": 0.1, **box, "ease": "hold"}])
    assert clip.crop is not None
    assert [(key.at, key.time, key.ease) for key in clip.crop] == [(None, F("0.1"), "hold"), (None, F("2.5"), "spline")]


def test_unsorted_keyframes_are_sorted_and_keep_their_pointers() -> None:
    clip = read(crop_data=[SECOND, FIRST])
    assert clip.crop is not None
    assert [(key.at, key.loc.pointer[-1]) for key in clip.crop] == [(0, "1"), (45, "0")]


def test_the_last_of_a_frames_keyframes_wins_with_a_notice() -> None:
    clip = read(crop_data=[FIRST, SECOND, {**FIRST, "x": 7}])
    assert clip.crop is not None
    assert [key.x for key in clip.crop] == [7, F("300.218")]
    assert [notice.loc.pointer for notice in clip.notices] == ["/clips/0/crop_data/2"]
    assert "frame 0" in clip.notices[0].message


def test_whole_numbers_may_be_written_as_decimals() -> None:
    assert frames(read(crop_data=[{**FIRST, "frame": 45.0}])) == [45]


@pytest.mark.parametrize("ease", ["spline", "linear", "hold", "smooth"])
@pytest.mark.parametrize("origin", ["user", "trim", "permanent", None])
def test_eases_and_origins(ease: str, origin: str | None) -> None:
    (key,) = read(crop_data=[{**FIRST, "ease": ease, "origin": origin}]).crop or ()
    assert (key.ease, key.origin) == (ease, origin)


@pytest.mark.parametrize(
    ("change", "code", "at"),
    [
        ({"frame": -1}, "RC106", "frame"),
        ({"frame": 1.5}, "RC104", "frame"),
        ({"frame": True}, "RC104", "frame"),
        ({"frame": "0"}, "RC104", "frame"),
        ({"frame": None}, "RC105", "frame"),
        ({"frame": 10**12}, "RC106", "frame"),
        ({"time": 1}, "RC107", "time"),
        ({"frame": None, "time": -0.5}, "RC106", "time"),
        ({"x": "1"}, "RC104", "x"),
        ({"x": None}, "RC105", "x"),
        ({"x": [1]}, "RC104", "x"),
        ({"y": 1e300}, "RC106", "y"),
        ({"width": 0}, "RC106", "width"),
        ({"height": -2.5}, "RC106", "height"),
        ({"height": False}, "RC104", "height"),
        ({"ease": "lineal"}, "RC106", "ease"),
        ({"ease": 1}, "RC104", "ease"),
        ({"origin": "me"}, "RC106", "origin"),
        ({"widht": 3}, "RC103", "widht"),
    ],
)
def test_a_wrong_keyframe(change: dict[str, object], code: str, at: str) -> None:
    assert faults(crop_data=[FIRST, {**SECOND, **change}]) == [(code, f"crop_data/1/{at}")]


@pytest.mark.parametrize("stored", [5, True, 1.5, "5", '"x"', "[{", "{'a': 1}", "undefined", '"[1"', "[" * 100_000])
def test_unreadable_crops_are_errors_and_never_empty(stored: object) -> None:
    assert faults(crop_data=stored) == [("RC107", "crop_data")]


def test_a_keyframe_is_an_object() -> None:
    assert faults(crop_data=[FIRST, 5]) == [("RC104", "crop_data/1")]
    assert faults(crop_data=[FIRST, None]) == [("RC105", "crop_data/1")]
    assert faults(crop_data=[[FIRST]]) == [("RC104", "crop_data/0")]


def test_a_bare_box_has_no_clock() -> None:
    assert faults(crop_data=FIRST) == [("RC103", "crop_data/frame"), ("RC103", "crop_data/origin")]


def test_two_clocks_in_one_crop() -> None:
    by_time = {"time": 1, "x": 0, "y": 0, "width": 10, "height": 20}
    assert faults(crop_data=[FIRST, SECOND, by_time]) == [("RC107", "crop_data/2")]
    assert faults(crop_data=[by_time, FIRST]) == [("RC107", "crop_data/1")]


def test_all_errors_at_once() -> None:
    found = faults(crop_data=[{"frame": 0, "x": "1", "width": 0}, {**FIRST, "frame": -3}])
    assert found == [
        ("RC104", "crop_data/0/x"),
        ("RC105", "crop_data/0/y"),
        ("RC106", "crop_data/0/width"),
        ("RC105", "crop_data/0/height"),
        ("RC106", "crop_data/1/frame"),
    ]


@pytest.mark.further
def test_ten_thousand_keyframes() -> None:
    clip = read(crop_data=[{**FIRST, "frame": 9999 - frame, "x": frame / 8} for frame in range(10_000)])
    assert frames(clip) == list(range(10_000))
    assert (clip.crop or ())[0].x == Fraction(9999, 8)
