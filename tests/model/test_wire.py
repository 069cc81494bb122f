"""Hostile JSON text: always a coded error, with a pointer if there is one."""

from __future__ import annotations

from fractions import Fraction

import pytest

from compiler.model import read_reel
from tests.model.reading import errors_of, read, reel_text


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "{",
        '{"reel": 1,}',
        "{'reel': 1}",
        '{"reel": 1} x',
        '{"reel": 01}',
        b"\xff{}",
        b"\x00{}",
        b"\xef\xbb\xbf{}",
        "\ufeff{}",
        '{"reel": 1}'.encode("utf-16"),
        '{"reel": 1}'.encode("utf-16-le"),
        '{"reel": 1}'.encode("utf-32"),
        '"\ud800"',
        "[" * 100_000,
        '{"a":' * 100_000,
        "[" * 100_000 + "]" * 100_000,
    ],
    ids=range(18),
)
def test_what_is_not_json_is_one_error(text: str | bytes) -> None:
    assert [error.code for error in errors_of(text)] == ["RC101"]


def test_a_syntax_error_says_where() -> None:
    (error,) = errors_of('{"reel": 1,\n "clips": [}')
    assert "line 2 column 12" in error.detail


@pytest.mark.parametrize("text", ["[]", "1", "null", "true", '"reel"', "1.5", "NaN", "1e999999"])
def test_a_reel_is_an_object(text: str) -> None:
    assert len(errors_of(text)) == 1


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity"])
def test_constants_that_are_not_json_have_a_pointer(text: str) -> None:
    (error,) = errors_of(f'{{"reel": 1, "clips": [{{"media": "a", "rotation": {text}}}]}}')
    assert (error.code, error.loc.pointer) == ("RC101", "/clips/0/rotation")


@pytest.mark.parametrize(
    "text", ["1e999999", "-1e999999", "1e99999999999999999999", "1e-999999", "9" * 5000, "0." + "1" * 5000, "1" * 309]
)
def test_numbers_no_double_holds_are_refused_before_they_cost_anything(text: str) -> None:
    (error,) = errors_of(f'{{"reel": 1, "clips": [{{"media": "a", "rotation": {text}}}]}}')
    assert (error.code, error.loc.pointer) == ("RC106", "/clips/0/rotation")
    assert len(str(error)) < 300


@pytest.mark.parametrize("text", ["0", "-0", "0.0", "0e999999", "-0.0e-99999999999999999999", "5e-324", "2.8e-17"])
def test_every_zero_and_every_residue_is_no_rotation(text: str) -> None:
    reel = read_reel(f'{{"reel": 1, "clips": [{{"media": "a", "rotation": {text}}}]}}')
    assert reel.clips[0].rotation == 0


def test_decimals_are_exact() -> None:
    assert read(rotation=0.1).rotation == Fraction(1, 10)
    text = '{"reel": 1, "clips": [{"media": "a", "rotation": 0.12345678901234567890123}]}'
    assert read_reel(text).clips[0].rotation == Fraction("0.12345678901234567890123")


def test_a_key_given_twice_is_an_error_at_that_key() -> None:
    text = '{"reel": 1, "clips": [{"media": "a", "media": "b", "crop_data": [{"x":1,"x":2,"x":3,"y":0,"frame":0}]}]}'
    found = [(error.code, error.loc.pointer) for error in errors_of(text)]
    assert ("RC102", "/clips/0/media") in found
    assert found.count(("RC102", "/clips/0/crop_data/0/x")) == 1


def test_a_key_given_twice_is_seen_inside_text() -> None:
    (error,) = errors_of(reel_text(segments_data='{"boundaries": [0, 5], "speeds": {"0": 1, "0": 2}}'))
    assert (error.code, error.loc.pointer) == ("RC102", "/clips/0/segments_data/speeds/0")


def test_lone_surrogates_can_be_printed() -> None:
    found = errors_of('{"reel": 1, "clips": [{"media": "\\ud800", "\\udfff": 1, "id": "\\ud800"}]}')
    assert sorted(error.code for error in found) == ["RC103", "RC106", "RC106"]
    assert all(str(error).encode() for error in found)
