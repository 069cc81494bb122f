"""Where a stretched sound is cut: pieces of one speed each, that share the samples of a warp without a gap.

A constant pace is one piece. A ramp is a run of them, each as fast as the ramp is on average over it, so that every
piece begins and ends where the ramp does. Between, for any speed that only rises or only falls from a to b over a piece
of h seconds at v on average, sound is at most h |b - a| / 4v seconds from its place: the areas between v and the speed
before and after the crossing are equal, so neither is more than h |b - a| / 4.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from compiler.ir.ops import Engine
from compiler.timeline.instant import SAMPLE_RATE, RecordTime, SourceTime, nearest
from compiler.timeline.warp import Pace, Warp

SHORTEST = 1024
"""Samples: pitch-keeping stretchers cut the whole film short on less (ffmpeg 5.1 with exit 0)."""

SURELY = SHORTEST + 1
"""Source samples between two places on a ramp that are no fewer than SHORTEST when both are rounded to whole ones."""

KEPT = 4800
"""Samples (100 ms) of a ramp that a stretcher which keeps the pitch is given at least: less, and it warbles."""

OFF = 0.0008
"""Seconds by which a piece of a ramp may leave the ramp where its place is promised to the millisecond; what is left of
that is the resampler's, and the rounding to whole samples."""

DRIFT = 0.025
"""Seconds by which a piece that keeps its pitch may leave the ramp: half of what sound may float, the other half is the
stretcher's own."""

LONGEST = 2**14
"""Samples of a piece of a ramp; more would save little."""


@dataclass(frozen=True, slots=True)
class SoundPiece:
    """`length` source seconds from `start` on, at one speed, as `samples` samples; at speed 0 they are silence."""

    start: SourceTime
    length: Fraction
    samples: int
    speed: Fraction
    engine: Engine

    @property
    def uneven(self) -> bool:
        """Whether what it makes does not simply go on from what is before it: made by a stretcher, or nothing."""
        return self.speed == 0 or (self.speed != 1 and self.engine != "varispeed")


def cut(warp: Warp, samples: int, engine: Engine) -> list[SoundPiece]:
    """The pieces of a warp that is heard for so many samples; a pace that gets no sample has none."""
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
    """A pace of one speed; too short for a stretcher, it changes its pitch: nobody hears that of 20 ms."""
    short = min(samples, nearest(pace.length * SAMPLE_RATE)) < SHORTEST
    return SoundPiece(pace.start, pace.length, samples, pace.entry, "varispeed" if short else engine)


def _ramp(pace: Pace, begins: RecordTime, first: int, until: int, engine: Engine) -> Iterator[SoundPiece]:
    """A ramp heard as samples [first, until) of its clip: from whole source samples to whole source samples."""
    phase = Fraction(first, SAMPLE_RATE) - begins
    spans = list(_spans(_Course(pace), until - first, engine))
    edges = [0, *(end for _, end, _ in spans)]
    played = [_played(pace, max(Fraction(edge, SAMPLE_RATE) + phase, Fraction(0))) for edge in edges]
    for (start, end, fitting), (entry, leave) in zip(spans, pairwise(played), strict=True):
        length = max(1, leave - entry)
        begin = SourceTime(Fraction(entry, SAMPLE_RATE))
        yield SoundPiece(begin, Fraction(length, SAMPLE_RATE), end - start, Fraction(length, end - start), fitting)


def _played(pace: Pace, at: Fraction) -> int:
    """The source sample that a ramp plays at a record time of it; past its end it runs on, to the clip's last frame."""
    over = max(at - pace.duration, Fraction(0))
    return nearest((pace.start + pace.source_offset(at - over) + over * pace.speed(pace.duration)) * SAMPLE_RATE)


class _Course:
    """A ramp in doubles, counted in samples: how it is cut need not be exact, only where the pieces lie.

    Of a part of a ramp it is the part; past its end it runs on as `_played` does.
    """

    def __init__(self, pace: Pace) -> None:
        self.lasts, self.before = float(pace.course) * SAMPLE_RATE, float(pace.begins) * SAMPLE_RATE
        self.ends = self.before + float(pace.duration) * SAMPLE_RATE
        self.entry, self.rise, self.linear = float(pace.entry), float(pace.exit - pace.entry), pace.ease == "linear"

    def off(self, start: int, end: int) -> float:
        """Seconds by which sound between two of its samples is out of place, at most, when it plays at one speed."""
        lasts = (end - start) / SAMPLE_RATE
        return lasts * abs(self._speed(end) - self._speed(start)) / 4 / (self.way(start, end) / (end - start))

    def way(self, start: int, end: int) -> float:
        """Source samples between two of its samples."""
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
"""Samples [first, until) of a ramp, and what stretches them."""


def _spans(course: _Course, samples: int, engine: Engine) -> Iterator[Span]:
    """A ramp's pieces. Where it is too steep for one that keeps its pitch to keep its place, pitch follows speed."""
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
    """Pieces whose sound is in its place to OFF, as long as they can be; the last two share what is left."""
    while at < until:
        size = LONGEST
        while course.off(at, min(at + size, until)) > OFF:
            size //= 2
        left = until - at
        size = size if left >= 2 * size else left if left <= size else left // 2
        yield at, at + size, "varispeed"
        at += size
