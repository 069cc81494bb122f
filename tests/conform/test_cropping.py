"""The cropping that a container states is applied by the graph, with every ffmpeg alike."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from compiler.ir import ops
from compiler.supervise.probe import probe
from compiler.supervise.record import media_of, recorded
from compiler.timeline.media import WHOLE, Cropping
from tests.cases import cases
from tests.conform.studio import compiled, rendered
from tests.conform.test_sources import reel, run
from tests.footage import read

Clap = tuple[int, int, int, int, int, int, int, int]
"""Width, height, offset across and offset down of the aperture's centre, each a numerator and a denominator."""

LOSSLESS = ("-c:v", "libx264", "-qp", "0", "-pix_fmt", "yuv420p", "-color_range", "tv", "-colorspace", "bt709")


def edged(ffmpeg: str, output: Path, crop: Cropping, *options: str, size: tuple[int, int] = (320, 180)) -> None:
    """A picture of `size` whose part within `crop` is 160 left and top, 90 right or below; white around it."""
    left, top, right, bottom = crop
    width, height = size
    inside = f"gte(X,{left})*lt(X,{width - right})*gte(Y,{top})*lt(Y,{height - bottom})"
    corner = f"lt(X,{(width - right + left) // 2})*lt(Y,{(height - bottom + top) // 2})"
    drawn = f"geq=lum='if({inside},90+70*{corner},235)':cb=128:cr=128"
    picture = f"color=black:s={width}x{height}:r=30:d=1,format=yuv420p,{drawn}"
    run(ffmpeg, "-y", "-f", "lavfi", "-i", picture, *(options or LOSSLESS), output)


def with_clap(path: Path, clap: Clap) -> None:
    """Put a clean aperture into the first sample entry of a film whose index is at its end."""
    data = bytearray(path.read_bytes())
    names = ((b"moov", 8), (b"trak", 8), (b"mdia", 8), (b"minf", 8), (b"stbl", 8), (b"stsd", 16))
    at, holders = 0, []
    for name, header in names:
        at = _box(data, at, name)
        holders.append(at)
        at += header
    holders.append(at)
    end = at + struct.unpack_from(">I", data, at)[0]
    data[end:end] = struct.pack(">I4s8i", 40, b"clap", *clap)
    for holder in holders:
        struct.pack_into(">I", data, holder, struct.unpack_from(">I", data, holder)[0] + 40)
    path.write_bytes(data)


def _box(data: bytearray, at: int, name: bytes) -> int:
    while data[at + 4 : at + 8] != name:
        at += struct.unpack_from(">I", data, at)[0]
    return at


def with_pixel_crop(path: Path, crop: Cropping) -> None:
    """State a cropping in the picture's element of a Matroska file, in place of the padding after its index."""
    data = path.read_bytes()
    added = b"".join(
        code + bytes([0x82]) + struct.pack(">H", n)
        for code, n in zip((b"\x54\xcc", b"\x54\xbb", b"\x54\xdd", b"\x54\xaa"), crop, strict=True)
    )
    path.write_bytes(b"".join(_grown(data, (0x18538067, 0x1654AE6B, 0xAE, 0xE0), added)))


def _grown(data: bytes, names: tuple[int, ...], added: bytes) -> Iterator[bytes]:
    """The elements with `added` inside the first one of the path `names`; places stated elsewhere become wrong."""
    at, done = 0, False
    while at < len(data):
        length = 9 - data[at].bit_length()
        name = int.from_bytes(data[at : at + length], "big")
        width = 9 - data[at + length].bit_length()
        start = at + length + width
        size = int.from_bytes(data[at + length : start], "big") & ((1 << 7 * width) - 1)
        inner = data[start : start + size]
        if name == names[0] and not done:
            done = True
            inner = b"".join(_grown(inner, names[1:], added)) if len(names) > 1 else inner + added
        yield data[at : at + length] + (len(inner) | 1 << 56).to_bytes(8, "big") + inner
        at = start + size


def picture_of(film: Path) -> np.ndarray:
    return next(read.luma(film)).astype(int)


APERTURES: dict[str, tuple[Clap, Cropping]] = {
    "centred": ((256, 1, 144, 1, 0, 1, 0, 1), (32, 18, 32, 18)),
    "half a pixel": ((304, 1, 171, 1, 0, 1, 0, 1), (8, 4, 8, 5)),
    "odd": ((305, 1, 170, 1, 0, 1, 0, 1), (7, 5, 8, 5)),
    "broken off": ((577, 2, 160, 1, 0, 1, 0, 1), (15, 10, 16, 10)),
    "off the centre": ((256, 1, 144, 1, 9, 1, -7, 1), (41, 11, 23, 25)),
    "by halves": ((319, 1, 179, 1, 1, 2, -1, 2), (1, 0, 0, 1)),
}


@pytest.mark.further
@pytest.mark.conform
@pytest.mark.parametrize("name", cases(APERTURES, slow=("broken off", "by halves"), both=("half a pixel",)))
def test_a_clean_aperture_is_what_is_shown(name: str, ffmpegs: str, embedded: str, tmp_path: Path) -> None:
    clap, crop = APERTURES[name]
    edged(embedded, tmp_path / "clap.mp4", crop)
    with_clap(tmp_path / "clap.mp4", clap)
    video = probe(tmp_path / "clap.mp4").video
    assert (video.crop, video.width, video.height) == (crop, 320, 180)
    width, height = video.displayed
    assert (width, height) == (320 - crop[0] - crop[2], 180 - crop[1] - crop[3])
    even = {"width": width // 2 * 2, "height": height // 2 * 2}
    film = picture_of(
        rendered(reel("clap.mp4", start=0, end=0.5, **even), ffmpegs, tmp_path / "film.mp4", tmp_path).path
    )
    assert film.max() < 180, "nothing outside of the aperture"
    across, down = width // 2 - 4, height // 2 - 4
    assert film[:down, :across] == pytest.approx(160, abs=6)
    assert film[down + 8 :, across + 8 :] == pytest.approx(90, abs=6)


@pytest.mark.conform
@pytest.mark.both_builds
def test_matroska_crops_pixels(ffmpegs: str, embedded: str, tmp_path: Path) -> None:
    """A picture of 256 pixels, shown whole, with bars of 32 on both sides."""
    crop = (32, 0, 32, 0)
    edged(embedded, tmp_path / "crop.mkv", crop)
    with_pixel_crop(tmp_path / "crop.mkv", crop)
    stored = reel("crop.mkv", start=0, end=0.5, width=320, height=180)
    stored["clips"][0]["crop_data"] = [{"frame": 0, "x": 0, "y": 0, "width": 256, "height": 180}]
    film = picture_of(rendered(stored, ffmpegs, tmp_path / "film.mp4", tmp_path).path)
    assert film[:, :30].max() == film[:, 290:].max() == 16
    assert film[:84, 34:150] == pytest.approx(160, abs=6)
    assert film[96:, 170:286] == pytest.approx(90, abs=6)


TURNS = (("90",), ("180",), ("270",), ("90", "h"), ("0", "v"))


@pytest.mark.further
@pytest.mark.conform
@pytest.mark.parametrize("turn", cases(TURNS, slow=TURNS[1:3], both=(TURNS[0], TURNS[3])), ids="-".join)
def test_a_cropped_picture_is_turned(turn: tuple[str, ...], ffmpegs: str, embedded: str, tmp_path: Path) -> None:
    """The film of the cropped picture is that of a source which has no more than that picture, turned alike."""
    clap, crop = APERTURES["off the centre"]
    edged(embedded, tmp_path / "whole.mp4", crop)
    inside = ("-vf", f"crop=256:144:{crop[0]}:{crop[1]}:exact=1")
    run(embedded, "-y", "-i", tmp_path / "whole.mp4", *inside, *LOSSLESS, tmp_path / "inside.mp4")
    said = ["-display_rotation", turn[0], *(f"-display_{flip}flip" for flip in turn[1:])]
    films = []
    for name in ("whole", "inside"):
        run(embedded, "-y", *said, "-i", tmp_path / f"{name}.mp4", "-c", "copy", tmp_path / f"{name}_turned.mp4")
        if name == "whole":
            with_clap(tmp_path / "whole_turned.mp4", clap)
        size = dict(zip(("width", "height"), probe(tmp_path / f"{name}_turned.mp4").video.displayed, strict=True))
        stored = reel(f"{name}_turned.mp4", start=0, end=0.2, **size)
        films.append(picture_of(rendered(stored, ffmpegs, tmp_path / f"{name}_film.mp4", tmp_path).path))
    assert films[0] == pytest.approx(films[1], abs=3)


@pytest.mark.conform
def test_a_cropped_picture_of_wide_pixels(ffmpegs: str, embedded: str, tmp_path: Path) -> None:
    clap, crop = APERTURES["centred"]
    edged(embedded, tmp_path / "wide.mp4", crop, "-vf", "setsar=2", *LOSSLESS)
    with_clap(tmp_path / "wide.mp4", clap)
    assert probe(tmp_path / "wide.mp4").video.displayed == (512, 144)
    stored = reel("wide.mp4", start=0, end=0.5, width=512, height=144)
    film = picture_of(rendered(stored, ffmpegs, tmp_path / "film.mp4", tmp_path).path)
    assert film.max() < 180
    assert film[:68, :248] == pytest.approx(160, abs=6)


@pytest.mark.parametrize(
    "clap", [(400, 1, 100, 1, 0, 1, 0, 1), (300, 1, 100, 1, 40, 1, 0, 1), (1, 0, 1, 0, 0, 1, 0, 1)]
)
def test_an_aperture_that_makes_no_sense_is_none(clap: Clap, embedded: str, tmp_path: Path) -> None:
    edged(embedded, tmp_path / "clap.mp4", WHOLE)
    with_clap(tmp_path / "clap.mp4", clap)
    assert probe(tmp_path / "clap.mp4").video.crop == WHOLE


def test_facts_of_before_are_of_the_whole_picture(embedded: str, tmp_path: Path) -> None:
    """Facts that say nothing of cropping keep the picture as it was probed, with every ffmpeg."""
    edged(embedded, tmp_path / "clap.mp4", WHOLE)
    with_clap(tmp_path / "clap.mp4", APERTURES["centred"][0])
    facts = recorded(probe(tmp_path / "clap.mp4"))
    del facts["video"]["crop"]
    media = media_of(tmp_path / "clap.mp4", facts)
    assert (media.video.crop, media.video.displayed) == (None, (320, 180))
    assert media_of(tmp_path / "x", recorded(media)) == replace(media, path=str(tmp_path / "x"))


def test_the_graph_crops_and_ffmpeg_does_not(ffmpegs: str, embedded: str, tmp_path: Path) -> None:
    edged(embedded, tmp_path / "clap.mp4", WHOLE)
    plain = compiled(reel("clap.mp4"), ffmpegs, tmp_path)
    with_clap(tmp_path / "clap.mp4", APERTURES["odd"][0])
    done = compiled(reel("clap.mp4"), ffmpegs, tmp_path)
    crops = [define.op for define in done.film if isinstance(define.op, ops.Crop)]
    assert [(op.width, op.height, op.x, op.y, op.exact) for op in crops][:1] == [(305, 170, 7, 5, True)]
    assert ("-apply_cropping" in done.command("g", "f")) == (ffmpegs == embedded)
    assert "-apply_cropping" not in plain.command("g", "f")
