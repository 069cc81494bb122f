"""The plan of a reframing, and one axis of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from compiler.ir.ops import Crop, Perspective, Scale, Smear, Value
from compiler.timeline.track import Track

Kind = Literal["static", "pan", "zoom"]
Step = Crop | Smear | Perspective | Scale

SRC = Value("")
"""Placeholder for a step's operand: the step before, or for the first step the picture."""


@dataclass(frozen=True, slots=True)
class CropPlan:
    """The plan of a box: the kind of its motion, the chosen chain of ops, and the worst error."""

    kind: Kind
    chain: str
    error: float
    """Output pixels, worst case: the distance of a point in any frame from its place by the curve. It includes the
    path's own error, whole-pixel steps, drift, window size and perspective's grid and kernel, but not the scaler's
    rounding of up to 0.02. The rms error is about half as large."""
    steps: tuple[tuple[str, Step], ...]
    """Named ops in order."""


@dataclass(frozen=True, slots=True)
class Axis:
    """A reframing along x or y: `place` and `size` of the box along a picture's `side`, scaled to `out` pixels."""

    place: Track
    size: Track
    frames: int
    side: int
    out: int

    @property
    def even_side(self) -> int:
        """The part of the side that 4:2:0 crops can reach: all but the last line of an odd side."""
        return self.side // 2 * 2

    @property
    def sizes(self) -> tuple[float, float]:
        """The smallest and the largest size of the box."""
        return self.size.extremes(self.frames)

    @property
    def scale(self) -> float:
        """The most output pixels for a source pixel."""
        return self.out / self.sizes[0]
