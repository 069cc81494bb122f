"""Source grids: the source time of a pace at the evenly spaced record instants n / rate, in whole numbers.

A sum of many ramps has a denominator of thousands of digits, and so has the record time at which a pace begins. A grid
therefore counts from the two multiples of 2^-BITS around it. Source time never decreases: a number that is the same for
both is exact, and only where they differ is it computed from the exact begin.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from math import comb, floor, lcm
from typing import TypeVar

from compiler.timeline.warp import Pace

N = TypeVar("N", float, Fraction)
T = TypeVar("T")

BITS = 192
"""Binary digits after the point of a begin; one with a smaller denominator is counted from as it is."""

ONE, ZERO = Fraction(1), Fraction(0)


class SourceGrid:
    """`scale` times the source time since `zero`, of a pace that begins at record time `begins`, at instants n / rate.

    `exact(n)` is the source time itself, for instants outside the pace and for what the grid cannot decide.
    """

    def __init__(
        self,
        pace: Pace,
        begins: Fraction,
        rate: Fraction,
        exact: Callable[[int], Fraction],
        zero: Fraction = ZERO,
        scale: Fraction = ONE,
    ) -> None:
        grain = begins.denominator if begins.denominator.bit_length() <= BITS else 1 << BITS
        self._begins, self._step = floor(begins * grain) * rate.numerator, rate.denominator * grain
        self._slack = 0 if grain == begins.denominator else rate.numerator
        unit = rate.numerator * grain
        self._lasts = floor(pace.duration * unit)
        first, *rest = played(pace)
        terms = [(first - zero) * scale, *(term * scale for term in rest)]
        shared = lcm(*(term.denominator for term in terms))
        highest = len(terms) - 1
        whole = [term.numerator * (shared // term.denominator) for term in terms]
        self._terms = [term * unit ** (highest - power) for power, term in enumerate(whole)][::-1]
        self._denominator = shared * unit**highest
        self._exact, self._zero, self._scale = exact, zero, scale

    def at(self, n: int, form: Callable[[int, int], T]) -> T:
        """`form(numerator, denominator)` of the value at instant n / rate; `form` never decreases with the value."""
        late = n * self._step - self._begins
        early = late - self._slack
        if early >= 0 and late <= self._lasts:
            found = form(self._value(late), self._denominator)
            if not self._slack or found == form(self._value(early), self._denominator):
                return found
        value = (self._exact(n) - self._zero) * self._scale
        return form(value.numerator, value.denominator)

    def _value(self, t: int) -> int:
        value = 0
        for term in self._terms:
            value = value * t + term
        return value


def played(pace: Pace) -> Sequence[Fraction]:
    """The source time of a pace, as a polynomial of the record seconds since it began (`warp` has the formulas)."""
    if pace.hold:
        return (pace.start,)
    if pace.constant:
        return pace.start, pace.entry
    lasts, rise = pace.course, pace.exit - pace.entry
    if pace.ease == "linear":
        whole: tuple[Fraction, ...] = (ZERO, pace.entry, rise / (2 * lasts))
    else:
        whole = (ZERO, pace.entry, ZERO, rise / lasts**2, -rise / (2 * lasts**3))
    begins = pace.begins
    if not begins:
        return pace.start, *whole[1:]
    _, *rest = shifted(whole, begins)
    return pace.start, *rest


def shifted(poly: Sequence[N], by: N | int) -> list[N]:
    """The polynomial of `x + by`."""
    terms = range(len(poly))
    return [sum((poly[i] * comb(i, k) * by ** (i - k) for i in terms[k:]), start=poly[0] * 0) for k in terms]
