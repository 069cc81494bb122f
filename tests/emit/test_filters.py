"""Every op of a legal graph has a spelling, and no other op has one."""

from __future__ import annotations

from fractions import Fraction

import pytest

from compiler.emit.colour import MATRIX, SPARE
from compiler.emit.filters import filters, needs, spell
from compiler.emit.pictures import FLAGS, MARKED
from compiler.errors import Loc
from compiler.ir import ops
from compiler.ir.graph import Def
from compiler.ir.infer import MATRICES, Audio, Tint, Video, shape_of
from compiler.ir.ops import Op
from compiler.transitions import BLENDS, TRANSITIONS
from tests.golden.compiling import FILMS, compile_case
from tests.golden.media import FILTERS, MEDIA
from tests.ir.graphs import FPS, footage, graph, path, v
from tests.ir.test_infer import GIVEN, MADE

SHAPES = {v(name): shape for name, shape in GIVEN.items()}


def spelled(op: Op, **given: Video | Audio) -> list[str]:
    shapes = {**SHAPES, **{v(name): shape for name, shape in given.items()}}
    shapes[v("x")] = shape_of(op, shapes)
    return filters(Def(v("x"), op, Loc()), shapes)


@pytest.mark.parametrize("op", [op for op, _ in MADE], ids=lambda op: type(op).__name__)
def test_every_legal_op_has_filters(op: Op) -> None:
    if isinstance(op, ops.Meant):
        with pytest.raises(TypeError, match=f"no filter does what {type(op).__name__} means"):
            spelled(op)
        return
    texts = spelled(op)
    assert bool(texts) != isinstance(op, ops.Branch)
    assert all(text and not text.endswith(",") for text in texts)


def test_a_source_is_an_input_and_no_filter() -> None:
    assert spelled(ops.Source(MEDIA["game.mp4"], "video")) == []


@pytest.mark.parametrize(
    ("degrees", "angle"),
    [("5", "-5"), ("-5", "5"), ("0.25", "-0.25"), ("-12.5", "12.5"), ("1/3", "-0.333333333333333")],
)
def test_a_rotation_is_counter_clockwise_whatever_the_clip_is_called(degrees: str, angle: str) -> None:
    shapes = {v("a"): GIVEN["grid"], v("x--y"): GIVEN["grid"]}
    define = Def(v("x--y"), ops.Rotate(v("a"), Fraction(degrees)), Loc())
    assert filters(define, shapes) == [f"rotate@x--y=a='{angle}*PI/180':ow=iw:oh=ih:c=black"]


@pytest.mark.parametrize("matrix", sorted(MATRICES))
@pytest.mark.parametrize(("given", "said"), [("pc", "full"), ("tv", "limited")])
def test_every_matrix_that_is_let_in_is_converted(matrix: str, given: str, said: str) -> None:
    scale, form = spelled(ops.Colour(v("film")), film=Video(64, 36, Tint("yuv420p", given, matrix)))
    assert f"in_range={said}:out_range=limited:in_color_matrix={MATRIX[matrix]}:out_color_matrix=bt709" in scale
    assert form == "format=yuv420p"


def test_every_transition_is_a_join_we_can_spell() -> None:
    assert ("cut", "fade", *BLENDS) == TRANSITIONS
    assert spelled(ops.Xfade(v("grid"), v("other"), "dissolve", 15)) == [
        *("xfade@x=fade:duration=0.5:offset=1.5", "trim=end_frame=85")
    ]
    assert spelled(ops.Widen(v("grid")))[0] == SPARE
    assert spelled(ops.Xfade(v("grid"), v("other"), "wipeleft", 1))[0].startswith("xfade@x=wipeleft:duration=0.0333333")
    assert spelled(ops.Xfade(v("grid"), v("other"), "grain", 15))[0].startswith("xfade@x=dissolve:")
    assert len({blend.drawn for blend in BLENDS.values()}) == len(BLENDS) == 58


def test_a_plate_is_made_of_rgb() -> None:
    assert spelled(ops.Plate("#ff8800", 64, 36, Fraction(30000, 1001), 7)) == [
        "color@x=c=0xff8800:s=64x36:r=30000/1001",
        "format=gbrp",
        f"scale=in_range=full:out_range=limited:out_color_matrix=bt709:flags={FLAGS}",
        *("setsar=1", "format=yuv420p", MARKED, "trim=end_frame=7"),
    ]


def test_a_picture_fades_by_frames() -> None:
    assert spelled(ops.Fade(v("grid"), 0, 0)) == []
    assert spelled(ops.Fade(v("grid"), 8, 7)) == ["fade@x.in=t=in:s=0:n=8", "fade@x.out=t=out:s=53:n=7"]


def test_joins_say_which_kind_of_stream_they_join() -> None:
    assert spelled(ops.Concat((v("grid"), v("grid"), v("grid")))) == ["concat@x=n=3:v=1:a=0"]
    assert spelled(ops.Concat((v("cut"), v("cut")))) == ["concat@x=n=2:v=0:a=1"]
    assert spelled(ops.Split(v("grid"), 2)) == ["split=2"]
    assert spelled(ops.Split(v("cut"), 3)) == ["asplit=3"]


@pytest.mark.parametrize("case", FILMS)
def test_what_a_film_needs_is_what_its_script_says(case: str) -> None:
    compiled = compile_case(case)
    needed = needs(compiled.film, spell(compiled.film))
    assert set(needed) <= FILTERS
    assert all(f"{name}=" in compiled.script or f"{name}@" in compiled.script or name == "apad" for name in needed)


def test_what_is_needed_is_first_needed_somewhere() -> None:
    made = {**footage(), "r": ops.Rotate(v("a"), Fraction(1)), "s": ops.Smear(v("r"), 2, 0, 0, 0)}
    made_graph = graph(made, "s")
    needed = needs(made_graph, spell(made_graph))
    assert needed["rotate"].pointer == "/r"
    assert needed["fillborders"].pointer == needed["pad"].pointer == "/s"
    assert needed["settb"].pointer == "/a.trim"
    assert "" not in needed
    assert path().frames == 2 * FPS
