"""Bounds of the fields of a reel: every number's range and every word's choices."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

Ease = Literal["spline", "linear", "hold", "smooth"]
RampEase = Literal["linear", "smooth"]
Origin = Literal["user", "trim", "permanent"]
Stretch = Literal["pitch", "varispeed", "mute"]
Motion = Literal["repeat", "blend", "interpolate"]
Damage = Literal["conceal", "refuse"]
Fit = Literal["contain", "cover"]

EASES: tuple[Ease, ...] = ("spline", "linear", "hold", "smooth")
RAMP_EASES: tuple[RampEase, ...] = ("linear", "smooth")
ORIGINS: tuple[Origin, ...] = ("user", "trim", "permanent")
STRETCHES: tuple[Stretch, ...] = ("pitch", "varispeed", "mute")
MOTIONS: tuple[Motion, ...] = ("repeat", "blend", "interpolate")
DAMAGES: tuple[Damage, ...] = ("conceal", "refuse")
TURNS = (0, 90, 180, 270)
"""Clockwise degrees of a clip's turn."""
FITS: tuple[Fit, ...] = ("contain", "cover")
CANVASES = {"9:16": (1080, 1920), "16:9": (1920, 1080), "1:1": (1080, 1080), "4:5": (1080, 1350), "4:3": (1440, 1080)}
"""Width and height, pixels, of each aspect ratio's 1080-class canvas."""

DEFAULT_ASPECT = "9:16"
DEFAULT_FPS = Fraction(30)
SOURCE = "source"
"""The word for the first clip's own frames a second."""
NTSC = tuple(Fraction(nominal * 1000, 1001) for nominal in (24, 30, 48, 60, 96, 120, 240))
"""Rates that have no finite decimal form, although people write them as 23.976, 29.97 and so on."""
NTSC_NEAR = Fraction(2, 1_000_000)
"""The relative difference up to which a decimal means a rate of `NTSC`; 29.97 differs by a millionth."""
SAME_SHAPE = Fraction(1, 100)
"""The relative difference up to which two aspect ratios count as the same shape."""

NO_ROTATION = Fraction(1, 1_000_000)
"""Degrees: a smaller rotation is taken for a rounding error, and counts as 0."""

FIRST_EDGE = Fraction(1, 100)
"""Seconds: `boundaries` that begin later than this hold only splits, without the 0 and the media's end."""

RATE_TERM = 1_001_000
"""The largest numerator or denominator of a rate that ffmpeg holds exactly (libavutil/parseutils.c)."""

TEXT_LENGTH = 4096
"""Characters of a name or a path."""

ID_LENGTH = 64
"""Characters of a clip's id."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The range of a field: from `low`, or above it if `beyond`, to `high`, in `unit`."""

    low: Fraction
    high: Fraction
    unit: str = ""
    beyond: bool = False

    def hold(self, x: Fraction) -> bool:
        """Whether `x` is in the range."""
        return (self.low < x if self.beyond else self.low <= x) and x <= self.high

    def __str__(self) -> str:
        span = f"above {self.low} and at most {self.high}" if self.beyond else f"from {self.low} to {self.high}"
        return f"{span} {self.unit}".rstrip()


def limits(low: int | Fraction, high: int, unit: str = "", *, beyond: bool = False) -> Limits:
    """The range from `low` to `high`."""
    return Limits(Fraction(low), Fraction(high), unit, beyond)


TIME = limits(0, 1_000_000, "seconds")
DURATION = limits(0, 1_000_000, "seconds", beyond=True)
FREEZE = limits(0, 3600, "seconds", beyond=True)
FRAME = limits(0, 1_000_000_000, "frames")
POSITION = limits(-1_000_000, 1_000_000, "pixels")
EXTENT = limits(0, 1_000_000, "pixels", beyond=True)
SPEED = limits(Fraction(1, 10), 16)
ROTATION = limits(-20, 20, "degrees")
TURN = limits(0, 270, "degrees")
VOLUME = limits(-60, 20, "dB")
FPS = limits(1, 240, "frames a second")
CANVAS_SIDE = limits(16, 8192, "pixels")
LUFS = limits(-40, -5, "LUFS")
TRUE_PEAK = limits(-9, 0, "dBTP")
VIDEO_KBITS = limits(50, 500_000, "kbit/s")
AUDIO_KBITS = limits(32, 512, "kbit/s")


@dataclass(frozen=True, slots=True)
class FilmBounds:
    """The most seconds and frames of a film, and the most pixels of all its frames."""

    seconds: Fraction
    frames: int
    pixels: int

    def within(self, other: FilmBounds) -> FilmBounds:
        """The lower of both bounds, one by one."""
        return FilmBounds(
            min(self.seconds, other.seconds), min(self.frames, other.frames), min(self.pixels, other.pixels)
        )


FILM = FilmBounds(Fraction(24 * 3600), 24 * 3600 * 60, 50_000_000_000_000)
"""A day; a day at 60 frames a second; 15 % more pixels than that has at 3840x2160."""
