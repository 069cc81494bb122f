"""The pieces of a stretched sound: each of one speed, together all samples of a warp without a gap.

A constant pace is one piece. A ramp is a run of pieces, each at the ramp's mean speed over it, so that every piece
begins and ends where the ramp does. Between, for any monotonic speed from a to b over a piece of h seconds with mean v,
sound is at most h |b - a| / 4v seconds from its place: the areas between v and the speed before and after the crossing
are equal, so neither is more than h |b - a| / 4.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from compiler.ir.ops import Engine
from compiler.timeline.instant import SAMPLE_RATE, RecordTime, SourceTime, nearest
from compiler.timeline.source_grid import SourceGrid
from compiler.timeline.warp import Pace, Warp

RATE = Fraction(SAMPLE_RATE)

SHORTEST = 1024
"""Samples: shorter pieces make pitch-keeping stretchers cut the whole film short (ffmpeg 5.1 with exit 0)."""

SURELY = SHORTEST + 1
"""Source samples between two places on a ramp that stay at least SHORTEST when both are rounded to whole samples."""

KEPT = 4800
"""Samples (100 ms): the shortest piece of a ramp for a stretcher that keeps the pitch; shorter ones warble."""

OFF = 0.0008
"""Seconds by which a piece may leave its ramp where places are promised to the millisecond; the rest of the millisecond
is for the resampler and the rounding to whole samples."""

DRIFT = 0.025
"""Seconds by which a piece that keeps its pitch may leave its ramp: half of the promised 50 ms; the other half is for
the stretcher's own error."""

LONGEST = 2**14
"""Samples of the longest piece of a ramp; longer ones would save little."""


@dataclass(frozen=True, slots=True)
class SoundPiece:
    """`length` source seconds from `start` on, at one speed, as `samples` samples; silence at speed 0."""

    start: SourceTime
    length: Fraction
    samples: int
    speed: Fraction
    engine: Engine

    @property
    def uneven(self) -> bool:
        """Whether the piece does not continue the one before smoothly: it comes from a stretcher, or is silent."""
        return self.speed == 0 or (self.speed != 1 and self.engine != "varispeed")


def cut(warp: Warp, samples: int, engine: Engine) -> list[SoundPiece]:
    """The pieces of a warp over `samples` samples; a pace without samples has no piece."""
    starts = [min(samples, nearest(at * SAMPLE_RATE)) for at in warp.record_starts[:-1]]
    shares = zip(warp.paces, warp.record_starts, pairwise([*starts, samples]), strict=False)
    return [
        piece
        for pace, begins, (first, until) in shares
        if until > first
        for piece in (
            [_steady(pace, until - first, engine)]
            if pace.constant
            else _ramp(pace, RecordTime(begins), first, until, engine)
        )
    ]


def _steady(pace: Pace, samples: int, engine: Engine) -> SoundPiece:
    """The piece of a constant pace; if too short for a stretcher its pitch changes, which is inaudible in 20 ms."""
    short = min(samples, nearest(pace.length * SAMPLE_RATE)) < SHORTEST
    return SoundPiece(pace.start, pace.length, samples, pace.entry, "varispeed" if short else engine)


def _ramp(pace: Pace, begins: RecordTime, first: int, until: int, engine: Engine) -> Iterator[SoundPiece]:
    """The pieces of a ramp over samples [first, until) of its clip, between whole source samples."""
    spans = list(_spans(_Course(pace), until - first, engine))
    grid = SourceGrid(pace, begins, RATE, lambda n: _played(pace, Fraction(n, SAMPLE_RATE) - begins), scale=RATE)
    played = [grid.at(first + edge, _nearest) for edge in (0, *(end for _, end, _ in spans))]
    for (start, end, fitting), (entry, leave) in zip(spans, pairwise(played), strict=True):
        length = max(1, leave - entry)
        begin = SourceTime(Fraction(entry, SAMPLE_RATE))
        yield SoundPiece(begin, Fraction(length, SAMPLE_RATE), end - start, Fraction(length, end - start), fitting)


def _nearest(numerator: int, denominator: int) -> int:
    """As `nearest`, of a rational in any terms."""
    return (2 * numerator + denominator) // (2 * denominator)


def _played(pace: Pace, at: Fraction) -> Fraction:
    """The source time that a ramp plays at a record time; past its end it goes on to the clip's last frame."""
    at = max(at, Fraction(0))
    over = max(at - pace.duration, Fraction(0))
    return pace.start + pace.source_offset(at - over) + over * pace.speed(pace.duration)


class _Course:
    """A ramp in doubles, counted in samples. The choice of cuts need not be exact, only the places of the pieces.

    For a part of a ramp it is that part; past its end it goes on as `_played` does.
    """

    def __init__(self, pace: Pace) -> None:
        self.lasts, self.before = float(pace.course) * SAMPLE_RATE, float(pace.begins) * SAMPLE_RATE
        self.ends = self.before + float(pace.duration) * SAMPLE_RATE
        self.entry, self.rise, self.linear = float(pace.entry), float(pace.exit - pace.entry), pace.ease == "linear"

    def off(self, start: int, end: int) -> float:
        """The most seconds by which sound between two samples is out of place if it plays at one speed."""
        lasts = (end - start) / SAMPLE_RATE
        return lasts * abs(self._speed(end) - self._speed(start)) / 4 / (self.way(start, end) / (end - start))

    def way(self, start: int, end: int) -> float:
        """Source samples between two samples."""
        return self._played(end) - self._played(start)

    def _share(self, at: int) -> float:
        return min(self.before + at, self.ends) / self.lasts

    def _speed(self, at: int) -> float:
        u = self._share(at)
        return self.entry + self.rise * (u if self.linear else u * u * (3 - 2 * u))

    def _played(self, at: int) -> float:
        u = self._share(at)
        over = max(self.before + at - self.ends, 0.0) * self._speed(at)
        return over + self.lasts * (self.entry * u + self.rise * (u * u / 2 if self.linear else u**3 - u**4 / 2))


Span = tuple[int, int, Engine]
"""Samples [first, until) of a ramp, and the engine that stretches them."""


def _spans(course: _Course, samples: int, engine: Engine) -> Iterator[Span]:
    """The spans of a ramp; where the ramp is too steep to keep both pitch and place, the pitch follows the speed."""
    if engine == "varispeed":
        yield from _close(course, 0, samples)
        return
    at = 0
    while at < samples:
        size = KEPT
        while at + size < samples and course.way(at, at + size) < SURELY:
            size += KEPT
        end = at + size if samples - at >= 2 * size else samples
        if end - at < SHORTEST or course.way(at, end) < SURELY or course.off(at, end) > DRIFT:
            yield from _close(course, at, end)
        else:
            yield at, end, engine
        at = end


def _close(course: _Course, at: int, until: int) -> Iterator[Span]:
    """The longest spans with sound within OFF of its place; the last two share the rest equally."""
    while at < until:
        size = LONGEST
        while course.off(at, min(at + size, until)) > OFF:
            size //= 2
        left = until - at
        size = size if left >= 2 * size else left if left <= size else left // 2
        yield at, at + size, "varispeed"
        at += size
