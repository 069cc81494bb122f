"""Every pass's law, checked in ffmpeg's output: the graph with the pass and without it give the same film."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from compiler.emit.filters import spell
from compiler.emit.script import script
from compiler.errors import Loc
from compiler.ir import ops
from compiler.ir.graph import Def, Graph, drop_unread, rename
from compiler.ir.infer import infer
from compiler.ir.ops import Value, operands
from compiler.ir.verify import verify_legal
from compiler.lower import lower
from compiler.model import Reel
from compiler.passes import PASSES, Pass
from compiler.passes.commute_still import commute_still
from compiler.passes.cut_sound import DECLICK
from compiler.passes.fold_identity import fold_identity
from compiler.passes.fuse_cuts import fuse_cuts
from compiler.passes.insert_splits import insert_splits
from compiler.passes.part_overlaps import part_overlaps
from compiler.passes.restamp_joins import restamp_joins
from compiler.passes.seek_sources import seek_sources
from compiler.passes.sound_pieces import cut
from compiler.pipeline import Compiled, Still, compile_reel, compile_still, slice_legal
from compiler.pipeline.units import legal_slice, make_sound_unit
from tests.cases import cases
from tests.passes.graphs import through
from tests.passes.render import MEDIA, Bench, Rendered, reel

BOX = {"x": 20, "y": 10, "width": 128, "height": 72}
PAN = [
    {"frame": 30, "x": 0, "y": 0, "width": 128, "height": 72},
    {"frame": 80, "x": 30, "y": 14, "width": 128, "height": 72},
]

CUTS = reel({"play": (1, 1.5)}, {"play": (4, 4.6), "crop_data": BOX}, {"play": (2, 2.4)})
SLOW = reel({"play": (1, 2, (1.2, 1.6, 0.4)), "crop_data": BOX}, audio={"stretch": "varispeed"})
MIXED = reel(
    {"play": (1, 2, (1.2, 1.5, 0.5)), "crop_data": PAN},
    {"play": (4, 5), "into": ("dissolve", 0.4)},
    {"play": (2, 2.5)},
    {"play": (3, 4, (3, 4, 2)), "crop_data": BOX, "into": ("fade", 0.3)},
    audio={"stretch": "varispeed"},
)


def lowered(bench: Bench, edit: Reel) -> Graph:
    return lower(edit, {MEDIA: bench.media}, bench.build).graph


def compiled(bench: Bench, edit: Reel) -> Compiled:
    return compile_reel(edit, {MEDIA: bench.media}, bench.build, checked=True)


def without(step: Pass, bench: Bench, edit: Reel) -> Rendered:
    """The film after the other passes alone."""
    graph = lowered(bench, edit)
    others = through(graph, [other for other in PASSES if other is not step])
    assert others.defs != through(graph, PASSES).defs, "the pass does not change this graph"
    verify_legal(others)
    return bench.render(others)


def same(a: Rendered, b: Rendered) -> bool:
    return a.ticks == b.ticks and a.frames == b.frames and np.array_equal(a.samples, b.samples)


@pytest.mark.parametrize("step", [fold_identity, fuse_cuts, seek_sources, commute_still, part_overlaps])
def test_the_film_is_the_same_without_it(step: Pass, bench: Bench) -> None:
    edits: dict[Pass, Reel] = {
        **{fold_identity: MIXED, fuse_cuts: CUTS, seek_sources: MIXED, commute_still: SLOW},
        part_overlaps: SLICED["two overlaps in a row"],
    }
    made = bench.render(compiled(bench, edits[step]).legal)
    assert same(without(step, bench, edits[step]), made)
    assert len(set(made.frames)) > 15, "the picture moves"
    assert np.abs(made.samples).max() > 0.2, "the sound is not silent"


def test_a_film_is_told_from_one_that_is_a_frame_off(bench: Bench) -> None:
    made = bench.render(compiled(bench, CUTS).legal)
    moved = reel({"play": (1.04, 1.54)}, {"play": (4, 4.6), "crop_data": BOX}, {"play": (2, 2.4)})
    assert not same(bench.render(compiled(bench, moved).legal), made)


@pytest.mark.further
@pytest.mark.both_builds
def test_restamped_frames_are_the_joins_own(benches: Bench) -> None:
    edit = reel({"play": (1, 2)}, {"play": (3, 4), "into": ("dissolve", 0.5)})
    graph = lowered(benches, edit)
    plain = benches.render(through(graph, [step for step in PASSES if step is not restamp_joins]))
    made = benches.render(through(graph, PASSES))
    assert made.frames == plain.frames
    assert made.ticks == tuple(range(45))
    assert np.array_equal(made.samples, plain.samples)


@pytest.mark.further
@pytest.mark.both_builds
def test_a_blend_is_of_the_clips_own_pixels(benches: Bench) -> None:
    """Outside the overlap every byte is the clip's own; within, frame k of 15 has k parts of the entering one."""
    silent = {"include": False}
    first, second = {"play": (1, 2)}, {"play": (3, 4)}
    joined = reel(first, {**second, "into": ("dissolve", 0.5)}, audio=silent)
    film, a, b = (
        benches.pixels(compiled(benches, edit).legal).astype(np.int16)
        for edit in (joined, reel(first, audio=silent), reel(second, audio=silent))
    )
    assert np.array_equal(film[:16], a[:16])
    assert np.array_equal(film[30:], b[15:])
    share = np.arange(15)[:, None] / 15
    assert np.abs(film[15:30] - (a[15:] * (1 - share) + b[:15] * share)).max() < 1.01


@pytest.mark.parametrize("fill", ["blur", "#ff8800", "#000000"])
def test_what_lies_behind_a_picture_leaves_it_alone(fill: str, benches: Bench) -> None:
    """The picture is the same with every fill of its bars; a colour is exact, a blur is neither black nor sharp."""
    edit = {"play": (1, 1.5), "crop_data": {"x": 30, "y": 0, "width": 90, "height": 90}}
    plain, film = (
        benches.pixels(compiled(benches, reel(edit, canvas=canvas, audio={"include": False})).legal)
        for canvas in ({}, {"fill": fill})
    )
    lumas, blues, reds = (
        planes.reshape(2, 15, rows, -1)
        for planes, rows in zip(np.split(np.stack([plain, film]), [14_400, 18_000], axis=2), (90, 45, 45), strict=True)
    )
    bars = {"#ff8800": (146, 56, 186), "#000000": (16, 128, 128)}.get(fill)
    for planes, left, value in zip((lumas, blues, reds), (34, 17, 17), bars or (None,) * 3, strict=True):
        right = left + planes.shape[-1] * 90 // 160
        assert np.array_equal(planes[0][:, :, left:right], planes[1][:, :, left:right])
        sides = np.concatenate([planes[1][:, :, :left], planes[1][:, :, right:]], axis=2)
        if value is not None:
            assert {*sides.ravel()} == {value}
        else:
            assert np.ptp(sides) > 20
            assert np.abs(np.diff(sides.astype(int), axis=1)).max() < 12


def test_reading_a_copy_is_reading_the_original(bench: Bench) -> None:
    graph = through(lowered(bench, SLOW), PASSES[: PASSES.index(insert_splits)])
    shared = {value for value in graph.ops if graph.readers[value] > 1}
    assert shared == {"clip1.even"}
    apart = restamp_joins(_doubled(graph))
    verify_legal(apart)
    made = bench.render(restamp_joins(insert_splits(graph)))
    assert same(bench.render(apart), made)


def _doubled(graph: Graph) -> Graph:
    """The graph with a separate source for every reader of the sound."""
    source, even = Value("clip1.audio"), Value("clip1.even")
    defs: list[Def] = []
    for define in graph:
        if define.name in (source, even):
            continue
        if even in operands(define.op):
            own = Value(f"{define.name}.source"), Value(f"{define.name}.resampled")
            defs.append(Def(own[0], graph.ops[source], Loc()))
            defs.append(Def(own[1], ops.Resample(own[0]), Loc()))
            define = replace(define, op=rename(define.op, {even: own[1]}))
        defs.append(define)
    return replace(graph, defs=tuple(defs))


@pytest.mark.parametrize("stretch", ["varispeed", "pitch"])
def test_a_stretched_sound_is_its_paces_each_alone(bench: Bench, stretch: str) -> None:
    audio = {"stretch": stretch}
    whole = reel({"play": (1, 3, (1.5, 2, 0.5), (2, 2.4, 2))}, audio=audio)
    parts = [(1, 1.5), (1.5, 2, (1.5, 2, 0.5)), (2, 2.4, (2, 2.4, 2)), (2.4, 3)]
    heard = bench.render(compiled(bench, whole).legal).samples
    alone = [bench.render(compiled(bench, reel({"play": part}, audio=audio)).legal).samples for part in parts]
    assert [len(samples) for samples in alone] == [24_000, 48_000, 9_600, 28_800]
    assert len(heard) == 110_400
    softened = DECLICK if stretch == "pitch" else 0
    kept = np.ones(len(heard), bool)
    for joint in (24_000, 72_000, 81_600):
        kept[joint - softened : joint + softened] = False
    assert np.array_equal(heard[kept], np.concatenate(alone)[kept])


def test_a_joint_that_keeps_pitch_is_softened_to_silence(bench: Bench) -> None:
    heard = bench.render(compiled(bench, reel({"play": (1, 2, (1.5, 2, 0.5))})).legal).samples
    assert np.abs(heard[24_000 - 1 : 24_000 + 1]).max() < 0.01
    assert np.abs(heard[24_000 - 2 * DECLICK : 24_000 - DECLICK]).max() > 0.2


def test_real_time_is_not_touched(bench: Bench) -> None:
    """The samples of a film at speed 1 equal those of its source, to 16 bits."""
    heard = bench.render(compiled(bench, reel({"play": (3.1, 4.3)})).legal).samples
    t = 3.1 + np.arange(57_600) / 48_000
    left = 0.4 * np.sin(2 * np.pi * (300 + 40 * t) * t)
    assert np.abs(heard[:, 0] - left).max() < 2 / 32_768


def test_varispeed_is_in_its_place_to_the_millisecond(bench: Bench) -> None:
    """Half speed: the sample at record time t is the source's at 3 + t / 2, which the tone's phase reveals."""
    edit = reel({"play": (3, 4, (3, 4, 0.5))}, audio={"stretch": "varispeed"})
    heard = bench.render(compiled(bench, edit).legal).samples[:, 0]
    late: dict[int, float] = {}
    for shift in range(-96, 97, 4):
        t = 3 + (np.arange(10_000, 80_000) + shift) / 96_000
        late[shift] = float(np.abs(heard[10_000:80_000] - 0.4 * np.sin(2 * np.pi * (300 + 40 * t) * t)).max())
    shift, error = min(late.items(), key=lambda pair: pair[1])
    assert abs(shift) <= 48
    assert error < 0.02


def test_a_ramp_of_sound_goes_on_where_its_pieces_meet(benches: Bench) -> None:
    """Each sample is the source's where its piece plays it; behind a joint the resampler takes 16 samples to settle."""
    edit = reel({"play": (2, 4, (2, 4, {"from": 0.5, "to": 2, "ease": "smooth"}))}, audio={"stretch": "varispeed"})
    film = compiled(benches, edit)
    heard = benches.render(film.legal).samples[:, 0]
    pieces, at = cut(film.plan.clips[0].placed.timing.warp, len(heard), "varispeed"), 0
    assert len(pieces) > 20
    for piece in pieces:
        t = float(piece.start) + np.arange(piece.samples) * float(piece.speed) / 48_000
        off = np.abs(heard[at : at + piece.samples] - 0.4 * np.sin(2 * np.pi * (300 + 40 * t) * t))
        assert off[:16].max() < 0.02
        assert off[16:].max() < 0.001
        at += piece.samples
    assert at == len(heard)


ZOOM = [
    {"frame": 30, "x": 0, "y": 0, "width": 128, "height": 72},
    {"frame": 45, "x": 30, "y": 14, "width": 96, "height": 54, "ease": "smooth"},
    {"frame": 60, "x": 10, "y": 10, "width": 96, "height": 54},
    {"frame": 80, "x": 0, "y": 6, "width": 144, "height": 81, "ease": "linear"},
]

SQUARE = [
    {"frame": 30, "x": 0, "y": 0, "width": 90, "height": 90},
    {"frame": 80, "x": 60, "y": 0, "width": 90, "height": 90},
]

SLICED = {
    "cuts": CUTS,
    "zoom": reel({"play": (1, 2.6, (1.4, 1.8, 0.5)), "crop_data": ZOOM}, {"play": (2, 3), "into": ("dissolve", 0.5)}),
    "slow motion": SLOW,
    "ramps": reel(
        {"play": (1, 3, (0.8, 2, {"from": 1, "to": 0.2}), (2, 2.7, {"from": 0.2, "to": 3, "ease": "smooth"}))},
        {
            "play": (3, 5, (3.5, 4.5, {"from": 2, "to": 0.4, "ease": "smooth"})),
            "crop_data": ZOOM,
            "into": ("fade", 0.3),
        },
    ),
    "freezes": reel(
        {"play": (1, 2, (1, 0.4), (1.5, 0.5), (1.4, 1.8, 0.5))},
        {"play": (3, 4, (3.21, 0.3), (4, 0.6)), "into": ("dissolve", 0.5)},
        {"play": (2, 2.5, (2.25, 0.2)), "into": ("dissolve", 0.3)},
    ),
    "blends": reel(
        {"play": (1, 2.2, (1.3, 1.7, 0.3), (1.5, 0.3)), "motion": "blend"},
        {"play": (3, 3.8, (3, 3.8, 0.4)), "motion": "blend", "crop_data": PAN, "into": ("dissolve", 0.5)},
        {"play": (2, 2.5), "motion": "blend"},
    ),
    "pictures made up": reel(
        {"play": (1, 2.2, (1.3, 1.7, 0.3), (1.5, 0.3)), "motion": "interpolate"},
        {"play": (3, 4, (3, 4, {"from": 0.3, "to": 2})), "motion": "interpolate", "into": ("dissolve", 0.5)},
    ),
    "mixed": MIXED,
    "two overlaps in a row": reel(
        {"play": (1, 2)}, {"play": (3, 3.6), "into": ("dissolve", 0.3)}, {"play": (4, 5), "into": ("dissolve", 0.3)}
    ),
    "through colours": reel(
        {"play": (1, 1.7)},
        {"play": (3, 3.8), "transition_data": {"type": "fade", "duration": 0.4, "colour": "#3070c0"}},
        {"play": (2, 2.8), "into": ("smoothup", 0.3)},
        {"play": (5, 5.7), "transition_data": {"type": "fade", "duration": 0.3, "colour": "#ffffff"}},
    ),
    "over a blur": reel(
        {"play": (1, 1.7), "crop_data": SQUARE},
        {"play": (3, 3.8), "crop_data": SQUARE, "into": ("dissolve", 0.3)},
        canvas={"fill": "blur"},
    ),
    "over a colour": reel(
        {"play": (1, 1.7, (1.2, 1.5, 0.5)), "crop_data": SQUARE},
        {"play": (3, 3.8), "into": ("fade", 0.3)},
        canvas={"fill": "#ff8800"},
    ),
    "clips named as inputs": reel(
        {"id": "1", "play": (1, 1.5)}, {"id": "0:v", "play": (3, 3.5), "into": ("dissolve", 0.2)}, {"id": "0"}
    ),
    "clips named as its own parts": reel(
        {"id": "frame", "play": (1, 1.3)}, {"id": "still", "play": (3, 3.3), "into": ("dissolve", 0.2)}
    ),
}


@pytest.mark.parametrize("motion", ["blend", "interpolate"])
def test_only_slow_motion_is_drawn_by_motion(motion: str, benches: Bench) -> None:
    """New frames appear between the source's frames; the source's own, a freeze and normal speed are unchanged."""
    clip = {"play": (1, 2.6, (1.4, 1.8, 0.25), (1.6, 0.5), (2, 2.5, 2))}
    silent = {"include": False}
    plain, moved = (
        benches.pixels(compiled(benches, reel({**clip, "motion": kind}, audio=silent)).legal).astype(int)
        for kind in ("repeat", motion)
    )
    assert plain.shape == moved.shape
    differs = {n for n in range(len(plain)) if not np.array_equal(plain[n], moved[n])}
    first, frozen, again, last = 12, 36, 51, 75  # 24 frames of slow motion, 15 of a freeze, 24 of slow motion
    assert differs <= {*range(first, frozen), *range(again, last)}
    own = {n for n in differs if (n - first) % 4 == 0} if motion == "blend" else set()
    assert not own & set(range(first, frozen))
    assert len(differs) >= 30
    kept = [plain[n] for n in range(first, frozen, 4)]
    for before, after, n in zip(kept, kept[1:], range(first, frozen, 4), strict=False):
        if motion == "blend":
            assert np.abs(moved[n + 1] - (0.75 * before + 0.25 * after)).max() <= 2
            assert np.abs(moved[n + 2] - (before + after) / 2).max() <= 2


NAMED = ("clips named as inputs", "clips named as its own parts")
"""Names are the same in a slice of one frame as in a unit."""


@pytest.mark.further
@pytest.mark.parametrize("name", cases(SLICED, slow=(*NAMED, "pictures made up")))
def test_a_slice_is_the_films_frame(name: str, bench: Bench) -> None:
    film = compiled(bench, SLICED[name])
    frames = bench.render(film.legal).frames
    assert len(frames) == film.plan.frames
    edges = {clip.placed.first for clip in film.plan.clips[1:]}
    picked = {*random.Random(name).sample(range(len(frames)), 2), *sorted(edges)[:2], len(frames) - 1}
    for frame in sorted(picked):
        assert bench.render(slice_legal(film, frame)).frames == (frames[frame],), f"frame {frame}"


@pytest.mark.further
@pytest.mark.parametrize("name", SLICED)
def test_units_are_the_film(name: str, bench: Bench) -> None:
    """Cut at random frames and at the ends of units: every part equals that part of the whole film, pixel for pixel."""
    film = compiled(bench, SLICED[name])
    frames = bench.render(film.legal).frames
    dice = random.Random(name)
    cuts = sorted({0, len(frames), *dice.sample(range(1, len(frames)), 2), *(first for first, _ in film.plan.units)})
    for first, until in pairwise(cuts):
        part = bench.render(legal_slice(infer(film.shaped), first, until))
        assert part.frames == frames[first:until], f"frames {first} to {until}"
        assert part.ticks == tuple(range(until - first))


HEARD = {
    "cuts": CUTS,
    "mixed": MIXED,
    "stretched": reel(
        {"play": (1, 2, (1.2, 1.6, 0.5))},
        {"play": (3, 4, (3.2, 3.9, {"from": 2, "to": 0.4})), "into": ("fade", 0.3)},
        {"play": (2, 3), "into": ("dissolve", 0.4)},
        audio={"stretch": "pitch"},
    ),
    "covered by its blends": reel(
        {"play": (1, 2)}, {"play": (3, 3.4), "into": ("fade", 0.2)}, {"play": (4, 5), "into": ("dissolve", 0.2)}
    ),
    "a rate without whole samples": reel(
        {"play": (1, 1.7)}, {"play": (3, 3.9), "into": ("fade", 0.31)}, {"play": (2, 2.6)}, canvas={"fps": "30000/1001"}
    ),
}


@pytest.mark.parametrize("name", cases(HEARD, slow=("cuts",)))
def test_units_of_sound_are_the_films_sound(name: str, bench: Bench) -> None:
    """Cut before every clip: the sounds of the units, one after the other, are the film's to the last bit."""
    film = compiled(bench, HEARD[name])
    shapes, whole = infer(film.shaped), bench.render(film.legal).samples
    units = [make_sound_unit(shapes, clip, clip + 1) for clip in range(len(film.plan.clips))]
    sounds = [bench.render(unit.graph).samples for unit in units]
    assert [len(sound) for sound in sounds] == [unit.samples for unit in units]
    assert np.array_equal(np.concatenate(sounds), whole)
    assert np.abs(whole).max() > 0.2, "the sound is not silent"


def test_a_slice_leaves_out_what_it_does_not_show(bench: Bench) -> None:
    film = compiled(bench, MIXED)
    alone = slice_legal(film, film.plan.frames - 1)
    assert [define.name for define in alone if isinstance(define.op, ops.Source)] == ["clip4.video"]


def test_a_still_is_the_films_frame_in_rgb(bench: Bench) -> None:
    film = compiled(bench, MIXED)
    picked = Def(Value("picked"), ops.Frames(film.legal.picture, 30, 31), Loc())
    still = Def(Value("still"), ops.Rgb(picked.name), Loc())
    whole = drop_unread(Graph((*film.legal.defs, picked, still), still.name, None))
    drawn = [
        _drawn(bench, still)
        for still in (compile_still(film, 30), Still(whole, script(whole, spell(whole)), bench.build))
    ]
    assert drawn[0] == drawn[1]
    assert len(drawn[0]) == 160 * 90 * 3


def _drawn(bench: Bench, still: Still) -> bytes:
    path = bench.folder / "still.txt"
    path.write_text(still.script)
    return bench.rgb(still.command(str(path), str(bench.folder / "still.png")))


@pytest.mark.parametrize("edit", [MIXED, SLOW, CUTS, *(SLICED[name] for name in ("over a blur", "through colours"))])
def test_no_picture_is_converted_unasked(edit: Reel, benches: Bench) -> None:
    film = compiled(benches, edit)
    path = benches.folder / "script.txt"
    path.write_text(film.script)
    said = benches.said(film.command(str(path), str(benches.folder / "film.mp4")))
    assert "scale@" in said
    assert "auto_scale" not in said
