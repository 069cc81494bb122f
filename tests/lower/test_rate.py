"""The film's rate, when it is that of the first clip."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest

from compiler.errors import ReelError
from compiler.lower.rate import at_rate
from compiler.model import Reel, read_reel
from tests.golden.media import MEDIA, film


def of(*media: str, fps: str = "source") -> Reel:
    clips = [{"media": name, "id": name} for name in media]
    return read_reel(json.dumps({"reel": 1, "canvas": {"fps": fps}, "clips": clips}))


@pytest.mark.parametrize(
    ("media", "rate"), [("game.mp4", "30000/1001"), ("silent.mp4", "25"), ("film24.mkv", "24000/1001")]
)
def test_it_is_the_first_clips_own(media: str, rate: str) -> None:
    assert at_rate(of(media, "match.mp4"), MEDIA).canvas.fps == Fraction(rate)


def test_a_rate_that_is_said_stays() -> None:
    reel = of("game.mp4", fps="24")
    assert at_rate(reel, MEDIA) is reel


SLOW, ODD = film("x", Fraction(1, 2), 9), film("x", Fraction(3001001, 100001), 9)


@pytest.mark.parametrize("media", [MEDIA["screen.mp4"], SLOW, ODD])
def test_a_clip_without_a_rate_that_films_have_is_told(media: object) -> None:
    with pytest.raises(ReelError) as caught:
        at_rate(of("x"), {"x": media})  # type: ignore[dict-item]
    assert (caught.value.code, caught.value.loc.pointer) == ("RC208", "/canvas/fps")
