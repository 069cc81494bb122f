"""The crop window at a source time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from tests.reference.warp import exact

Box = tuple[Fraction, Fraction, Fraction, Fraction]
"""x, y, width, height in source pixels."""

FIELDS = ("x", "y", "width", "height")


def window(keys: Sequence[Mapping[str, object]], rate: Fraction, size: tuple[int, int], at: Fraction) -> Box:
    """The box at source time `at`, inside the picture; the ease of a bracket is its earlier keyframe's."""
    frame = at * rate
    x, y, width, height = (_value([exact(key[field]) for key in keys], keys, frame) for field in FIELDS)
    width, height = min(width, Fraction(size[0])), min(height, Fraction(size[1]))
    return max(min(x, size[0] - width), Fraction(0)), max(min(y, size[1] - height), Fraction(0)), width, height


def largest(shape: Fraction, size: tuple[int, int]) -> Box:
    """The largest centred box of this width / height."""
    width = min(Fraction(size[0]), size[1] * shape)
    height = width / shape
    return (size[0] - width) / 2, (size[1] - height) / 2, width, height


def _value(values: list[Fraction], keys: Sequence[Mapping[str, object]], frame: Fraction) -> Fraction:
    frames = [exact(key["frame"]) for key in keys]
    if frame <= frames[0]:
        return values[0]
    if frame >= frames[-1]:
        return values[-1]
    i = max(k for k, at in enumerate(frames) if at <= frame)
    u = (frame - frames[i]) / (frames[i + 1] - frames[i])
    return _between(values, i, u, [str(key.get("ease", "spline")) for key in keys])


def _between(values: list[Fraction], i: int, u: Fraction, eases: list[str]) -> Fraction:
    """The value at share `u` of the bracket i .. i + 1."""
    a, b = values[i], values[i + 1]
    match eases[i]:
        case "hold":
            return a
        case "linear":
            return a + (b - a) * u
        case "smooth":
            return a + (b - a) * (3 * u**2 - 2 * u**3)
        case "spline":
            before = values[i - 1] if i > 0 and eases[i - 1] != "hold" else a
            after = values[i + 2] if i + 2 < len(values) and eases[i + 1] != "hold" else b
            curve = (2 * before - 5 * a + 4 * b - after) * u**2 + (3 * a - before - 3 * b + after) * u**3
            return a + ((b - before) * u + curve) / 2
    raise ValueError(f"no such ease: {eases[i]}")
