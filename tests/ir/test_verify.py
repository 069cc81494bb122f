"""Every fault planted in a graph is refused, at the field that it came from."""

from __future__ import annotations

from fractions import Fraction

import pytest

from compiler.errors import ReelError
from compiler.ir import ops
from compiler.ir.graph import Def, Graph
from compiler.ir.ops import Op
from compiler.ir.verify import verify, verify_legal
from compiler.timeline.track import hold
from tests.ir.graphs import FPS, footage, graph, heard, path, src, v, warp

TWO = {**footage(), **footage(name="b")}
JOINED = {**TWO, "reel": ops.Concat((v("a"), v("b")))}
LAID = {
    **footage(),
    "x": ops.Plate("#000000", 1280, 720, FPS, 60),
    "b": ops.Opaque(v("a")),
    "reel": ops.Overlay(v("x"), v("b"), 0, 0),
}
BLENDED = {**TWO, "reel": ops.Xfade(v("a"), v("b"), "dissolve", 30)}
SOUND = {**footage(), **heard()}


def test_sound_graphs_pass() -> None:
    for made, video, audio in (
        (footage(), "a", None),
        (JOINED, "reel", None),
        (BLENDED, "reel", None),
        (SOUND, "a", "a.sound"),
    ):
        verify(graph(made, video, audio))


def crop(width: int, height: int, x: ops.Place, y: ops.Place) -> ops.Crop:
    return ops.Crop(v("a.warp"), width, height, x, y)


FAULTS: dict[str, tuple[dict[str, Op], str, str | None, str]] = {
    "reads what nobody makes": ({"a": ops.Conform(v("b"))}, "a", None, "reads %b, which nothing before it makes"),
    "reads what is made later": (
        {"a": ops.Conform(v("b")), "b": footage()["a.video"]}, "a", None, "%a reads %b, which nothing before"),
    "trims to nothing": ({**footage(), "a.trim": ops.Trim(v("a.video"), src(3), src(3))}, "a", None, "to nothing"),
    "crops past the right": ({**footage(), "a": crop(640, 360, 642, 0)}, "a", None, "crops 640 of 1280"),
    "crops before the left": ({**footage(), "a": crop(640, 360, -2, 0)}, "a", None, "crops 640 of 1280"),
    "crops past the bottom": ({**footage(), "a": crop(640, 360, 0, 362)}, "a", None, "crops 360 of 720"),
    "crops wider than it is": (
        {**footage(), "a": crop(1282, 720, ops.Follow(hold(1.0), 2, 0), 0)}, "a", None, "crops 1282 of 1280"),
    "crops at an odd place": ({**footage(), "a": crop(640, 360, 3, 0)}, "a", None, "odd place 3"),
    "pads with too little": ({**footage(), "a": ops.Pad(v("a.warp"), 1280, 722, 0, 4)}, "a", None, "pads 1280x720"),
    "pads what does not fit": ({**footage(), "a": ops.Pad(v("a.warp"), 1278, 722, 0, 0)}, "a", None, "to 1278x722"),
    "lays over fewer frames": (LAID | {"x": ops.Plate("#000000", 1280, 720, FPS, 59)}, "reel", None, "frames over 59"),
    "lays over less": (LAID | {"x": ops.Plate("#000000", 1278, 720, FPS, 60)}, "reel", None, "(0, 0) of 1278x720"),
    "lays at an odd place": (
        LAID | {"x": ops.Plate("#000000", 1300, 740, FPS, 60), "reel": ops.Overlay(v("x"), v("b"), 1, 0)},
        "reel", None, "lays 1280x720 at (1, 0)"),
    "lays what has no alpha": (LAID | {"reel": ops.Overlay(v("x"), v("a"), 0, 0)}, "reel", None, "over yuv420p"),
    "bends colours it cannot": (
        {**footage("action.mp4"), "a": ops.Perspective(v("a.warp"), path(), 0, 0, 0, 60)}, "a", None, "8-bit 4:2:0"),
    "takes frames past the end": ({**footage(), "reel": ops.Frames(v("a"), 9, 61)}, "reel", None, "9 to 61 of 60"),
    "takes frames before the start": ({**footage(), "reel": ops.Frames(v("a"), -1, 9)}, "reel", None, "-1 to 9"),
    "takes no frames": ({**footage(), "reel": ops.Frames(v("a"), 9, 9)}, "reel", None, "9 to 9 of 60"),
    "fades more than there is": ({**footage(), "reel": ops.Fade(v("a"), 31, 30)}, "reel", None, "fades 31 + 30 of 60"),
    "fades a sound without an end": (
        {**SOUND, "x": ops.Fade(v("a.even"), 1, 0)}, "a", "a.sound", "fades 1 + 0 of 0"),
    "joins another size": (
        {**TWO, "b": ops.Crop(v("b.warp"), 64, 36, 0, 0), "reel": ops.Concat((v("a"), v("b")))},
        "reel", None, "pictures that differ"),
    "joins another rate": (
        {**footage(), **footage(fps=Fraction(25), name="b"), "reel": ops.Concat((v("a"), v("b")))},
        "reel", None, "pictures that differ"),
    "joins other pixels": (
        {**TWO, "x": ops.Scale(v("b"), 1280, 720), "reel": ops.Concat((v("a"), v("x")))},
        "reel", None, "pictures that differ"),
    "joins another colour": (
        {**footage(), **footage("camera.mov", name="b"), "reel": ops.Concat((v("a"), v("b")))},
        "reel", None, "pictures that differ"),
    "joins what is not on the grid": (
        {**TWO, "reel": ops.Concat((v("a"), v("b.trim")))}, "reel", None, "not on the frame grid"),
    "joins a sound without an end": (
        {**SOUND, "x": ops.Concat((v("a.sound"), v("a.even")))}, "a", "x", "a sound of unknown length"),
    "joins sound to picture": ({**SOUND, "x": ops.Concat((v("a"), v("a.sound")))}, "x", None, "a sound stands where"),
    "joins picture to sound": ({**SOUND, "x": ops.Concat((v("a.sound"), v("a")))}, "a", "x", "a picture stands where"),
    "blends more than the left": (
        {**BLENDED, "reel": ops.Xfade(v("a"), v("b"), "dissolve", 61)}, "reel", None, "overlaps 61 of %a's 60"),
    "blends nothing": ({**BLENDED, "reel": ops.Xfade(v("a"), v("b"), "dissolve", 0)}, "reel", None, "overlaps 0"),
    "resamples a picture": ({**footage(), "x": ops.Resample(v("a"))}, "a", "x", "a picture stands where"),
    "cuts a sound out of a picture": ({**footage(), "x": ops.Excerpt(v("a"), src(0), 9)}, "a", "x", "a picture stands"),
    "stretches a picture": ({**footage(), "x": ops.Stretch(v("a"), warp(), 9, "atempo")}, "a", "x", "a picture stands"),
    "speeds a picture up as sound": (
        {**footage(), "x": ops.Tempo(v("a"), Fraction(2), "atempo")}, "a", "x", "a picture stands"),
    "pads a picture with silence": ({**footage(), "x": ops.Exact(v("a"), 9)}, "a", "x", "a picture stands"),
    "trims a sound as a picture": ({**SOUND, "x": ops.Trim(v("a.even"), src(0), src(1))}, "a", "x", "a sound stands"),
    "crops a sound": ({**SOUND, "x": ops.Crop(v("a.even"), 2, 2, 0, 0)}, "a", "x", "a sound stands where a picture"),
    "shows a sound": (SOUND, "a.sound", None, "is not on a frame grid"),
    "shows what is not on a grid": (footage(), "a.trim", None, "is not on a frame grid"),
    "shows odd sizes": ({**footage(), "x": ops.Scale(v("a"), 1279, 720)}, "x", None, "not what the encoder takes"),
    "shows pixels that are not square": (
        {**footage(), "x": ops.Scale(v("a"), 1280, 720)}, "x", None, "square=False"),
    "shows other colours": (footage("camera.mov"), "a", None, "not what the encoder takes"),
    "sounds longer than it shows": ({**footage(), **heard(96_001)}, "a", "a.sound", "is not the 96000 samples"),
    "sounds like a picture": (footage(), "a", "a", "is not the 96000 samples of its picture"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_refused(fault: str) -> None:
    made, video, audio, said = FAULTS[fault]
    with pytest.raises(ReelError) as caught:
        verify(graph(made, video, audio))
    assert caught.value.code == "RC301"
    assert said in caught.value.message


def test_a_fault_is_told_at_its_field() -> None:
    with pytest.raises(ReelError) as caught:
        verify(graph({**footage(), "a": ops.Fade(v("a.warp"), 99, 0)}))
    assert (caught.value.loc.clip, caught.value.loc.pointer) == ("clip", "/a")


def test_two_definitions_of_one_name_are_refused() -> None:
    once = graph(footage())
    twice = Graph((*once.defs, Def(v("a"), ops.Conform(v("a.warp")), once.defs[0].loc)), once.video, None)
    with pytest.raises(ReelError, match="%a is defined twice"):
        verify(twice)


def legal(more: dict[str, Op]) -> dict[str, Op]:
    return {**footage(), **more}


UNLAWFUL: dict[str, tuple[dict[str, Op], str, str | None, str]] = {
    "a reframe is left": (
        legal({"x": ops.Reframe(v("a"), path(), 64, 36), "reel": ops.Conform(v("x"))}), "reel", None,
        "not legal yet: reframe"),
    "a stretch is left": (SOUND, "a", "a.sound", "not legal yet: stretch"),
    "a link is read twice": (
        legal({"reel": ops.Concat((v("a"), v("a"))), "out": ops.Restamp(v("reel"))}), "out", None,
        "is read 2 times and not 1"),
    "a link is read by nobody": (legal({"x": ops.Silence(9)}), "a", None, "%x is read 0 times and not 1"),
    "a split has a way too many": (
        legal({"s": ops.Split(v("a"), 2), "reel": ops.Branch(v("s"), 0)}), "reel", None, "read 1 times and not 2"),
    "a blend of rounded timestamps": (
        {**JOINED, **footage(name="c"), "x": ops.Xfade(v("reel"), v("c"), "dissolve", 9), "out": ops.Restamp(v("x"))},
        "out", None, "not stamped on the frame grid"),
    "a blend in 4:2:0": (
        {**BLENDED, "out": ops.Restamp(v("reel"))}, "out", None, "xfade would convert: yuv420p"),
    "a film of rounded timestamps": (JOINED, "reel", None, "picture %reel is not stamped"),
}  # fmt: skip


@pytest.mark.parametrize("fault", UNLAWFUL)
def test_what_cannot_be_spelled_is_not_legal(fault: str) -> None:
    made, video, audio, said = UNLAWFUL[fault]
    verify(graph(made, video, audio))
    with pytest.raises(ReelError) as caught:
        verify_legal(graph(made, video, audio))
    assert caught.value.code == "RC301"
    assert said in caught.value.message


def test_a_blend_that_is_widened_is_legal() -> None:
    wide: dict[str, Op] = {
        "l": ops.Widen(v("a")),
        "r": ops.Widen(v("b")),
        "x": ops.Xfade(v("l"), v("r"), "dissolve", 9),
    }
    verify_legal(graph({**TWO, **wide, "n": ops.Narrow(v("x")), "out": ops.Restamp(v("n"))}, "out"))
