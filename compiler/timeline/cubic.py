"""Polynomials of at most the third degree, the pieces of curves and tracks."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, copysign, floor, sqrt

Cubic = tuple[float, ...]
"""One to four coefficients, lowest power first."""


def evaluate(cubic: Cubic, x: float) -> float:
    """The polynomial's value at `x`."""
    return evaluate_all(cubic, (x,))[0]


def evaluate_all(cubic: Cubic, at: Sequence[float]) -> list[float]:
    """The polynomial's values, by Horner's rule."""
    a, b, c, d = (*cubic, 0.0, 0.0, 0.0)[:4]
    if b == c == d == 0:
        return [a + 0.0] * len(at)
    return [((d * x + c) * x + b) * x + a for x in at]


def turns(cubic: Cubic, first: int, until: int) -> list[int]:
    """Whole numbers of [first, until) among which the polynomial has its least and its largest value: both ends, and
    those beside the roots of its derivative b + 2cx + 3dx^2, in a form without cancellation."""
    last = until - 1
    _, b, c, d = (*cubic, 0.0, 0.0, 0.0)[:4]
    if b == c == d == 0 or (rest := c * c - 3 * b * d) < 0:
        return [first, last]
    q = -(c + copysign(sqrt(rest), c))
    roots = [*([q / (3 * d)] if d else []), *([b / q] if q else [])]
    inside = [root for root in roots if first < root < last]
    return [first, *(whole for root in inside for whole in (floor(root), ceil(root))), last]


def through(points: Sequence[tuple[int, float]]) -> Cubic:
    """The polynomial of lowest degree through the points: Newton's divided differences, expanded."""
    differences = [y for _, y in points]
    for order in range(1, len(points)):
        for k in range(len(points) - 1, order - 1, -1):
            differences[k] = (differences[k] - differences[k - 1]) / (points[k][0] - points[k - order][0])
    coefficients = [0.0] * len(points)
    for (node, _), difference in zip(reversed(points), reversed(differences), strict=True):
        shifted = [0.0, *coefficients[:-1]]
        coefficients = [high - node * low for high, low in zip(shifted, coefficients, strict=True)]
        coefficients[0] += difference
    return tuple(coefficients)
