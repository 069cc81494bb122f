"""How source time becomes record time.

Speed eases over record time: at the share u of a stretch's duration D it is v0 + (v1 - v0) e(u), with e(u) = u (linear)
or 3u^2 - 2u^3 (smooth). Source covered is its integral, and as either e integrates to 1/2, D = 2L / (v0 + v1).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

HALVINGS = 64
"""Of a ramp's duration, to find when it reaches a source time: far below a nanosecond."""


def exact(number: object) -> Fraction:
    """A number of a reel at its decimal value: 0.1 is 1/10."""
    if isinstance(number, bool) or not isinstance(number, int | float | str | Fraction):
        raise TypeError(f"{number!r} is not a number")
    return Fraction(str(number))


def nearest(x: Fraction) -> int:
    """The nearest integer, halves upwards."""
    return math.floor(x + Fraction(1, 2))


@dataclass(frozen=True, slots=True)
class Stretch:
    """`length` source seconds from `start` on, played at one speed or easing from `entry` to `leave`."""

    start: Fraction
    begin: Fraction
    """Record seconds of the clip at which it begins."""
    length: Fraction
    entry: Fraction
    leave: Fraction
    ease: str

    @property
    def end(self) -> Fraction:
        """Source time at which it ends."""
        return self.start + self.length

    @property
    def duration(self) -> Fraction:
        """Seconds of record time."""
        return 2 * self.length / (self.entry + self.leave)

    @property
    def steady(self) -> bool:
        """Whether its speed is constant."""
        return self.entry == self.leave

    def source(self, record: Fraction) -> Fraction:
        """The source time played at a record time of the clip."""
        u = (record - self.begin) / self.duration
        eased = {"linear": u**2 / 2, "smooth": u**3 - u**4 / 2}[self.ease]
        return self.start + self.duration * (self.entry * u + (self.leave - self.entry) * eased)

    def record(self, source: Fraction) -> Fraction:
        """The clip's record time at which a source time is played; in a ramp to within its duration / 2**64."""
        if self.steady:
            return self.begin + (source - self.start) / self.entry
        low, high = self.begin, self.begin + self.duration
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            low, high = (middle, high) if self.source(middle) < source else (low, middle)
        return high


class Course:
    """A clip's way from source time `start` to `end` through stretches given as (length, entry, leave, ease)."""

    def __init__(
        self, start: Fraction, end: Fraction, pieces: Iterable[tuple[Fraction, Fraction, Fraction, str]]
    ) -> None:
        self.start, self.end, self.duration = start, end, Fraction(0)
        self.stretches: list[Stretch] = []
        for length, entry, leave, ease in pieces:
            stretch = Stretch(start, self.duration, length, entry, leave, ease)
            self.stretches.append(stretch)
            start, self.duration = stretch.end, self.duration + stretch.duration

    def stretch_at(self, source: Fraction) -> Stretch:
        """The stretch that plays a source time of the clip."""
        return next(stretch for stretch in reversed(self.stretches) if stretch.start <= source)

    def record(self, source: Fraction) -> Fraction:
        """The clip's record time at which it plays a source time."""
        return self.stretch_at(source).record(source)

    def source(self, record: Fraction) -> Fraction:
        """The source time that the clip plays at a record time."""
        return next(stretch for stretch in reversed(self.stretches) if stretch.begin <= record).source(record)
