"""What a reframing becomes, and the one axis it is planned along."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from compiler.ir.ops import Crop, Perspective, Scale, Smear, Value
from compiler.timeline.track import Track

Kind = Literal["static", "pan", "zoom"]
Step = Crop | Smear | Perspective | Scale

SRC = Value("")
"""What a step reads before the pass has named it: the step before, and the first the picture."""


@dataclass(frozen=True, slots=True)
class CropPlan:
    """How a box is shown: the kind of its motion, the chain chosen for it, and what it costs in precision."""

    kind: Kind
    chain: str
    error: float
    """Output pixels, the worst case: how far a point of any frame can be from where the curve puts it. It counts the
    path's own error, whole-pixel steps, drift, window size and perspective's grid and kernel; not the scaler's
    rounding, up to 0.02. The rms is about half of it."""
    steps: tuple[tuple[str, Step], ...]
    """Named ops in order."""


@dataclass(frozen=True, slots=True)
class Axis:
    """A reframing along x or y: `place` and `size` of the box along a picture's `side`, shown on `out` pixels."""

    place: Track
    size: Track
    frames: int
    side: int
    out: int

    @property
    def even_side(self) -> int:
        """The part of the side that 4:2:0 crops can reach: the last line of an odd side cannot be cut apart."""
        return self.side // 2 * 2

    @property
    def sizes(self) -> tuple[float, float]:
        """The smallest and the largest size of the box."""
        return self.size.extremes(self.frames)

    @property
    def scale(self) -> float:
        """Output pixels a source pixel, at most."""
        return self.out / self.sizes[0]
