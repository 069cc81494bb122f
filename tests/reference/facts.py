"""The facts of a media file that the reference needs."""

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
    """The presentation time of every frame, in order."""
    end: Fraction
    """The end of the last frame."""
    size: tuple[int, int]
    """Width and height as displayed, pixels."""
    clicks: tuple[Fraction, ...] = ()
    """The start of every click; the first and every tenth after it are loud."""

    @property
    def uneven(self) -> bool:
        """Whether its frames come at uneven times, beyond the rounding of a container to milliseconds."""
        gaps = [after - before for before, after in pairwise(self.times)]
        return max(gaps, default=Fraction(0)) - min(gaps, default=Fraction(0)) > Fraction(1, 400)
