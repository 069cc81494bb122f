"""Paths to reframe, and the places in a plan, computed from the ops' text."""

from __future__ import annotations

import math
from collections.abc import Callable

from compiler.ir.ops import Coarse, Fine, Follow, Place
from compiler.timeline.curve import Box
from compiler.timeline.frame_values import FrameValues
from compiler.timeline.path import Path, draw


def moving(box: Callable[[int], Box], frames: int = 60, breaks: tuple[int, ...] = (0,)) -> Path:
    """The path of a box that is a function of the frame."""
    return draw(FrameValues([box(n) for n in range(frames)]), breaks)


def still(x: float, y: float, width: float, height: float) -> Path:
    """A box that stays."""
    return moving(lambda _: Box(x, y, width, height))


def gliding(first: Box, last: Box, frames: int = 60) -> Path:
    """From one box to another in a straight line."""
    return moving(lambda n: Box(*(a + (b - a) * n / (frames - 1) for a, b in zip(first, last, strict=True))), frames)


def stand(place: Place, n: int) -> float:
    """The value of a place at frame `n`."""
    match place:
        case int():
            return place
        case Coarse(track, lead, p, q) | Fine(track, lead, p, q):
            turns = math.floor((track.at(n) + lead) * p / 2 + 0.5)
            steps = next(j for j in range(p) if (turns - j * q) % p == 0)
            return 2 * steps if isinstance(place, Fine) else 2 * (turns - steps * q) / p
        case Follow(track, margin, room):
            return min(max(2 * math.floor((track.at(n) - margin) / 2), 0), room)
