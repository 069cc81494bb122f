"""The map from source time to record time.

Speed eases over record time: at the share u of a stretch's duration D it is v0 + (v1 - v0) e(u), with e(u) = u (linear)
or 3u^2 - 2u^3 (smooth). Source covered is its integral, and as either e integrates to 1/2, D = 2L / (v0 + v1).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

HALVINGS = 64
"""Part of a ramp's duration, for the search of a source time: far below a nanosecond."""


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
    """`length` source seconds from `start` on, played at one speed or with a ramp from `entry` to `leave`.

    Only a part may be played: from `first` to `last` source seconds into it, which begins at `begin`.
    """

    start: Fraction
    begin: Fraction
    """Record seconds of the clip at which its played part begins."""
    length: Fraction
    entry: Fraction
    leave: Fraction
    ease: str
    first: Fraction
    last: Fraction

    @property
    def end(self) -> Fraction:
        """Source time at which its played part ends."""
        return self.start + self.last

    @property
    def duration(self) -> Fraction:
        """Record seconds of its played part."""
        return self._elapsed(self.last) - self._elapsed(self.first)

    @property
    def steady(self) -> bool:
        """Whether its speed is constant."""
        return self.entry == self.leave

    def source(self, record: Fraction) -> Fraction:
        """The source time played at a record time of the clip."""
        return self.start + self._way(record - self.begin + self._elapsed(self.first))

    def record(self, source: Fraction) -> Fraction:
        """The clip's record time at which a source time is played; in a ramp to within its duration / 2**64.

        Past the end the last speed continues.
        """
        if source > self.end and not self.steady:
            last = self.begin + self.duration
            return last + (source - self.end) / self.speed(last)
        return self.begin + self._elapsed(source - self.start) - self._elapsed(self.first)

    def speed(self, record: Fraction) -> Fraction:
        """The speed at a record time of the clip."""
        u = (record - self.begin + self._elapsed(self.first)) / self._whole
        eased = {"linear": u, "smooth": 3 * u**2 - 2 * u**3}[self.ease]
        return self.entry + (self.leave - self.entry) * eased

    @property
    def _whole(self) -> Fraction:
        return 2 * self.length / (self.entry + self.leave)

    def _way(self, t: Fraction) -> Fraction:
        """Source seconds of the whole stretch that play in `t` record seconds."""
        u = t / self._whole
        eased = {"linear": u**2 / 2, "smooth": u**3 - u**4 / 2}[self.ease]
        return self._whole * (self.entry * u + (self.leave - self.entry) * eased)

    def _elapsed(self, way: Fraction) -> Fraction:
        """Record seconds that the whole stretch needs for this many source seconds."""
        if self.steady:
            return way / self.entry
        if way in (0, self.length):
            return self._whole if way else Fraction(0)
        low, high = Fraction(0), self._whole
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            low, high = (middle, high) if self._way(middle) < way else (low, middle)
        return high


Piece = tuple[Fraction, Fraction, Fraction, str, Fraction, Fraction]
"""Length, entry and exit speed and ease of a stretch, and the start and end of its played part."""


class Course:
    """A clip's map from source time `start` to `end` through stretches, with freezes as source time to seconds."""

    def __init__(
        self, start: Fraction, end: Fraction, pieces: Iterable[Piece], freezes: Mapping[Fraction, Fraction]
    ) -> None:
        self.start, self.end, self.duration = start, end, Fraction(0)
        self.freezes = [(at, freezes[at]) for at in sorted(freezes)]
        self.stretches: list[Stretch] = []
        for length, entry, leave, ease, first, last in pieces:
            stretch = Stretch(start - first, self.duration, length, entry, leave, ease, first, last)
            self.stretches.append(stretch)
            start, self.duration = stretch.end, self.duration + stretch.duration
        self.duration += sum(freezes.values())

    def stretch_at(self, source: Fraction) -> Stretch:
        """The stretch that plays a source time of the clip."""
        return next(stretch for stretch in reversed(self.stretches) if stretch.start + stretch.first <= source)

    def record(self, source: Fraction) -> Fraction:
        """The clip's record time at which it plays a source time; for a held one, the beginning."""
        return self.stretch_at(source).record(source) + self.held_before(source)

    @property
    def bends(self) -> list[Fraction]:
        """Record times at which a stretch or a freeze begins or ends."""
        edges = [edge for stretch in self.stretches for edge in (stretch.start + stretch.first, stretch.end)]
        holds = [self.record(at) + lasts for at, seconds in self.freezes for lasts in (0, seconds)]
        return [*map(self.record, edges), *holds]

    def held_before(self, source: Fraction) -> Fraction:
        """Seconds of all freezes that lie before a source time."""
        return sum((seconds for at, seconds in self.freezes if at < source), Fraction(0))

    def source(self, record: Fraction) -> Fraction:
        """The source time that the clip plays at a record time."""
        for at, seconds in self.freezes:
            began = self.stretch_at(at).record(at)
            if record <= began:
                break
            if record <= began + seconds:
                return at
            record -= seconds
        return next(stretch for stretch in reversed(self.stretches) if stretch.begin <= record).source(record)
