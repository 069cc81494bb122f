"""The place of every packet of sound, when its timestamps waver. Runs in the probe child.

A recorder stamps packets when they arrive, a few milliseconds early or late; the samples themselves go on without a
gap. Such jitter moves no sample. A step of the mean is real: a gap, or an overlap. A slope is a recorder whose clock
runs faster or slower than the sound card's; the sound is stretched to follow it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from math import sqrt
from statistics import median

JITTER = 0.040
"""Seconds by which a packet may be off its running place without being moved."""

STEADY = 0.001
"""Seconds off, besides a tick, that timestamps of an even sound may be by rounding."""

STEP = 0.004
"""Seconds by which the mean must change for a gap or an overlap; smaller steps are rounding."""

WINDOW = 2.0
"""Seconds before and after a packet over which the mean is taken."""

DRIFTS = 0.005
"""Seconds that a run must drift over its length to be stretched."""

FEWEST = 8
"""Packets on each side of a step that tell it from jitter; nearer to the ends only a large step counts."""

SIGMA = 5.0
"""Standard errors by which two means must differ to be told from jitter."""


@dataclass(frozen=True, slots=True)
class Run:
    """Packets from number `first` on that follow each other: the first begins at `start` seconds, and the sound lasts
    1 + `slope` times its samples."""

    first: int
    start: float
    slope: float


@dataclass(frozen=True, slots=True)
class Places:
    """The runs of a sound, and the largest distance of a packet from its place, seconds."""

    runs: tuple[Run, ...]
    jitter: float

    @property
    def drift(self) -> float:
        """The slope that is farthest from 0."""
        return max((run.slope for run in self.runs), key=abs)


def is_steady(stamps: Sequence[float], lengths: Sequence[float], tick: float) -> bool:
    """Whether every packet begins where the one before ended, as far as ticks can tell."""
    off = [stamp - due for stamp, due in zip(stamps, _due(stamps, lengths), strict=True)]
    return max(off) - min(off) <= STEADY + 2 * tick


def is_followed(stamps: Sequence[float], lengths: Sequence[float], tick: float) -> bool:
    """Whether every packet begins where the one before ended, where lengths are known by whole ticks only."""
    gaps = (after - before - length for before, after, length in zip(stamps, stamps[1:], lengths, strict=False))
    return all(abs(gap) <= STEADY + 2 * tick for gap in gaps)


def places(stamps: Sequence[float], lengths: Sequence[float]) -> Places:
    """The runs of packets with these timestamps and lengths, seconds, in the order of the file."""
    due = _due(stamps, lengths)
    off = [stamp - at for stamp, at in zip(stamps, due, strict=True)]
    cuts = [0, *_steps(off, lengths), len(off)]
    runs = [_run(off, due, first, until) for first, until in pairwise(cuts)]
    jitter = max(
        abs(stamps[k] - run.start - (due[k] - due[run.first]) * (1 + run.slope))
        for run, until in zip(runs, cuts[1:], strict=True)
        for k in range(run.first, until)
    )
    return Places(tuple(runs), jitter)


def _due(stamps: Sequence[float], lengths: Sequence[float]) -> list[float]:
    """The instants at which packets would begin if none were early or late."""
    return list(accumulate(lengths[:-1], initial=stamps[0]))


def _steps(off: Sequence[float], lengths: Sequence[float]) -> list[int]:
    """The numbers of packets at which the mean distance from the running place changes, by binary segmentation: the
    largest change divides a run, and each part is looked at by itself."""
    around = max(FEWEST, round(WINDOW * len(lengths) / max(sum(lengths), 1e-9)))
    means = _Means(off)
    uncertain = [k for k in range(1, len(off)) if abs(off[k] - off[k - 1]) >= STEP]
    found, parts = list[int](), [(0, len(off), uncertain)]
    while parts:
        first, until, among = parts.pop()
        best = max(((means.change(k, first, until, around), k) for k in among), default=(0.0, 0))
        if best[0] > 0:
            found.append(best[1])
            parts += [
                (first, best[1], [k for k in among if k < best[1]]),
                (best[1], until, [k for k in among if k > best[1]]),
            ]
    return sorted(found)


class _Means:
    """Means and variances over windows, by running sums."""

    def __init__(self, values: Sequence[float]) -> None:
        self._sums = list(accumulate(values, initial=0.0))
        self._squares = list(accumulate((value * value for value in values), initial=0.0))

    def change(self, k: int, first: int, until: int, around: int) -> float:
        """The change of the mean at `k` within [first, until), 0 if it may be chance or a slope."""
        begin, end = max(first, k - around), min(until, k + around)
        if min(k - begin, end - k) < FEWEST:
            near = self._mean(k, end) - self._mean(begin, k)
            return abs(near) if abs(near) > 2 * JITTER else 0.0
        rise = (self._rise(begin, k) + self._rise(k, end)) / 2
        change = abs(self._mean(k, end) - self._mean(begin, k) - rise)
        noise = sqrt(sum(self._variance(*part) for part in self._parts(begin, k, end)))
        return change if change > max(STEP, SIGMA * noise) else 0.0

    def _parts(self, begin: int, k: int, end: int) -> list[tuple[int, int]]:
        """The halves of both windows, from which the rise of the mean is taken too."""
        return [(begin, (begin + k) // 2), ((begin + k) // 2, k), (k, (k + end) // 2), ((k + end) // 2, end)]

    def _rise(self, begin: int, end: int) -> float:
        """The rise of the mean over as many packets as a window has, by its slope."""
        middle = (begin + end) // 2
        return 2 * (self._mean(middle, end) - self._mean(begin, middle))

    def _mean(self, begin: int, end: int) -> float:
        return (self._sums[end] - self._sums[begin]) / (end - begin)

    def _variance(self, begin: int, end: int) -> float:
        """The variance of a window's mean."""
        squares = (self._squares[end] - self._squares[begin]) / (end - begin)
        return max(0.0, squares - self._mean(begin, end) ** 2) / (end - begin)


def _run(off: Sequence[float], due: Sequence[float], first: int, until: int) -> Run:
    """The line through a run's distances: level, unless it drifts; at the median, which no single packet moves."""
    count, zero = until - first, due[first]
    xs, ys = [due[k] - zero for k in range(first, until)], off[first:until]
    middle_x, middle_y = sum(xs) / count, sum(ys) / count
    spread = sum((x - middle_x) ** 2 for x in xs)
    slope = sum((x - middle_x) * (y - middle_y) for x, y in zip(xs, ys, strict=True)) / spread if spread else 0.0
    noise = sqrt(sum((y - middle_y - slope * (x - middle_x)) ** 2 for x, y in zip(xs, ys, strict=True)) / count)
    sure = abs(slope) * sqrt(spread) > SIGMA * noise
    if not sure or abs(slope) * xs[-1] < DRIFTS:
        return Run(first, zero + median(ys), 0.0)
    return Run(first, zero + middle_y - slope * middle_x, slope)
