"""Films beyond the bounds are refused before their frames are looked at."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from compiler.errors import ReelError
from compiler.lower import lower
from compiler.model.limits import FILM, FilmBounds
from compiler.timeline.instant import SourceTime
from tests.golden.media import MEDIA, NINE, picture
from tests.lower.reels import Stored, key, play, reel
from tests.work import work

PAN = {"crop_data": [key(0, 0, 0, 960, 540), key(1_000_000, 300, 200, 960, 540)]}
LONG = {"game.mp4": picture(MEDIA["game.mp4"], end=SourceTime(Fraction(900_000)))}


def refused(*clips: Stored, bounds: FilmBounds = FILM, **top: Any) -> ReelError:
    with pytest.raises(ReelError) as caught:
        lower(reel(*clips, **top), LONG, NINE, bounds)
    return caught.value


@pytest.mark.parametrize(
    ("bounds", "part"),
    [
        (replace(FILM, seconds=Fraction(3)), "4 s; at most 3 s"),
        (replace(FILM, frames=119), "120 frames; at most 119"),
        (replace(FILM, pixels=120 * 1920 * 1080 - 1), "248832000 pixels; at most 248831999"),
    ],
)
def test_each_bound_is_met_and_not_passed(bounds: FilmBounds, part: str) -> None:
    clips = {"id": "a", **play(0, 2)}, {"id": "b", **play(2, 4)}
    error = refused(*clips, bounds=bounds)
    assert (error.code, error.loc.clip) == ("RC209", "b")
    assert part in error.detail
    exact = FilmBounds(Fraction(4), 120, 120 * 1920 * 1080)
    assert len(lower(reel(*clips), LONG, NINE, exact).clips) == 2


def test_a_source_of_ten_days_is_refused_at_once() -> None:
    def compiled() -> None:
        assert refused(PAN, {"id": "b"}).code == "RC209"

    assert work(compiled) < 50_000


def test_a_film_that_is_too_long_is_told_once() -> None:
    assert refused(*({"id": f"c{k}", **play(0, 50_000)} for k in range(9))).loc.clip == "c1"


def test_an_image_is_looped_so_often_and_no_more() -> None:
    ticks = tuple(range(50))
    gif = replace(picture(MEDIA["silent.mp4"], ticks=ticks, time_base=Fraction(1, 100)), format="gif")
    gif = picture(gif, end=SourceTime(Fraction(1, 2)))
    with pytest.raises(ReelError) as caught:
        lower(reel({"loop": True, **play(0, 86_000)}), {"game.mp4": gif}, NINE)
    assert (caught.value.code, caught.value.loc.pointer) == ("RC209", "/clips/0/loop")
