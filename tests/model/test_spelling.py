"""A text in place of a number: the hint says the number to write."""

from __future__ import annotations

from typing import Any

import pytest

from compiler.model.limits import EXTENT, LUFS, ROTATION, SPEED, TIME, Limits
from compiler.model.spelling import advice
from tests.model.reading import errors_of, reel_text


@pytest.mark.parametrize(
    ("text", "limits", "written"),
    [
        ("0.5", SPEED, "0.5"),
        (" 0.5 ", SPEED, "0.5"),
        ("0.5x", SPEED, "0.5"),
        ("2 X", SPEED, "2"),
        ("x2", SPEED, "2"),
        ("×1.25", SPEED, "1.25"),
        ("50%", SPEED, "0.5"),
        ("0,5", SPEED, "0.5"),
        ("1/2", SPEED, "0.5"),
        ("1/3", SPEED, "0.333333333333"),
        ("1000000", TIME, "1000000"),
        (".5x", SPEED, "0.5"),
        ("12.5s", TIME, "12.5"),
        ("1:30", TIME, "90"),
        ("1:02:03.5", TIME, "3723.5"),
        ("608px", EXTENT, "608"),
        ("-3.5°", ROTATION, "-3.5"),
        ("-16 LUFS", LUFS, "-16"),
        ("1000", EXTENT, "1000"),
    ],
)
def test_a_number_in_a_text_is_the_hint(text: str, limits: Limits, written: str) -> None:
    assert advice(text, limits) == f"write {written}, without quotes"


@pytest.mark.parametrize(
    ("text", "limits"), [("fast", SPEED), ("", SPEED), ("50x", SPEED), ("1/0", SPEED), ("50%", EXTENT), ("1:30", SPEED)]
)
def test_any_other_text_is_answered_with_the_range(text: str, limits: Limits) -> None:
    assert advice(text, limits) == f"write a number {limits}"


@pytest.mark.parametrize(
    ("fields", "hint"),
    [
        ({"timing_data": {"speed": "0.5x"}}, "write 0.5, without quotes"),
        ({"segments_data": {"boundaries": [0, 9], "segmentSpeeds": {"0": "50%"}}}, "write 0.5, without quotes"),
        ({"segments_data": {"version": 2, "trimRange": {"start": "1:05", "end": 70}}}, "write 65, without quotes"),
        ({"rotation": "left"}, "write a number from -20 to 20 degrees"),
    ],
)
def test_every_number_of_a_clip_has_the_hint(fields: dict[str, Any], hint: str) -> None:
    (error,) = errors_of(reel_text(**fields))
    assert (error.code, error.hint) == ("RC104", hint)
