"""Images that are taken for films, and films that are images: K8."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.cases import cases
from tests.field.desk import Desk
from tests.field.heic import TILES, write_photo
from tests.field.make import Maker, recipe

RATE, COUNT = "25", 25
CANVAS = {"canvas": {"width": 160, "height": 90, "fps": 25}}

MOVING: dict[str, tuple[str, ...]] = {
    "moving.gif": ("-vf", "format=gray"),
    "moving.apng": ("-f", "apng", "-plays", "0", "-pix_fmt", "gray"),
    "moving.png": ("-f", "apng", "-plays", "0", "-pix_fmt", "rgb24"),
    "moving.webp": ("-c:v", "libwebp_anim", "-lossless", "1", "-loop", "0"),
    "moving.avif": ("-c:v", "libaom-av1", "-cpu-used", "8", "-crf", "20", "-pix_fmt", "yuv420p"),
}


def moving(name: str, make: Maker) -> Path:
    return make.once(name, lambda make, out: make.numbered(out, range(COUNT), *MOVING[name], rate=RATE))


@pytest.mark.parametrize("name", MOVING)
@pytest.mark.both_builds
def test_moving_images_move(name: str, make: Maker, desk: Desk) -> None:
    assert desk.render(moving(name, make), 0.2, 0.8, reel=CANVAS).frames == list(range(5, 20))


@pytest.mark.parametrize("name", cases(MOVING, slow=("moving.apng", "moving.webp")))
def test_a_moving_image_lasts_as_long_as_its_pictures(name: str, make: Maker, desk: Desk) -> None:
    assert desk.render(moving(name, make), reel=CANVAS).frames == list(range(COUNT))


@pytest.mark.parametrize("name", MOVING)
def test_moving_images_repeat_where_asked(name: str, make: Maker, desk: Desk) -> None:
    film = desk.render(moving(name, make), 0, 2.6, reel=CANVAS, loop=True)
    assert film.frames == [*range(COUNT), *range(COUNT), *range(15)]


@pytest.mark.parametrize("name", ["moving.gif", "moving.avif"])
def test_a_trim_beyond_a_moving_image_is_clamped_with_a_notice(name: str, make: Maker, desk: Desk) -> None:
    film = desk.render(moving(name, make), 0.5, 3, reel=CANVAS)
    assert film.frames in (list(range(12, COUNT)), list(range(13, COUNT)))
    assert film.notices


STILL: dict[str, tuple[str, ...]] = {
    "still.avif": ("-c:v", "libaom-av1", "-still-picture", "1", "-crf", "20", "-pix_fmt", "yuv420p"),
    "still.gif": ("-vf", "format=gray"),
    "still.webp": ("-c:v", "libwebp", "-lossless", "1"),
    "still.png": ("-pix_fmt", "gray"),
    "still.jpg": ("-q:v", "2"),
}


@pytest.mark.parametrize("name", cases(STILL, both=("still.avif", "still.gif")))
def test_a_still_is_held_for_its_trim(name: str, make: Maker, desk: Desk) -> None:
    path = make.once(name, lambda make, out: make.numbered(out, [77], *STILL[name]))
    assert desk.render(path, 0, 2, reel=CANVAS).frames == [77] * 50


@recipe("photo.heic")
def photo(make: Maker, out: Path) -> None:
    write_photo(make, out)


@pytest.mark.both_builds
def test_a_phones_photo_is_shown_whole(make: Maker, desk: Desk) -> None:
    box = [{"frame": 0, "x": 0, "y": 0, "width": 256, "height": 256}]
    reel = {"canvas": {"width": 128, "height": 128, "fps": 25}}
    film = desk.render(make("photo.heic"), 0, 2, crop_data=box, reel=reel)
    assert film.plan["frames"] == 50
    picture = film.picture(30)[:128].astype(int)
    quarters = [picture[y : y + 40, x : x + 40] for y in (10, 78) for x in (10, 78)]
    for quarter, luma in zip(quarters, TILES, strict=True):
        assert np.abs(quarter - luma).max() <= 3


@pytest.mark.parametrize("codec", ["vp9", "prores"])
def test_transparency_is_noticed(codec: str, make: Maker, desk: Desk) -> None:
    coding: dict[str, tuple[str, tuple[str, ...]]] = {
        "vp9": (
            "seen-through.webm",
            ("-vf", "format=yuva420p,geq=lum='lum(X,Y)':a='255*gt(Y,20)'", "-c:v", "libvpx-vp9"),
        ),
        "prores": ("seen-through.mov", ("-vf", "format=yuva444p10le", "-c:v", "prores_ks", "-profile:v", "4444")),
    }
    name, words = coding[codec]
    film = desk.render(make.once(name, lambda make, out: make.numbered(out, range(15), *words)))
    assert film.frames == list(range(15))
    assert any("transparen" in notice for notice in film.notices)
