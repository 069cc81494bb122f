"""The clock of a stream that ffmpeg or reelc's own reader reads: the timestamp of source time 0."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache

from compiler.timeline.media import AudioStream, Media, VideoStream
from compiler.timeline.window import preceding


def zero_of(media: Media, stream: VideoStream | AudioStream, seek: Fraction) -> Fraction:
    """The timestamp of source time 0 in a stream of the media that is read from `seek` on."""
    if stream.straightened:
        return preceding(media) - seek
    return clock_zero(media.origin(stream), media.video.first, stream.time_base, seek)


@lru_cache(maxsize=4096)
def clock_zero(start: Fraction, first: Fraction, time_base: Fraction, seek: Fraction) -> Fraction:
    """The timestamp of source time 0, in the container at `first`, after ffmpeg has sought to `seek`.

    ffmpeg subtracts seek + `start` (Media.origin) from every timestamp, rounded to the stream's time base, halves away
    from zero (av_rescale_q of AV_TIME_BASE).
    """
    ticks = abs(start + seek) / time_base
    whole = (2 * ticks.numerator + ticks.denominator) // (2 * ticks.denominator)
    return first - whole * time_base * (1 if start + seek >= 0 else -1)
