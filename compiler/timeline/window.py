"""Windows of footage: a part of a file, with the times of a file that holds just these frames.

Source time 0 is the window's first frame. A window ends where the first frame after it would begin, and so does its
sound.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import replace
from fractions import Fraction
from math import ceil

from compiler.timeline.frames import counted
from compiler.timeline.instant import SourceTime, nearest
from compiler.timeline.media import Media, Skipped, VideoStream

HALF = Fraction(1, 2 * 10**9)
"""Half a nanosecond: times are compared in whole nanoseconds, as trims are, since most have been doubles."""


def rounding(video: VideoStream) -> Fraction:
    """Seconds by which evenly spaced frames are stamped early or late, at most: half a tick, unless every frame begins
    at a whole one."""
    ticks = 1 / (video.rate * video.time_base)
    return Fraction(0) if ticks.denominator == 1 else video.time_base / 2  # Matroska's ticks are milliseconds


def window_of(media: Media, start: Fraction, end: Fraction | None) -> Media | None:
    """The frames that begin in [start, end) of a file's source time, and their sound; to the file's end without an
    `end`. None if there is no such frame."""
    video = media.video
    first, begins = _first_from(video, start)
    until, ends = (None, Fraction(video.end)) if end is None else _first_from(video, end)
    ends = min(ends, video.end)
    if begins >= ends:
        return None
    frames = counted(video) if until is None else until
    shifted = replace(
        _later(video, -begins),
        end=SourceTime(ends - begins),
        frames=None if frames is None else frames - first,
        skipped=Skipped(first, begins),
    )
    audio = media.audio and replace(media.audio, end=SourceTime(min(media.audio.end, ends) - begins))
    return replace(media, video=shifted, audio=audio)


def file_of(media: Media) -> Media:
    """The media by the file's own source time; of a window, all that is known but the file's end."""
    skipped = media.video.skipped
    if skipped is None:
        return media
    video = replace(_later(media.video, skipped.seconds), frames=None, skipped=None)
    return replace(media, video=replace(video, end=SourceTime(media.video.end + skipped.seconds)))


def opens(video: VideoStream) -> SourceTime:
    """The source time from which a picture is read to see all its frames: of a window it may be a tick before source
    time 0, since some muxers stamp a frame one tick earlier than others do."""
    return SourceTime(-2 * rounding(video) if video.skipped else Fraction(0))


def preceding(media: Media) -> Fraction:
    """Seconds of the file before source time 0."""
    return media.video.skipped.seconds if media.video.skipped else Fraction(0)


def _first_from(video: VideoStream, at: Fraction) -> tuple[int, Fraction]:
    """The number of the first frame that begins at `at` or after it, and the time of its stamp; of a file's end, the
    number that follows the last, and the end."""
    if video.ticks:
        place = bisect_left(video.ticks, (at - HALF) / video.time_base)
        return place, video.ticks[place] * video.time_base if place < len(video.ticks) else Fraction(video.end)
    frame = max(0, ceil((at - max(rounding(video), HALF)) * video.rate))
    if max(frame / video.rate, _stamp(video, frame)) < at - HALF:
        frame += 1
    return frame, _stamp(video, frame)


def _stamp(video: VideoStream, frame: int) -> Fraction:
    """The time of an evenly spaced frame, in whole ticks."""
    return nearest(frame / (video.rate * video.time_base)) * video.time_base


def _later(video: VideoStream, by: Fraction) -> VideoStream:
    """The picture with all its times `by` seconds later, and source time 0 as much earlier."""
    ticks = nearest(by / video.time_base)
    return replace(
        video,
        first=video.first - by,
        ticks=tuple(tick + ticks for tick in video.ticks),
        held=tuple((first + by, until + by) for first, until in video.held),
        shown=None if video.shown is None else video.shown + by,
    )
