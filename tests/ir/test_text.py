"""The graph as text for people."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import pytest

from compiler.ir import ops
from compiler.ir.infer import Audio, Tint, Video
from compiler.ir.ops import OPS, Op
from compiler.ir.text import describe, interval, number, phrase, place, show, traced, warped
from compiler.timeline.curve import Box
from compiler.timeline.frame_values import FrameValues
from compiler.timeline.path import draw
from compiler.timeline.track import hold
from compiler.timeline.warp import Pace, Warp
from tests.golden.compiling import FILMS, compile_case
from tests.golden.media import MEDIA
from tests.ir.graphs import FPS, footage, graph, heard, path, src, v, warp

PHRASES: list[tuple[Op, str]] = [
    (ops.Source(MEDIA["game.mp4"], "video"), 'source "game.mp4" video'),
    (ops.Source(MEDIA["game.mp4"], "audio", Fraction(5)), 'source "game.mp4" audio from 5'),
    (ops.Plate("#102030", 64, 36, FPS, 7), "plate #102030 64x36 7 at 30 fps"),
    (ops.Trim(v("a"), src(1), src("3.5")), "trim %a [1 .. 3.5)"),
    (ops.Retime(v("a"), warp(1, 3, Fraction(1, 2)), FPS), "retime %a 0.5x at 30 fps"),
    (ops.Restamp(v("a")), "restamp %a"),
    (ops.Frames(v("a"), 4, 9), "frames %a [4 .. 9)"),
    (ops.Deinterlace(v("a"), "auto"), "deinterlace %a auto"),
    (ops.Deinterlace(v("a"), None), "deinterlace %a progressive"),
    (ops.Turn(v("a"), 90, False), "turn %a 90 degrees"),
    (ops.Turn(v("a"), 0, True), "turn %a mirrored 0 degrees"),
    (ops.Downmix(v("a")), "downmix %a"),
    (ops.Volume(v("a"), Fraction(-13, 2)), "volume %a -6.5 dB"),
    (ops.Flatten(v("a"), "#102030"), "flatten %a over #102030"),
    (ops.Restate(v("a")), "restate %a"),
    (ops.Tonemap(v("a")), "tonemap %a"),
    (ops.Colour(v("a")), "colour %a"),
    (ops.Rotate(v("a"), Fraction(-5, 2)), "rotate %a -2.5 degrees"),
    (ops.Reframe(v("a"), path(), 64, 36), "reframe %a 1280x720 at 0.00,0.00 to 64x36"),
    (ops.Crop(v("a"), 63, 35, 3, 1, exact=True), "crop %a 63x35 x=3 y=1"),
    (ops.Crop(v("a"), 64, 36, 2, ops.Follow(hold(1.0), 2, 8)), "crop %a 64x36 x=2 y=follow(margin 2 within 8)"),
    (ops.Smear(v("a"), 1, 2, 3, 4), "smear %a left 1 right 2 top 3 bottom 4"),
    (ops.Perspective(v("a"), path(), 0, 0, 3, 9), "perspective %a 1280x720 at 0.00,0.00 frames [3 .. 9)"),
    (ops.Scale(v("a"), 64, 36), "scale %a 64x36"),
    (ops.Pad(v("a"), 64, 36, 2, 4), "pad %a 64x36 at 2,4"),
    (ops.Backdrop(v("a"), 64, 36, 2, 4, "blur"), "backdrop %a 64x36 at 2,4 on blur"),
    (ops.Blur(v("a"), 4), "blur %a radius 4"),
    (ops.Opaque(v("a")), "opaque %a"),
    (ops.Overlay(v("a"), v("b"), 2, 4), "overlay %a, %b at 2,4"),
    (ops.Conform(v("a")), "conform %a"),
    (ops.Widen(v("a")), "widen %a"),
    (ops.Narrow(v("a")), "narrow %a"),
    (ops.Rgb(v("a")), "rgb %a"),
    (ops.Rgb(v("a"), "bgra"), "rgb %a bgra"),
    (ops.Deepen(v("a")), "deepen %a"),
    (ops.Palette(v("a")), "palette %a"),
    (ops.Paint(v("a"), v("b")), "paint %a, %b"),
    (ops.Resample(v("a")), "resample %a"),
    (ops.Silence(48), "silence 48"),
    (ops.Made(48), "made 48"),
    (ops.Stretch(v("a"), warp(), 48, "rubberband"), "stretch %a 1x to 48 by rubberband"),
    (ops.Excerpt(v("a"), src("1.5"), 48), "excerpt %a 48 from 1.5"),
    (ops.Tempo(v("a"), Fraction(1, 3), "atempo"), "tempo %a 1/3x by atempo"),
    (ops.Exact(v("a"), 48), "exact %a 48"),
    (ops.Loudness(v("a"), Fraction(-16), Fraction(-3, 2)), "loudness %a to -16 LUFS below -1.5 dBTP"),
    (ops.Measure(v("a")), "measure %a"),
    (ops.Pcm(v("a")), "pcm %a"),
    (ops.Fade(v("a"), 1, 2), "fade %a in 1 out 2"),
    (ops.Fade(v("a"), 1, 2, ("qsin", "tri")), "fade %a in 1 out 2 by qsin and tri"),
    (ops.Fade(v("a"), 1, 2, ("exp", "exp")), "fade %a in 1 out 2 by exp"),
    (ops.Concat((v("a"), v("b"), v("c"))), "concat %a, %b, %c"),
    (ops.Xfade(v("a"), v("b"), "dissolve", 7), "xfade %a, %b dissolve overlap 7"),
    (ops.Split(v("a"), 3), "split %a 3 ways"),
    (ops.Branch(v("a"), 2), "branch %a #2"),
]


@pytest.mark.parametrize(("op", "said"), PHRASES, ids=lambda x: type(x).__name__ if not isinstance(x, str) else "")
def test_an_op_is_a_phrase(op: Op, said: str) -> None:
    assert phrase(op) == said


def test_every_op_has_a_phrase_here() -> None:
    assert {type(op) for op, _ in PHRASES} == set(OPS)


@pytest.mark.further
@pytest.mark.parametrize("case", FILMS)
@pytest.mark.parametrize("legal", [False, True], ids=["read", "legal"])
def test_columns_are_aligned_and_every_line_is_one_definition(case: str, legal: bool) -> None:
    compiled = compile_case(case)
    printed = compiled.legal if legal else compiled.graph
    *lines, film, end = show(printed).split("\n")
    assert (film, end) == ("film " + ", ".join(f"%{root}" for root in printed.roots), "")
    assert [line.split(" = ")[0].strip() for line in lines] == [f"%{define.name}" for define in printed]
    assert all(line == line.rstrip() for line in lines)
    assert len({line.index(" = ") for line in lines}) == 1
    short = [line for line in lines if len(line.split(" = ")[1].split(" : ")[0].rstrip()) <= 72]
    assert len({line.index(" : ") for line in short}) <= 1


def test_a_long_phrase_sticks_out_and_moves_nobody_else() -> None:
    wide = Warp(tuple(Pace(src(a), src(b), Fraction(b), Fraction(b)) for a, b in pairwise(range(1, 15))))
    made: dict[str, Op] = {
        "a.video": ops.Source(MEDIA["silent.mp4"], "video"),
        "a": ops.Retime(v("a.video"), wide, FPS),
    }
    first, second, _, _ = show(graph(made)).split("\n")
    assert first == '%a.video = source "silent.mp4" video : 1280x720      // /a.video'
    assert second.index(" : ") > 100


def test_a_definition_without_a_field_has_no_pointer() -> None:
    made = graph(footage())
    bare = replace(made, defs=(*made.defs[:-1], replace(made.defs[-1], loc=replace(made.defs[-1].loc, pointer=""))))
    assert show(bare).splitlines()[-2] == "%a       = conform %a.warp             : 60f 1280x720"


def test_sound_and_picture_are_the_film() -> None:
    assert show(graph({**footage(), **heard()}, audio="a.sound")).splitlines()[-1] == "film %a, %a.sound"


@pytest.mark.parametrize(
    ("name", "printed"),
    [
        ('say "hi".mp4', r'"say \"hi\".mp4"'),
        ("two  blanks.mp4", '"two  blanks.mp4"'),
        ("line\nbreak.mp4", r'"line\nbreak.mp4"'),
        ("\x1b[2Jcls.mp4", r'"\x1b[2Jcls.mp4"'),
        ("bidi\u202egpj.mp4", r'"bidi\u202egpj.mp4"'),
        ("back\\slash.mp4", r'"back\\slash.mp4"'),
        ("Müller.mp4", '"Müller.mp4"'),
        ("\udcff.mp4", r'"\udcff.mp4"'),
    ],
)
def test_a_file_name_stays_between_its_quotes(name: str, printed: str) -> None:
    media = replace(MEDIA["game.mp4"], path=f"/films/{name}")
    assert phrase(ops.Source(media, "video")) == f"source {printed} video"


@pytest.mark.parametrize(
    ("x", "said"),
    [
        *(("0", "0"), ("12", "12"), ("1/2", "0.5"), ("-1/8", "-0.125"), ("1/3", "1/3"), ("30000/1001", "30000/1001")),
        *(("1/1000000000", "0.000000001"), ("1/10000000000", "1/10000000000"), ("100000", "100000")),
    ],
)
def test_a_number_is_a_decimal_where_it_ends(x: str, said: str) -> None:
    assert number(Fraction(x)) == said
    assert Fraction(said) == Fraction(x)


def test_spans_warps_and_ramps() -> None:
    assert interval(Fraction(1), Fraction(7, 2)) == "[1 .. 3.5)"
    ramp = Pace(src(2), src(3), Fraction(1), Fraction(2), "smooth")
    assert warped(Warp((Pace(src(1), src(2), Fraction(1, 2), Fraction(1, 2)), ramp))) == "0.5x until 2, 1x->2x smooth"


def test_shapes() -> None:
    assert describe(Audio()) == "sound"
    assert describe(Audio(480)) == "480 samples"
    assert describe(Video(64, 36)) == "64x36"
    assert describe(Video(64, 36, Tint("yuv420p", "pc", "bt709"), frames=9, fps=FPS)) == "9f 64x36 yuv420p pc bt709"


def test_paths() -> None:
    box = Box(10.25, 20, 300, 400)
    pan = [box._replace(x=10.25 + n) for n in range(5)]
    zoom = [box._replace(width=300 + n, height=400 + n) for n in range(5)]
    assert traced(draw(FrameValues([box] * 5), [0])) == "300x400 at 10.25,20.00"
    assert traced(draw(FrameValues(pan), [0])) == "300x400 at 10.25,20.00 -> 14.25,20.00 in 1"
    assert traced(draw(FrameValues(zoom), [0])) == "300x400 at 10.25,20.00 -> 304x404 at 10.25,20.00 in 1"


def test_places() -> None:
    assert place(8) == "8"
    assert place(ops.Coarse(hold(1.0), 4, 16, 9)) == "coarse(16/9 lead 4)"
    assert place(ops.Fine(hold(1.0), 4, 16, 9)) == "fine(16/9)"
