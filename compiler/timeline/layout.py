"""Where each clip lands in the record, and which joins are legal.

An overlap shortens the reel (ADR 8): clip k starts where clip k-1 ends, less their overlap.
"""

from __future__ import annotations

from collections.abc import Sequence


def first_frames(lengths: Sequence[int], overlaps: Sequence[int]) -> list[int]:
    """The record frame each clip starts at. `overlaps[k]` frames are shared by clips k-1 and k; `overlaps[0]` is 0."""
    firsts, at = [], 0
    for length, overlap in zip(lengths, overlaps, strict=True):
        at -= overlap
        firsts.append(at)
        at += length
    return firsts


def total_frames(lengths: Sequence[int], overlaps: Sequence[int]) -> int:
    """The reel's frame count: the clips' less the overlaps."""
    return sum(lengths) - sum(overlaps)


def longest_overlap(lengths: Sequence[int], overlaps: Sequence[int], k: int) -> int:
    """The most frames clips k-1 and k may share, the other overlaps as they are; 0 or less when there is no room.

    An overlap is no longer than either neighbour, and a clip's two overlaps together no longer than the clip.
    """
    before = lengths[k - 1] - overlaps[k - 1]
    after = lengths[k] - (overlaps[k + 1] if k + 1 < len(overlaps) else 0)
    return min(before, after)
