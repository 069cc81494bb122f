"""The timing of a clip: its trim and speeds as one exact warp within the length of its media."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor

from compiler.errors import Notice, ReelError
from compiler.model import Clip, Freeze, Ramp, SpeedSpan
from compiler.timeline.frames import begins, next_from, seen_at, skipped
from compiler.timeline.instant import SLOT_BIAS, RecordTime, SourceTime, frame_count
from compiler.timeline.media import STILL_SECONDS, Media, VideoStream
from compiler.timeline.warp import Pace, Warp, cover, held
from compiler.timeline.window import opens, rounding

Notify = Callable[[Notice], None]

ONE_SLOT = Fraction(1, 2) - SLOT_BIAS + Fraction(1, 1_000_000)
"""Fraction of an output frame: a frame that begins earlier in a clip has the first slot, one that begins here surely
the second."""


@dataclass(frozen=True, slots=True)
class Timing:
    """A clip's warp, and the source time from which frames are read.

    Frames are read from before the in point if the clip shows the frame on screen there: because no frame begins
    between in and out point, and that frame is `alone`; or because frames come at uneven times.
    """

    warp: Warp
    read_from: SourceTime
    alone: bool = False

    def grid_warp(self, fps: Fraction) -> Warp:
        """The warp that places frames on the grid: the clip's own, unless that would leave no frame on screen.

        A frame before the in point that is `alone` begins with the clip and lasts as long. All frames of a clip that is
        too short for the grid share its one slot, which must end after them.
        """
        frames, lasts = frame_count(self.warp.total, fps), self.warp.total
        if self.alone:
            lasts = RecordTime(frames / fps)
        elif lasts * fps < ONE_SLOT:
            lasts = RecordTime(ONE_SLOT / fps)
        else:
            return self.warp
        speed = (self.warp.end - self.read_from) / lasts
        return Warp((Pace(self.read_from, self.warp.end, speed, speed),))


def time_clip(clip: Clip, media: Media, notify: Notify) -> Timing:
    """The clip's timing; raises RC201 if the trim leaves nothing of the media."""
    length = _length(clip, media.video)
    start, end = _trimmed(clip, media, length, notify)
    warp = _warp(clip, start, end, length, notify)
    return Timing(warp, *_first_read(media.video, start, end))


def record_seconds(clip: Clip, length: Fraction) -> Fraction:
    """Seconds that the clip lasts in the film if its media lasts `length` seconds; 0 if the trim leaves nothing."""
    trim = clip.trim
    start = (trim.start if trim else None) or Fraction(0)
    end = length if trim is None or trim.end is None else min(trim.end, length)
    if start >= end:
        return Fraction(0)
    return _warp(clip, SourceTime(start), SourceTime(end), length, lambda _: None).total


def _warp(clip: Clip, start: SourceTime, end: SourceTime, length: Fraction, notify: Notify) -> Warp:
    paces = [pace for span in clip.spans if (pace := _pace(span, length))]
    holds = [pace for freeze in clip.freezes if (pace := _held(freeze, length, notify))]
    return cover(start, end, [*paces, *holds])


def _length(clip: Clip, video: VideoStream) -> Fraction:
    """The length of the media; a still image lasts as long as its trim, or STILL_SECONDS from the in point on."""
    if not video.still:
        return video.end
    start, end = (clip.trim.start, clip.trim.end) if clip.trim else (None, None)
    return (start or Fraction(0)) + STILL_SECONDS if end is None else end


def _trimmed(clip: Clip, media: Media, length: Fraction, notify: Notify) -> tuple[SourceTime, SourceTime]:
    """In and out point, clamped to the media with a notice."""
    wanted = (clip.trim.start if clip.trim else None, clip.trim.end if clip.trim else None)
    start = max(Fraction(0), wanted[0] or Fraction(0))
    end = min(length, length if wanted[1] is None else wanted[1])
    loc = clip.trim.loc if clip.trim else clip.loc.at("media")
    if start >= end:
        asked = f"it starts at {float(wanted[0] or 0):g} s; " if clip.trim else ""
        raise ReelError(
            "RC201",
            loc,
            "nothing is left of the clip after its trim",
            detail=f"{asked}the media lasts {float(length):g} s"
            + (f", since the file {media.cut_short}" if media.cut_short else ""),
            hint=f"trim within 0 .. {float(length):g} s",
        )
    if wanted[1] is not None and wanted[1] > length:
        lost = float(wanted[1] - length)
        notify(
            Notice(loc, f"the out point is {lost:g} s past the end of the media and was moved to {float(length):g} s")
        )
    return SourceTime(start), SourceTime(end)


def _pace(span: SpeedSpan, length: Fraction) -> Pace | None:
    """A stored span as a pace; None if it lies past the end of the media."""
    end = length if span.end is None else span.end
    if span.start >= min(end, length):
        return None
    speed = span.speed
    if isinstance(speed, Ramp):
        return Pace(SourceTime(span.start), SourceTime(end), speed.start_speed, speed.end_speed, speed.ease)
    return Pace(SourceTime(span.start), SourceTime(end), speed, speed)


def _held(freeze: Freeze, length: Fraction, notify: Notify) -> Pace | None:
    """A stored freeze as a pace; None, with a notice, if it lies past the end of the media."""
    if freeze.at <= length:
        return held(SourceTime(freeze.at), freeze.seconds)
    late = float(freeze.at - length)
    notify(Notice(freeze.loc, f"the freeze is {late:g} s past the end of the media and holds nothing"))
    return None


def _amid_even_frames(video: VideoStream, start: SourceTime, end: SourceTime) -> bool:
    """Whether a picture whose frames are listed only since it begins late, or ends before the sound, is even from the
    in point on: then it is read as an even one is."""
    if not video.late and video.shown is None:
        return False
    first = next_from(video, start) + skipped(video)
    if first == next_from(video, end) + skipped(video) or first in (0, len(video.ticks)):
        return False
    gap = (video.ticks[first] - video.ticks[first - 1]) * video.time_base * video.rate
    return abs(gap - 1) < Fraction(1, 4)


def _first_read(video: VideoStream, start: SourceTime, end: SourceTime) -> tuple[SourceTime, bool]:
    """The source time from which frames are read, and whether the frame that begins there is the only one."""
    if video.variable and _amid_even_frames(video, start, end):
        return start, False
    if video.variable:
        return begins(video, seen_at(video, start)), next_from(video, start) == next_from(video, end)
    rounded = rounding(video)
    if ceil((end - rounded) * video.rate) > ceil((start + rounded) * video.rate):
        return start or opens(video), False
    longest = min(start + rounded, (start + end) / 2)  # on screen, though the frame may be listed as beginning later
    return SourceTime(max(Fraction(0), floor(longest * video.rate) / video.rate - rounded)), True
