"""Windows of footage, for programs that keep them as two numbers, as a database does."""

from __future__ import annotations

from fractions import Fraction

from compiler.errors import Loc
from compiler.lower import windowed
from compiler.model import MediaWindow
from compiler.timeline.media import Media


def part_of(media: Media, start: float | None, end: float | None) -> Media:
    """The facts of a window of a file, or the file's without a start and an end; RC212 if the file has no such window.

    Numbers count at their decimal value, as those of a reel file do.
    """
    if start is None and end is None:
        return media
    return windowed(media, MediaWindow(_exact(start or 0), None if end is None else _exact(end), Loc()))


def _exact(seconds: float) -> Fraction:
    return Fraction(str(seconds))
