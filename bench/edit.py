"""The edit that every rival renders, as a list of takes and as the equivalent reel file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

FPS = 30
BOX_WIDTH = 607.5
"""Source pixels: 9:16 of a 1080p picture's height."""


@dataclass(frozen=True, slots=True)
class Take:
    """Source seconds `[start, start + length)` at a speed, with a pan of the box and the dissolve at its start."""

    start: int
    length: int
    speed: Fraction
    from_x: int
    to_x: int
    dissolve: Fraction = Fraction(0)
    """Seconds; 0 is a cut."""

    @property
    def frames(self) -> int:
        """The take's frames in the film."""
        return round(self.length / self.speed * FPS)


@dataclass(frozen=True, slots=True)
class Edit:
    """Takes of one source in the order of the source, and the film's size and encoder settings."""

    takes: Sequence[Take]
    minutes: int
    """The duration of the source."""
    width: int
    height: int
    preset: str
    crf: int = 20

    @property
    def frames(self) -> int:
        """Frames of the film: a dissolve overlaps both takes."""
        return sum(take.frames for take in self.takes) - sum(round(take.dissolve * FPS) for take in self.takes)

    def reel(self, media: Path) -> dict[str, object]:
        """The edit as a reel file."""
        return {
            "reel": 1,
            "canvas": {"width": self.width, "height": self.height, "fps": str(FPS)},
            "encode": {"preset": self.preset, "crf": self.crf},
            "clips": [_clip(take, media) for take in self.takes],
        }


def _clip(take: Take, media: Path) -> dict[str, object]:
    start, end = take.start, take.start + take.length
    box = {"y": 0, "width": BOX_WIDTH, "height": 1080}
    keys = ((start, take.from_x), (end, take.to_x))
    return {
        "media": str(media),
        "crop_data": [{"frame": at * FPS, "x": x, "ease": "linear", **box} for at, x in keys],
        "segments_data": {
            "version": 2,
            "trimRange": {"start": start, "end": end},
            "spans": [{"start": start, "end": end, "speed": float(take.speed)}],
        },
        "transition_data": {"type": "dissolve", "duration": float(take.dissolve)} if take.dissolve else {"type": "cut"},
    }


def _takes(minutes: int) -> tuple[Take, ...]:
    """Six takes from the last half of a source of this many minutes: three dissolves, two cuts, speeds 1/2, 1 and 2."""
    first, step = 30 * minutes, 5 * minutes - 1
    half, one, two = Fraction(1, 2), Fraction(1), Fraction(2)
    cut = Fraction(0)
    shapes = (
        (3, one, 100, 1200, cut),
        (2, half, 900, 300, half),
        (3, one, 0, 1300, cut),
        (6, two, 1200, 200, half),
        (3, one, 400, 800, half),
        (4, one, 1300, 50, cut),
    )
    return tuple(Take(first + n * step, *shape) for n, shape in enumerate(shapes))


FULL = Edit(_takes(10), 10, 1080, 1920, "medium")
QUICK = Edit(_takes(2), 2, 540, 960, "ultrafast")
