"""One reel with every feature: a pan, a zoom, slow motion, a cut, a dissolve, a fade, bars."""

from __future__ import annotations

from typing import Any

import pytest

from compiler.cli import main

FPS = 30
MEDIA = ("film24.mov", "pal25.mp4", "ntsc.mp4", "short60.mp4")
"""Sources from the pool, by which the reel names them."""


def keyframes(*keys: tuple[int, float, float, float, float]) -> list[dict[str, float]]:
    return [{"frame": n, "x": x, "y": y, "width": w, "height": h} for n, x, y, w, h in keys]


def play(start: float, end: float, *spans: tuple[float, float, float]) -> dict[str, Any]:
    stored = [{"start": a, "end": b, "speed": speed} for a, b, speed in spans]
    return {"version": 2, "trimRange": {"start": start, "end": end}, "spans": stored}


def reel(**top: Any) -> dict[str, Any]:
    """The reel, 96 frames long: joins at frames 24 (cut), 48 to 60 (dissolve), 78 (fade)."""
    clips: list[dict[str, Any]] = [
        {
            "media": "film24.mov",
            "segments_data": play(0.5, 1.1, (0.7, 0.9, 0.5)),
            "crop_data": keyframes((12, 0, 0, 202.5, 360), (28, 150, 0, 202.5, 360)),
        },
        {
            "media": "pal25.mp4",
            "segments_data": play(1, 2.2),
            "crop_data": keyframes((25, 20, 0, 202.5, 360), (55, 180, 80, 135, 240)),
        },
        {
            "media": "ntsc.mp4",
            "segments_data": play(0.2, 1.2),
            "crop_data": {"x": 100, "y": 40, "width": 300, "height": 300},
            "transition_data": {"type": "dissolve", "duration": 0.4},
        },
        {
            "media": "short60.mp4",
            "segments_data": play(1, 1.6),
            "rotation": 5,
            "transition_data": {"type": "fade", "duration": 0.4},
        },
    ]
    return {"reel": 1, "canvas": {"width": 180, "height": 320, "fps": FPS}, **top, "clips": clips}


def run(*arguments: str) -> None:
    """Run a command that must succeed."""
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == 0
