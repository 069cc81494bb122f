"""Numbers as text: the only module that turns a rational or a float into decimal digits.

ffmpeg reads a letter after a number as a factor (`5m` is 5/1000), so digits here are only ever followed by an exponent.
"""

from __future__ import annotations

from decimal import Context, Decimal
from fractions import Fraction
from math import isfinite

_EXACT = Context(prec=15)
"""The digits that every double keeps. Rationals are times, and an hour must keep its microseconds."""


def decimal(x: int | float | Fraction) -> str:
    """`x` in decimal: integers without a point, rationals to 15 digits, floats to 10; exact where that is shorter."""
    if isinstance(x, Fraction) and x.denominator > 1:
        return _plain(_EXACT.divide(Decimal(x.numerator), Decimal(x.denominator)))
    if isinstance(x, float) and not x.is_integer():
        if not isfinite(x):
            raise ValueError(f"{x} has no decimal form")
        return f"{x:.10g}"
    return str(int(x))


def signed(x: int | float | Fraction) -> str:
    """`x` as a further term of a sum: `+3`, `-0.5`, nothing for 0."""
    text = decimal(x)
    return "" if text == "0" else text if text.startswith("-") else f"+{text}"


def rational(x: Fraction) -> str:
    """`x` as a quotient: `30000/1001`, or `30`."""
    return str(x)


def _plain(x: Decimal) -> str:
    return f"{x.normalize(_EXACT):f}"
