"""What the reference is told about a media file."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Facts:
    """One media file, in seconds of source time: 0 is its first frame."""

    rate: Fraction
    """Frames a second, as probed."""
    times: tuple[Fraction, ...]
    """When every frame is presented, in order."""
    end: Fraction
    """Where the last frame ends."""
    size: tuple[int, int]
    """Width and height as displayed, pixels."""
    clicks: tuple[Fraction, ...] = ()
    """Where its clicks begin; the first and every tenth after it are loud."""
