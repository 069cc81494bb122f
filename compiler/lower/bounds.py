"""The bounds of a film's length: they are checked before any work is done for its frames."""

from __future__ import annotations

from compiler.errors import Loc, ReelError
from compiler.model import Canvas
from compiler.model.limits import FilmBounds


def check_length(frames: int, canvas: Canvas, bounds: FilmBounds, loc: Loc) -> None:
    """RC209 if clips of so many frames together make too long a film; overlaps count for both of their clips."""
    if frames > bounds.seconds * canvas.fps:
        asked, most = f"{float(frames / canvas.fps):g} s", f"{float(bounds.seconds):g} s"
        raise _too_long(loc, "lasts longer", asked, most, "shorten clips or freezes")
    if frames > bounds.frames:
        asked, most = f"{frames} frames", f"{bounds.frames}"
        raise _too_long(loc, "has more frames", asked, most, "lower the canvas's fps, or shorten clips or freezes")
    if (pixels := frames * canvas.width * canvas.height) > bounds.pixels:
        asked, most = f"{frames} frames of {canvas.width}x{canvas.height}, {pixels} pixels", f"{bounds.pixels}"
        raise _too_long(loc, "has more pixels", asked, most, "make the canvas smaller, or shorten clips or freezes")


def _too_long(loc: Loc, how: str, asked: str, most: str, hint: str) -> ReelError:
    what = f"with this clip the film {how} than is allowed"
    return ReelError("RC209", loc, what, detail=f"up to its end there are {asked}; at most {most}", hint=hint)
