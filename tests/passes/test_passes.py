"""Properties of every pass: it states its law, a second run changes nothing, and its graph is well formed."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Literal

import pytest

from compiler.errors import Loc
from compiler.ir import ops
from compiler.ir.graph import Def, Graph
from compiler.ir.infer import frames_of, infer
from compiler.ir.ops import Value
from compiler.ir.text import phrase, show
from compiler.ir.verify import verify, verify_legal
from compiler.lower import lower
from compiler.passes import PASSES, SHAPING, SLICING, Pass, law, pass_name
from compiler.passes.commute_still import commute_still
from compiler.passes.cut_sound import DECLICK, POST_ROLL, cut_sound
from compiler.passes.fold_identity import fold_identity
from compiler.passes.fuse_cuts import fuse_cuts
from compiler.passes.insert_splits import insert_splits
from compiler.passes.narrow_frames import narrow_frames
from compiler.passes.part_overlaps import part_overlaps
from compiler.passes.restamp_joins import restamp_joins
from compiler.passes.seek_sources import COARSE_REACH, LEAD_FRAMES, LEAD_SOUND, seek_sources
from compiler.passes.slice_span import slice_span
from compiler.passes.sound_pieces import SHORTEST
from compiler.passes.widen_blends import widen_blends
from compiler.timeline.instant import SourceTime
from compiler.timeline.media import MOST_REORDERED, Media
from compiler.timeline.warp import Pace, Warp, held
from tests.golden.compiling import FILMS
from tests.golden.media import MEDIA, NINE, film, heard, picture
from tests.ir.graphs import src, warp
from tests.lower.reels import into, play, reel
from tests.passes.graphs import before, lowered, through

DISTINCT = tuple(dict.fromkeys(PASSES))


@pytest.mark.further
@pytest.mark.parametrize("step", DISTINCT)
def test_a_pass_done_twice_is_done_once(step: Pass) -> None:
    for case in FILMS:
        done = step(before(step, lowered(case)))
        assert step(done).defs == done.defs, case
        legal = through(done, PASSES)
        assert step(legal).defs == legal.defs, case


@pytest.mark.parametrize("case", FILMS)
def test_a_graph_holds_together_after_every_pass(case: str) -> None:
    graph = lowered(case)
    shape = infer(graph)[graph.picture]
    for step in PASSES:
        graph = step(graph)
        verify(graph)
        assert infer(graph)[graph.video] == replace(shape, stamped=infer(graph)[graph.video].stamped)  # type: ignore
    verify_legal(graph)


@pytest.mark.parametrize("step", DISTINCT)
def test_a_pass_leaves_the_graph_it_is_given(step: Pass) -> None:
    graph = before(step, lowered("dissolve_between_cuts"))
    defs = graph.defs
    step(graph)
    assert graph.defs is defs


@pytest.mark.parametrize("step", [*DISTINCT, narrow_frames, slice_span])
def test_a_law_is_one_line_and_a_name_is_a_file(step: Pass) -> None:
    assert 10 < len(law(step)) <= 120
    assert pass_name(step) == step.__name__.replace("_", "-")
    assert step.__module__.removeprefix("compiler.passes.") in (step.__name__, "crops")


@pytest.mark.further
def test_every_pass_has_work_in_some_golden() -> None:
    idle = set(DISTINCT)
    for case in FILMS:
        graph = lowered(case)
        for step in PASSES:
            changed = step(graph)
            idle -= {step} if changed.defs != graph.defs else set()
            graph = changed
    assert not idle


# ---- one pass each


def chain(*steps: ops.Op, names: str = "abcdefgh") -> Graph:
    defs = tuple(Def(Value(name), op, Loc()) for name, op in zip(names, steps, strict=False))
    return Graph(defs, defs[-1].name, None)


def source(media: str | Media = "silent.mp4") -> ops.Source:
    return ops.Source(MEDIA[media] if isinstance(media, str) else media, "video")


A, B, C, D = (Value(name) for name in "abcd")
FPS = Fraction(25)


def test_folding_takes_out_each_op_that_changes_nothing() -> None:
    idle = (ops.Colour(A), ops.Scale(B, 1280, 720), ops.Rotate(C, Fraction(0)), ops.Pad(D, 1280, 720, 0, 0))
    graph = chain(source(), *idle, ops.Fade(Value("e"), 0, 0), ops.Conform(Value("f")))
    assert [define.name for define in fold_identity(graph)] == ["a", "g"]
    assert fold_identity(graph).ops[Value("g")] == ops.Conform(A)


def test_folding_keeps_each_op_that_changes_something() -> None:
    busy = (ops.Colour(A), ops.Scale(B, 1280, 722), ops.Rotate(C, Fraction(1)), ops.Pad(D, 1282, 722, 0, 0))
    graph = chain(source("camera.mov"), *busy, ops.Fade(Value("e"), 1, 0), ops.Fade(Value("f"), 0, 1))
    assert fold_identity(graph).defs == graph.defs


def test_folding_keeps_a_turn_that_removes_the_metadatas() -> None:
    upright = chain(source("phone.mp4"), ops.Turn(A, 0, False), ops.Conform(B))
    assert fold_identity(upright).defs == upright.defs
    assert len(fold_identity(chain(source(), ops.Turn(A, 0, False), ops.Conform(B))).defs) == 2


def test_folding_the_film_itself_leaves_its_operand() -> None:
    folded = fold_identity(chain(source(), ops.Conform(A), ops.Rotate(B, Fraction(0))))
    assert (folded.video, len(folded.defs)) == ("b", 2)


def sought(media: Media, start: int, stream: Literal["video", "audio"] = "video") -> Fraction:
    """The seek time of a source whose use begins at `start`."""
    read = ops.Trim(A, src(start), src(50)) if stream == "video" else ops.Stretch(A, warp(start, 999), 9, "atempo")
    op = seek_sources(chain(ops.Source(media, stream), read)).ops[A]
    assert isinstance(op, ops.Source)
    return op.seek


@pytest.mark.parametrize("rate", [Fraction(24_000, 1001), Fraction(10), Fraction(30), Fraction(240)])
@pytest.mark.parametrize("start", [0, 1, 3, 10])
def test_a_seek_leaves_a_lead_and_never_goes_before_the_start(rate: Fraction, start: int) -> None:
    media = film("x.mp4", rate, 60)
    ahead = 2 / rate
    seek = sought(media, start)
    latest = max(Fraction(0), start - LEAD_FRAMES / rate - ahead)
    assert 0 <= latest - seek < 1
    unknown = sought(picture(media, ahead=None), start)
    assert 0 <= max(Fraction(0), start - (LEAD_FRAMES + MOST_REORDERED) / rate) - unknown < 1
    assert (seek * 1000).denominator == 1, "whole milliseconds"
    assert (seek * 90_000).denominator == 1, "whole ticks"


def test_a_seek_counts_from_where_the_container_starts() -> None:
    plain, late = film("x.mpg", 25, 60), film("x.mpg", 25, 60, start=5, first=7)
    assert sought(late, 10) - sought(plain, 10) == 7 - 5


def test_sound_is_given_time_to_settle() -> None:
    silent = film("x.mp4", 30, 60)
    leads = {rate: 10 - sought(heard(silent, rate=rate), 10, "audio") for rate in (8_000, 22_050, 48_000)}
    assert leads == {8_000: LEAD_SOUND, 22_050: Fraction(1, 5), 48_000: Fraction(1, 5)}
    for other in (heard(silent, "mp3"), heard(silent, profile="HE-AAC"), heard(silent, profile="")):
        assert 10 - sought(other, 10, "audio") == LEAD_SOUND == 1


def test_sound_with_rounded_timestamps_is_counted_from_the_start() -> None:
    assert sought(MEDIA["late.mkv"], 10, "audio") == 0
    assert sought(MEDIA["late.mkv"], 10) > 9
    far = sought(MEDIA["late.mkv"], COARSE_REACH, "audio")
    assert far == COARSE_REACH - LEAD_SOUND


def test_a_source_that_is_not_trimmed_is_not_sought() -> None:
    graph = chain(source(), ops.Retime(A, warp(0, 10), FPS))
    assert seek_sources(graph) == graph


def test_of_two_trims_of_one_source_the_earlier_counts() -> None:
    trims = [ops.Trim(A, src(start), src(10)) for start in (8, 5)]
    made = seek_sources(chain(source(), *trims)).ops[A]
    assert isinstance(made, ops.Source)
    assert made.seek == sought(MEDIA["silent.mp4"], 5)


def test_stills_commute_only_where_frames_repeat() -> None:
    trim = ops.Trim(A, src(1), src(3))
    for fps, speed, commutes in ((25, 1, False), (30, 1, True), (25, Fraction(1, 2), True), (30, 2, False)):
        graph = chain(source(), trim, ops.Retime(B, warp(1, 3, Fraction(speed)), Fraction(fps)), ops.Scale(C, 640, 360))
        names = [define.name for define in commute_still(graph)]
        assert names == (["a", "b", "d.once", "d"] if commutes else ["a", "b", "c", "d"])


def test_moving_crops_and_fades_do_not_commute() -> None:
    graph = through(lowered("pan_through_slow_motion"), PASSES)
    kinds = [type(graph.ops[Value(name)]).__name__ for name in ("dunk.warp", "dunk.crop")]
    assert kinds == ["Retime", "Crop"]
    faded = chain(source(), ops.Retime(A, warp(1, 3, Fraction(1, 2)), FPS), ops.Fade(B, 2, 2), ops.Scale(C, 64, 36))
    assert commute_still(faded).defs == faded.defs


def test_what_two_read_does_not_commute() -> None:
    shared = ops.Retime(A, warp(1, 3, Fraction(1, 2)), FPS)
    graph = chain(source(), shared, ops.Scale(B, 64, 36), ops.Scale(B, 32, 18), ops.Concat((C, D)))
    assert commute_still(graph).defs == graph.defs


def test_stills_commute_in_clips_that_are_interleaved() -> None:
    """Definitions may be in any order that makes each before it is read."""
    slow = warp(1, 3, Fraction(1, 2))
    graph = chain(
        *(source(), source(), ops.Retime(A, slow, FPS), ops.Retime(B, slow, FPS)),
        *(ops.Scale(D, 64, 36), ops.Scale(C, 64, 36), ops.Concat((Value("e"), Value("f")))),
    )  # fmt: skip
    swapped = commute_still(graph)
    infer(swapped)
    assert {str(name): type(op).__name__ for name, op in swapped.ops.items()} == {
        "a": "Source", "b": "Source", "e.once": "Scale", "e": "Retime", "f.once": "Scale", "f": "Retime", "g": "Concat",
    }  # fmt: skip


def stretched(*paces: tuple[str, str, str], samples: int, engine: ops.Engine) -> dict[str, ops.Op]:
    made = Warp(
        tuple(Pace(SourceTime(Fraction(a)), SourceTime(Fraction(b)), Fraction(v), Fraction(v)) for a, b, v in paces)
    )
    defs = (
        Def(A, ops.Source(MEDIA["game.mp4"], "audio"), Loc()),
        Def(B, ops.Stretch(A, made, samples, engine), Loc()),
    )
    return {str(name): op for name, op in cut_sound(Graph(defs, A, B)).ops.items() if name != "a"}


def test_a_clip_at_real_time_is_one_excerpt() -> None:
    assert stretched(("1", "2", "1"), samples=48_000, engine="rubberband") == {"b": ops.Excerpt(A, src(1), 48_000)}


def test_a_slow_piece_is_given_a_post_roll_and_its_exact_length() -> None:
    made = stretched(("1", "2", "0.5"), samples=96_010, engine="rubberband")
    roll = int(POST_ROLL * 48_000)
    assert made["b.from"] == ops.Excerpt(A, src(1), 48_000 + roll)
    assert made["b.at"] == ops.Tempo(Value("b.from"), Fraction(1, 2), "rubberband")
    assert made["b"] == ops.Exact(Value("b.at"), 96_010)


def test_pieces_share_the_samples_without_a_gap() -> None:
    made = stretched(
        ("0", "0.33333", "1"), ("0.33333", "0.7", "0.7"), ("0.7", "1", "1"), samples=55_000, engine="atempo"
    )
    joined = made["b"]
    assert isinstance(joined, ops.Concat)
    lengths = {"b.1": 16_000, "b.2": 25_143, "b.3": 13_857}
    assert joined.srcs == tuple(lengths)
    graph = Graph(tuple(Def(Value(name), op, Loc()) for name, op in made.items()), A, Value("b"))
    shapes = infer(Graph((Def(A, ops.Source(MEDIA["game.mp4"], "audio"), Loc()), *graph.defs), A, B))
    assert {name: shapes[Value(name)].samples for name in lengths} == lengths  # type: ignore[union-attr]
    assert sum(lengths.values()) == 55_000


def test_a_piece_too_short_for_a_stretcher_changes_its_pitch() -> None:
    made = stretched(("0", "1", "1"), ("1", "1.01", "0.5"), ("1.01", "2", "1"), samples=96_480, engine="rubberband")
    assert made["b.2.at"] == ops.Tempo(Value("b.2.from"), Fraction(1, 2), "varispeed")
    long = stretched(("1", "1.1", "0.5"), samples=9_600, engine="rubberband")
    assert SHORTEST == 1024
    assert long["b.at"] == ops.Tempo(Value("b.from"), Fraction(1, 2), "rubberband")


def test_only_uneven_joints_are_softened() -> None:
    joined = ("0", "1", "1"), ("1", "2", "0.5"), ("2", "3", "2")
    pitch = stretched(*joined, samples=168_000, engine="rubberband")
    fades = {name: (op.entering, op.leaving) for name, op in pitch.items() if isinstance(op, ops.Fade)}
    assert fades == {"b.1": (0, DECLICK), "b.2": (DECLICK, DECLICK), "b.3": (DECLICK, 0)}
    even = stretched(*joined, samples=168_000, engine="varispeed")
    assert not any(isinstance(op, ops.Fade) for op in even.values())


def test_a_piece_that_gets_no_sample_is_left_out() -> None:
    made = stretched(("0", "1", "1"), ("1", "1.000001", "2"), samples=48_000, engine="varispeed")
    assert made == {"b": ops.Excerpt(A, src(0), 48_000)}


def test_a_sound_of_a_freeze_alone_reads_no_source() -> None:
    """What is played before and after it is too short for a sample of the film."""
    made = Warp((held(src(1), Fraction(1)), Pace(src(1), src("1.000001"), Fraction(1), Fraction(1))))
    defs = (
        Def(A, ops.Source(MEDIA["game.mp4"], "audio"), Loc()),
        Def(B, ops.Resample(A), Loc()),
        Def(C, ops.Stretch(B, made, 48_000, "rubberband"), Loc()),
    )
    assert cut_sound(Graph(defs, None, C)).ops == {C: ops.Silence(48_000)}


def test_cuts_fuse_across_any_depth_and_not_through_blends() -> None:
    leaves = [source() for _ in range(4)]
    nested = chain(*leaves, ops.Concat((A, B)), ops.Concat((Value("e"), C)), ops.Xfade(Value("f"), D, "dissolve", 2))
    fused = fuse_cuts(nested)
    assert fused.ops[Value("f")] == ops.Concat((A, B, C))
    assert fused.ops[Value("g")] == ops.Xfade(Value("f"), D, "dissolve", 2)
    assert Value("e") not in fused.ops


def test_a_value_read_thrice_is_split_in_three() -> None:
    graph = insert_splits(chain(source(), ops.Concat((A, A)), ops.Concat((A, B))))
    assert graph.ops[Value("a.split")] == ops.Split(A, 3)
    assert graph.ops[B] == ops.Concat((Value("a.1"), Value("a.2")))
    assert graph.ops[C] == ops.Concat((Value("a.3"), B))
    assert [type(op).__name__ for op in graph.ops.values()].count("Branch") == 3


def test_only_overlaps_are_blended_and_the_rest_goes_by() -> None:
    graph = before(part_overlaps, lowered("clip_that_is_all_overlap"))
    parted = part_overlaps(graph)
    verify(parted)
    taken = {str(define.name): phrase(define.op) for define in parted if isinstance(define.op, ops.Frames | ops.Xfade)}
    assert {name: said for name, said in taken.items() if "sound" not in name} == {
        "reel.2.blend.out": "frames %a [45 .. 60)",
        "reel.2.blend.in": "frames %b [0 .. 15)",
        "reel.2.blend": "xfade %reel.2.blend.out, %reel.2.blend.in dissolve overlap 15",
        "reel.blend.out": "frames %b [15 .. 30)",
        "reel.blend.in": "frames %c [0 .. 15)",
        "reel.blend": "xfade %reel.blend.out, %reel.blend.in dissolve overlap 15",
        "a.alone": "frames %a [0 .. 45)",
        "c.alone": "frames %c [15 .. 60)",
    }
    assert phrase(parted.ops[Value("reel")]) == "concat %a.alone, %reel.2.blend, %reel.blend, %c.alone"


def test_two_clips_that_are_all_overlap_are_one_blend() -> None:
    made = lower(reel({"id": "a", **play(1, 2)}, {"id": "b", **play(5, 6), **into("dissolve", 1)}), MEDIA, NINE).graph
    parted = part_overlaps(before(part_overlaps, made))
    assert "%a.alone" not in show(parted)
    assert infer(parted)[parted.picture].frames == 30  # type: ignore[union-attr]
    legal = through(made, PASSES)
    verify_legal(legal)


def test_blends_of_sound_are_not_widened() -> None:
    graph = before(widen_blends, lowered("dissolve_between_cuts"))
    wide = [define for define in widen_blends(graph) if isinstance(define.op, ops.Widen)]
    assert [define.name for define in wide] == ["reel.3.blend.left", "reel.3.blend.right"]


def test_every_join_is_restamped_once() -> None:
    graph = restamp_joins(before(restamp_joins, lowered("clip_that_is_all_overlap")))
    joins = {define.name for define in graph if isinstance(define.op, ops.Concat | ops.Xfade)}
    stamped = [define.op.src for define in graph if isinstance(define.op, ops.Restamp)]
    assert joins == set(stamped)
    assert len(stamped) == len(joins) == 5


# ---- slices


def shaped(case: str) -> Graph:
    return through(lowered(case), SHAPING)


def sources(graph: Graph) -> list[str]:
    return [define.name for define in graph if isinstance(define.op, ops.Source)]


def test_a_slice_within_a_cut_has_one_clip() -> None:
    graph = shaped("cuts")
    assert [sources(slice_span(graph, n, n + 1)) for n in (0, 29, 30, 59, 60, 89)] == [
        *[["a.video"]] * 2,
        *[["b.video"]] * 2,
        *[["c.video"]] * 2,
    ]


def test_a_slice_of_a_blend_reaches_back_one_clip_only() -> None:
    graph = shaped("clip_that_is_all_overlap")
    assert {n: sources(slice_span(graph, n, n + 1)) for n in (44, 45, 59, 60, 74, 75)} == {
        44: ["a.video"],
        45: ["a.video", "b.video"],
        59: ["a.video", "b.video"],
        60: ["b.video", "c.video"],
        74: ["b.video", "c.video"],
        75: ["c.video"],
    }


@pytest.mark.parametrize("span", [(90, 91), (0, 91), (-1, 5), (5, 5)])
def test_a_slice_that_is_not_in_the_film_is_refused(span: tuple[int, int]) -> None:
    with pytest.raises(IndexError, match="not all in the film"):
        slice_span(shaped("cuts"), *span)


@pytest.mark.further
def test_slices_of_a_whole_reel_have_its_frames_and_no_sound() -> None:
    for case in FILMS:
        graph = shaped(case)
        frames = frames_of(graph.picture, infer(graph))
        parts = [slice_span(graph, n, min(n + 7, frames)) for n in range(0, frames, 7)]
        assert sum(frames_of(part.picture, infer(part)) for part in parts) == frames
        assert all(part.audio is None for part in parts)
        for part in parts[:5]:
            verify_legal(through(part, SLICING))


def test_a_part_of_a_clip_is_read_from_where_it_begins() -> None:
    late = narrow_frames(slice_span(shaped("deep_seek"), 40, 50))
    (retime,) = (define.op for define in late if isinstance(define.op, ops.Retime))
    (trim,) = (define.op for define in late if isinstance(define.op, ops.Trim))
    whole = next(define.op for define in shaped("deep_seek") if isinstance(define.op, ops.Trim))
    assert (retime.first, retime.until) == (40, 50)
    assert whole.start + Fraction(40, 30) - Fraction(1, 10) < trim.start < whole.start + Fraction(40, 30)
    assert trim.end == whole.end


def test_a_part_of_a_source_with_uneven_times_is_read_from_the_frames_before_it() -> None:
    """A frame every five seconds: the visible frame began long before the part, and a seek must go further back."""
    graph = shaped("deep_seek")
    video = next(define.op.media for define in graph if isinstance(define.op, ops.Source)).video
    ticks = tuple(range(0, 90 * 60 * 12_800, 5 * 12_800))
    sparse = replace(video, ticks=ticks, ahead=Fraction(10))
    made = [
        replace(define, op=replace(define.op, media=replace(define.op.media, video=sparse)))
        if isinstance(define.op, ops.Source)
        else define
        for define in graph
    ]
    whole = next(define.op for define in graph if isinstance(define.op, ops.Trim))
    part = seek_sources(narrow_frames(slice_span(Graph(tuple(made), graph.video, graph.audio), 40, 50)))
    (trim,) = (define.op for define in part if isinstance(define.op, ops.Trim))
    (source,) = (define.op for define in part if isinstance(define.op, ops.Source))
    assert trim.start == whole.start
    assert source.seek == 5 * (int(whole.start) // 5 - LEAD_FRAMES) - 10


def test_a_fade_is_kept_whole_or_left_out() -> None:
    graph = shaped("fade_through_black")
    frames = frames_of(graph.picture, infer(graph))
    kept = {}
    for n in range(frames):
        part = narrow_frames(slice_span(graph, n, n + 1))
        kept[n] = [(op.entering, op.leaving) for op in part.ops.values() if isinstance(op, ops.Fade)]
        assert frames_of(part.picture, infer(part)) == 1
    assert kept[0] == []
    assert {tuple(fades) for fades in kept.values()} > {()}
    assert all(0 in pair for fades in kept.values() for pair in fades)


def test_the_parts_of_one_clip_are_made_together() -> None:
    """A blend and the definitions after it read one clip: it is opened once, for the span of both."""
    part = narrow_frames(slice_span(shaped("dissolve_between_cuts"), 135, 170))
    assert sources(part) == ["dunk.video", "replay.video"]
