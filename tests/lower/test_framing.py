"""The visible part of the picture, and its place on the canvas."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from compiler.errors import ReelError
from compiler.lower import Framing
from tests.golden.media import MEDIA, film
from tests.lower.reels import Stored, key, placed, play


def framing(*keys: Stored, media: str = "game.mp4", **canvas: Any) -> Framing:
    """Frames 30 to 90 of the media through these keyframes, on a 9:16 canvas."""
    canvas = {"aspect_ratio": "9:16", **canvas}
    clip = {"media": media, **play(1, 3)}
    return placed({**clip, "crop_data": [*keys]} if keys else clip, canvas=canvas).framing


def inner(frame: Framing) -> tuple[int, int, int, int]:
    return frame.width, frame.height, frame.x, frame.y


@pytest.mark.parametrize(
    ("media", "canvas", "box"),
    [
        *(("game.mp4", {}, (656.25, 0, 607.5, 1080)), ("game.mp4", {"aspect_ratio": "1:1"}, (420, 0, 1080, 1080))),
        *(("phone.mp4", {"aspect_ratio": "1:1"}, (0, 420, 1080, 1080)), ("phone.mp4", {}, (0, 0, 1080, 1920))),
        ("city.mpg", {"aspect_ratio": "16:9"}, (11.5, 0, 1024, 576)),
    ],
)
def test_without_keyframes_it_is_the_largest_centred_box_of_the_canvas(
    media: str, canvas: dict[str, Any], box: tuple[float, ...]
) -> None:
    framed = framing(media=media, **canvas)
    assert framed.path.at(0) == pytest.approx(box)
    assert framed.path.still
    assert (framed.x, framed.y) == (0, 0)


def test_keyframes_count_source_frames_at_the_probed_rate() -> None:
    keys = key(0, 0, 0, 607.5, 1080, ease="linear"), key(60, 600, 0, 607.5, 1080)
    assert framing(*keys).path.at(0).x == pytest.approx(600 * 30 / 60.06, abs=0.05)
    assert [*framing(*keys).curve.instants] == [Fraction(0), Fraction(60 * 1001, 30_000)]


def test_keyframes_by_time_are_at_that_time() -> None:
    keys: list[Stored] = [{"time": t, "x": 100 * t, "y": 0, "width": 608, "height": 1080} for t in (0.5, 2.25)]
    assert [*framing(*keys).curve.instants] == [Fraction(1, 2), Fraction(9, 4)]


@pytest.mark.parametrize(
    ("box", "out"),
    [
        *((key(0, -1.001, 0, 608, 1080), 1.001), (key(0, 1313.5, 0, 608, 1080), 1.5), (key(0, 0, -2, 608, 1080), 2)),
        *((key(0, 0, 5, 608, 1080), 5), (key(0, 0, 0, 1930, 1080), 10)),
    ],
)
def test_a_box_off_the_picture_is_an_error_at_its_keyframe(box: Stored, out: float) -> None:
    with pytest.raises(ReelError, match=f"leaves the picture by {out:g} px") as caught:
        framing(key(0, 0, 0, 608, 1080), {**box, "frame": 40})
    assert (caught.value.code, caught.value.loc.pointer) == ("RC202", "/clips/0/crop_data/1")


@pytest.mark.parametrize(
    "box", [key(0, -1, 0, 608, 1080), key(0, 1313, 0, 608, 1080), key(0, 0, 0.001, 608, 1080), key(0, 0, 0, 608, 1081)]
)
def test_a_box_a_pixel_off_is_moved_in(box: Stored) -> None:
    x, y, width, height = framing(box).path.at(0)
    assert min(x, y) >= 0
    assert x + width <= 1920
    assert y + height <= 1080
    assert width / height == pytest.approx(box["width"] / box["height"])


PLACES = st.tuples(st.integers(1, 150), st.floats(0, 1), st.floats(0, 1), st.floats(0.2, 1))


@given(st.lists(PLACES, min_size=1, max_size=6, unique_by=lambda place: place[0]))
def test_wherever_a_spline_swings_the_box_stays_in_the_picture_and_keeps_its_shape(
    places: list[tuple[int, float, float, float]],
) -> None:
    """The keyframes all have the canvas's shape, so that no frame of the film may need bars."""
    keys = [
        key(frame, x * (1920 - 607.5 * size), y * (1080 - 1080 * size), 607.5 * size, 1080 * size)
        for frame, x, y, size in sorted(places)
    ]
    framed = framing(*keys)
    assert inner(framed) == (1080, 1920, 0, 0)
    for n in range(60):
        x, y, width, height = framed.path.at(n)
        assert min(x, y) >= -0.05
        assert x + width <= 1920.05
        assert y + height <= 1080.05
        assert width / height == pytest.approx(9 / 16, rel=2e-3)


@pytest.mark.parametrize(
    ("box", "canvas", "where"),
    [
        *(((0, 0, 1440, 1080), {}, (1080, 810, 0, 554)), ((0, 0, 540, 1080), {}, (960, 1920, 60, 0))),
        *(((0, 0, 604, 1080), {}, (1080, 1920, 0, 0)), ((0, 0, 600, 1080), {}, (1066, 1920, 6, 0))),
        *(((0, 0, 1920, 2), {}, (1080, 2, 0, 958)), ((0, 0, 2, 1080), {}, (4, 1920, 538, 0))),
        ((0, 0, 1440, 1080), {"fit": "cover"}, (1080, 1920, 0, 0)),
    ],
)
def test_another_shape_gets_even_bars_or_covers(
    box: tuple[float, ...], canvas: dict[str, Any], where: tuple[int, ...]
) -> None:
    assert inner(framing(key(0, *box), **canvas)) == where


def test_covering_takes_the_largest_box_of_the_canvas_from_the_middle() -> None:
    wide = framing(key(0, 240, 0, 1440, 1080), fit="cover").path.at(0)
    assert wide == pytest.approx((240 + (1440 - 607.5) / 2, 0, 607.5, 1080))
    tall = framing(key(0, 0, 0, 405, 1080), fit="cover").path.at(0)
    assert tall == pytest.approx((0, 180, 405, 720))


def test_bars_that_would_change_are_an_error_and_covering_is_not() -> None:
    keys = key(30, 0, 0, 1000, 1000), key(80, 0, 0, 1600, 1000)
    with pytest.raises(ReelError) as caught:
        framing(*keys)
    assert (caught.value.code, caught.value.loc.pointer) == ("RC204", "/clips/0/crop_data")
    assert inner(framing(*keys, fit="cover")) == (1080, 1920, 0, 0)


def test_a_shape_that_only_a_hidden_keyframe_has_does_not_count() -> None:
    keys = key(30, 0, 0, 1000, 1000, ease="linear"), key(500, 0, 0, 1000, 1000), key(600, 0, 0, 1600, 1000)
    assert inner(framing(*keys)) == (1080, 1080, 0, 420)


@given(st.integers(40, 1920), st.integers(40, 1080), st.sampled_from(["9:16", "16:9", "1:1", "4:5", "4:3"]))
def test_what_is_contained_is_even_whole_and_of_its_own_shape(width: int, height: int, aspect: str) -> None:
    assume(1 / 8 < width / height < 8)
    framed = framing(key(0, 0, 0, width, height), aspect_ratio=aspect)
    assert all(size % 2 == 0 for size in inner(framed))
    assert framed.width * height / width == pytest.approx(framed.height, abs=max(2.0, framed.height * 0.011))


def test_a_media_too_small_for_keyframes_is_told_so() -> None:
    with pytest.raises(ReelError, match="leaves the picture by 544 px"):
        placed({"crop_data": [key(0, 0, 0, 608, 48)]}, media={"game.mp4": MEDIA["tiny.mp4"]})
    assert film("x", 30, 1).video.displayed == (1920, 1080)
