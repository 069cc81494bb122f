"""Clips of moving images that play again from their start."""

from __future__ import annotations

from fractions import Fraction

from compiler.errors import Notice
from compiler.lower.timing import Notify
from compiler.model import Clip
from compiler.timeline.instant import SourceTime
from compiler.timeline.media import Media


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
    return media.looped(trim.start or Fraction(0), SourceTime(trim.end))
