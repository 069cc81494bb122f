"""Sources with frames at uneven times: each frame is shown from its own instant until the next one's."""

from __future__ import annotations

import random
from fractions import Fraction
from math import floor
from pathlib import Path

import pytest

from compiler.pipeline import sights
from tests.conform.studio import compiled, rendered
from tests.footage import coded, read
from tests.footage.coded import H264, Recipe

pytestmark = pytest.mark.further

FPS = 30
BIAS = Fraction(1, 2) + Fraction(1, 1000)


def uneven() -> tuple[Fraction, ...]:
    """Frame times: a second of jitter, a gap of 0.9 s, short intervals, gaps of a third, jitter again."""
    dice = random.Random("uneven")
    gaps = [Fraction(dice.randint(2000, 4500), 90_000) for _ in range(30)]
    gaps += [Fraction(9, 10), *[Fraction(1, 120)] * 24, *[Fraction(1, 3)] * 6]
    gaps += [Fraction(dice.randint(1500, 9000), 90_000) for _ in range(50)]
    times = [Fraction(0)]
    for gap in gaps:
        times.append(times[-1] + gap)
    return tuple(times)


TIMES = uneven()
GAP = TIMES[30]
"""The start of the long gap."""

CLIPS: dict[str, tuple[Fraction, Fraction, Fraction]] = {
    "from the start": (Fraction(0), Fraction(1), Fraction(1)),
    "into the gap": (GAP - Fraction(1, 5), GAP + Fraction(1, 2), Fraction(1)),
    "out of the gap": (GAP + Fraction(2, 5), GAP + Fraction(6, 5), Fraction(1)),
    "between two frames": (GAP + Fraction(1, 5), GAP + Fraction(3, 5), Fraction(1)),
    "between two frames, slowly": (GAP + Fraction(1, 5), GAP + Fraction(3, 5), Fraction(1, 4)),
    "a moment between two frames": (GAP + Fraction(1, 5), GAP + Fraction(201, 1000), Fraction(1)),
    "out of the gap, slowly": (GAP + Fraction(3, 5), GAP + 1, Fraction(1, 2)),
    "fast": (Fraction(1, 2), Fraction(5), Fraction(4)),
    "near the end": (TIMES[-12], TIMES[-1], Fraction(1)),
}
"""In point, out point, speed."""


def law(start: Fraction, end: Fraction, speed: Fraction) -> list[int]:
    """The source frame for every frame of the clip: the last one whose slot has come, at first the one on screen."""
    start, end = Fraction(f"{float(start):.4f}"), Fraction(f"{float(end):.4f}")
    slots = {k: floor((at - start) / speed * FPS + BIAS) for k, at in enumerate(TIMES) if at < end}
    frames = max(1, floor((end - start) / speed * FPS + Fraction(1, 2)))
    return [max(k for k, slot in slots.items() if slot <= n or TIMES[k] <= start) for n in range(frames)]


def stored(media: str, *names: str) -> dict[str, object]:
    clips = []
    for name in names:
        start, end, speed = CLIPS[name]
        begin, until = round(float(start), 4), round(float(end), 4)
        spans = [{"start": begin, "end": until, "speed": float(speed)}]
        segments = {"version": 2, "trimRange": {"start": begin, "end": until}, "spans": spans}
        clips.append({"media": media, "segments_data": segments})
    canvas = {"width": 640, "height": 360, "fps": FPS}
    return {"reel": 1, "canvas": canvas, "encode": {"preset": "ultrafast", "crf": 16}, "clips": clips}


@pytest.fixture(scope="module", params=["uneven.mp4", "uneven.mkv"])
def media(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, embedded: str) -> Path:
    recipe = Recipe(Fraction(30), TIMES[-1], times=TIMES, channels=0, video=(*H264, "-bf", "2", "-g", "40"))
    return coded.make(tmp_path_factory.mktemp("uneven") / str(request.param), recipe, ffmpeg=embedded)


@pytest.mark.conform
def test_the_frame_on_screen_is_shown(media: Path, ffmpegs: str, tmp_path: Path) -> None:
    """The clips as one film in units, with parts that begin deep in the source; `compile --at` agrees."""
    reel = stored(str(media), *CLIPS)
    wanted = [k for clip in CLIPS.values() for k in law(*clip)]
    film = rendered(reel, ffmpegs, tmp_path / "film.mp4").path
    if media.suffix == ".mkv":  # ticks are milliseconds: a slot's edge may fall between a time and its rounding
        seen = [frame.codes[0] or 0 for frame in read.frames(film)]
        assert len(seen) == len(wanted)
        assert sum(a != b for a, b in zip(seen, wanted, strict=True)) <= len(wanted) // 20
    else:
        assert [frame.codes[0] for frame in read.frames(film)] == wanted
    done = compiled(reel, ffmpegs)
    traced = [sights(done.plan, done.legal, n)[0].source_frame for n in range(done.plan.frames)]
    assert traced == [frame.codes[0] for frame in read.frames(film)]


@pytest.mark.conform
@pytest.mark.both_builds
def test_the_last_frame_is_seen_wherever_it_falls(media: Path, ffmpegs: str, tmp_path: Path) -> None:
    """The last frame in a slot of its own, in a slot with other frames, in the clip's last slot."""
    start = round(float(TIMES[-12]), 4)
    speeds = [Fraction(k, 8) for k in range(6, 33, 2)]
    clips = [
        {
            "media": str(media),
            "segments_data": {
                "version": 2,
                "trimRange": {"start": start},
                "spans": [{"start": start, "end": float(TIMES[-1]) + 1, "speed": float(speed)}],
            },
        }
        for speed in speeds
    ]
    reel = stored(str(media)) | {"clips": clips}
    film = rendered(reel, ffmpegs, tmp_path / "film.mp4").path
    seen = [frame.codes[0] for frame in read.frames(film)]
    done = compiled(reel, ffmpegs)
    assert seen == [sights(done.plan, done.legal, n)[0].source_frame for n in range(done.plan.frames)]
    assert seen.count(len(TIMES) - 1) >= len(speeds) // 2
