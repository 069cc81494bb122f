"""Windows that clips state: the times of a file of its own, or RC212."""

from __future__ import annotations

from fractions import Fraction

import pytest

from compiler.errors import ReelError
from compiler.lower import Placed
from tests.lower.reels import placed, play


def plays(clip: Placed) -> tuple[Fraction | int, Fraction | int]:
    return clip.timing.warp.start, clip.timing.warp.end


def test_a_clip_plays_its_window() -> None:
    clip = placed({"media": "silent.mp4", "window": {"start": 2, "end": 5}})
    assert plays(clip) == (0, 3)
    assert clip.frames == 90


def test_a_trim_is_within_the_window() -> None:
    clip = placed({"media": "silent.mp4", "window": {"start": 2, "end": 5}, **play(1, 4)})
    assert plays(clip) == (1, 3)
    assert [notice.message for notice in clip.notices] == [
        "the out point is 1 s past the end of the media and was moved to 3 s"
    ]


def test_an_open_window_reaches_to_the_end() -> None:
    assert placed({"media": "silent.mp4", "window": {"start": 9}}).timing.warp.end == 1
    assert placed({"media": "silent.mp4", "window": {"end": 1}}).timing.warp.end == 1


@pytest.mark.parametrize(
    ("media", "window", "message"),
    [
        ("silent.mp4", {"start": 8, "end": 12}, "the window is not within the media"),
        ("silent.mp4", {"start": 10}, "the window is not within the media"),
        ("silent.mp4", {"start": 2.01, "end": 2.03}, "no frame of the media begins in the window"),
        ("card.png", {"start": 0, "end": 1}, "the media is an image, and only films have windows"),
    ],
)
def test_a_window_that_the_media_has_not_is_rc212(media: str, window: dict[str, float], message: str) -> None:
    with pytest.raises(ReelError) as caught:
        placed({"id": "dunk", "media": media, "window": window})
    assert (caught.value.code, caught.value.message) == ("RC212", message)
    assert (caught.value.loc.clip, caught.value.loc.pointer) == ("dunk", "/clips/0/window")


def test_the_end_of_the_media_may_be_a_rounded_number() -> None:
    late = placed({"media": "game.mp4", "window": {"start": 59, "end": 60.0000000004}})
    assert late.timing.warp.end == Fraction(60) - Fraction(1769 * 1001, 30_000)
