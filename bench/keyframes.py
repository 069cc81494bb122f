"""The render time for each frame of a clip with ten thousand keyframes."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from bench.compiling import FPS, KEYFRAMES, SEEDS, wandering
from bench.films import render_command
from bench.footage import FOLDER, QUIET
from bench.measure import cost_of
from compiler.ir.build import Build

WIDTH = 320
"""Pixels; small pictures, so that the evaluation of expressions dominates."""


def keyframes_table(build: Build) -> Iterator[str]:
    """The table's lines: a small film with a keyframe at every frame, and the same film with only the first one."""
    media = _small_source(build.path)
    yield "| keyframes | a frame |"
    yield "| --- | --- |"
    for count, step in ((KEYFRAMES, 1), (1, KEYFRAMES)):
        wall = median(_seconds(media, seed, step) for seed in SEEDS)
        yield f"| {count} | {1000 * wall / KEYFRAMES:.2f} ms |"


def _small_source(ffmpeg: str) -> Path:
    FOLDER.mkdir(parents=True, exist_ok=True)
    media = FOLDER / "small.mp4"
    picture = f"testsrc2=size={WIDTH}x{WIDTH * 9 // 16}:rate={FPS},format=yuv420p"
    encode = ("-frames:v", str(KEYFRAMES), "-c:v", "libx264", "-preset", "ultrafast")
    subprocess.run([ffmpeg, *QUIET, "-f", "lavfi", "-i", picture, *encode, str(media)], check=True)
    return media


def _seconds(media: Path, seed: int, step: int) -> float:
    clip = {"media": str(media), "crop_data": wandering(KEYFRAMES, seed, WIDTH)[::step]}
    canvas = {"width": 90, "height": 160, "fps": FPS}
    reel = FOLDER / "keyframes.json"
    document = {"reel": 1, "canvas": canvas, "encode": {"preset": "ultrafast"}, "clips": [clip]}
    reel.write_text(json.dumps(document), encoding="utf-8")
    return cost_of(render_command(reel, FOLDER / "keyframes.mp4")).wall
