"""The begin times of a stream's frames: evenly spaced, or listed one by one. The first frame has number 0; in a window
the frames before it have numbers, and times, below 0."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from fractions import Fraction
from math import ceil, floor

from compiler.timeline.instant import SourceTime
from compiler.timeline.media import VideoStream


def begins(video: VideoStream, frame: int) -> SourceTime:
    """The source time at which frame number `frame` begins; that of the file's first for numbers below it."""
    frame = max(frame, -skipped(video))
    if video.ticks:
        return SourceTime(video.ticks[frame + skipped(video)] * video.time_base)
    return SourceTime(Fraction(frame) / video.rate)


def seen_at(video: VideoStream, at: SourceTime) -> int:
    """The number of the frame on screen at a source time: the last one that has begun."""
    if video.ticks:
        return max(0, bisect_right(video.ticks, at / video.time_base) - 1) - skipped(video)
    return floor(at * video.rate)


def next_from(video: VideoStream, at: SourceTime) -> int:
    """The number of the first frame that begins at a source time or after it."""
    if video.ticks:
        return bisect_left(video.ticks, at / video.time_base) - skipped(video)
    return ceil(at * video.rate)


def before(video: VideoStream, at: SourceTime, frames: int) -> SourceTime:
    """A source time that shows the frame `frames` frames before the one on screen at `at`, or the first frame."""
    if video.ticks:
        return begins(video, seen_at(video, at) - frames)
    return SourceTime(max(begins(video, -skipped(video)), at - frames / video.rate))


def skipped(video: VideoStream) -> int:
    """The number of frames of the file before source time 0, whose numbers are below 0."""
    return video.skipped.frames if video.skipped else 0


def counted(video: VideoStream) -> int | None:
    """The number of frames, if it is known."""
    return video.frames if video.skipped else len(video.ticks) or video.frames
