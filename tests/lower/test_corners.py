"""Black corners of rotated pictures: the zoom that avoids them, and its notice."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import inf, radians, sin

import pytest

from compiler.lower.corners import needed_zoom
from compiler.timeline.curve import Box
from tests.lower.reels import key, placed, play

SIZE = (1920, 1080)


def black(box: Box, degrees: float, zoom: float) -> bool:
    """Whether a corner of the zoomed box is outside the picture that is rotated about its centre: the corner, turned
    back as a complex number (y downwards), is outside the upright picture."""
    middle = complex(box.x + box.width / 2 - SIZE[0] / 2, box.y + box.height / 2 - SIZE[1] / 2)
    back = complex(1 - 2 * sin(radians(degrees / 2)) ** 2, sin(radians(degrees)))
    corners = (complex(box.width * x, box.height * y) / 2 / zoom for x, y in product((-1, 1), (-1, 1)))
    turned = [(middle + corner) * back for corner in corners]
    return any(abs(at.real) > SIZE[0] / 2 or abs(at.imag) > SIZE[1] / 2 for at in turned)


@pytest.mark.parametrize("degrees", [-20, -2.5, 3, 11])
@pytest.mark.parametrize("box", [Box(656, 0, 608, 1080), Box(0, 0, 400, 300), Box(1400, 200, 500, 800)])
def test_the_needed_zoom_is_the_least_without_black_corners(box: Box, degrees: float) -> None:
    zoom = needed_zoom([box], SIZE, Fraction(degrees))
    if zoom == inf:
        assert black(box, degrees, 10_000)
        return
    assert not black(box, degrees, zoom * 1.0001)
    assert zoom == 1 or black(box, degrees, zoom * 0.9999)


def test_the_worst_box_counts() -> None:
    boxes = [Box(656, 0, 608, 1080), Box(860, 440, 200, 200)]
    assert needed_zoom(boxes, SIZE, Fraction(5)) == needed_zoom(boxes[:1], SIZE, Fraction(5)) > 1
    assert needed_zoom(boxes[1:], SIZE, Fraction(5)) == 1


def notices(**edit: object) -> list[str]:
    found = placed({**play(1, 3), **edit}).notices
    return [str(notice) for notice in found if "black corners" in str(notice)]


def test_black_corners_are_noted_with_the_zoom_that_avoids_them() -> None:
    edit = {"rotation": 2.5, "crop_data": [key(0, 656, 0, 608, 1080)]}
    (said,) = notices(**edit)
    assert placed({**play(1, 3), **edit}).notices[0].loc.pointer == "/clips/0/rotation"
    assert "zoom in to 102.4 %" in said
    inner = key(0, 670, 24.5, 580, 1031)
    assert notices(rotation=2.5, crop_data=[inner]) == []
    assert notices(crop_data=[key(0, 656, 0, 608, 1080)]) == [], "no rotation, no corners"


def test_a_box_whose_middle_is_in_a_corner_has_to_move() -> None:
    (said,) = notices(rotation=20, crop_data=[key(0, 0, 0, 45, 80)])
    assert said.endswith("move the crop towards the middle of the picture")
    assert "zoom" not in said


def test_corners_are_of_the_turned_picture() -> None:
    lying = {"turn": 90, "rotation": 2.5, "crop_data": [key(0, 100, 400, 540, 960)]}
    assert notices(**lying) == []
    assert notices(**{**lying, "crop_data": [key(0, 0, 0, 540, 960)]})
