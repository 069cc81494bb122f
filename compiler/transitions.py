"""Every transition by name, and every way a sound fades: data that the whole compiler shares.

Which of them one ffmpeg draws, it says itself (`Build.transitions`); the releases here are for people.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

FIRST, LATER = "5.1", "7.0"
"""Releases: all of the first list are in 5.1.9; those of the second are not, and are in 7.0.2."""


@dataclass(frozen=True, slots=True)
class Blend:
    """A transition in which two clips overlap: xfade's name for it, and the oldest release it was seen in."""

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
"""Every overlap. Two words are not xfade's: `dissolve` is a plain blend, which xfade calls `fade`; xfade's `dissolve`
scatters pixels, which is `grain` here. `fade` goes through a colour and overlaps nothing."""

TRANSITIONS = ("cut", "fade", *BLENDS)
"""How a clip may be entered: at once; through a colour; by a blend that overlaps both clips."""

CURVES = (
    *("tri", "qsin", "hsin", "esin", "log", "ipar", "qua", "cub", "squ", "cbr", "par", "exp"),
    *("iqsin", "ihsin", "dese", "desi", "losi", "sinc", "isinc"),
)
"""How a sound may fade, by afade's names for it: those of 5.1, which later releases kept."""

LINEAR = "tri"
"""The curve that fades a sound as a dissolve blends pictures: equal gain."""
