"""Windows of footage that clips state: the media as a window of its file, or a coded error."""

from __future__ import annotations

from fractions import Fraction

from compiler.errors import ReelError
from compiler.ir.text import number
from compiler.model import Clip, MediaWindow
from compiler.timeline.media import Media
from compiler.timeline.window import HALF, window_of


def seen_by(clip: Clip, media: Media) -> Media:
    """The media as a clip sees it: the whole file, or the clip's window of it."""
    return media if clip.window is None else windowed(media, clip.window)


def windowed(media: Media, window: MediaWindow) -> Media:
    """A window of the media, which has the times of a file of its own; RC212 where the file has no such window."""
    length = media.video.end
    if media.video.still or media.is_image:
        raise _fault(window, "the media is an image, and only films have windows", "leave the window out, or trim")
    if window.start >= length or (window.end is not None and window.end > length + HALF):
        lasts = f"the media lasts {number(length)} s" + (f", since it {media.cut_short}" if media.cut_short else "")
        raise _fault(window, "the window is not within the media", f"choose it within 0 .. {number(length)} s", lasts)
    found = window_of(media, window.start, window.end)
    if found is None:
        what = f"from {number(window.start)} s to {number(window.end or Fraction(length))} s"
        raise _fault(window, "no frame of the media begins in the window", "make it longer", what)
    return found


def _fault(window: MediaWindow, message: str, hint: str, detail: str = "") -> ReelError:
    return ReelError("RC212", window.loc, message, detail=detail, hint=hint)
