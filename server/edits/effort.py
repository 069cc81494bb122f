"""The effort of a compile, estimated from an edit before it begins: small work runs in a thread, other work in a child.

A thread cannot be stopped, so that its work must be bounded before it begins. The bounds are measured: a compile of
`COMPILE` takes at most a third of a second of processor time, and so does a draft of `DRAFT`, to read `TEXT` characters
20 ms (ADR 65).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import ceil

from compiler.model import Clip, Reel
from compiler.pipeline.draft import clip_seconds
from compiler.supervise.record import Media
from server.edits.canonical import reel_text
from server.tables.clips import ClipVersion, size_of_all
from server.tables.projects import ProjectEdit

TEXT = 16_000
"""Characters of a reel file that is read in a thread; of a draft, which is asked for at every change, four times as
many."""

COMPILE, DRAFT = 120, 1_000
"""Effort of a reel that is compiled or drafted in a thread. Drafts may have more: they keep what they computed of each
clip for the next draft, which a child cannot."""


LARGE = 1 << 20
"""Characters of an edit from which on it is large: compiled it takes some 20 MB."""


class TooMuch(Exception):
    """The work is too much for a thread."""


def check_text(project: ProjectEdit, rows: Sequence[ClipVersion], most: int | None) -> None:
    """TooMuch for an edit whose reel file has more than `most` characters."""
    if most is not None and (size_of_all(rows) > 2 * most or len(reel_text(project, rows)) > most):
        raise TooMuch


def check_effort(reel: Reel, media: Mapping[str, Media], most: int | None) -> None:
    """TooMuch for a reel whose effort is more than `most`."""
    if most is not None and effort(reel, media) > most:
        raise TooMuch


def effort(reel: Reel, media: Mapping[str, Media]) -> int:
    """The clips, their keyframes, spans and freezes, and the film's seconds; those of clips without media are 0."""
    return sum(_pieces(clip) + _seconds(clip, media.get(clip.media)) for clip in reel.clips)


def _pieces(clip: Clip) -> int:
    return 1 + len(clip.crop or ()) + len(clip.spans) + len(clip.freezes)


def _seconds(clip: Clip, media: Media | None) -> int:
    if media is None:
        return 0
    length, window = Fraction(media.video.end), clip.window
    if window is not None:
        length = max(Fraction(0), min(length, window.end or length) - window.start)
    out = clip.trim.end if clip.trim and clip.trim.end is not None else length
    return ceil(clip_seconds(clip, max(length, out)))
