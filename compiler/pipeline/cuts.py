"""Cuts: the frames of a clip at which the film may be divided into units.

A cut is counted in the clip's own frames and depends on nothing but the clip and the transitions at its ends, so that
an edit elsewhere moves none.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from compiler.ir import ops
from compiler.lower import Placed
from compiler.passes.part_motion import runs_of
from compiler.timeline.instant import RecordTime, frame_count
from compiler.timeline.media import Media

EVERY = Fraction(8)
"""Seconds between two cuts of a clip: about as long as x264 goes on without a key frame of its own, so that a cut costs
no bytes."""

LONG = Fraction(1)
"""Seconds of a clip after the blend into it that are worth a unit apart from the blend's."""


def cuts_inside(clip: Placed, fps: Fraction) -> Iterator[int]:
    """The frames of a clip, counted from its first, before which it is cut: every few seconds, and after the blend into
    it, so that a change of the clip before leaves the rest of this one as it is.

    None lies within a transition, nor within a run of mixed frames, and none leaves a short unit at the end.
    """
    if not _opens_anywhere(clip.media) or (clip.clip.motion != "repeat" and clip.media.video.variable):
        return
    step, long = (frame_count(RecordTime(seconds), fps) for seconds in (EVERY, LONG))
    blend, last = clip.join.overlap, clip.frames - clip.leaving.leaving
    cuts = [blend] if blend and last - blend >= long else []
    cuts += (n for n in range(step, last - step // 2 + 1, step) if n >= max(clip.join.entering, blend + long))
    mixed = list(mixed_runs(clip, fps))
    yield from (cut for cut in cuts if not any(first < cut < until for first, until in mixed))


def mixed_runs(clip: Placed, fps: Fraction) -> Iterator[tuple[int, int]]:
    """The runs [first, until) of a clip's frames that are blended or interpolated of several frames of the source. What
    ffmpeg makes of one frame of a run depends on those before it."""
    if clip.clip.motion != "repeat":
        op = ops.Retime(clip.picture, clip.timing.grid_warp(fps), fps, motion=clip.clip.motion)
        yield from ((first, until) for first, until, moves in runs_of(op) if moves)


def _opens_anywhere(media: Media) -> bool:
    """Whether reading can begin near any frame. Otherwise each unit would be decoded from the file's start."""
    video = media.video
    return video.still or (bool(video.entries) if video.straightened else not media.unindexed)
