"""Exact instants in the two time domains, and the frame and sample grids.

Source time runs along a media file, record time along the reel. Both are rationals of seconds, but two types, so that
mypy rejects one where a function needs the other.
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
"""Fraction of an output frame that keeps exact halves off the rounding edge (docs/semantics.md, Which source frame is
shown)."""


def nearest(x: Fraction) -> int:
    """The integer nearest to `x`, halves upwards (ffmpeg's AV_ROUND_NEAR_INF for x >= 0)."""
    return (2 * x.numerator + x.denominator) // (2 * x.denominator)


def frame_count(duration: RecordTime, fps: Fraction) -> int:
    """The number of frames of a clip of this length: the nearest one, at least one."""
    return max(1, nearest(duration * fps))


def slot(at: RecordTime, fps: Fraction) -> int:
    """The frame of the grid from which on a source frame with record time `at` is shown."""
    return math.floor(at * fps + Fraction(1, 2) + SLOT_BIAS)


def sample_at(frame: int, fps: Fraction) -> int:
    """The sample at which record frame `frame` starts, on the one grid of the whole film."""
    return nearest(Fraction(frame * SAMPLE_RATE) / fps)
