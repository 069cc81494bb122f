"""Warps: the exact map between a clip's source time and its record time under speed changes.

A warp is a run of adjacent spans of source time, each played at a constant speed or along a ramp. A ramp eases over
*record* time, so that a span of source length L between speeds v0 and v1 lasts D = 2L / (v0 + v1) for both eases,
a rational (ADR 3). With u = t / D the source offset is a polynomial of the record offset:

    linear   s = D (v0 u + (v1 - v0) u^2 / 2)
    smooth   s = D (v0 u + (v1 - v0) (u^3 - u^4 / 2))
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import accumulate, pairwise
from typing import Literal

from compiler.timeline.instant import RecordTime, SourceTime

Ease = Literal["linear", "smooth"]

SLOWEST, FASTEST = Fraction(1, 10), Fraction(16)
"""The speeds a clip may play at, as factors of real time."""

INVERSE_ERROR = Fraction(1, 10**12)
"""Seconds: how exactly a ramp is inverted; its inverse is irrational."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Source time [start, end) played from speed `entry` to speed `exit`; equal speeds are a constant one."""

    start: SourceTime
    end: SourceTime
    entry: Fraction = Fraction(1)
    exit: Fraction = Fraction(1)
    ease: Ease = "linear"

    @property
    def length(self) -> Fraction:
        """Seconds of source time."""
        return self.end - self.start

    @property
    def duration(self) -> Fraction:
        """Seconds of record time."""
        return 2 * self.length / (self.entry + self.exit)

    @property
    def constant(self) -> bool:
        """Whether the speed never changes within the span."""
        return self.entry == self.exit

    def source_offset(self, t: Fraction) -> Fraction:
        """Source seconds after `start` at `t` record seconds into the span; exact."""
        if self.constant:
            return t * self.entry
        u = t / self.duration
        eased = u**2 / 2 if self.ease == "linear" else u**3 - u**4 / 2
        return self.duration * (self.entry * u + (self.exit - self.entry) * eased)

    def record_offset(self, s: Fraction) -> Fraction:
        """Record seconds into the span at `s` source seconds after `start`; exact for constant speeds."""
        if self.constant:
            return s / self.entry
        low, high = Fraction(0), self.duration
        while high - low > INVERSE_ERROR:
            middle = (low + high) / 2
            low, high = (middle, high) if self.source_offset(middle) <= s else (low, middle)
        return low


@dataclass(frozen=True)
class Warp:
    """A clip's map from source to record time: adjacent paces, source and record both running forward."""

    paces: tuple[Pace, ...]

    def __post_init__(self) -> None:
        if not self.paces or any(pace.length <= 0 for pace in self.paces):
            raise ValueError("a warp has at least one pace, and each has a length")
        if any(a.end != b.start for a, b in pairwise(self.paces)):
            raise ValueError("the paces of a warp are adjacent")

    @property
    def start(self) -> SourceTime:
        """The in point."""
        return self.paces[0].start

    @property
    def end(self) -> SourceTime:
        """The out point, exclusive."""
        return self.paces[-1].end

    @cached_property
    def record_starts(self) -> tuple[Fraction, ...]:
        """Where each pace begins in the clip's record time, and where the last one ends."""
        return tuple(accumulate((pace.duration for pace in self.paces), initial=Fraction(0)))

    @cached_property
    def source_starts(self) -> tuple[SourceTime, ...]:
        """Where each pace begins in source time."""
        return tuple(pace.start for pace in self.paces)

    @property
    def total(self) -> RecordTime:
        """The clip's length in record time."""
        return RecordTime(self.record_starts[-1])

    def record_of(self, at: SourceTime) -> RecordTime:
        """The clip-record time at which source time `at` plays; `at` lies within [start, end]."""
        if not self.start <= at <= self.end:
            raise ValueError(f"source time {at} is outside [{self.start}, {self.end}]")
        index = min(bisect_right(self.source_starts, at), len(self.paces)) - 1
        pace = self.paces[index]
        return RecordTime(self.record_starts[index] + pace.record_offset(at - pace.start))

    def source_of(self, at: RecordTime) -> SourceTime:
        """The source time that plays at clip-record time `at`; past the end the last pace runs on."""
        index = self._index_at(at)
        pace = self.paces[index]
        t = at - self.record_starts[index]
        if pace.constant:
            return SourceTime(pace.start + t * pace.entry)
        if t <= pace.duration:
            return SourceTime(pace.start + pace.source_offset(t))
        return SourceTime(pace.end + (t - pace.duration) * pace.exit)

    def pace_at(self, at: RecordTime) -> Pace:
        """The pace that plays at clip-record time `at`; the last one runs on."""
        return self.paces[self._index_at(at)]

    def _index_at(self, at: RecordTime) -> int:
        return max(0, min(bisect_right(self.record_starts, at), len(self.paces)) - 1) if len(self.paces) > 1 else 0

    def speed_at(self, at: RecordTime) -> Fraction:
        """The speed at clip-record time `at`: source seconds a record second."""
        index = self._index_at(at)
        pace = self.paces[index]
        u = min((at - self.record_starts[index]) / pace.duration, Fraction(1))
        eased = u if pace.ease == "linear" else u * u * (3 - 2 * u)
        return pace.entry + (pace.exit - pace.entry) * eased


def cover(start: SourceTime, end: SourceTime, paces: Sequence[Pace]) -> Warp:
    """The warp of [start, end): `paces` (sorted, disjoint) clipped to it, everything between them at real time.

    Raises ValueError for a ramp that reaches over an end: what is left of it has no rational length.
    """
    covered: list[Pace] = []
    at = start
    for pace in paces:
        low, high = SourceTime(max(pace.start, start)), SourceTime(min(pace.end, end))
        if low >= high:
            continue
        if at < low:
            covered.append(Pace(at, low))
        covered.append(_clip(pace, low, high))
        at = high
    if at < end:
        covered.append(Pace(at, end))
    return Warp(tuple(_fuse(covered)))


def _clip(pace: Pace, low: SourceTime, high: SourceTime) -> Pace:
    if (low, high) == (pace.start, pace.end):
        return pace
    if not pace.constant:
        raise ValueError(f"the ramp over [{pace.start}, {pace.end}) is cut to [{low}, {high})")
    return Pace(low, high, pace.entry, pace.exit)


def _fuse(paces: Sequence[Pace]) -> list[Pace]:
    """Neighbours of one constant speed as one pace."""
    fused: list[Pace] = []
    for pace in paces:
        last = fused[-1] if fused else None
        if last and last.constant and pace.constant and last.entry == pace.entry:
            fused[-1] = Pace(last.start, pace.end, last.entry, last.entry)
        else:
            fused.append(pace)
    return fused
