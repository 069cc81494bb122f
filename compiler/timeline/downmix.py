"""How many loudspeakers become two: stated shares, scaled so that no input, however loud, can clip."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

STEREO = ("FL", "FR")

MINUS_3_DB = Fraction(7071, 10_000)
"""What a speaker between two, or behind them, adds to each (ITU-R BS.775)."""

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
"""How much of each speaker is heard left and right, before scaling. The subwoofer is left out, as players do."""


def unmixable(speakers: Sequence[str]) -> bool:
    """Whether the speakers cannot be made two: one has no known place, or none is heard."""
    return not all(speaker in SHARES for speaker in speakers) or not any(any(SHARES[one]) for one in speakers)


def downmix(speakers: Sequence[str]) -> tuple[tuple[Fraction, ...], tuple[Fraction, ...]]:
    """Of every speaker, its share of left and of right; the larger of the two sums is 1."""
    left = tuple(SHARES[speaker][0] for speaker in speakers)
    right = tuple(SHARES[speaker][1] for speaker in speakers)
    loudest = max(sum(left), sum(right))
    return tuple(share / loudest for share in left), tuple(share / loudest for share in right)
