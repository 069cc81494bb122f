"""`segments_data` as a list of kept and cut ranges, an older shape that amounts to a trim or cannot be one clip."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from compiler.errors import Loc
from compiler.model.reel import TrimRange
from compiler.model.spans import RANGE, StoredTiming, disjoint, read_range
from compiler.model.stored import Stored, show

_KEEP = RANGE | {"type"}
_KINDS = ("keep", "cut")


@dataclass(frozen=True, slots=True)
class _KeepPiece:
    start: Fraction
    end: Fraction | None
    kept: bool
    loc: Loc


def upgrade_keeps(stored: Stored) -> StoredTiming:
    """The trim of `[{"type": "keep"|"cut", "start", "end"}]`; RC114 if the kept ranges leave a hole."""
    known = len(stored.report.errors)
    pieces = disjoint([piece for item in stored.items() if (piece := _piece(item))], stored.report)
    if not pieces or len(stored.report.errors) > known:
        return StoredTiming()
    kept = [piece for piece in pieces if piece.kept] or _complement(pieces, stored.loc)
    if not kept:
        stored.fault("RC201", "cuts the whole clip", hint="keep a part of it, or leave the clip out")
        return StoredTiming()
    for before, after in pairwise(kept):
        if before.end is not None and before.end < after.start:
            culprit = next(piece for piece in pieces if piece.start >= before.end)
            _interior_cut(stored, culprit.loc, before.end, after.start)
    start, end = kept[0].start, kept[-1].end
    return StoredTiming(None if start == 0 and end is None else TrimRange(start, end, stored.loc))


def _piece(stored: Stored) -> _KeepPiece | None:
    if not stored.is_object(_KEEP):
        return None
    kind, between = stored.field("type").word(_KINDS), read_range(stored)
    return None if kind is None or between is None else _KeepPiece(*between, kind == "keep", stored.loc)


def _complement(cuts: tuple[_KeepPiece, ...], loc: Loc) -> list[_KeepPiece]:
    """The kept ranges of a list of cuts only."""
    kept, at = [], Fraction(0)
    for cut in cuts:
        if at < cut.start:
            kept.append(_KeepPiece(at, cut.start, True, loc))
        if cut.end is None:
            return kept
        at = cut.end
    return [*kept, _KeepPiece(at, None, True, loc)]


def _interior_cut(stored: Stored, loc: Loc, start: Fraction, end: Fraction) -> None:
    detail = f"{show(start)} s to {show(end)} s is left out"
    hint = f"split the clip in two: one that ends at {show(start)} s and one that starts at {show(end)} s"
    stored.report.error("RC114", loc, "a cut inside a clip", detail=detail, hint=hint)
