"""A box that moves but keeps its size, or stands between pixels: a vernier for each axis that needs one."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor, hypot

from compiler.ir.ops import Coarse, Crop, Fine, Place, Scale, Smear
from compiler.passes.crops.plan import SRC, Axis, CropPlan, Kind, Step
from compiler.passes.crops.still import WHOLE
from compiler.passes.crops.vernier import Vernier, find_vernier
from compiler.timeline.track import Piece, Track

SMOOTH = 0.1
"""Output pixels, rms: the largest error of a moving vernier. Its steps are practically random, so the jitter (the
error's second difference) is sqrt(6) times as large, 0.245; the limit keeps both bars, 0.12 of error and 0.25 of
jitter."""


@dataclass(frozen=True, slots=True)
class _Ruled:
    """One axis of the two crops; without a vernier the axis is cropped once, at whole pixels."""

    vernier: Vernier | None
    window: int
    coarse: Place
    fine: Place
    before: int
    after: int
    error: float
    """Output pixels, worst case."""
    rms: float
    """Output pixels: the part of the error that changes from frame to frame."""


def vernier_plan(x: Axis, y: Axis, kind: Kind) -> CropPlan | None:
    """The plan of whole-pixel crop, scale, whole-pixel crop; None if no ratio is fine enough for smooth motion."""
    ruled = _rule(x), _rule(y)
    if ruled[0] is None or ruled[1] is None:
        return None
    if kind != "static" and hypot(ruled[0].rms, ruled[1].rms) > SMOOTH:
        return None
    return _chain(x, y, ruled[0], ruled[1], kind)


def _chain(x: Axis, y: Axis, a: _Ruled, b: _Ruled, kind: Kind) -> CropPlan:
    detour = any(ruled.vernier and ruled.vernier.view != axis.out for axis, ruled in ((x, a), (y, b)))
    (width, view_width), (height, view_height) = _sizes(x, a, detour), _sizes(y, b, detour)
    steps = _smeared(x, y, Smear(SRC, a.before, a.after, b.before, b.after))
    chain = "padded vernier" if steps else "vernier"
    steps += [
        ("coarse", Crop(SRC, a.window, b.window, a.coarse, b.coarse)),
        ("scale", Scale(SRC, width, height)),
        ("fine", Crop(SRC, view_width, view_height, a.fine, b.fine)),
    ]
    if detour:
        steps.append(("resize", Scale(SRC, x.out, y.out)))
        chain += f" via {view_width}x{view_height}"
    return CropPlan(kind, chain, hypot(a.error, b.error), tuple(steps))


def _sizes(axis: Axis, ruled: _Ruled, detour: bool) -> tuple[int, int]:
    """The size that an axis is scaled to, and the part of it that is shown; without a vernier it is scaled only
    once."""
    if ruled.vernier:
        return ruled.vernier.scaled, ruled.vernier.view
    return (ruled.window, ruled.window) if detour else (axis.out, axis.out)


def _smeared(x: Axis, y: Axis, smear: Smear) -> list[tuple[str, Step]]:
    """The steps that add room at the picture's edges; an odd last line is cut off first, since chroma has no half
    line."""
    if not (smear.left or smear.right or smear.top or smear.bottom):
        return []
    even = [("even", Crop(SRC, x.even_side, y.even_side, 0, 0))] if x.side % 2 or y.side % 2 else []
    return [*even, ("smear", smear)]


def _rule(axis: Axis) -> _Ruled | None:
    """The crops of an axis; None without a fine ratio, or if fillborders would have to add more pixels than there
    are."""
    least, most = axis.sizes
    size, slack = (least + most) / 2, (most - least) / 2
    place = axis.place.constant
    if place is not None and _even(place) and _even(size) and slack <= WHOLE:
        error = (abs(place - round(place)) + abs(size - round(size)) + slack) * axis.scale
        return _Ruled(None, round(size), round(place), 0, 0, 0, error, 0.0)
    vernier = find_vernier(size, axis.out)
    if vernier is None:
        return None
    ruled = _parked(axis, vernier, place, slack) if place is not None else _driven(axis, vernier, slack)
    return ruled if abs(ruled.before - ruled.after) <= axis.even_side else None


def _parked(axis: Axis, vernier: Vernier, place: float, slack: float) -> _Ruled:
    """The crops of an axis that stands still: constant vernier steps with a known error."""
    coarse, fine = vernier.steps(place + vernier.shift)
    before, after = max(0, -coarse), max(0, coarse + vernier.window - axis.even_side)
    start, end = vernier.span(coarse, fine)
    error = (max(abs(start - place), abs(end - place - vernier.size)) + slack) * axis.scale
    return _Ruled(vernier, vernier.window, coarse + before, fine, before, after, error, 0.0)


def _driven(axis: Axis, vernier: Vernier, slack: float) -> _Ruled:
    """The crops of an axis that moves, with room for every place of the first crop."""
    track, p, q = _shifted(axis.place, vernier.shift), vernier.p, vernier.q
    lowest, highest = track.extremes(axis.frames)
    first = 2 * ceil((floor(lowest * p / 2) - (p - 1) * q) / p)
    last = 2 * floor(ceil(highest * p / 2) / p)
    before, after = max(0, -first), max(0, last + vernier.window - axis.even_side)
    return _Ruled(
        vernier,
        vernier.window,
        Coarse(track, before, p, q),
        Fine(track, before, p, q),
        before,
        after,
        (vernier.worst + axis.place.error + slack) * axis.scale,
        vernier.rms * axis.scale,
    )


def _shifted(track: Track, by: float) -> Track:
    pieces = tuple(Piece(piece.first, (piece.cubic[0] + by, *piece.cubic[1:])) for piece in track.pieces)
    return Track(pieces, track.error)


def _even(x: float) -> bool:
    return abs(x - 2 * round(x / 2)) <= WHOLE
