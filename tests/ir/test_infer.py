"""The result of every op, inferred from the op and its operands alone."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from compiler.ir import ops
from compiler.ir.infer import CANVAS, OPAQUE, WIDE, Audio, Shape, Tint, Video, infer, shape_of
from compiler.ir.ops import OPS, Op
from compiler.timeline.clock import clock_zero
from compiler.timeline.instant import SourceTime
from compiler.timeline.media import Media
from tests.golden.media import MEDIA, film, heard, picture
from tests.ir.graphs import FPS, graph, path, src, v, warp

RAW = Video(1280, 720, Tint("yuv420p10le", "pc", "smpte170m"), zero=Fraction(1))
GRID = Video(1280, 720, square=True, frames=60, fps=FPS, stamped=True)
TRACK = Audio(zero=Fraction(1, 2))
CUT = Audio(96_000)
BRIGHT = replace(RAW, tint=Tint("yuv420p10le", "tv", "bt2020nc", "smpte2084", "bt2020"))
GIVEN: dict[str, Shape] = {
    "raw": RAW,
    "bright": BRIGHT,
    "grid": GRID,
    "small": replace(GRID, width=64, height=36, tint=OPAQUE),
    "other": replace(GRID, frames=40),
    "track": TRACK,
    "surround": replace(TRACK, speakers=("FL", "FR", "FC")),
    "cut": CUT,
}

MADE: list[tuple[Op, Shape]] = [
    (ops.Plate("#102030", 64, 36, FPS, 7), Video(64, 36, square=True, frames=7, fps=FPS, stamped=True)),
    (ops.Deinterlace(v("raw"), "tff"), RAW),
    (ops.Trim(v("raw"), src(1), src(2)), RAW),
    (
        ops.Retime(v("raw"), warp(1, 3), FPS),
        replace(RAW, zero=Fraction(0), frames=60, fps=FPS, stamped=True),
    ),
    (ops.Restamp(v("grid")), GRID),
    (ops.Restamp(v("cut")), CUT),
    (ops.Frames(v("grid"), 7, 9), replace(GRID, frames=2)),
    (ops.Restate(v("raw")), RAW),
    (ops.Flatten(v("raw"), "#000000"), replace(RAW, tint=Tint("gbrp16le", "pc", "gbr"))),
    (ops.Tonemap(v("raw")), RAW),
    (ops.Tonemap(v("bright")), replace(RAW, tint=Tint("gbrp16le", "pc", "gbr"))),
    (ops.Colour(v("raw")), replace(RAW, tint=CANVAS)),
    (ops.Turn(v("raw"), 0, True), RAW),
    (ops.Turn(v("raw"), 90, False), replace(RAW, width=720, height=1280)),
    (ops.Rotate(v("raw"), Fraction(5)), RAW),
    (ops.Reframe(v("grid"), path(), 1080, 608), replace(GRID, width=1080, height=608, square=False)),
    (ops.Crop(v("grid"), 640, 360, 2, 2), replace(GRID, width=640, height=360)),
    (ops.Smear(v("grid"), 2, 4, 6, 8), replace(GRID, width=1286, height=734)),
    (ops.Perspective(v("grid"), path(), 0, 0, 0, 60), GRID),
    (ops.Scale(v("grid"), 64, 36), replace(GRID, width=64, height=36, square=False)),
    (ops.Pad(v("grid"), 1920, 1080, 0, 0), replace(GRID, width=1920, height=1080)),
    (ops.Backdrop(v("grid"), 1920, 1080, 0, 0, "blur"), replace(GRID, width=1920, height=1080)),
    (ops.Blur(v("grid"), 4), GRID),
    (ops.Opaque(v("grid")), replace(GRID, tint=OPAQUE)),
    (ops.Overlay(v("grid"), v("small"), 2, 2), GRID),
    (ops.Conform(v("raw")), replace(RAW, square=True)),
    (ops.Widen(v("grid")), replace(GRID, tint=WIDE)),
    (ops.Narrow(v("grid")), GRID),
    (ops.Rgb(v("grid")), replace(GRID, tint=Tint("rgb24", "pc", "gbr"))),
    (ops.Downmix(v("surround")), TRACK),
    (ops.Rgb(v("grid"), "bgra"), replace(GRID, tint=Tint("bgra", "pc", "gbr"))),
    (ops.Deepen(v("grid")), replace(GRID, tint=Tint("yuv422p10le"))),
    (ops.Palette(v("grid")), replace(GRID, width=16, height=16)),
    (ops.Paint(v("grid"), v("small")), replace(GRID, tint=Tint("pal8", "pc", "gbr"))),
    (ops.Resample(v("track")), TRACK),
    (ops.Silence(7), Audio(7)),
    (ops.Made(7), Audio(7)),
    (ops.Stretch(v("track"), warp(), 99, "atempo"), Audio(99)),
    (ops.Excerpt(v("track"), src(1), 55), Audio(55)),
    (ops.Tempo(v("cut"), Fraction(2), "atempo"), Audio()),
    (ops.Exact(v("cut"), 44), Audio(44)),
    (ops.Volume(v("cut"), Fraction(-6)), CUT),
    (ops.Loudness(v("cut"), Fraction(-16), Fraction(-1)), CUT),
    (ops.Measure(v("cut")), CUT),
    (ops.Pcm(v("cut")), CUT),
    (ops.Fade(v("grid"), 3, 3), GRID),
    (ops.Fade(v("cut"), 3, 3), CUT),
    (ops.Concat((v("grid"), v("other"))), replace(GRID, frames=100, stamped=False)),
    (ops.Concat((v("cut"), v("cut"))), Audio(192_000)),
    (ops.Xfade(v("grid"), v("other"), "dissolve", 15), replace(GRID, frames=85, stamped=False)),
    (ops.Xfade(v("cut"), v("cut"), "tri", 24_000), Audio(168_000)),
    (ops.Split(v("cut"), 3), CUT),
    (ops.Branch(v("grid"), 1), GRID),
]


@pytest.mark.parametrize(("op", "shape"), MADE, ids=lambda x: type(x).__name__)
def test_an_op_makes_its_shape(op: Op, shape: Shape) -> None:
    assert shape_of(op, {v(name): made for name, made in GIVEN.items()}) == shape


def test_every_op_is_tried_here() -> None:
    assert {type(op) for op, _ in MADE} | {ops.Source} == set(OPS)


def test_footage_is_as_it_is_stored() -> None:
    def seen(media: Media) -> Shape:
        return shape_of(ops.Source(media, "video"), {})

    assert seen(MEDIA["phone.mp4"]) == Video(1920, 1080, square=True)
    assert seen(picture(MEDIA["phone.mp4"], rotation=180)) == Video(1920, 1080, square=True)
    assert seen(MEDIA["city.mpg"]) == Video(720, 576, Tint("yuv420p", "tv", "bt470bg"), zero=Fraction(1, 25))
    assert seen(MEDIA["film24.mkv"]) == Video(2048, 858, square=True)
    assert seen(MEDIA["camera.mov"]) == Video(1440, 1080, Tint("yuvj420p", "pc", "smpte170m"), square=True)
    untagged = picture(MEDIA["camera.mov"], color_range=None, pix_fmt="yuvj422p")
    assert seen(untagged) == Video(1440, 1080, Tint("yuvj422p", "pc", "smpte170m"), square=True)


@pytest.mark.parametrize(
    ("tags", "tint"),
    [
        ({}, Tint()),
        ({"width": 720, "height": 576}, Tint(matrix="smpte170m")),
        ({"width": 720, "height": 577}, Tint()),
        ({"width": 720, "height": 576, "color_space": "bt709"}, Tint()),
        ({"codec": "mjpeg", "pix_fmt": "yuvj420p"}, Tint("yuvj420p", "pc", "smpte170m")),
        ({"pix_fmt": "gbrp", "color_space": "gbr"}, Tint("gbrp", "pc", "gbr")),
        ({"pix_fmt": "rgba", "width": 64}, Tint("rgba", "pc", "gbr")),
        ({"color_transfer": "smpte2084"}, Tint("yuv420p", "tv", "bt2020nc", "smpte2084", "bt2020")),
        (
            {"color_transfer": "arib-std-b67", "color_primaries": "smpte432", "color_space": "bt709"},
            Tint("yuv420p", "tv", "bt709", "arib-std-b67", "smpte432"),
        ),
    ],
)
def test_what_is_not_tagged_is_read_by_its_kind_and_size(tags: dict[str, Any], tint: Tint) -> None:
    made = shape_of(ops.Source(picture(film("x", 25, 9), **tags), "video"), {})
    assert isinstance(made, Video)
    assert made.tint == tint


def test_sound_is_heard_on_the_pictures_clock() -> None:
    late = shape_of(ops.Source(MEDIA["city.mpg"], "audio", Fraction(2)), {})
    assert late == Audio(None, Fraction(27, 50) - Fraction(5, 2))
    assert shape_of(ops.Source(MEDIA["silent.mp4"], "audio"), {}) == Audio()


@pytest.mark.parametrize(
    ("start", "seek", "base", "zero"),
    [
        *((0, 0, 1000, "1"), (0, 10, 1000, "-9"), ("0.5", 10, 1000, "-9.5"), ("0.0005", 0, 1000, "0.999")),
        *(("-0.0005", 0, 1000, "1.001"), ("0.0004", 0, 1000, "1"), ("0.1", 0, 25, "0.88"), ("-0.02", 0, 25, "1.04")),
    ],
)
def test_ffmpegs_clock_is_rounded_to_ticks_halves_away_from_zero(
    start: str | int, seek: int, base: int, zero: str
) -> None:
    assert clock_zero(Fraction(start), Fraction(1), Fraction(1, base), seek) == Fraction(zero)


def test_infer_goes_through_the_graph_in_order() -> None:
    shapes = infer(graph({"a": ops.Source(heard(MEDIA["silent.mp4"]), "video"), "b": ops.Scale(v("a"), 64, 36)}, "b"))
    assert [*shapes] == ["a", "b"]
    assert shapes[v("b")] == Video(64, 36)


def test_an_end_of_source_time_is_seconds() -> None:
    assert MEDIA["game.mp4"].video.end == SourceTime(Fraction(60))


@pytest.mark.parametrize(
    ("size", "sar", "rotation", "displayed"),
    [
        *(((720, 576), "16/11", 0, (1047, 576)), ((720, 576), "1/2", 0, (720, 1152))),
        *(((720, 576), "2", 90, (576, 1440)), ((64, 48), "1", 270, (48, 64)), ((64, 48), "1", 180, (64, 48))),
    ],
)
def test_a_picture_is_displayed_with_square_pixels_upright(
    size: tuple[int, int], sar: str, rotation: int, displayed: tuple[int, int]
) -> None:
    media = picture(film("x", 25, 9, size), sar=Fraction(sar), rotation=rotation)
    assert media.video.displayed == displayed
