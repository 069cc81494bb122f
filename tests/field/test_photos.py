"""Still images, and photos as phones write them, in tiles, turned and mirrored: K8."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.cases import cases
from tests.field.desk import Desk, Ended
from tests.field.heic import TILES, mirrored, turned, write_photo
from tests.field.make import Maker, recipe

CANVAS = {"canvas": {"width": 160, "height": 90, "fps": 25}}

STILL: dict[str, tuple[str, ...]] = {
    "still.avif": ("-c:v", "libaom-av1", "-still-picture", "1", "-crf", "20", "-pix_fmt", "yuv420p"),
    "still.gif": ("-vf", "format=gray"),
    "still.webp": ("-c:v", "libwebp", "-lossless", "1"),
    "still.png": ("-pix_fmt", "gray"),
    "still.jpg": ("-q:v", "2"),
}


@pytest.mark.parametrize("name", cases(STILL, both=("still.avif", "still.gif")))
def test_a_still_is_held_for_its_trim(name: str, make: Maker, desk: Desk) -> None:
    assert desk.render(still(name, make), 0, 2, reel=CANVAS).frames == [77] * 50


def still(name: str, make: Maker) -> Path:
    return make.once(name, lambda make, out: make.numbered(out, [77], *STILL[name]))


@recipe("photo.heic")
def photo(make: Maker, out: Path) -> None:
    write_photo(make, out)


@pytest.mark.both_builds
def test_a_phones_photo_is_shown_whole(make: Maker, desk: Desk) -> None:
    box = [{"frame": 0, "x": 0, "y": 0, "width": 256, "height": 256}]
    reel = {"canvas": {"width": 128, "height": 128, "fps": 25}}
    film = desk.render(make("photo.heic"), 0, 2, crop_data=box, reel=reel)
    assert film.plan["frames"] == 50
    assert quarters(film) == list(TILES)


def quarters(film: Ended) -> list[int]:
    """The luma that is next to that of each quarter of a picture: left above, right above, left below, right below."""
    picture = film.picture(30)[:128].astype(int)
    parts = [picture[y : y + 40, x : x + 40] for y in (10, 78) for x in (10, 78)]
    nearest = [min(TILES, key=lambda luma: abs(luma - part.mean())) for part in parts]
    assert all(np.abs(part - luma).max() <= 3 for part, luma in zip(parts, nearest, strict=True))
    return nearest


A, B, C, D = TILES
TURNS: dict[str, tuple[tuple[bytes, ...], list[int]]] = {
    "left": ((turned(1),), [B, D, A, C]),
    "half": ((turned(2),), [D, C, B, A]),
    "right": ((turned(3),), [C, A, D, B]),
    "upside-down": ((mirrored(0),), [C, D, A, B]),
    "swapped": ((mirrored(1),), [B, A, D, C]),
    "left-then-swapped": ((turned(1), mirrored(1)), [D, B, C, A]),
    "left-then-upside-down": ((turned(1), mirrored(0)), [A, C, B, D]),
}


@pytest.mark.parametrize("turn", cases(TURNS, both=("left", "left-then-swapped")))
def test_a_photo_is_the_right_way_up(turn: str, make: Maker, desk: Desk) -> None:
    shown, wanted = TURNS[turn]
    path = make.once(f"{turn}.heic", lambda make, out: write_photo(make, out, *shown))
    film = desk.render(path, 0, 2, reel={"canvas": {"width": 128, "height": 128, "fps": 25}})
    assert quarters(film) == wanted


def test_a_photo_of_a_kind_that_is_not_read_is_named(make: Maker, desk: Desk) -> None:
    path = make.once("laid.heic", lambda make, out: write_photo(make, out, kind=b"iovl"))
    film = desk.render(path, 0, 2)
    assert film.codes == ["RC606"]
    assert "HEIC" in film.stderr
    assert "hint" in film.stderr
