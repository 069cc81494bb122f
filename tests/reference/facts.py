"""What the reference knows about a media file."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise


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

    @property
    def uneven(self) -> bool:
        """Whether its frames come at uneven times, and not only in a container's milliseconds."""
        gaps = [after - before for before, after in pairwise(self.times)]
        return max(gaps, default=Fraction(0)) - min(gaps, default=Fraction(0)) > Fraction(1, 400)
