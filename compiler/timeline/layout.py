"""Where each clip lands in the record, and which joins are legal.

An overlap shortens the reel (ADR 8): clip k starts where clip k-1 ends, less their overlap. A fade through a colour
has no overlap: it covers the end of the one clip and the start of the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from compiler.colours import BLACK
from compiler.transitions import LINEAR


@dataclass(frozen=True, slots=True)
class Join:
    """How a clip is entered: a transition of `frames` frames; `kind` is cut, fade, or an overlap's name."""

    kind: str = "cut"
    frames: int = 0
    colour: str = BLACK
    """What a fade goes through."""
    curve: str = LINEAR
    """How the sound fades."""

    @property
    def overlap(self) -> int:
        """Frames in which both clips are seen."""
        return 0 if self.kind in ("cut", "fade") else self.frames

    @property
    def leaving(self) -> int:
        """How many of the leaving clip's last frames it takes."""
        return self.frames // 2 if self.kind == "fade" else self.overlap

    @property
    def entering(self) -> int:
        """How many of the entering clip's first frames it takes."""
        return self.frames - self.frames // 2 if self.kind == "fade" else self.overlap

    @property
    def fading_out(self) -> tuple[Fraction, Fraction]:
        """The leaving clip's share of the picture at frame k of those it takes: a + b·k. ffmpeg's `fade` and `xfade`
        both begin with a frame that is not mixed yet, and end with one that still is. Of no frames it says nothing."""
        return Fraction(1), Fraction(-1, max(1, self.leaving))

    @property
    def fading_in(self) -> tuple[Fraction, Fraction]:
        """The entering clip's share, in the same way."""
        return Fraction(0), Fraction(1, max(1, self.entering))


CUT = Join()


def first_frames(lengths: Sequence[int], joins: Sequence[Join]) -> list[int]:
    """The record frame each clip starts at; `joins[k]` leads into clip k, and `joins[0]` is a cut."""
    firsts, at = [], 0
    for length, join in zip(lengths, joins, strict=True):
        at -= join.overlap
        firsts.append(at)
        at += length
    return firsts


def longest(lengths: Sequence[int], joins: Sequence[Join], k: int) -> int:
    """The most frames the join into clip k may last, the other joins as they are; 0 when there is no room at all.

    What a clip's two joins take of it is together no longer than the clip.
    """
    before = max(0, lengths[k - 1] - joins[k - 1].entering)
    after = max(0, lengths[k] - (joins[k + 1].leaving if k + 1 < len(joins) else 0))
    if joins[k].kind == "fade":
        return min(2 * before + 1, 2 * after)
    return min(before, after)
