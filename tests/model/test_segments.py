"""segments_data: every stored shape, and every error."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import pytest

from compiler.errors import ReelError
from compiler.model import Ramp
from tests.model.reading import F, faults, plain, read, times

FULL = {
    "boundaries": [0, 3.882329, 8.029739, 10.042697, 14.610062],
    "segmentSpeeds": {"1": 0.5},
    "trimRange": {"start": 0, "end": 10.042697},
}
SPLITS_ONLY = {
    "boundaries": [2.182804, 5.340262, 19.528168],
    "segmentSpeeds": {"1": 0.5},
    "trimRange": {"start": 0.0, "end": 19.528168},
}
EXPORTED = {"trim_start": 2.0, "trim_end": 15.0, "segments": [{"start": 2, "end": 6, "speed": 0.5}]}
HALF = Fraction(1, 2)


def spans(stored: object) -> list[tuple[object, object, object]]:
    return plain(read(segments_data=stored).spans)


def v2(*found: dict[str, Any], trim: object = None) -> dict[str, Any]:
    return {"version": 2, "trimRange": trim, "spans": list(found)}


def test_the_current_form() -> None:
    ramp = {"from": 1, "to": 0.25, "ease": "smooth"}
    stored = v2(
        {"start": 3, "end": 4, "speed": 0.5},
        {"start": 4, "end": None, "speed": ramp},
        trim={"start": 1.5, "end": 6},
    )
    clip = read(id="dunk", segments_data=stored)
    assert plain(clip.spans) == [(3, 4, HALF), (4, None, Ramp(F("1"), F("0.25"), "smooth"))]
    assert times(clip) == ("3/2", "6")
    assert [span.loc.pointer for span in clip.spans] == [
        "/clips/0/segments_data/spans/0",
        "/clips/0/segments_data/spans/1",
    ]
    assert {span.loc.clip for span in clip.spans} == {"dunk"}


def test_a_ramp_is_linear_unless_it_says_otherwise() -> None:
    assert spans(v2({"start": 0, "end": 1, "speed": {"from": 1, "to": 2}})) == [(0, 1, Ramp(F("1"), F("2"), "linear"))]


def test_spans_are_sorted() -> None:
    stored = v2({"start": 3, "end": 4, "speed": 2}, {"start": 0, "end": 3, "speed": 0.5})
    assert spans(stored) == [(0, 3, HALF), (3, 4, 2)]


def test_boundaries_as_the_full_list() -> None:
    clip = read(segments_data=FULL)
    assert plain(clip.spans) == [(F("3.882329"), F("8.029739"), HALF)]
    assert clip.spans[0].loc.pointer == "/clips/0/segments_data/segmentSpeeds/1"
    assert times(clip) == ("0", str(F("10.042697")))


def test_boundaries_as_splits_only() -> None:
    assert spans(SPLITS_ONLY) == [(F("2.182804"), F("5.340262"), HALF)]
    every = {"boundaries": [2, 5], "segmentSpeeds": {"0": 0.5, "1": 2, "2": 4}}
    assert spans(every) == [(0, 2, HALF), (2, 5, 2), (5, None, 4)]


@pytest.mark.parametrize(("first", "full"), [(0, True), (0.01, True), (0.0101, False)])
def test_what_tells_the_two_apart(first: float, full: bool) -> None:
    (span, *_) = spans({"boundaries": [first, 5, 9], "segmentSpeeds": {"1": 2}})
    assert span == ((5, 9, 2) if full else (F(str(first)), 5, 2))


def test_the_first_interval_of_a_full_list_starts_at_0() -> None:
    assert spans({"boundaries": [0.004, 5], "segmentSpeeds": {"0": 2}}) == [(0, 5, 2)]


@pytest.mark.parametrize("boundaries", [None, [], [0]])
def test_without_splits_there_is_one_interval(boundaries: object) -> None:
    assert spans({"boundaries": boundaries, "segmentSpeeds": {"0": 2}}) == [(0, None, 2)]


def test_an_interval_without_length_has_no_span() -> None:
    assert spans({"boundaries": [0, 3, 3, 9], "segmentSpeeds": {"1": 2, "2": 0.5}}) == [(3, 9, HALF)]


def test_other_names() -> None:
    assert spans({"boundaries": [0, 3, 9], "speeds": {"1": 2}}) == [(3, 9, 2)]
    assert spans({"userSplits": [3], "segmentSpeeds": {"1": 2}}) == [(3, None, 2)]
    assert spans({"userSplits": [], "segmentSpeeds": {"0": 2}}) == [(0, None, 2)]
    assert spans({"boundaries": [0, 3, 9], "userSplits": [3], "speeds": {"1": 2}}) == [(3, 9, 2)]


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        ({"trimRange": [1, 2.5]}, ("1", "5/2")),
        ({"trimRange": {"start": 1, "end": 2.5}}, ("1", "5/2")),
        ({"trimRange": {"start": 1}}, ("1", "None")),
        ({"trimRange": {"end": 2.5}}, ("None", "5/2")),
        ({"trimRange": [None, 2.5]}, ("None", "5/2")),
        ({"trimRange": {"start": 1, "end": None}}, ("1", "None")),
        ({"trim_start": 1, "trim_end": 2.5}, ("1", "5/2")),
        ({"trim_end": 2.5}, ("None", "5/2")),
        (EXPORTED, ("2", "15")),
        (v2(trim={"start": 1, "end": None}), ("1", "None")),
        ({"trimRange": {}}, None),
        ({"trimRange": None}, None),
        (v2(), None),
    ],
)
def test_trims(stored: object, expected: tuple[str, str] | None) -> None:
    assert times(read(segments_data=stored)) == expected
    assert times(read(segments_data=json.dumps(json.dumps(stored)))) == expected


def test_a_trim_knows_its_place() -> None:
    for stored, at in ((FULL, "/trimRange"), (EXPORTED, "")):
        trim = read(segments_data=stored).trim
        assert trim is not None
        assert trim.loc.pointer == f"/clips/0/segments_data{at}"


def test_the_exported_form() -> None:
    assert spans(EXPORTED) == [(2, 6, HALF)]
    assert spans({"segments": [{"start": 2, "end": None, "speed": 2}]}) == [(2, None, 2)]


@pytest.mark.parametrize(
    "untouched",
    [None, "", "null", {}, [], {"boundaries": [0, 12.5], "segmentSpeeds": {}, "trimRange": None}, {"segments": None}],
)
def test_untouched_clips(untouched: object) -> None:
    clip = read(segments_data=untouched)
    assert (clip.trim, clip.spans, clip.notices) == (None, (), ())


@pytest.mark.parametrize(
    ("stored", "code", "at"),
    [
        (5, "RC107", ""),
        (True, "RC107", ""),
        ("[0, 5", "RC107", ""),
        ("slow", "RC107", ""),
        ({"version": 3, "spans": 5}, "RC110", "/version"),
        ({"version": 1, "boundaries": []}, "RC110", "/version"),
        ({"version": "2", "spans": []}, "RC104", "/version"),
        ({"version": True, "spans": []}, "RC104", "/version"),
        ({"spans": []}, "RC105", "/version"),
        ({"version": 2, "span": []}, "RC103", "/span"),
        ({"version": 2, "spans": {}}, "RC104", "/spans"),
        (v2({"start": 1, "end": 2}), "RC105", "/spans/0/speed"),
        (v2({"start": 1, "speed": 2}), "RC105", "/spans/0/end"),
        (v2({"start": None, "end": 1, "speed": 2}), "RC105", "/spans/0/start"),
        (v2({"start": -1, "end": 1, "speed": 2}), "RC106", "/spans/0/start"),
        (v2({"start": 1, "end": 2, "speed": 0.09}), "RC106", "/spans/0/speed"),
        (v2({"start": 1, "end": 2, "speed": 16.1}), "RC106", "/spans/0/speed"),
        (v2({"start": 1, "end": 2, "speed": "2x"}), "RC104", "/spans/0/speed"),
        (v2({"start": 1, "end": 2, "speed": {"from": 1, "to": 0}}), "RC106", "/spans/0/speed/to"),
        (v2({"start": 1, "end": 2, "speed": {"from": 1}}), "RC105", "/spans/0/speed/to"),
        (v2({"start": 1, "end": 2, "speed": {"from": 1, "to": 2, "ease": "hold"}}), "RC106", "/spans/0/speed/ease"),
        (v2({"start": 1, "end": 2, "speed": {"start": 1, "from": 1, "to": 2}}), "RC103", "/spans/0/speed/start"),
        (v2({"start": 2, "end": 2, "speed": 2}), "RC111", "/spans/0"),
        (v2({"start": 3, "end": 2, "speed": 2}), "RC111", "/spans/0"),
        (v2({"start": 0, "end": 3, "speed": 2}, {"start": 2, "end": 4, "speed": 2}), "RC112", "/spans/1"),
        (v2({"start": 2, "end": 4, "speed": 2}, {"start": 0, "end": 3, "speed": 2}), "RC112", "/spans/0"),
        (v2({"start": 0, "end": None, "speed": 2}, {"start": 2, "end": 4, "speed": 2}), "RC112", "/spans/1"),
        (v2(5), "RC104", "/spans/0"),  # type: ignore[arg-type]
        (v2(trim={"start": 3, "end": 2}), "RC111", "/trimRange"),
        (v2(trim={"start": 3, "stop": 4}), "RC103", "/trimRange/stop"),
        (v2(trim={"start": -3, "end": 4}), "RC106", "/trimRange/start"),
        (v2(trim=[1]), "RC107", "/trimRange"),
        (v2(trim=[2, "3"]), "RC104", "/trimRange/1"),
        (v2(trim=7), "RC104", "/trimRange"),
        ({"trimRange": [0, 0]}, "RC111", "/trimRange"),
        ({"trimRange": [0, 2], "trim_start": 1}, "RC107", "/trimRange"),
        ({"boundaries": [0, 3, 6], "segmentSpeeds": {"2": 0.5}}, "RC106", "/segmentSpeeds/2"),
        ({"boundaries": [3, 6], "segmentSpeeds": {"3": 0.5}}, "RC106", "/segmentSpeeds/3"),
        ({"boundaries": [0, 3, 6], "segmentSpeeds": {"-1": 0.5}}, "RC107", "/segmentSpeeds/-1"),
        ({"boundaries": [0, 3, 6], "segmentSpeeds": {"1.0": 0.5}}, "RC107", "/segmentSpeeds/1.0"),
        ({"boundaries": [0, 3, 6], "segmentSpeeds": {"01": 0.5}}, "RC107", "/segmentSpeeds/01"),
        ({"boundaries": [0, 3, 6], "segmentSpeeds": {"": 0.5}}, "RC107", "/segmentSpeeds/"),
        ({"boundaries": [0, 3, 6], "segmentSpeeds": {"9" * 5000: 0.5}}, "RC107", f"/segmentSpeeds/{'9' * 5000}"),
        ({"boundaries": [0, 3, 6], "segmentSpeeds": {"1": 0}}, "RC106", "/segmentSpeeds/1"),
        ({"boundaries": [0, 3, 6], "segmentSpeeds": {"1": None}}, "RC105", "/segmentSpeeds/1"),
        ({"boundaries": [0, 3, 6], "segmentSpeeds": [1, 0.5]}, "RC104", "/segmentSpeeds"),
        ({"boundaries": [0, 3, 6], "segmentSpeeds": {"1": 2}, "speeds": {"1": 2}}, "RC107", "/speeds"),
        ({"boundaries": [0, 6, 3]}, "RC111", "/boundaries/2"),
        ({"boundaries": [0, "3", 6], "segmentSpeeds": {"1": 2}}, "RC104", "/boundaries/1"),
        ({"boundaries": [-1, 6]}, "RC106", "/boundaries/0"),
        ({"boundaries": {"0": 1}}, "RC104", "/boundaries"),
        ({"boundaries": [0, 3, 6], "userSplits": [4]}, "RC107", "/userSplits"),
        ({"boundries": [0, 3, 6]}, "RC103", "/boundries"),
        ({"segments": [{"start": 2, "end": 6, "speed": 0.5, "x": 1}]}, "RC103", "/segments/0/x"),
        ({"segments": [], "boundaries": [0]}, "RC103", "/boundaries"),
    ],
)
def test_wrong_data(stored: object, code: str, at: str) -> None:
    assert faults(segments_data=stored) == [(code, f"segments_data{at}")]
    assert faults(segments_data=json.dumps(stored)) == [(code, f"segments_data{at}")]


def test_a_span_inside_a_longer_one_and_one_after_it_both_overlap() -> None:
    stored = v2(*({"start": start, "end": end, "speed": 2} for start, end in ((0, 10), (1, 2), (3, 4), (10, 11))))
    assert faults(segments_data=stored) == [("RC112", "segments_data/spans/1"), ("RC112", "segments_data/spans/2")]


def test_one_wrong_time_is_one_error() -> None:
    stored = v2({"start": 0, "end": "x", "speed": 2}, {"start": 2, "end": 4, "speed": 2})
    assert faults(segments_data=stored) == [("RC104", "segments_data/spans/0/end")]


def test_all_errors_at_once() -> None:
    stored = {"boundaries": [0, 5, 3, "x"], "segmentSpeeds": {"x": 0.5, "1": 99}, "trimRange": [3, 1]}
    assert faults(segments_data=stored) == [
        ("RC104", "segments_data/boundaries/3"),
        ("RC107", "segments_data/segmentSpeeds/x"),
        ("RC106", "segments_data/segmentSpeeds/1"),
        ("RC111", "segments_data/trimRange"),
    ]


def test_freezes_stand_among_the_spans() -> None:
    clip = read(
        segments_data=v2({"at": 3, "freeze": 0.5}, {"start": 1, "end": 2, "speed": 2}, {"at": 1.5, "freeze": 2})
    )
    assert [(freeze.at, freeze.seconds) for freeze in clip.freezes] == [(Fraction(3, 2), 2), (3, HALF)]
    assert [freeze.loc.pointer for freeze in clip.freezes] == [f"/clips/0/segments_data/spans/{k}" for k in (2, 0)]
    assert plain(clip.spans) == [(1, 2, Fraction(2))]


@pytest.mark.parametrize(
    ("freeze", "code", "pointer"),
    [
        ({"at": 1, "freeze": 0}, "RC106", "/freeze"),
        ({"at": 1, "freeze": -1}, "RC106", "/freeze"),
        ({"at": 1, "freeze": 3601}, "RC106", "/freeze"),
        ({"at": -1, "freeze": 1}, "RC106", "/at"),
        ({"at": 1}, "RC105", "/freeze"),
        ({"freeze": 1}, "RC105", "/at"),
        ({"at": 1, "freeze": 1, "speed": 2}, "RC103", "/speed"),
        ({"at": 1, "freeze": "1"}, "RC104", "/freeze"),
    ],
)
def test_a_bad_freeze_is_refused(freeze: dict[str, Any], code: str, pointer: str) -> None:
    assert faults(segments_data=v2(freeze)) == [(code, f"segments_data/spans/0{pointer}")]


def test_two_freezes_of_one_instant_are_refused() -> None:
    twice = v2({"at": 1, "freeze": 1}, {"at": 1.0, "freeze": 2})
    assert faults(segments_data=twice) == [("RC112", "segments_data/spans/1")]


def test_speed_0_is_refused_and_says_how_to_freeze() -> None:
    with pytest.raises(ReelError) as caught:
        read(segments_data=v2({"start": 1, "end": 2, "speed": 0}))
    assert caught.value.code == "RC106"
    assert "freeze" in caught.value.hint
