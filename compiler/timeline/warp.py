"""Warps: the exact map between a clip's source time and its record time under speed changes.

A warp is a run of adjacent paces. Each plays a span of source time at a constant speed or along a ramp, or holds one
instant of it. A ramp eases over *record* time, so that a ramp over the source length L between speeds v0 and v1 lasts
D = 2L / (v0 + v1) for both eases, a rational (ADR 3). With u = t / D the source offset is a polynomial of the record
offset:

    linear   s = D (v0 u + (v1 - v0) u^2 / 2)
    smooth   s = D (v0 u + (v1 - v0) (u^3 - u^4 / 2))

A trim or a freeze inside a ramp leaves parts of the ramp; each plays as it would in the whole ramp (ADR 17).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property, lru_cache
from itertools import accumulate, pairwise
from typing import Literal

from compiler.timeline.instant import RecordTime, SourceTime

Ease = Literal["linear", "smooth"]

SLOWEST, FASTEST = Fraction(1, 10), Fraction(16)
"""The speeds a clip may play at, as factors of real time."""

INVERSE_ERROR = Fraction(1, 10**14)
"""Seconds: the error of the inverse of a ramp, which is irrational."""

GRID = 10**15
"""Steps a second to which the inverse of a ramp is rounded, to limit its digits."""

MOST_STEPS = 60
"""The most steps of Newton's method; the steepest ramps take 12."""

UNCUT = (Fraction(0), Fraction(0))


@dataclass(frozen=True, slots=True)
class Pace:
    """Source time [start, end) played from speed `entry` to speed `exit`; equal speeds make a constant one.

    A pace may be a part of a ramp: then `entry` and `exit` are the whole ramp's, and `cut` the seconds of its source
    before and after the part. A pace with `hold` is a freeze: it shows the picture at `start` for `hold` record
    seconds.
    """

    start: SourceTime
    end: SourceTime
    entry: Fraction = Fraction(1)
    exit: Fraction = Fraction(1)
    ease: Ease = "linear"
    cut: tuple[Fraction, Fraction] = UNCUT
    hold: Fraction = Fraction(0)

    @property
    def length(self) -> Fraction:
        """Seconds of source time."""
        return self.end - self.start

    @property
    def whole(self) -> Fraction:
        """Seconds of source time of the whole ramp."""
        return self.cut[0] + self.length + self.cut[1]

    @property
    def course(self) -> Fraction:
        """Seconds of record time of the whole ramp."""
        return 2 * self.whole / (self.entry + self.exit)

    @property
    def begins(self) -> Fraction:
        """Record seconds of the whole ramp before the part."""
        return self._reached(self.cut[0]) if self.cut[0] else Fraction(0)

    @property
    def duration(self) -> Fraction:
        """Seconds of record time; for a part of a ramp within INVERSE_ERROR."""
        if self.hold:
            return self.hold
        if self.cut == UNCUT:
            return 2 * self.length / (self.entry + self.exit)
        return self._reached(self.cut[0] + self.length) - self.begins

    @property
    def constant(self) -> bool:
        """Whether the speed never changes within the span."""
        return self.entry == self.exit

    def source_offset(self, t: Fraction) -> Fraction:
        """Source seconds after `start` at `t` record seconds into the span; exact except for the start of a part."""
        if self.constant:
            return t * self.entry
        if self.cut == UNCUT:
            return self._played(t)
        begins = self.begins
        return self._played(begins + t) - self._played(begins)

    def record_offset(self, s: Fraction) -> Fraction:
        """Record seconds into the span at `s` source seconds after `start`; exact for constant speeds."""
        if self.hold:
            return Fraction(0)
        if self.constant:
            return s / self.entry
        return self._reached(self.cut[0] + s) - self.begins

    def speed(self, t: Fraction) -> Fraction:
        """Source seconds a record second, `t` record seconds into the span; past its end the speed at its end."""
        if self.constant:
            return self.entry
        u = min((self.begins + t) / self.course, Fraction(1))
        return self.entry + (self.exit - self.entry) * (u if self.ease == "linear" else u * u * (3 - 2 * u))

    def _played(self, t: Fraction) -> Fraction:
        """Source seconds of the whole ramp played at `t` of its record seconds."""
        u = t / self.course
        eased = u**2 / 2 if self.ease == "linear" else u**3 - u**4 / 2
        return self.course * (self.entry * u + (self.exit - self.entry) * eased)

    def _reached(self, s: Fraction) -> Fraction:
        """Record seconds of the whole ramp at `s` of its source seconds."""
        return _inverse(self if self.cut == UNCUT else _whole(self), s)


def _whole(pace: Pace) -> Pace:
    """The whole ramp of a pace that is a part of it."""
    return Pace(
        SourceTime(pace.start - pace.cut[0]), SourceTime(pace.end + pace.cut[1]), pace.entry, pace.exit, pace.ease
    )


@lru_cache(maxsize=4096)
def _inverse(ramp: Pace, s: Fraction) -> Fraction:
    """Record seconds into a whole ramp at `s` of its source seconds, by Newton's method.

    The method always converges: source time is convex or concave over a whole ramp, and every step is kept within it.
    """
    if s <= 0 or s >= ramp.length:
        return Fraction(0) if s <= 0 else ramp.duration
    t = s * ramp.duration / ramp.length
    for _ in range(MOST_STEPS):
        step = (ramp.source_offset(t) - s) / ramp.speed(t)
        t = min(max(Fraction(round((t - step) * GRID), GRID), Fraction(0)), ramp.duration)
        if abs(step) < INVERSE_ERROR / 4:
            return t
    raise ArithmeticError(f"{ramp} is not inverted at {s}")


@dataclass(frozen=True)
class Warp:
    """A clip's map between source and record time: adjacent paces, source time never decreasing."""

    paces: tuple[Pace, ...]

    def __post_init__(self) -> None:
        if not any(pace.length for pace in self.paces) or any(pace.length < 0 for pace in self.paces):
            raise ValueError("a warp plays something, and forwards")
        if any((pace.hold > 0) != (pace.length == 0) or pace.hold < 0 for pace in self.paces):
            raise ValueError("each pace of a warp has a length, or holds an instant")
        if any(a.end != b.start for a, b in pairwise(self.paces)):
            raise ValueError("the paces of a warp are adjacent")

    @cached_property
    def _hash(self) -> int:
        return hash(self.paces)

    def __hash__(self) -> int:
        return self._hash

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
        """The record time of the clip at which each pace begins, and at which the last one ends."""
        return tuple(accumulate((pace.duration for pace in self.paces), initial=Fraction(0)))

    @cached_property
    def source_starts(self) -> tuple[SourceTime, ...]:
        """The source time at which each pace begins."""
        return tuple(pace.start for pace in self.paces)

    @property
    def total(self) -> RecordTime:
        """The clip's length in record time."""
        return RecordTime(self.record_starts[-1])

    def record_of(self, at: SourceTime) -> RecordTime:
        """The clip-record time at which source time `at`, in [start, end], plays; for a held instant, the first."""
        if not self.start <= at <= self.end:
            raise ValueError(f"source time {at} is outside [{self.start}, {self.end}]")
        index = max(0, bisect_left(self.source_starts, at) - 1)
        pace = self.paces[index]
        return RecordTime(self.record_starts[index] + pace.record_offset(at - pace.start))

    def source_of(self, at: RecordTime) -> SourceTime:
        """The source time that plays at clip-record time `at`; past the end the last pace runs on."""
        index = self.index_at(at)
        pace = self.paces[index]
        t = at - self.record_starts[index]
        if pace.constant:
            return SourceTime(pace.start + t * pace.entry)
        duration = self.record_starts[index + 1] - self.record_starts[index]
        if t <= duration:
            return SourceTime(pace.start + pace.source_offset(t))
        return SourceTime(pace.end + (t - duration) * pace.speed(duration))

    def pace_at(self, at: RecordTime) -> Pace:
        """The pace that plays at clip-record time `at`; the last one runs on."""
        return self.paces[self.index_at(at)]

    def index_at(self, at: RecordTime) -> int:
        """The number of the pace that plays at clip-record time `at`; the last one runs on."""
        return max(0, min(bisect_right(self.record_starts, at), len(self.paces)) - 1) if len(self.paces) > 1 else 0

    def speed_at(self, at: RecordTime) -> Fraction:
        """The speed at clip-record time `at`: source seconds a record second, 0 where a frame is held."""
        index = self.index_at(at)
        duration = self.record_starts[index + 1] - self.record_starts[index]
        return self.paces[index].speed(min(at - self.record_starts[index], duration))


def held(at: SourceTime, seconds: Fraction) -> Pace:
    """The pace that holds source time `at` for a number of record seconds."""
    return Pace(at, at, Fraction(0), Fraction(0), hold=seconds)


def cover(start: SourceTime, end: SourceTime, paces: Sequence[Pace]) -> Warp:
    """The warp of [start, end): `paces` (sorted, disjoint) clipped to it, with real time between them.

    A pace that holds an instant of [start, end], both ends included, splits the pace that it lies in.
    """
    played = [pace for pace in paces if not pace.hold]
    holds = [pace for pace in paces if pace.hold and start <= pace.start <= end]
    covered: list[Pace] = []
    at = start
    for pace in played:
        low, high = SourceTime(max(pace.start, start)), SourceTime(min(pace.end, end))
        if low >= high:
            continue
        if at < low:
            covered.append(Pace(at, low))
        covered.append(_part(pace, low, high))
        at = high
    if at < end:
        covered.append(Pace(at, end))
    return Warp(tuple(_parted(_fuse(covered), holds)))


def _part(pace: Pace, low: SourceTime, high: SourceTime) -> Pace:
    """The part of a pace that plays [low, high), which lies within it."""
    if pace.constant:
        return replace(pace, start=low, end=high)
    return replace(pace, start=low, end=high, cut=(pace.cut[0] + low - pace.start, pace.cut[1] + pace.end - high))


def _fuse(paces: Sequence[Pace]) -> list[Pace]:
    """The paces with neighbours of one constant speed merged."""
    fused: list[Pace] = []
    for pace in paces:
        last = fused[-1] if fused else None
        if last and last.constant and pace.constant and last.entry == pace.entry:
            fused[-1] = Pace(last.start, pace.end, last.entry, last.entry)
        else:
            fused.append(pace)
    return fused


def _parted(paces: Sequence[Pace], holds: Sequence[Pace]) -> Iterator[Pace]:
    """The paces with `holds` in their places."""
    waiting = sorted(holds, key=lambda hold: hold.start)
    for pace in paces:
        at = pace.start
        while waiting and waiting[0].start < pace.end:
            hold = waiting.pop(0)
            if at < hold.start:
                yield _part(pace, at, hold.start)
            yield hold
            at = hold.start
        yield _part(pace, at, pace.end)
    yield from waiting
