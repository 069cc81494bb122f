"""Picture filters as text, and their output in every ffmpeg."""

from __future__ import annotations

import pytest

from compiler.emit import pictures
from compiler.emit.expr import place_text
from compiler.ir.ops import Coarse, Crop, Fine, Follow, Pad, Perspective, Scale, Smear, Value
from compiler.timeline.path import Path
from compiler.timeline.track import Piece, Track, hold
from tests.emit.drawn import draw, lumas
from tests.emit.expressions import value

SRC = Value("dunk")
PAN = Track((Piece(0, (20.3, 1.37)),), 0.0)
ZOOM = Path(PAN, Track((Piece(0, (6.0, 0.4)),), 0.0), Track((Piece(0, (96.0, -1.5)),), 0.0), hold(48.0), 8)


def test_texts() -> None:
    assert pictures.crop(Crop(SRC, 630, 1080, 654, 0), "dunk.coarse") == "crop@dunk.coarse=w=630:h=1080:x=654:y=0"
    odd = Crop(SRC, 305, 170, 7, 5, exact=True)
    assert pictures.crop(odd, "dunk.aperture") == "crop@dunk.aperture=w=305:h=170:x=7:y=5:exact=1"
    assert pictures.crop(Crop(SRC, 626, 1080, Fine(PAN, 18, 16, 9), 0), "a") == (
        "crop@a=w=626:h=1080:x='2*mod(round((20.3+n*1.37+18)*8)*9,16)':y=0"
    )
    assert pictures.scale(Scale(SRC, 1080, 1920), "a") == (
        "scale@a=w=1080:h=1920:flags=bicubic+accurate_rnd+full_chroma_int+bitexact"
    )
    assert pictures.pad(Pad(SRC, 1080, 1920, 0, 656), "a") == "pad@a=w=1080:h=1920:x=0:y=656:color=black"
    assert pictures.smear(Smear(SRC, 16, 22, 0, 0), "a") == (
        "pad@a=w=iw+38:h=ih:x=16:y=0, fillborders@a=left=16:right=22:mode=smear"
    )


def test_a_corner_reads_its_track_once_and_the_half_pixel_is_there() -> None:
    text = pictures.perspective(Perspective(SRC, ZOOM, Follow(PAN, 2, 150), 4, 0, 8), "a")
    assert text.startswith(
        "perspective@a=x0='st(0,20.3+(in-1)*1.37)-clip(2*floor((ld(0)-2)/2),0,150)-0.5+(96-(in-1)*1.5)*0.5/W'"
        ":y0='6+(in-1)*0.4-4.5+24/H'"
    )
    assert text.endswith(":interpolation=cubic:eval=frame")


def test_a_chunk_is_enabled_for_its_frames() -> None:
    text = pictures.perspective(Perspective(SRC, ZOOM, 0, 0, 2, 8), "a")
    assert text.endswith(":eval=frame:enable='gte(n,2)*lt(n,8)'")


@pytest.mark.parametrize("place", [Coarse(PAN, 0, 16, 9), Fine(PAN, 4, 16, 9), Follow(PAN, 2, 24)])
def test_crop_stands_where_its_place_says(ffmpegs: str, place: Coarse | Fine | Follow) -> None:
    film = draw(ffmpegs, pictures.crop(Crop(SRC, 64, 32, place, 8), "a"), "X", 8)
    expected = [value(place_text(place), n) for n in range(8)]
    assert [luma[0] for luma in lumas(film, 64, 32)] == [round(x) for x in expected]


def test_smear_draws_the_edge_out(ffmpegs: str) -> None:
    film = draw(ffmpegs, pictures.smear(Smear(SRC, 8, 6, 4, 0), "a"), "X*0.8+40", 1)
    row = lumas(film, 270, 132)[0][:270]
    assert row[:9] == bytes([40] * 9)
    assert row[-7:] == bytes([row[-7]] * 7)
    assert row[-7] == 244


def test_perspective_shows_the_box(ffmpegs: str) -> None:
    """On a ramp every pixel's luma identifies its source point."""
    window = Crop(SRC, 104, 64, Follow(PAN, 2, 152), 4)
    chain = [pictures.crop(window, "a"), pictures.perspective(Perspective(SRC, ZOOM, window.x, 4, 0, 8), "b")]
    film = draw(ffmpegs, ", ".join(chain), "X", 8)
    for n, luma in enumerate(lumas(film, 104, 64)):
        box = ZOOM.at(n)
        wanted = [box.x + (i + 0.5) * box.width / 104 - 0.5 for i in range(104)]
        assert list(luma[32 * 104 : 33 * 104]) == pytest.approx(wanted, abs=0.6)
        assert sum(luma[32 * 104 : 33 * 104]) / 104 == pytest.approx(sum(wanted) / 104, abs=0.05)


def test_chunks_draw_what_one_filter_draws(ffmpegs: str) -> None:
    whole, early, late = (
        pictures.perspective(Perspective(SRC, ZOOM, 0, 0, first, until), f"a{first}")
        for first, until in ((0, 8), (0, 3), (3, 8))
    )
    one = draw(ffmpegs, whole, "X/2+Y/2", 8)
    assert draw(ffmpegs, f"{early}, {late}", "X/2+Y/2", 8) == one
    assert draw(ffmpegs, early, "X/2+Y/2", 8) != one
