"""Ramps of sound are cut so that every sample is near its place, and none is lost between two pieces."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from compiler.ir.ops import Engine
from compiler.passes.sound_pieces import KEPT, OFF, SHORTEST, SoundPiece, cut
from compiler.timeline.instant import SAMPLE_RATE, RecordTime, SourceTime, nearest
from compiler.timeline.warp import Ease, Pace, Warp, cover, held
from tests.ir.graphs import src

SPEEDS = st.one_of(st.sampled_from(["0.1", "0.5", "1", "4", "16"]).map(Fraction), st.fractions(Fraction(1, 10), 16))


@st.composite
def warps(draw: st.DrawFn) -> Warp:
    """Ramps and constant spans, the last one cut by a trim, now and then with a freeze among them."""
    at, paces = Fraction(1), []
    for _ in range(draw(st.integers(1, 3))):
        end = at + draw(st.fractions(Fraction(1, 100), 4, max_denominator=1000))
        ease: Ease = draw(st.sampled_from(["linear", "smooth"]))
        paces.append(Pace(src(at), src(end), draw(SPEEDS), draw(SPEEDS), ease))
        if draw(st.booleans()):
            paces.append(held(src((at + end) / 2), Fraction(1, 3)))
        at = end
    return cover(src(1), src(at - paces[-1].length / 3), paces)


def samples_of(warp: Warp) -> int:
    """The samples of the clip's frames at 30 a second, which may be slightly more or fewer than the warp's."""
    return nearest(warp.total * 30) * SAMPLE_RATE // 30 + SAMPLE_RATE // 30


def off(piece: SoundPiece, begins: int, warp: Warp) -> float:
    """The largest offset, in seconds, of the sound at the start, the middle and the quarters of a piece.

    The offset is the distance from the played to the intended time; where half a sample lies between the two sides of
    a freeze, or none of the ramp is left, it is the distance between the source times, at the piece's own speed.
    """
    worst = 0.0
    for share in (0, 1, 2, 3):
        heard = RecordTime(Fraction(begins + piece.samples * share // 4, SAMPLE_RATE))
        if heard >= warp.total:
            continue
        played = SourceTime(piece.start + (heard - Fraction(begins, SAMPLE_RATE)) * piece.speed)
        if warp.start <= played <= warp.end and piece.speed:
            late = abs(heard - warp.record_of(played))
            worst = max(worst, float(min(late, abs(played - warp.source_of(heard)) / piece.speed)))
    return worst


def in_place(warp: Warp, engine: Engine, within: float) -> list[SoundPiece]:
    """The pieces of a warp, after a check that they fill it and that none is off by more than this many seconds."""
    samples = samples_of(warp)
    pieces = list(cut(warp, samples, engine))
    assert sum(piece.samples for piece in pieces) == samples
    at = 0
    for piece in pieces:
        assert off(piece, at, warp) <= within
        at += piece.samples
    return pieces


STEEPEST = cover(src(1), src("1.01"), [Pace(src(1), src("1.015"), Fraction(1, 10), Fraction(16), "smooth")])
"""From the slowest to the fastest in two thousandths of a second: a single piece."""


@pytest.mark.further
@given(warps())
@example(STEEPEST)
def test_varispeed_is_in_its_place_to_a_millisecond(warp: Warp) -> None:
    in_place(warp, "varispeed", 0.001)


ROUNDED_DOWN = cover(src(1), src(Fraction(607, 600)), [Pace(src(1), src("1.0175"), Fraction(1, 10), Fraction(1, 2))])
"""As many source samples as a stretcher needs, except for a fraction of one that rounding removes."""


@pytest.mark.further
@given(warps())
@example(ROUNDED_DOWN)
def test_a_stretcher_never_gets_a_piece_that_is_too_short_for_it(warp: Warp) -> None:
    for piece in in_place(warp, "rubberband", 0.026):
        if piece.engine != "varispeed" and piece.speed not in (0, 1):
            assert min(piece.samples, nearest(piece.length * SAMPLE_RATE)) >= SHORTEST


@pytest.mark.parametrize("ease", ["linear", "smooth"])
def test_a_gentle_ramp_keeps_its_pitch_in_tenths_of_a_second(ease: Ease) -> None:
    warp = Warp((Pace(src(0), src(3), Fraction(1), Fraction(2), ease),))
    pieces = cut(warp, 96_000, "atempo")
    assert {piece.engine for piece in pieces} == {"atempo"}
    assert {piece.samples for piece in pieces} == {KEPT}


def test_a_ramp_goes_on_from_sample_to_sample() -> None:
    """The next piece begins with the source sample after the last one's, so that no click occurs between them."""
    warp = Warp((Pace(src(Fraction(1, 7)), src(3), Fraction(1, 2), Fraction(4)),))
    pieces = cut(warp, nearest(warp.total * SAMPLE_RATE), "varispeed")
    assert len(pieces) > 20
    for before, after in pairwise(pieces):
        assert before.start + before.length == after.start
        assert (after.start * SAMPLE_RATE).denominator == 1
        assert before.speed * before.samples == before.length * SAMPLE_RATE


def test_a_freeze_is_silent() -> None:
    warp = cover(src(1), src(2), [held(src(Fraction(3, 2)), Fraction(1, 4))])
    pieces = cut(warp, 60_000, "varispeed")
    assert [(piece.samples, int(piece.speed)) for piece in pieces] == [(24_000, 1), (12_000, 0), (24_000, 1)]
    assert [piece.uneven for piece in pieces] == [False, True, False]


def test_a_piece_is_no_longer_than_its_place_allows() -> None:
    assert OFF < 0.001
    steep = Warp((Pace(src(0), src(1), Fraction(1, 10), Fraction(16)),))
    gentle = Warp((Pace(src(0), src(9), Fraction(1), Fraction(11, 10)),))
    assert min(piece.samples for piece in cut(steep, nearest(steep.total * SAMPLE_RATE), "varispeed")) < 512
    assert min(piece.samples for piece in cut(gentle, nearest(gentle.total * SAMPLE_RATE), "varispeed")) > 8000
