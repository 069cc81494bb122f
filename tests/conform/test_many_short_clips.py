"""Dozens of clips of 0.7 s, at alternating speeds, dissolved into each other: frames and sound stay in sync."""

from __future__ import annotations

from itertools import cycle
from pathlib import Path
from typing import Any

import pytest

from tests.cases import cases
from tests.conform.studio import rendered
from tests.footage.check import check_film
from tests.footage.pool import Source
from tests.reference.predict import predict

pytestmark = pytest.mark.further

SPEEDS: tuple[Any, ...] = (
    *(0.5, 2, 1, 0.37, 1.5),
    *({"from": 0.5, "to": 2}, {"from": 3, "to": 0.4, "ease": "smooth"}, {"from": 1, "to": 0.25}),
)


def many(count: int, fps: str, sources: tuple[Source, ...]) -> dict[str, Any]:
    """Clips of two lanes in turn, so that both sides of a dissolve can be read."""
    lanes = [[source for source in sources if source.recipe.lane == lane] for lane in (0, 1)]
    clips = []
    for number, speed in zip(range(count), cycle(SPEEDS), strict=False):
        source = lanes[number % 2][number // 2 % 3]
        start = 0.5 + (number * 0.13) % 1.5
        spans = [{"start": start + 0.2, "end": start + 0.5, "speed": speed}]
        played = {"version": 2, "trimRange": {"start": start, "end": start + 0.7}, "spans": spans}
        into = {"type": "dissolve", "duration": 0.15} if number % 3 else {"type": "cut"}
        clips.append({"media": source.media, "segments_data": rounded(played), "transition_data": into})
    canvas = {"width": 256, "height": 144, "fps": fps}
    encode = {"preset": "ultrafast", "crf": 20}
    return {"reel": 1, "canvas": canvas, "audio": {"stretch": "varispeed"}, "encode": encode, "clips": clips}


FILMS = [(24, "30000/1001"), (60, "30000/1001"), (60, "30")]
"""The number of clips, and the rate."""


def rounded(stored: Any) -> Any:
    """The same with times of six decimals."""
    if isinstance(stored, dict):
        return {name: rounded(value) for name, value in stored.items()}
    if isinstance(stored, list):
        return [rounded(value) for value in stored]
    return round(stored, 6) if isinstance(stored, float) else stored


@pytest.mark.conform
@pytest.mark.parametrize("cut", cases(FILMS, slow=FILMS[1:]), ids=str)
def test_the_last_click_and_frame_are_as_exact_as_the_first(
    cut: tuple[int, str], ffmpegs: str, sources: tuple[Source, ...], tmp_path: Path
) -> None:
    reel = many(*cut, sources)
    prediction = predict(reel, {source.media: source.facts for source in sources})
    film = rendered(reel, ffmpegs, tmp_path / "film.mp4")
    report = check_film(film.path, prediction, sources)
    assert not report.faults()
    assert report.max_error_ms <= 1
    late = [
        click for click in prediction.clicks if click.clear and click.record > prediction.frames / prediction.fps - 3
    ]
    assert len(late) > 3
