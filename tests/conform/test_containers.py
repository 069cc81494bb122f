"""In every container, the film's frames are those of a source decoded from its start."""

from __future__ import annotations

import subprocess
from fractions import Fraction
from math import floor
from pathlib import Path
from typing import Any

import pytest

from tests.cases import cases
from tests.conform.studio import rendered
from tests.footage import coded, read
from tests.footage.coded import AAC, PCM, Recipe

pytestmark = pytest.mark.further

FPS, RATE, SECONDS = 30, 25, 12
BIAS = Fraction(1, 2) + Fraction(1, 1000)

X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-crf", "20", "-bf", "3")
OTHER_X264 = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "20", "-bf", "3")
X265 = ("-c:v", "libx265", "-preset", "ultrafast", "-crf", "20")
MPEG2 = ("-c:v", "mpeg2video", "-q:v", "2", "-bf", "2")


def recipe(video: tuple[str, ...], sound: tuple[str, ...] = AAC, **more: Any) -> Recipe:
    return Recipe(Fraction(RATE), Fraction(SECONDS), video=video, sound=sound, **more)


MP2 = ("-c:a", "mp2", "-b:a", "192k")
OPEN_265 = (*X265, "-x265-params", "open-gop=1:keyint=48:min-keyint=48:bframes=4:b-adapt=0:scenecut=0:log-level=error")

JOINED = ("joined late",)
"""A recording without its beginning, and thus without its first keyframe; no picture's time is missing in the rest."""

KINDS: dict[str, tuple[str, Recipe, tuple[str, ...] | None]] = {
    "long closed GOPs in mp4": ("a.mp4", recipe((*X264, "-g", "250")), None),
    "open GOPs in mp4": ("a.mp4", recipe((*X264, "-g", "48", "-x264-params", "open-gop=1")), None),
    "HEVC with open GOPs in mp4": ("a.mp4", recipe(OPEN_265), None),
    "HEVC with open GOPs in mkv": ("a.mkv", recipe(OPEN_265), None),
    "a transport stream": ("a.ts", recipe((*X264, "-g", "48")), None),
    "a transport stream of long GOPs": ("a.ts", recipe((*X264, "-g", "250")), None),
    "a transport stream of open GOPs": ("a.ts", recipe((*X264, "-g", "48", "-x264-params", "open-gop=1")), None),
    "a transport stream of HEVC": ("a.ts", recipe(OPEN_265), None),
    "a transport stream whose sound is late": ("a.ts", recipe((*X264, "-g", "48"), audio_start=Fraction(7, 10)), None),
    "a transport stream of MPEG-2": ("a.ts", recipe((*MPEG2, "-g", "15"), MP2), None),
    "a program stream": ("a.mpg", recipe((*MPEG2, "-g", "15"), MP2), None),
    "a program stream of long GOPs": ("a.mpg", recipe((*MPEG2, "-g", "120"), MP2), None),
    "a program stream without sound": ("a.mpg", recipe((*MPEG2, "-g", "15"), MP2, channels=0), None),
    "cut without encoding, mp4": ("a.mp4", recipe((*X264, "-g", "48")), ("-ss", "1.33")),
    "a late start in mkv": ("a.mkv", recipe((*X264, "-g", "48"), PCM), ("-output_ts_offset", "7")),
    "a late start in mp4": ("a.mp4", recipe((*X264, "-g", "48")), ("-output_ts_offset", "3.21")),
    "a transport stream joined in its middle": ("a.ts", recipe((*OTHER_X264, "-g", "48")), JOINED),
}

SLOW = (
    *("a transport stream of long GOPs", "a transport stream of HEVC", "a transport stream of open GOPs"),
    *("a program stream of long GOPs", "a late start in mp4"),
    *("long closed GOPs in mp4", "HEVC with open GOPs in mp4"),
)
BOTH = ("HEVC with open GOPs in mkv", "a late start in mkv", "a program stream", "a program stream without sound")

TRIMS = ((0.0, 0.6), (3.02, 3.7), (6.5, 7.1), (9.3, 9.9))
"""In points near the start, inside GOPs, before a keyframe."""


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("containers")


def made(name: str, pool: Path, ffmpeg: str) -> Path:
    """The source of that kind, made once."""
    file, source, copied = KINDS[name]
    path = pool / name / file
    if not path.exists():
        path.parent.mkdir()
        coded.make(path, source, ffmpeg=ffmpeg)
        if copied == JOINED:
            whole = path.read_bytes()
            path.write_bytes(whole[len(whole) // 20 // 188 * 188 :])
        elif copied:
            raw = path.rename(path.with_stem("whole"))
            before = copied if copied[0] == "-ss" else ()
            after = () if copied[0] == "-ss" else copied
            command = [ffmpeg, "-v", "error", *before, "-i", str(raw), "-c", "copy", *after, str(path)]
            subprocess.run(command, check=True, timeout=60)
    return path


def frame_times(path: Path) -> list[tuple[Fraction, int | None]]:
    """The time of every frame, from the first one on, and its code: decoded from the start, without a seek."""
    frames = read.frames(path)
    return [(frame.pts - frames[0].pts, frame.codes[0]) for frame in frames]


def law(seen: list[tuple[Fraction, int | None]], start: float, end: float) -> list[int | None]:
    """The code of every frame of a clip at speed 1: the last one of the clip's frames whose slot has come."""
    begin, until = Fraction(str(start)), Fraction(str(end))
    inside = [(floor((at - begin) * FPS + BIAS), code) for at, code in seen if begin <= at < until]
    frames = floor((until - begin) * FPS + Fraction(1, 2))
    return [next((code for slot, code in reversed(inside) if slot <= n), inside[0][1]) for n in range(frames)]


@pytest.mark.conform
@pytest.mark.parametrize("name", cases(KINDS, slow=SLOW, both=BOTH))
def test_a_frame_is_found_however_it_is_packed(
    name: str, pool: Path, ffmpegs: str, embedded: str, tmp_path: Path
) -> None:
    source = made(name, pool, embedded)
    clips = [
        {"media": str(source), "segments_data": {"version": 2, "trimRange": {"start": a, "end": b}, "spans": []}}
        for a, b in TRIMS
    ]
    canvas = {"width": 320, "height": 180, "fps": FPS}
    reel = {"reel": 1, "canvas": canvas, "encode": {"preset": "ultrafast", "crf": 20}, "clips": clips}
    seen = frame_times(source)
    film = rendered(reel, ffmpegs, tmp_path / "film.mp4").path
    assert [frame.codes[0] for frame in read.frames(film)] == [code for trim in TRIMS for code in law(seen, *trim)]
    if KINDS[name][1].channels and KINDS[name][2] is None:
        assert heard(film) == pytest.approx(clicks(KINDS[name][1]), abs=0.001)


def clicks(source: Recipe) -> list[float]:
    """The times of the film's clicks: those of each clip, away from its edges."""
    found, at = [], 0.0
    for start, end in TRIMS:
        found += [at + float(click) - start for click in source.clicks if start + 0.02 < click < end - 0.02]
        at += floor((end - start) * FPS + 0.5) / FPS
    return found


def heard(film: Path) -> list[float]:
    samples, rate = read.samples(film)
    edges, at = [], 0.0
    for start, end in TRIMS:
        edges.append(at)
        at += floor((end - start) * FPS + 0.5) / FPS
    found = [click.at for click in read.clicks(samples, rate)]
    return [click for click in found if all(abs(click - edge) > 0.02 for edge in [*edges, at])]
