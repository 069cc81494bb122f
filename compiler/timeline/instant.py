"""Exact instants in the two time domains, and the frame and sample grids.

Source time runs along a media file, record time along the reel. Both are rationals of seconds, but two types: a
function that wants one does not take the other.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import NewType

SourceTime = NewType("SourceTime", Fraction)
"""Seconds into a media file; 0 is its first presented video frame."""

RecordTime = NewType("RecordTime", Fraction)
"""Seconds into the reel, or into one clip as the reel plays it."""

SAMPLE_RATE = 48_000
"""Samples a second of every film; the one audio grid."""

SLOT_BIAS = Fraction(1, 1000)
"""Of an output frame: keeps exact halves off the rounding edge (docs/semantics.md, Which source frame is shown)."""


def nearest(x: Fraction) -> int:
    """The integer nearest to `x`, halves upwards (ffmpeg's AV_ROUND_NEAR_INF for x >= 0)."""
    return (2 * x.numerator + x.denominator) // (2 * x.denominator)


def frame_count(duration: RecordTime, fps: Fraction) -> int:
    """How many frames a clip of this length has: the nearest, at least one."""
    return max(1, nearest(duration * fps))


def slot(at: RecordTime, fps: Fraction) -> int:
    """The frame of the grid from which a source frame with record time `at` is shown."""
    return math.floor(at * fps + Fraction(1, 2) + SLOT_BIAS)


def sample_at(frame: int, fps: Fraction) -> int:
    """The sample at which record frame `frame` starts, on the one grid of the whole film."""
    return nearest(Fraction(frame * SAMPLE_RATE) / fps)
