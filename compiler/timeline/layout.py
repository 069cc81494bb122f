"""The place of each clip in the record, and the longest legal joins.

An overlap shortens the reel (ADR 8): clip k starts where clip k-1 ends, minus their overlap. A fade through a colour
has no overlap: it covers the end of one clip and the start of the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from compiler.colours import BLACK
from compiler.transitions import LINEAR


@dataclass(frozen=True, slots=True)
class Join:
    """A transition into a clip, `frames` frames long; `kind` is cut, fade, or an overlap's name."""

    kind: str = "cut"
    frames: int = 0
    colour: str = BLACK
    """The colour that a fade goes through."""
    curve: str = LINEAR
    """The curve by which the sound fades, one of `CURVES`."""

    @property
    def overlap(self) -> int:
        """The number of frames that show both clips."""
        return 0 if self.kind in ("cut", "fade") else self.frames

    @property
    def leaving(self) -> int:
        """The number of the leaving clip's last frames that the join takes."""
        return self.frames // 2 if self.kind == "fade" else self.overlap

    @property
    def entering(self) -> int:
        """The number of the entering clip's first frames that the join takes."""
        return self.frames - self.frames // 2 if self.kind == "fade" else self.overlap

    @property
    def fading_out(self) -> tuple[Fraction, Fraction]:
        """The leaving clip's share of the picture at frame k of the join, as (a, b) of a + b·k; undefined for no
        frames. ffmpeg's `fade` and `xfade` both begin with an unmixed frame and end with a mixed one."""
        return Fraction(1), Fraction(-1, max(1, self.leaving))

    @property
    def fading_in(self) -> tuple[Fraction, Fraction]:
        """The entering clip's share, as (a, b) in the same form."""
        return Fraction(0), Fraction(1, max(1, self.entering))


CUT = Join()


def first_frames(lengths: Sequence[int], joins: Sequence[Join]) -> list[int]:
    """The record frame at which each clip starts; `joins[k]` leads into clip k, and `joins[0]` is a cut."""
    firsts, at = [], 0
    for length, join in zip(lengths, joins, strict=True):
        at -= join.overlap
        firsts.append(at)
        at += length
    return firsts


def longest(lengths: Sequence[int], joins: Sequence[Join], k: int) -> int:
    """The most frames that the join into clip k may last, with the other joins unchanged; 0 if there is no room.

    The two joins of a clip together take no more frames than the clip has.
    """
    before = max(0, lengths[k - 1] - joins[k - 1].entering)
    after = max(0, lengths[k] - (joins[k + 1].leaving if k + 1 < len(joins) else 0))
    if joins[k].kind == "fade":
        return min(2 * before + 1, 2 * after)
    return min(before, after)
