"""Pieces: a clip's warp and crop as polynomials over stretches of its frames, for pages to evaluate.

An editor evaluates the pieces, so that its preview shows the film's own curve. Polynomials are coefficients, lowest
power first, of the distance from the beginning of their piece.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from compiler.timeline.path import Path
from compiler.timeline.source_grid import played, shifted
from compiler.timeline.track import Track
from compiler.timeline.warp import Warp

Polynomial = tuple[float, ...]
"""Coefficients, lowest power first."""


@dataclass(frozen=True, slots=True)
class SourcePiece:
    """The source seconds over `frames` record frames from frame `frame` of the clip on, as a polynomial of the frames
    since. Neither number is whole where the speed changes between two frames."""

    frame: float
    frames: float
    poly: Polynomial


@dataclass(frozen=True, slots=True)
class CropPiece:
    """The crop box, displayed pixels, over `frames` whole frames from `frame` on, as polynomials of the frames
    since."""

    frame: int
    frames: int
    x: Polynomial
    y: Polynomial
    width: Polynomial
    height: Polynomial


def source_pieces(warp: Warp, fps: Fraction) -> list[SourcePiece]:
    """The clip's source time, with a piece for every pace of its warp, exact except for float64."""
    spans = zip(warp.paces, pairwise(warp.record_starts), strict=True)
    return [
        SourcePiece(float(begin * fps), float((end - begin) * fps), _scaled(played(pace), fps))
        for pace, (begin, end) in spans
    ]


def crop_pieces(path: Path) -> list[CropPiece]:
    """The path, with a new piece at each frame where one of its four tracks begins another polynomial."""
    begun = {piece.first - track.origin for track in path.tracks for piece in track.pieces}
    cuts = sorted({0, path.frames} | {first for first in begun if 0 < first < path.frames})
    return [CropPiece(a, b - a, *(_of(track, a) for track in path.tracks)) for a, b in pairwise(cuts)]


def _of(track: Track, first: int) -> Polynomial:
    """A track's polynomial from frame `first` up to its next piece, of the frames since `first`."""
    first += track.origin
    piece = track.pieces[max(0, bisect_right(track.pieces, first, key=lambda piece: piece.first) - 1)]
    return tuple(shifted(piece.cubic, first - piece.first))


def _scaled(poly: Sequence[Fraction], rate: Fraction) -> Polynomial:
    """The polynomial of seconds as one of frames."""
    return tuple(float(c / rate**power) for power, c in enumerate(poly))
