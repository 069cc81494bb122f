"""Pieces equal the warp and the path that they are made of, at every frame."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.timeline.curve import Curve
from compiler.timeline.instant import RecordTime, frame_count
from compiler.timeline.path import draw, trace
from compiler.timeline.pieces import Polynomial, crop_pieces, source_pieces
from compiler.timeline.warp import Warp
from tests.timeline.test_path import FPS, curves
from tests.timeline.test_warp import warps


def value(poly: Polynomial, x: float) -> float:
    return sum(c * x**power for power, c in enumerate(poly))


@given(warps(), FPS, st.fractions(0, 1))
def test_source_pieces_are_the_warp_at_every_instant(warp: Warp, fps: Fraction, share: Fraction) -> None:
    pieces = source_pieces(warp, fps)
    assert pieces[0].frame == 0
    assert [piece.frame + piece.frames for piece in pieces[:-1]] == pytest.approx([p.frame for p in pieces[1:]])
    at = RecordTime(warp.total * share)
    piece = [piece for piece in pieces if piece.frame <= float(at * fps)][-1]
    source = value(piece.poly, float(at * fps) - piece.frame)
    assert source == pytest.approx(float(warp.source_of(at)), abs=1e-6)


@pytest.mark.further
@given(curves(), warps(), FPS)
def test_crop_pieces_are_the_path_at_every_frame(curve: Curve, warp: Warp, fps: Fraction) -> None:
    frames = min(400, frame_count(warp.total, fps))
    path = draw(*trace(curve, warp, fps, frames)).part(frames // 3, frames)
    pieces = crop_pieces(path)
    assert [piece.frame for piece in pieces] == [0, *(piece.frame + piece.frames for piece in pieces[:-1])]
    assert sum(piece.frames for piece in pieces) == path.frames
    for piece in pieces:
        for k in range(piece.frames):
            box = [value(poly, k) for poly in (piece.x, piece.y, piece.width, piece.height)]
            assert box == pytest.approx(path.at(piece.frame + k), abs=1e-6)
