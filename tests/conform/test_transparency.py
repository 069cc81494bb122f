"""Transparent parts show the canvas's colour, or black."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from compiler.supervise.probe import probe
from tests.conform.studio import compiled, rendered
from tests.conform.test_colours import coded, middles, near
from tests.conform.test_previews import proxied
from tests.conform.test_sources import run

KINDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "card.png": ("rgba", ("-frames:v", "1")),
    "deep.png": ("rgba64be", ("-frames:v", "1")),
    "grey.png": ("ya8", ("-frames:v", "1")),
    "card.webp": ("yuva420p", ("-frames:v", "1", "-c:v", "libwebp", "-quality", "100")),
    "film9.webm": ("yuva420p", ("-c:v", "libvpx-vp9", "-lossless", "1", "-auto-alt-ref", "0")),
    "film8.webm": ("yuva420p", ("-c:v", "libvpx", "-crf", "4", "-b:v", "5M", "-auto-alt-ref", "0")),
    "film.mov": ("yuva444p10le", ("-c:v", "prores_ks", "-profile:v", "4444")),
    "animation.mov": ("argb", ("-c:v", "qtrle")),
    "ffv1.mkv": ("gbrap", ("-c:v", "ffv1")),
}
"""Kinds of media with an alpha plane; all are 64x64."""

GREY, GREEN = "#808080", "#20c040"
SHARE = 0.5
"""The alpha of the source."""


def seen(name: str, fill: str) -> tuple[float, float, float]:
    """Red at half opacity over a colour (grey media: their own grey), 0 to 1."""
    above = (54 / 255,) * 3 if name == "grey.png" else (1.0, 0.0, 0.0)
    below = [int(fill[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    red, green, blue = (SHARE * a + (1 - SHARE) * b for a, b in zip(above, below, strict=True))
    return red, green, blue


def make(name: str, ffmpeg: str, folder: Path) -> None:
    pix_fmt, encoder = KINDS[name]
    drawn = "color=red:s=64x64:r=25:d=0.4,format=gbrap,lutrgb=a=128"
    if name == "grey.png":
        drawn = "color=black:s=64x64:r=25:d=0.4,format=gbrap,lutrgb=r=54:g=54:b=54:a=128"
    matrix = "scale=out_color_matrix=bt601:out_range=tv," if pix_fmt.startswith("yuva") else ""
    marks = ("-color_range", "tv", "-colorspace", "smpte170m") if pix_fmt.startswith("yuva") else ()
    run(ffmpeg, "-y", "-f", "lavfi", "-i", f"{drawn},{matrix}format={pix_fmt}", *encoder, *marks, folder / name)


def reel(name: str, **canvas: Any) -> dict[str, Any]:
    trim = {"version": 2, "trimRange": {"start": 0, "end": 0.4}, "spans": []}
    return {
        "reel": 1,
        "canvas": {"width": 64, "height": 64, "fps": 25, **canvas},
        "encode": {"preset": "ultrafast", "crf": 4},
        "clips": [{"media": name, "segments_data": trim}],
    }


@pytest.mark.conform
@pytest.mark.both_builds
@pytest.mark.parametrize("name", KINDS)
def test_transparent_parts_show_the_canvas(name: str, ffmpegs: str, embedded: str, tmp_path: Path) -> None:
    make(name, embedded, tmp_path)
    for k, (canvas, colour) in enumerate((({}, "#000000"), ({"fill": GREEN}, GREEN), ({"fill": "blur"}, "#000000"))):
        film = rendered(reel(name, **canvas), ffmpegs, tmp_path / f"{k}.mp4", tmp_path).path
        wanted = coded(seen(name, colour), "bt709", False, 8)
        near(middles(film), [wanted, wanted])
        notices = compiled(reel(name, **canvas), ffmpegs, tmp_path).plan.notices
        assert [colour in notice.message for notice in notices] == [True]


@pytest.mark.conform
@pytest.mark.parametrize("motion", ["blend", "interpolate"])
def test_slow_motion_is_flattened_before_it_is_mixed(motion: str, embedded: str, tmp_path: Path) -> None:
    make("film.mov", embedded, tmp_path)
    stored = reel("film.mov", fill=GREY)
    slow = [{"start": 0, "end": 0.4, "speed": 0.5}]
    stored["clips"][0]["segments_data"]["spans"] = slow
    stored["clips"][0]["motion"] = motion
    film = rendered(stored, embedded, tmp_path / "film.mp4", tmp_path).path
    near(middles(film), [coded(seen("film.mov", GREY), "bt709", False, 8)] * 4)


def test_a_proxy_shows_black(embedded: str, tmp_path: Path) -> None:
    make("film9.webm", embedded, tmp_path)
    proxy = proxied(probe(tmp_path / "film9.webm"), embedded, tmp_path)
    near(middles(proxy), [coded(seen("film9.webm", "#000000"), "bt709", False, 8)] * 2)
