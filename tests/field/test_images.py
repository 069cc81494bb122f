"""Moving images, previews of images, and films with transparent parts: K8."""

from __future__ import annotations

import asyncio
import os
import re
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from compiler.previews import Patience, make_proxy, make_strip
from compiler.supervise.ffmpeg import find_build
from compiler.supervise.images.opening import image_of
from compiler.supervise.probe import probe
from compiler.supervise.straighten.image import laps
from tests.cases import cases
from tests.field.desk import Desk
from tests.field.images import Layer, delayed, webp_of
from tests.field.make import X264, Maker
from tests.field.test_photos import STILL, still
from tests.footage import read

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


DELAYS = (4, 1, 20, 0, 8, 6)
SHOWN = (4, 10, 20, 10, 8, 6)
"""Hundredths of a second: what frames state, and for how long browsers show them."""


@pytest.mark.parametrize("kind", cases(("gif", "apng", "webp"), both=("gif",)))
def test_every_frame_lasts_as_long_as_browsers_show_it(kind: str, make: Maker, desk: Desk) -> None:
    source = make.once(
        f"six.{kind}", lambda make, out: make.numbered(out, range(6), *MOVING[f"moving.{kind}"], rate=RATE)
    )
    path = make.folder / f"uneven.{kind}"
    path.write_bytes(delayed(kind, source.read_bytes(), DELAYS))
    film = desk.render(path, 0, 1, reel={"canvas": {"width": 160, "height": 90, "fps": 50}}, loop=True)
    once = [number for number, ticks in enumerate(SHOWN) for _ in range(ticks // 2)]
    assert film.frames == [*once, *once][:50]


@pytest.mark.parametrize("name", cases(MOVING, slow=("moving.apng", "moving.webp"), both=("moving.gif",)))
def test_a_late_repetition_is_as_the_first(name: str, make: Maker, desk: Desk) -> None:
    film = desk.render(moving(name, make), 86_400.52, 86_401.2, reel=CANVAS, loop=True)
    assert film.frames == [*range(13, COUNT), *range(5)]


def test_repetitions_before_the_in_point_are_not_decoded(make: Maker) -> None:
    image = image_of(moving("moving.gif", make))
    assert image is not None
    ticks = [tick for tick, _ in islice(laps(image, 100, 8_640_052), 30)]
    assert ticks[0] == 8_640_000
    assert ticks == sorted(set(ticks))


def test_a_film_does_not_loop(make: Maker, desk: Desk) -> None:
    path = make.once("film.mp4", lambda make, out: make.numbered(out, range(COUNT), *X264, rate=RATE))
    film = desk.render(path, 0, 2, reel=CANVAS, loop=True)
    assert film.frames == list(range(COUNT))
    assert any("loop" in notice for notice in film.notices)


@pytest.mark.parametrize("name", ["moving.gif", "moving.apng", "moving.webp"])
def test_a_moving_image_of_one_frame_is_a_still(name: str, make: Maker, desk: Desk) -> None:
    words = MOVING[name]
    path = make.once(f"one-{name}", lambda make, out: make.numbered(out, [77], *words, rate=RATE))
    assert desk.render(path, 0, 2, reel=CANVAS).frames == [77] * 50


@pytest.mark.parametrize("name", MOVING)
def test_a_moving_image_cut_short_is_shown_up_to_there(name: str, make: Maker, desk: Desk) -> None:
    whole = moving(name, make).read_bytes()
    path = make.folder / f"cut-{name}"
    path.write_bytes(whole[: len(whole) * 9 // 10])
    film = desk.render(path, reel=CANVAS)
    assert film.frames == list(range(len(film.frames)))
    assert 5 < len(film.frames) < COUNT
    assert any("cut short" in notice for notice in film.notices)
    assert desk.render(path, reel=CANVAS, damage="refuse").codes == ["RC604"]


@pytest.mark.parametrize(("name", "mark", "place"), [("moving.apng", b"fcTL", 50), ("moving.webp", b"ANMF", 32)])
def test_a_damaged_frame_is_held_in_every_repetition(
    name: str, mark: bytes, place: int, make: Maker, desk: Desk
) -> None:
    whole = bytearray(moving(name, make).read_bytes())
    start = [found.end() for found in re.finditer(mark, whole)][8] + place
    whole[start : start + 8] = b"\xff" * 8
    path = make.folder / f"damaged-{name}"
    path.write_bytes(whole)
    film = desk.render(path, 0, 2, reel=CANVAS, loop=True)
    assert film.frames[7:9] == [7, 7]
    assert film.frames[:25] == film.frames[25:]
    assert film.held == [["0.32", "0.36"], ["1.32", "1.36"]]
    assert any("damaged" in notice for notice in film.notices)
    assert desk.render(path, 0, 1, reel=CANVAS, damage="refuse").codes == ["RC604"]


RED, GLASS, CLEAR = (200, 0, 0, 255), (0, 0, 200, 128), (0, 0, 0, 0)


def test_frames_of_a_webp_are_laid_over_one_another(make: Maker) -> None:
    size, part = (32, 32), (8, 8, 16, 16)
    layers: list[Layer] = [(RED, (0, 0, *size), 0), (GLASS, part, 1), (GLASS, (0, 0, 8, 8), 2), (CLEAR, part, 2)]
    path = make.once("layers.webp", lambda make, out: webp_of(make, size, layers, out))
    image = image_of(path)
    assert image is not None
    pictures = [frame.to_ndarray(format="rgba") for frame in image.frames() if frame]
    at = {"corner": (2, 2), "middle": (16, 16), "edge": (30, 30)}
    seen = [{name: picture[place].tolist() for name, place in at.items()} for picture in pictures]
    assert seen[0] == {"corner": [*RED], "middle": [*RED], "edge": [*RED]}
    assert np.abs(np.subtract(seen[1]["middle"], [100, 0, 100, 255])).max() <= 1
    assert seen[2] == {"corner": [*GLASS], "middle": [*CLEAR], "edge": [*RED]}
    assert seen[3] == {"corner": [*GLASS], "middle": [*CLEAR], "edge": [*RED]}
    assert image.clears


@pytest.mark.both_builds
def test_transparent_parts_of_a_moving_image_show_the_canvas(make: Maker, desk: Desk) -> None:
    size, part = (64, 64), (16, 16, 32, 32)
    layers: list[Layer] = [(RED, (0, 0, *size), 0), (CLEAR, part, 2), (GLASS, part, 2)]
    path = make.once("holed.webp", lambda make, out: webp_of(make, size, layers, out))
    canvas = {"width": 64, "height": 64, "fps": 5, "fill": "#00C800"}
    film = desk.render(path, 0, 1.2, reel={"canvas": canvas}, loop=True)
    luma = [film.picture(frame)[32, 32].item() for frame in range(6)]
    red, green, glass = (round(16 + 219 * share) for share in (0.2126 * 200 / 255, 0.7152 * 200 / 255, 0.308))
    assert np.abs(np.subtract(luma, [red, green, glass] * 2)).max() <= 2
    assert any("transparen" in notice for notice in film.notices)


def test_alpha_of_an_avif_is_read(make: Maker) -> None:
    words = ("-filter_complex", "format=yuva420p,geq=lum='lum(X,Y)':a='255*gt(Y,20)',split[a][b];[b]alphaextract[c]")
    for name, count in (("seen-through.avif", 1), ("seen-through-moving.avif", 5)):
        coding = (*words, "-map", "[a]", "-map", "[c]", "-c:v", "libaom-av1", "-cpu-used", "8", "-crf", "10")
        path = make.folder / name
        make.numbered(path, range(count), *coding)
        image = image_of(path)
        assert image is not None
        frames = [frame for frame in image.frames() if frame]
        assert len(frames) == count
        for frame in frames:
            alpha = frame.to_ndarray(format="rgba")[:, :, 3]
            assert (alpha[:18].max(), alpha[24:].min()) == (0, 255)


@pytest.mark.parametrize("name", [*MOVING, "still.avif", "still.gif", "photo.heic"])
def test_previews_of_images(name: str, make: Maker, desk: Desk) -> None:
    known = STILL.get(name)
    path = moving(name, make) if name in MOVING else make("photo.heic") if known is None else still(name, make)
    media, build = probe(path), find_build(os.environ["REELC_FFMPEG"])
    work = desk.folder / "work"
    work.mkdir()
    asyncio.run(make_proxy(media, build, work, desk.folder / "proxy.mp4", Patience(30, 60)))
    made = [frame.codes[0] for frame in read.frames(desk.folder / "proxy.mp4")]
    if name in MOVING:
        assert made == list(range(COUNT))
    elif known:
        assert made == [77] * 150
    strip = asyncio.run(make_strip(media, build, work, desk.folder / "strip.jpg", Patience(30, 60)))
    (pictures,) = read.luma(desk.folder / "strip.jpg")
    if name not in MOVING:
        assert pictures.std() > 10
        return
    for number in range(strip.pictures):
        row, column = divmod(number, strip.columns)
        place = (float(column * strip.width), float(row * strip.height), float(strip.width), float(strip.height))
        assert read.codes(pictures, place)[0] == strip.instant(number) * 25 // 1


@pytest.mark.parametrize("name", ["moving.gif", "moving.webp"])
def test_a_frame_of_an_image(name: str, make: Maker, desk: Desk) -> None:
    path = desk.reel({"media": str(moving(name, make))}, **CANVAS)
    out = desk.folder / "frame.png"
    ended = desk.run("frame", path, "--at", "12/25", "-o", str(out))
    assert ended.exit_code == 0, ended.stderr
    assert next(iter(read.frames(out))).codes[0] == 12


@pytest.mark.parametrize("codec", ["vp9", "prores"])
def test_transparency_is_noticed(codec: str, make: Maker, desk: Desk) -> None:
    coding: dict[str, tuple[str, tuple[str, ...]]] = {
        "vp9": (
            "seen-through.webm",
            ("-vf", "format=yuva420p,geq=lum='lum(X,Y)':a='255*lt(Y,60)'", "-c:v", "libvpx-vp9"),
        ),
        "prores": ("seen-through.mov", ("-vf", "format=yuva444p10le", "-c:v", "prores_ks", "-profile:v", "4444")),
    }
    name, words = coding[codec]
    film = desk.render(make.once(name, lambda make, out: make.numbered(out, range(15), *words)))
    assert film.frames == list(range(15))
    assert any("transparen" in notice for notice in film.notices)
