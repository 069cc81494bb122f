"""How much of a file there is. Runs in the probe child."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Whole:
    """How much of a file there is: the container time up to which it has its bytes, if not all, and what is missing."""

    until: Fraction | None = None
    missing: str = ""
    broken: bool = False
    """Whether the demuxer met bytes that it could not read, and went on after them."""
    forced: bool = False
    """Whether streams are straightened although nothing of their packets is odd, since decoding them failed."""
