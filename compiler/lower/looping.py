"""Clips of moving images that play again from their start."""

from __future__ import annotations

from fractions import Fraction
from math import ceil

from compiler.errors import Notice, ReelError
from compiler.lower.timing import Notify
from compiler.model import Clip
from compiler.timeline.instant import SourceTime
from compiler.timeline.media import MOST_FRAMES, Media


def looped(clip: Clip, media: Media, notify: Notify) -> Media:
    """The media as a clip sees it: a moving image goes on to the out point if the clip loops it. Other media play
    once, with a notice; a still image lasts to the out point anyway."""
    if not clip.loop or media.video.still:
        return media
    if not media.is_image:
        notify(Notice(clip.loc.at("loop"), "only moving images loop; the media is a film and plays once"))
        return media
    trim = clip.trim
    if trim is None or trim.end is None or trim.end <= media.video.end:
        return media
    begins = min(trim.start or Fraction(0), trim.end)
    shown = (ceil((trim.end - begins) / media.video.end) + 2) * len(media.video.ticks)
    if shown > MOST_FRAMES:
        what, detail = "the looped image has too many frames", f"{shown} frames; at most {MOST_FRAMES}"
        raise ReelError("RC209", clip.loc.at("loop"), what, detail=detail, hint="shorten the clip, or do not loop it")
    return media.looped(trim.start or Fraction(0), SourceTime(trim.end))
