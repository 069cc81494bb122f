"""Downmix to stereo: stated shares of each loudspeaker, scaled so that no input can clip."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

STEREO = ("FL", "FR")

MINUS_3_DB = Fraction(7071, 10_000)
"""The share that a centre or surround speaker adds to each side (ITU-R BS.775)."""

_NONE, _HALF, _FULL = Fraction(0), Fraction(1, 2), Fraction(1)

SHARES: Mapping[str, tuple[Fraction, Fraction]] = {
    "FL": (_FULL, _NONE),
    "FR": (_NONE, _FULL),
    "FC": (MINUS_3_DB, MINUS_3_DB),
    "LFE": (_NONE, _NONE),
    "LFE2": (_NONE, _NONE),
    "BL": (MINUS_3_DB, _NONE),
    "BR": (_NONE, MINUS_3_DB),
    "BC": (_HALF, _HALF),
    "SL": (MINUS_3_DB, _NONE),
    "SR": (_NONE, MINUS_3_DB),
    "FLC": (_FULL, _NONE),
    "FRC": (_NONE, _FULL),
    "DL": (_FULL, _NONE),
    "DR": (_NONE, _FULL),
    "WL": (_FULL, _NONE),
    "WR": (_NONE, _FULL),
}
"""The share of each speaker left and right, before scaling. The subwoofer is left out, as in players."""


def unmixable(speakers: Sequence[str]) -> bool:
    """Whether the speakers cannot be mixed down: one has no known place, or all shares are 0."""
    return not all(speaker in SHARES for speaker in speakers) or not any(any(SHARES[one]) for one in speakers)


def downmix(speakers: Sequence[str]) -> tuple[tuple[Fraction, ...], tuple[Fraction, ...]]:
    """Every speaker's share of left and of right; the larger of the two sums is 1."""
    left = tuple(SHARES[speaker][0] for speaker in speakers)
    right = tuple(SHARES[speaker][1] for speaker in speakers)
    loudest = max(sum(left), sum(right))
    return tuple(share / loudest for share in left), tuple(share / loudest for share in right)
