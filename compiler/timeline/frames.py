"""The begin times of a stream's frames: evenly spaced, or listed one by one."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from fractions import Fraction
from math import ceil, floor

from compiler.timeline.instant import SourceTime
from compiler.timeline.media import VideoStream


def begins(video: VideoStream, frame: int) -> SourceTime:
    """The source time at which frame number `frame` begins; that of the first for numbers below 0."""
    if video.ticks:
        return SourceTime(video.ticks[max(frame, 0)] * video.time_base)
    return SourceTime(Fraction(max(frame, 0)) / video.rate)


def seen_at(video: VideoStream, at: SourceTime) -> int:
    """The number of the frame on screen at a source time: the last one that has begun."""
    if video.ticks:
        return max(0, bisect_right(video.ticks, at / video.time_base) - 1)
    return floor(at * video.rate)


def next_from(video: VideoStream, at: SourceTime) -> int:
    """The number of the first frame that begins at a source time or after it."""
    if video.ticks:
        return bisect_left(video.ticks, at / video.time_base)
    return ceil(at * video.rate)


def before(video: VideoStream, at: SourceTime, frames: int) -> SourceTime:
    """A source time that shows the frame `frames` frames before the one on screen at `at`, or the first frame."""
    if video.ticks:
        return begins(video, seen_at(video, at) - frames)
    return SourceTime(max(Fraction(0), at - frames / video.rate))
