"""The time of a compile, without rendering: a thousand clips, and ten thousand keyframes on one clip."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from statistics import median
from time import process_time

from compiler.ir.build import Build
from compiler.model import read_reel
from compiler.pipeline import compile_reel
from compiler.timeline.instant import SourceTime
from compiler.timeline.media import AudioStream, Media, VideoStream

FPS = 30
HOURS = 4
CLIPS, KEYFRAMES = 1_000, 10_000
SEEDS = (1, 2, 3)
"""One reel for each; the median counts. The reels differ, so that caches of one do not speed up another."""

Document = dict[str, object]


@dataclass(frozen=True, slots=True)
class Compile:
    """CPU seconds to read a reel file and to compile it; the number of definitions, and of the script's characters."""

    read: float
    compiled: float
    defs: int
    script: int


def compiles_table(build: Build) -> Iterator[str]:
    """The table's lines: a row for many clips, a row for many keyframes."""
    yield "| reel | read | compile | definitions | script |"
    yield "| --- | --- | --- | --- | --- |"
    yield _row(f"{CLIPS} clips", [many_clips(CLIPS, seed) for seed in SEEDS], build)
    yield _row(f"{KEYFRAMES} keyframes on one clip", [many_keyframes(KEYFRAMES, seed) for seed in SEEDS], build)


def _row(name: str, reels: list[Document], build: Build) -> str:
    found = [_compile(json.dumps(reel), build) for reel in reels]
    read, compiled = median(one.read for one in found), median(one.compiled for one in found)
    return f"| {name} | {read:.2f} s | {compiled:.2f} s | {found[0].defs} | {found[0].script / 1000:.0f} kB |"


def _compile(text: str, build: Build) -> Compile:
    began = process_time()
    reel = read_reel(text)
    read = process_time()
    compiled = compile_reel(reel, {"match.mp4": MATCH}, build)
    done = process_time()
    return Compile(read - began, done - read, len(compiled.legal.defs), len(compiled.script))


def many_clips(count: int, seed: int) -> Document:
    """Clips of 3 to 5 s, each with a pan and a second of slow motion, every fourth entered by a dissolve."""
    return {"reel": 1, "clips": [_clip(index, seed) for index in range(count)]}


def _clip(index: int, seed: int) -> Document:
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


def many_keyframes(count: int, seed: int) -> Document:
    """One clip whose box wanders, with a keyframe at each of its `count` frames."""
    trim = {"trimRange": [0, round(count / FPS, 6)]}
    return {
        "reel": 1,
        "clips": [{"media": "match.mp4", "crop_data": wandering(count, seed, 1920), "timing_data": trim}],
    }


def wandering(count: int, seed: int, picture: int) -> list[Document]:
    """Keyframes of a 9:16 box that wanders across a 16:9 picture, `picture` pixels wide."""
    height = picture * 9 / 16
    width = height * 9 / 16
    return [
        {
            "frame": n,
            "x": round((picture - width) * _place(n + 1000 * seed), 3),
            "y": 0,
            "width": width,
            "height": height,
        }
        for n in range(count)
    ]


def _place(n: int) -> float:
    """The position of frame n from 0 to 1, as of a tracked subject whose movement never repeats."""
    return 0.5 + 0.3 * math.sin(n / 97) + 0.15 * math.sin(n / 31.7) + 0.03 * math.sin(n / 7.3)


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
"""The facts of four hours of 1080p30; the file need not exist, because the compiler opens no file."""
