"""Reels written in one line, and lowered over the made-up media."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from compiler.lower import Lowered, Placed, lower
from compiler.model import Reel, read_reel
from compiler.timeline.media import Media
from tests.golden.media import MEDIA, NINE

Stored = Mapping[str, Any]


def reel(*clips: Stored, **top: Any) -> Reel:
    """A 16:9 reel of these clips, of game.mp4 unless they name other media."""
    canvas = {"aspect_ratio": "16:9", **top.pop("canvas", {})}
    return read_reel(
        json.dumps({"reel": 1, "canvas": canvas, **top, "clips": [{"media": "game.mp4", **clip} for clip in clips]})
    )


def lowered(*clips: Stored, media: Mapping[str, Media] = MEDIA, **top: Any) -> Lowered:
    """The same reel, lowered."""
    return lower(reel(*clips, **top), media, NINE)


def placed(clip: Stored, media: Mapping[str, Media] = MEDIA, **top: Any) -> Placed:
    """The only clip of a reel, placed."""
    return lowered(clip, media=media, **top).clips[0]


def play(start: float | None = None, end: float | None = None, *spans: tuple[float, float | None, Any]) -> Stored:
    """A stored trim with speeds, as `segments_data`."""
    trim = None if start is None and end is None else {"start": start, "end": end}
    stored = [{"start": a, "end": b, "speed": speed} for a, b, speed in spans]
    return {"segments_data": {"version": 2, "trimRange": trim, "spans": stored}}


def into(kind: str, seconds: float) -> Stored:
    """A stored transition, as `transition_data`."""
    return {"transition_data": {"type": kind, "duration": seconds}}


def key(frame: int, x: float, y: float, width: float, height: float, **more: Any) -> Stored:
    """A stored keyframe."""
    return {"frame": frame, "x": x, "y": y, "width": width, "height": height, **more}
