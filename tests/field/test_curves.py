"""A hold ends a spline on both sides: K12."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.field.desk import Desk
from tests.field.make import X264, Maker, recipe

BOX = {"y": 0, "width": 140, "height": 80}


@recipe("wide.mp4")
def wide(make: Maker, out: Path) -> None:
    make.numbered(out, range(120), *X264, size=(720, 90))


def left(desk: Desk, make: Maker, keys: list[tuple[int, float, str | None]], frame: int) -> float:
    """The left edge of the box at a frame, for keys of a frame, an edge and an ease."""
    stored = [{"frame": at, "x": x, **BOX, **({"ease": ease} if ease else {})} for at, x, ease in keys]
    reel = desk.reel({"media": str(make("wide.mp4")), "crop_data": stored})
    ended = desk.run("compile", reel, "--at", f"{frame}/30", "--format", "json")
    assert ended.exit_code == 0, ended.stderr
    return float(json.loads(ended.stdout)["seen"][0]["crop"]["x"])


AFTER: list[tuple[int, float, str | None]] = [(0, 40, "hold"), (30, 480, None), (60, 490, None), (90, 490, None)]
BEFORE: list[tuple[int, float, str | None]] = [(0, 490, None), (30, 490, None), (60, 480, "hold"), (90, 40, None)]
PLAIN: list[tuple[int, float, str | None]] = [(0, 40, None), (30, 480, None), (60, 490, None), (90, 490, None)]

ROUNDED = 490.75
"""The spline's own swing between two keys of 490 beside one of 480, without any hold."""


@pytest.mark.parametrize("frame", [30, 36, 45, 54, 60, 75])
def test_a_curve_after_a_hold_does_not_swing(frame: int, make: Maker, desk: Desk) -> None:
    assert 480 <= left(desk, make, AFTER, frame) <= (490 if frame <= 60 else ROUNDED)


@pytest.mark.parametrize("frame", [15, 30, 36, 45, 54, 60, 75])
def test_a_curve_before_a_hold_does_not_swing(frame: int, make: Maker, desk: Desk) -> None:
    assert 480 <= left(desk, make, BEFORE, frame) <= (490 if frame >= 30 else ROUNDED)


def test_the_curve_is_clamped_at_a_hold_as_at_its_ends(make: Maker, desk: Desk) -> None:
    assert left(desk, make, AFTER, 45) == pytest.approx(485)
    assert left(desk, make, BEFORE, 45) == pytest.approx(485)


def test_a_hold_holds(make: Maker, desk: Desk) -> None:
    assert left(desk, make, AFTER, 29) == 40
    assert left(desk, make, BEFORE, 89) == 480


def test_curves_without_holds_are_as_the_editor_shows_them(make: Maker, desk: Desk) -> None:
    """Halfway between 480 and 490, with neighbours 40 and 490: uniform Catmull-Rom, which overshoots."""
    assert left(desk, make, PLAIN, 45) == pytest.approx((-40 + 9 * 480 + 9 * 490 - 490) / 16)
