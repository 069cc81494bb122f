"""The vernier: sub-pixel places from whole pixels, as a caliper reads tenths between its marks.

Crop `window` source pixels at an even place, scale them to `scaled`, crop `view` of those at an even place. A step of
the first crop moves the picture by 2 source pixels, a step of the second by 2 q/p when window / scaled is q/p: with p
and q coprime some pair of steps reaches every multiple of 2/p, and no filter ever sees a fraction. The remaining
errors:

    half a step        1/p                              places in between
    drift              (p - 1) |window / scaled - q/p|  the ratio is only nearly q/p
    size               |view window / scaled - size| / 2

are in source pixels, drift and size centred by `shift`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from math import gcd, hypot, inf, sqrt

FINEST = 40
"""The largest q tried: the steps are 2/q of a view pixel, and the room they need is 2 q source pixels."""

ROOM = 0.3
"""Output pixels of error that weigh as much as a window twice as wide."""

DETOUR = 0.04
"""Output pixels of error that weigh as much as a second scale."""

WIDEST = 1.25, 8
"""The largest window: a factor of the size, and pixels added; scaling pixels that are cropped away is wasted."""

TRIED = 48
"""Windows tried for each p/q."""


@dataclass(frozen=True, slots=True)
class Vernier:
    """One axis: `size` source pixels on `view` pixels, through two whole-pixel crops around one scale."""

    size: float
    window: int
    scaled: int
    view: int
    p: int
    q: int

    @property
    def spreads(self) -> tuple[float, float, float]:
        """The spread of a point over all places by step, drift and size, source pixels."""
        return _spreads(self.size, self.window, self.scaled, self.view, self.p, self.q)

    @property
    def shift(self) -> float:
        """The offset of places that makes the errors to both sides equal, source pixels."""
        _, drift, excess = self.spreads
        return -(drift + excess) / 2

    @property
    def worst(self) -> float:
        """The largest distance of a displayed point from its place, source pixels."""
        return sum(map(abs, self.spreads)) / 2

    @property
    def rms(self) -> float:
        """The rms distance over all places and points, source pixels: three uniform spreads."""
        return hypot(*self.spreads) / sqrt(12)

    def steps(self, place: float) -> tuple[int, int]:
        """The places of the two crops for a place (already shifted): even pixels of the source and the scaled
        picture."""
        turns = round(place * self.p / 2)
        fine = turns * pow(self.q, -1, self.p) % self.p
        return 2 * (turns - fine * self.q) // self.p, 2 * fine

    def span(self, coarse: int, fine: int) -> tuple[float, float]:
        """The source pixels at which the view begins and ends."""
        start = coarse + fine * self.window / self.scaled
        return start, start + self.view * self.window / self.scaled


@lru_cache(maxsize=4096)
def find_vernier(size: float, out: int) -> Vernier | None:
    """The vernier of least cost, weighing error, room and detour; None if no ratio is near enough.

    Its view is `out` pixels, or for ratios without fine steps (near 2, 1 or 1/2) a little more than `size`, to be
    scaled to `out` afterwards.
    """
    best, least, unit = None, inf, out / size / sqrt(12)
    for bound, detour, view, p, q in sorted(_ratios(size, out)):
        if bound >= least:
            break
        for window, scaled in _windows(size, view, p, q):
            room = ROOM * (window / size - 1) + detour
            if unit * 2 / p + room >= least:
                break
            cost = unit * hypot(*_spreads(size, window, scaled, view, p, q)) + room
            if cost < least:
                best, least = Vernier(size, window, scaled, view, p, q), cost
    return best


def _spreads(size: float, window: int, scaled: int, view: int, p: int, q: int) -> tuple[float, float, float]:
    return 2 / p, 2 * (p - 1) * (window / scaled - q / p), view * window / scaled - size


def _ratios(size: float, out: int) -> Iterator[tuple[float, float, int, int, int]]:
    """Every view with its p/q, preceded by a lower bound of its cost."""
    views = [(0.0, out, round(q * out / size), q) for q in range(2, FINEST + 1)]
    views += [(DETOUR, _even(size * (q + 1) / q), q + 1, q) for q in range(6, FINEST + 1)]
    for detour, view, p, q in views:
        if p < 2 or gcd(p, q) > 1:
            continue
        drift = max(0.0, (p - 1) * abs(size / view - q / p) - 0.1)
        error = out / size * hypot(2 / p, 2 * drift) / sqrt(12)
        yield error + ROOM * 2 * (p - 1) * q / p / size + detour, detour, view, p, q


def _windows(size: float, view: int, p: int, q: int) -> Iterator[tuple[int, int]]:
    """Windows with room for both crops, from the narrowest on, and the sizes they are scaled to."""
    narrowest = _even((view + 2 * (p - 1)) * size / view)
    widest = min(narrowest + 2 * TRIED, size * WIDEST[0] + WIDEST[1])
    for window in range(narrowest, int(widest) + 1, 2):
        scaled = _even(window * view / size)
        if scaled >= view + 2 * (p - 1):
            yield window, scaled


def _even(x: float) -> int:
    return 2 * round(x / 2)
