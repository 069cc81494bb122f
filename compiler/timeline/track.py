"""Tracks: one property of the crop box as piecewise cubics of the record frame, ready to be spelled as an expression.

A track is sampled at every record frame of its clip, the only points that ffmpeg evaluates, and once for all frames
during which nothing moves. Then it is described by as few cubics as keep it within a tolerance. Where the curve is a
cubic of the record frame (any curve through constant speeds) the description is exact; curves bent by clamping or by a
ramp are fitted by bisection.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from itertools import pairwise
from operator import sub

from compiler.timeline.cubic import Cubic, evaluate, evaluate_all, through, turns
from compiler.timeline.frame_values import FrameValues

TOLERANCE = 0.02
"""Source pixels: the largest distance of a track from its curve."""

EXACT = 1e-6
"""Source pixels: a description with a smaller error counts as exact."""


SPARSE = 8
"""Record frames: pieces of this length are kept; only denser keyframes are thinned."""

COUNTED = 4096
"""Record frames: the extremes of a moving piece are looked for among all of its frames up to this length, and beyond it
at its ends and its turns, which gives the same values but for their last digits."""

Fit = Callable[[int, int], tuple[Cubic, float]]
"""The simplest polynomial through the samples [a, b), counted from a, and its largest distance from them."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A polynomial of (n - first), the value from record frame `first` on."""

    first: int
    cubic: Cubic


@dataclass(frozen=True, slots=True)
class Track:
    """A value for every record frame of a clip: frame n uses the last piece that starts at or before n + origin."""

    pieces: tuple[Piece, ...]
    error: float
    """The largest distance from the curve, source pixels."""
    origin: int = 0
    """The number of frame 0 in the pieces' count; expressions add it, so that a part of a clip is computed by the same
    sums as the whole."""

    @property
    def constant(self) -> float | None:
        """The value, if it never changes."""
        return self.pieces[0].cubic[0] if len(self.pieces) == 1 and len(self.pieces[0].cubic) == 1 else None

    def at(self, n: int) -> float:
        """The value at record frame `n`."""
        n += self.origin
        piece = self.pieces[max(0, bisect_right(self.pieces, n, key=lambda piece: piece.first) - 1)]
        return evaluate(piece.cubic, n - piece.first)

    def extremes(self, frames: int) -> tuple[float, float]:
        """The smallest and the largest value of the first `frames` frames."""
        first, until = self.origin, self.origin + frames
        ends = [*(piece.first for piece in self.pieces[1:]), until]
        values: list[float] = []
        for piece, end in zip(self.pieces, ends, strict=True):
            low, high = max(first, piece.first), min(end, until)
            if low < high:
                values += _telling(piece.cubic, low - piece.first, high - piece.first)
        return min(values), max(values)

    def between(self, first: int, until: int) -> Track:
        """The pieces that frames [first, until) use; frames keep their numbers."""
        first, until = first + self.origin, until + self.origin
        low = max(0, bisect_right(self.pieces, first, key=lambda piece: piece.first) - 1)
        return replace(self, pieces=tuple(piece for piece in self.pieces[low:] if piece.first < until))

    def part(self, first: int, until: int) -> Track:
        """Frames [first, until) as a track of their own, counted from 0."""
        return replace(self.between(first, until), origin=self.origin + first)


def hold(value: float) -> Track:
    """A track that never changes."""
    return Track((Piece(0, (value,)),), 0.0)


def _telling(cubic: Cubic, first: int, until: int) -> list[float]:
    """Values of a polynomial among which are its extremes over the whole numbers of [first, until)."""
    if len(cubic) == 1:
        return [evaluate(cubic, first)]
    return evaluate_all(cubic, range(first, until) if until - first <= COUNTED else turns(cubic, first, until))


def describe(samples: FrameValues[float], breaks: Sequence[int], tolerance: float = TOLERANCE) -> Track:
    """The track through `samples`, one for each record frame.

    `breaks` are the frames at which a new polynomial may begin (0 among them, ascending): keyframes and changes of
    speed. Neighbouring pieces that one cubic describes within `tolerance` become one.
    """
    if max(samples.values) - min(samples.values) <= EXACT:
        return hold(samples.values[0])
    fit = cache(partial(_fit, samples))
    cuts = _bisected(fit, [*breaks, samples.frames])
    pieces, first, worst = [], 0, 0.0
    while first < len(cuts) - 1:
        last, cubic, error = _longest(fit, cuts, first, tolerance)
        pieces.append(Piece(cuts[first], cubic))
        first, worst = last, max(worst, error)
    return Track(tuple(pieces), worst)


def _bisected(fit: Fit, cuts: Sequence[int]) -> list[int]:
    """`cuts` with further ones, until one cubic describes the samples between any two neighbours."""
    fine = [cuts[0]]
    stack = [(a, b) for a, b in reversed(list(pairwise(cuts))) if a < b]
    while stack:
        a, b = stack.pop()
        if b - a > 4 and fit(a, b)[1] > TOLERANCE / 2:
            stack += [((a + b) // 2, b), (a, (a + b) // 2)]
        else:
            fine.append(b)
    return fine


def _longest(fit: Fit, cuts: Sequence[int], first: int, tolerance: float) -> tuple[int, Cubic, float]:
    """The furthest cut that one cubic from cut `first` reaches, by exponential and then binary search."""
    good, bad, step = first + 1, len(cuts), 1
    cubic, error = fit(cuts[first], cuts[good])
    if cuts[good] - cuts[first] >= SPARSE:
        tolerance = EXACT
    while good + step < bad:
        wider, distance = fit(cuts[first], cuts[good + step])
        if distance <= tolerance:
            good, cubic, error, step = good + step, wider, distance, step * 2
        else:
            bad, step = good + step, max(1, step // 4)
    return good, cubic, error


def _fit(samples: FrameValues[float], a: int, b: int) -> tuple[Cubic, float]:
    """The simplest polynomial through the samples of frames [a, b), and its largest distance from them."""
    length = b - a - 1
    highest = min(3, length)
    spans = list(samples.between(a, b))
    at = spans[0][2].__getitem__ if len(spans[0][2]) == b - a else lambda n: samples.at(a + n)
    for degree in range(highest + 1):
        nodes = [round(length * k / degree) for k in range(degree + 1)] if degree else [0]
        cubic = through([(node, at(node)) for node in nodes])
        if degree < highest and any(abs(evaluate(cubic, k) - at(k)) > EXACT for k in (length, length // 3)):
            continue  # a quick check that rejects most polynomials that do not fit
        worst = _distance(cubic, spans, a)
        if worst <= EXACT or degree == highest:
            return cubic, worst
    raise AssertionError("the highest degree is always answered")


def _distance(cubic: Cubic, spans: Sequence[tuple[int, int, Sequence[float]]], a: int) -> float:
    """The polynomial's largest distance from samples from frame `a` on; over a stay it is at an end or a turn."""
    worst = 0.0
    for first, until, values in spans:
        if len(values) == until - first:
            fitted = evaluate_all(cubic, range(first - a, until - a))
            worst = max(worst, max(map(abs, map(sub, fitted, values))))
        else:
            fitted = evaluate_all(cubic, turns(cubic, first - a, until - a))
            worst = max(worst, max(abs(value - values[0]) for value in fitted))
    return worst
