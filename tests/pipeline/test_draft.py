"""A draft describes the film of a compile: its frames, their source frames and boxes; and it continues after errors."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from math import ceil

import pytest

from compiler.pipeline import Compiled, compile_reel, sights
from compiler.pipeline.draft import Draft, Drafted, PathPiece, draft_reel
from compiler.timeline.curve import Box
from compiler.timeline.instant import SLOT_BIAS, SourceTime
from compiler.timeline.pieces import CropPiece, Polynomial, SourcePiece
from tests.golden.media import MEDIA, NINE
from tests.lower.reels import Stored, into, key, play, reel

EXACT = 1e-6
"""Source pixels, and seconds."""

PAN = [key(0, 0, 0, 960, 540), key(90, 700, 300, 960, 540), key(200, 100, 500, 960, 540)]
ZOOM = [key(10, 0, 0, 1600, 900), key(100, 500, 200, 800, 450, ease="smooth"), key(180, 0, 0, 1920, 1080)]
HELD = [key(5, 0, 0, 960, 540, ease="hold"), key(40, 300, 0, 960, 540, ease="linear"), key(130, 900, 400, 960, 540)]
RAMP = {"from": 0.25, "to": 4, "ease": "smooth"}
FROZEN = {
    "version": 2,
    "trimRange": {"start": 0.5, "end": 4},
    "spans": [{"at": 1.5, "freeze": 0.7}, {"start": 2, "end": 3, "speed": 2}],
}

CONSTANT: dict[str, Stored] = {
    "untouched": {"media": "silent.mp4"},
    "pan": {"crop_data": PAN, **play(0, 7)},
    "zoom in slow motion": {"crop_data": ZOOM, **play(0.25, 5.1, (1, 2, 0.3), (2, 4, 2.5))},
    "holds": {"crop_data": HELD, **play(0.5, 6)},
    "rotated": {"crop_data": PAN, "rotation": 7.5, **play(1, 4)},
    "frozen": {"crop_data": PAN, "segments_data": FROZEN},
    "uneven frames": {"media": "screen.mp4", "crop_data": [key(0, 0, 0, 1170, 658), key(90, 0, 900, 1170, 658)]},
    "turned by its metadata": {
        "media": "phone.mp4",
        "crop_data": [key(0, 0, 0, 1080, 607), key(60, 0, 1200, 1080, 607)],
    },
    "a still image": {"media": "card.png"},
    "a frame": {"crop_data": PAN, **play(2, 2.01)},
}
BENT: dict[str, Stored] = {
    "ramp": {"crop_data": PAN, **play(0.5, 6, (1, 5, RAMP))},
    "ramp cut by the trim": {"crop_data": ZOOM, **play(2, 4.5, (1, 5, {"from": 3, "to": 0.5, "ease": "linear"}))},
    "overshoot": {
        "crop_data": [key(0, 0, 0, 960, 540), key(30, 960, 540, 960, 540), key(60, 960, 540, 960, 540)],
        **play(0, 3),
    },
}


def value(poly: Polynomial, x: float) -> float:
    return float(sum(c * x**power for power, c in enumerate(poly)))


def box(piece: CropPiece | PathPiece, x: float) -> Box:
    return Box(*(value(poly, x) for poly in (piece.x, piece.y, piece.width, piece.height)))


def at_frame(pieces: Sequence[SourcePiece], k: float) -> float:
    piece = pieces[max(0, bisect_right(pieces, k, key=lambda each: each.frame) - 1)]
    return value(piece.poly, k - piece.frame)


def box_at(pieces: Sequence[CropPiece], k: int) -> Box:
    piece = pieces[bisect_right(pieces, k, key=lambda each: each.frame) - 1]
    return box(piece, k - piece.frame)


def path_at(pieces: Sequence[PathPiece], at: float) -> Box:
    piece = pieces[max(0, bisect_right(pieces, at, key=lambda each: each.start) - 1)]
    return box(piece, min(at, piece.end) - piece.start)


def both(clip: Stored, **top: object) -> tuple[Compiled, Draft, Drafted]:
    """A reel of one clip, compiled and drafted."""
    edit = reel(clip, **top)
    draft = draft_reel(edit, MEDIA, NINE)
    assert not draft.errors
    (found,) = draft.clips
    assert found is not None
    return compile_reel(edit, MEDIA, NINE), draft, found


@pytest.mark.further
@pytest.mark.parametrize("fps", ["30", "24000/1001"])
@pytest.mark.parametrize("clip", [*CONSTANT.values(), *BENT.values()], ids=[*CONSTANT, *BENT])
def test_every_frame_has_the_films_box_source_time_and_source_frame(clip: Stored, fps: str) -> None:
    film, draft, found = both(clip, canvas={"fps": fps})
    crop, source, rate = found.crop, found.source, found.media.video.rate
    first = ceil(film.plan.clips[0].placed.timing.read_from * rate)
    assert draft.frames == film.plan.frames == found.frames
    for n in range(film.plan.frames):
        (seen,) = sights(film.plan, film.graph, n)
        assert box_at(crop, n) == pytest.approx(seen.box, abs=EXACT)
        assert at_frame(source, n) == pytest.approx(float(seen.source), abs=1e-9)
        if found.media.video.variable:
            continue
        begun = at_frame(source, n + 0.5 - float(SLOT_BIAS)) * float(rate)
        last = ceil(found.timing.warp.end * rate) - 1
        assert min(max(ceil(begun - 1e-6) - 1, first), max(first, last)) == seen.source_frame


@pytest.mark.parametrize("clip", CONSTANT.values(), ids=CONSTANT)
def test_through_constant_speeds_the_box_is_the_curve(clip: Stored) -> None:
    film, _, found = both(clip)
    assert found.framing.path.error <= EXACT
    for n in range(found.frames):
        (seen,) = sights(film.plan, film.graph, n)
        assert box_at(found.crop, n) == pytest.approx(found.framing.curve.at(seen.source), abs=EXACT)


@pytest.mark.parametrize("clip", BENT.values(), ids=BENT)
def test_what_a_ramp_or_the_pictures_edge_bends_is_fitted_within_the_error_told(clip: Stored) -> None:
    film, _, found = both(clip)
    width, height = found.media.video.displayed
    stated = found.framing.path.error
    assert stated <= 0.02
    for n in range(found.frames):
        (seen,) = sights(film.plan, film.graph, n)
        curve = found.framing.curve.at(seen.source)
        held = Box(min(max(curve.x, 0), width - curve.width), min(max(curve.y, 0), height - curve.height), *curve[2:])
        assert box_at(found.crop, n) == pytest.approx(held, abs=stated + EXACT)


@pytest.mark.parametrize("clip", [*CONSTANT.values(), *BENT.values()], ids=[*CONSTANT, *BENT])
def test_a_path_is_the_curve_over_all_of_the_source(clip: Stored) -> None:
    _, _, found = both(clip)
    pieces, error = found.path
    assert error <= 0.02
    assert pieces[0].start == 0
    assert pieces[-1].end == pytest.approx(float(found.lasts), abs=1 / 20)
    assert [piece.end for piece in pieces[:-1]] == pytest.approx([piece.start for piece in pieces[1:]])
    width, height = found.media.video.displayed
    for frame in range(min(300, ceil(found.lasts * found.media.video.rate))):
        at = SourceTime(frame / found.media.video.rate)
        curve = found.framing.curve.at(at)
        held = Box(min(max(curve.x, 0), width - curve.width), min(max(curve.y, 0), height - curve.height), *curve[2:])
        assert path_at(pieces, float(at) + 1e-9) == pytest.approx(held, abs=error + 1e-4)


A, B, C = ({"id": name, **play(start, start + 2)} for name, start in (("a", 1), ("b", 5), ("c", 9)))


@pytest.mark.parametrize("kind", ["dissolve", "fade"])
def test_the_longest_of_every_join_is_legal_and_a_frame_more_is_not(kind: str) -> None:
    edit = [A, {**B, **into(kind, 0.5)}, {**C, **into("dissolve", 0.4)}]
    draft = draft_reel(reel(*edit), MEDIA, NINE)
    assert draft.longest[0] is None
    for k in (1, 2):
        longest = draft.longest[k]
        assert longest is not None
        way = [kind, "dissolve"][k - 1]
        for frames, errors in ((0, 0), (1, 1)):
            seconds = float(longest) + frames / 30
            asked = [*edit[:k], {**edit[k], **into(way, seconds)}, *edit[k + 1 :]]
            drafted = draft_reel(reel(*asked), MEDIA, NINE)
            assert {error.code for error in drafted.errors} == {"RC203"} if errors else not drafted.errors
            assert (drafted.frames is None) == bool(errors)


def test_a_cut_is_told_how_long_an_overlap_might_be() -> None:
    draft = draft_reel(reel(A, B), MEDIA, NINE)
    assert list(draft.longest) == [None, 2]


def test_every_clip_that_is_wrong_is_told_and_the_others_stand() -> None:
    outside = {"id": "outside", "crop_data": [key(0, 5000, 0, 960, 540)]}
    late = {"id": "late", **play(100, 120)}
    draft = draft_reel(reel(A, outside, late, B), MEDIA, NINE)
    assert [(error.code, error.loc.clip) for error in draft.errors] == [("RC202", "outside"), ("RC201", "late")]
    assert [clip is not None for clip in draft.clips] == [True, False, False, True]
    assert (draft.firsts, draft.frames, draft.longest) == (None, None, (None,) * 4)


def test_a_clip_known_to_be_wrong_needs_no_media() -> None:
    draft = draft_reel(reel(A, {**B, "media": "gone.mp4"}), MEDIA, NINE, {"b"})
    assert [clip is not None for clip in draft.clips] == [True, False]
    assert draft.errors == ()


def test_a_clip_that_did_not_change_is_not_drafted_again() -> None:
    moved = {**A, "crop_data": PAN}
    before, after = draft_reel(reel(moved, B), MEDIA, NINE), draft_reel(reel(moved, {**B, "rotation": 3}), MEDIA, NINE)
    assert before.clips[0] is after.clips[0]
    assert before.clips[1] is not after.clips[1]
