"""Tracks and places as ffmpeg expressions of the frame number.

Keyframes become a balanced tree of comparisons: ffmpeg gives up on chains of about a hundred nested `if`s or added
terms, while a tree of ten thousand leaves is fourteen deep.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import assert_never

from compiler.emit.numbers import decimal, signed
from compiler.ir.ops import Coarse, Fine, Follow, Place
from compiler.timeline.track import EXACT, Piece, Track

LONGEST = 100_000
"""Frames: a coefficient is left out as a rounding error if it adds at most EXACT within this many frames."""


def track_text(track: Track, n: str = "n") -> str:
    """`track` as an expression; `n` is the filter's name for the frame number, counted from 0."""
    n += signed(track.origin)
    branches = [(piece.first, _leaf(piece, n)) for piece in track.pieces]
    while len(branches) > 1:
        pairs = zip(branches[::2], branches[1::2], strict=False)
        joined = [(first, f"if(lt({n},{then}),{early},{late})") for (first, early), (then, late) in pairs]
        branches = joined + branches[2 * len(joined) :]
    return branches[0][1]


def place_text(place: Place, n: str = "n") -> str:
    """`place` as an expression with whole, even pixels as values; the track in it is evaluated once."""
    match place:
        case int():
            return decimal(place)
        case Coarse(_, _, p, q):
            return f"2*(st(0,{_turns(place, n)})-mod(ld(0)*{pow(q, -1, p)},{p})*{q})/{p}"
        case Fine(_, _, p, q):
            return f"2*mod({_turns(place, n)}*{pow(q, -1, p)},{p})"
        case Follow(track, margin, room):
            return follow_text(track_text(track, n), margin, room)
        case _:
            assert_never(place)


def follow_text(track: str, margin: int, room: int) -> str:
    """The even place `margin` before an expression's value, within 0..`room`."""
    return f"clip(2*floor(({track}-{margin})/2),0,{room})"


def _turns(place: Coarse | Fine, n: str) -> str:
    """The window's position in whole vernier steps of 2/p pixels."""
    track = track_text(place.track, n) + (f"+{place.lead}" if place.lead else "")
    return f"round(({track})*{decimal(Fraction(place.p, 2))})"


def _leaf(piece: Piece, n: str) -> str:
    since = f"({n}-{piece.first})" if piece.first else n if n.isidentifier() else f"({n})"
    return _polynomial([c if abs(c) * LONGEST**k > EXACT else 0.0 for k, c in enumerate(piece.cubic)], since)


def _polynomial(cubic: Sequence[float], x: str) -> str:
    """Horner's form of the polynomial, absent powers left out: `100+n*n*(3.5-n*0.25)`."""
    constant, *higher = cubic
    if not any(higher):
        return decimal(constant)
    if any(higher[1:]):
        inner = _polynomial(higher, x)
        term = f"{x}*{inner}" if inner.startswith(x) else f"{x}*({inner})"
    else:
        term = f"{'-' if higher[0] < 0 else ''}{x}*{decimal(abs(higher[0]))}"
    if constant == 0:
        return term
    return decimal(constant) + (term if term.startswith("-") else f"+{term}")
