"""Names of all transitions and of all fade curves of sound, shared by the whole compiler.

`Build.transitions` has what one ffmpeg can draw, as probed; the releases here are for people.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

FIRST, LATER = "5.1", "7.0"
"""Releases: FIRST blends are in 5.1.9; LATER blends are not in 5.1.9, and are in 7.0.2."""


@dataclass(frozen=True, slots=True)
class Blend:
    """A transition in which two clips overlap: xfade's name for it, and the oldest release known to have it."""

    drawn: str
    since: str


def _directions(*stems: str) -> Iterator[str]:
    return (f"{stem}{side}" for stem in stems for side in ("left", "right", "up", "down"))


_EARLY = (
    *_directions("wipe", "slide", "smooth"),
    *("wipetl", "wipetr", "wipebl", "wipebr", "diagtl", "diagtr", "diagbl", "diagbr"),
    *("circleopen", "circleclose", "circlecrop", "rectcrop", "vertopen", "vertclose", "horzopen", "horzclose"),
    *("hlslice", "hrslice", "vuslice", "vdslice", "squeezeh", "squeezev", "zoomin", "radial", "distance"),
    *("fadeblack", "fadewhite", "fadegrays", "fadefast", "fadeslow", "hblur", "pixelize"),
)
_LATE = ("hlwind", "hrwind", "vuwind", "vdwind", *_directions("cover", "reveal"))

BLENDS: Mapping[str, Blend] = {
    "dissolve": Blend("fade", FIRST),
    "grain": Blend("dissolve", FIRST),
    **{name: Blend(name, FIRST) for name in _EARLY},
    **{name: Blend(name, LATER) for name in _LATE},
}
"""Every transition that overlaps. Two names are not xfade's: `dissolve` is a plain blend, which xfade calls `fade`;
xfade's `dissolve`, which scatters pixels, is `grain` here. `fade` goes through a colour and overlaps nothing."""

TRANSITIONS = ("cut", "fade", *BLENDS)
"""All transitions: a cut, a fade through a colour, and blends that overlap both clips."""

CURVES = (
    *("tri", "qsin", "hsin", "esin", "log", "ipar", "qua", "cub", "squ", "cbr", "par", "exp"),
    *("iqsin", "ihsin", "dese", "desi", "losi", "sinc", "isinc"),
)
"""Fade curves of sound, by afade's names: those of 5.1, which later releases kept."""

LINEAR = "tri"
"""The linear fade curve of sound, equal gain, which matches the blend of pictures in a dissolve."""
