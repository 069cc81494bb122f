"""How long a compile takes: a thousand clips, and ten thousand keyframes on one clip. Nothing is rendered."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from fractions import Fraction
from statistics import median
from time import perf_counter

from compiler.ir.build import Build
from compiler.model import read_reel
from compiler.pipeline import Compiled, compile_reel
from compiler.timeline.instant import SourceTime
from compiler.timeline.media import AudioStream, Media, VideoStream

FPS = 30
HOURS = 4


@dataclass(frozen=True, slots=True)
class Compile:
    """Seconds to read a reel file and to compile it, and what came out."""

    read: float
    compiled: float
    defs: int
    script: int
    """Characters."""


def many_clips(count: int, seed: int) -> dict[str, object]:
    """A reel of `count` clips of 3 to 5 s, each with a pan, a span in slow motion, every fourth entered by a dissolve."""
    return {"reel": 1, "clips": [_clip(index, seed) for index in range(count)]}


def _clip(index: int, seed: int) -> dict[str, object]:
    start = 10 * index + seed
    end = start + 3 + index % 3
    box = {"y": 0, "width": 607.5, "height": 1080}
    return {
        "media": "match.mp4",
        "crop_data": [
            {"frame": start * FPS, "x": 100 + seed + index % 200, **box},
            {"frame": end * FPS, "x": 900 - seed - index % 300, **box},
        ],
        "segments_data": {
            "version": 2,
            "trimRange": {"start": start, "end": end},
            "spans": [{"start": start + 1, "end": start + 2, "speed": 0.5}],
        },
        "transition_data": {"type": "dissolve", "duration": 0.5} if index % 4 == 3 else None,
    }


def many_keyframes(count: int, seed: int, *, media: str = "match.mp4", picture: int = 1920) -> dict[str, object]:
    """A reel of one clip whose box wanders, with a keyframe at each of its `count` frames; `picture` pixels wide."""
    height = picture * 9 // 16
    width = height * 9 / 16
    room = picture - width
    keys = [
        {"frame": n, "x": round(room * _wander(n + 1000 * seed), 3), "y": 0, "width": width, "height": height}
        for n in range(count)
    ]
    timing = {"version": 2, "trimRange": {"start": 0, "end": round(count / FPS, 6)}, "spans": []}
    return {"reel": 1, "clips": [{"media": media, "crop_data": keys, "segments_data": timing}]}


def _wander(n: int) -> float:
    """A walk within 0 .. 1 that never repeats: a subject followed by a tracker."""
    return 0.5 + 0.3 * math.sin(n / 97) + 0.15 * math.sin(n / 31.7) + 0.03 * math.sin(n / 7.3)


def compile_time(reels: list[dict[str, object]], build: Build) -> Compile:
    """The median over different reels of a kind, so that none profits from another's remembered work."""
    texts = [json.dumps(reel) for reel in reels]
    found = [_compile(text, build) for text in texts]
    return Compile(
        median(one.read for one in found), median(one.compiled for one in found), found[0].defs, found[0].script
    )


def _compile(text: str, build: Build) -> Compile:
    began = perf_counter()
    reel = read_reel(text)
    read = perf_counter()
    compiled: Compiled = compile_reel(reel, {"match.mp4": MATCH}, build)
    done = perf_counter()
    return Compile(read - began, done - read, len(compiled.legal.defs), len(compiled.script))


MATCH = Media(
    path="match.mp4",
    format="mov",
    start=Fraction(0),
    video=VideoStream(
        index=0,
        codec="h264",
        width=1920,
        height=1080,
        rate=Fraction(FPS),
        time_base=Fraction(1, 15360),
        first=Fraction(0),
        end=SourceTime(Fraction(3600 * HOURS)),
        frames=3600 * HOURS * FPS,
    ),
    audio=AudioStream(
        index=1,
        codec="aac",
        sample_rate=48_000,
        channels=2,
        layout="stereo",
        time_base=Fraction(1, 48_000),
        first=Fraction(0),
        end=SourceTime(Fraction(3600 * HOURS)),
    ),
)
"""Four hours of 1080p30 that nobody has to film: the compiler opens no file."""
