"""Still images as clips: shown in every frame, as long as the trim or for five seconds, upright, and silent."""

from __future__ import annotations

import struct
import subprocess
import zlib
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from compiler.supervise.probe import probe
from tests.cases import cases
from tests.conform.studio import compiled, rendered
from tests.conform.test_colours import coded as by_definition
from tests.footage import coded, read

KINDS = {
    "card.png": (),
    "card.jpg": ("-q:v", "1", "-pix_fmt", "yuvj444p"),
    "card.webp": ("-c:v", "libwebp", "-lossless", "0", "-quality", "100"),
    "card.bin": ("-c:v", "png", "-f", "image2pipe"),
    "a %03d of many.jpg": ("-c:v", "png", "-f", "image2pipe"),
}
"""The last two are PNGs with another suffix."""

NEAR = 3


def write(path: Path, ffmpeg: str, *options: str, size: tuple[int, int] = (640, 360)) -> None:
    """The coded picture 77 as an image, its lower right quarter red."""
    raw = ("-f", "rawvideo", "-pix_fmt", "yuv420p", "-color_range", "tv", "-s", "{}x{}".format(*size), "-i", "pipe:0")
    red = f"drawbox=x={size[0] // 2}:y={size[1] // 2}:w={size[0]}:h={size[1]}:color=0xC04040:t=fill"
    convert = f"scale=in_color_matrix=bt601:out_color_matrix=bt601,format=rgb24,{red}"
    command = [ffmpeg, "-v", "error", "-y", *raw, "-vf", convert, "-frames:v", "1", *options, "-update", "1"]
    target = f"file:{path}" if "image2pipe" not in options else "pipe:1"
    if target == "pipe:1":
        command = command[:-2]
        done = subprocess.run(
            [*command, target], input=coded.yuv420p(coded.draw(77, size, 0)), capture_output=True, check=True
        )
        path.write_bytes(done.stdout)
        return
    coded.feed([*command, target], iter([coded.yuv420p(coded.draw(77, size, 0))]))


def reel(*clips: dict[str, Any], fps: int = 30, **canvas: int) -> dict[str, Any]:
    size = {"width": 640, "height": 360, **canvas}
    return {"reel": 1, "canvas": {**size, "fps": fps}, "encode": {"preset": "ultrafast", "crf": 10}, "clips": [*clips]}


def trim(start: float, end: float, *spans: dict[str, float]) -> dict[str, Any]:
    return {"segments_data": {"version": 2, "trimRange": {"start": start, "end": end}, "spans": [*spans]}}


@pytest.mark.further
@pytest.mark.conform
@pytest.mark.parametrize("name", cases(KINDS, both=("a %03d of many.jpg",)))
def test_an_image_is_held(name: str, ffmpegs: str, embedded: str, tmp_path: Path) -> None:
    write(tmp_path / name, embedded, *KINDS[name])
    fast: dict[str, float] = {"start": 0, "end": 2, "speed": 16}
    clips = [{"media": name, **each} for each in ({}, trim(0, 1), trim(3, 7.5), trim(0, 2, fast))]
    film = rendered(reel(*clips), ffmpegs, tmp_path / "film.mp4", tmp_path).path
    frames = read.frames(film)
    assert [frame.codes[0] for frame in frames] == [77] * (150 + 30 + 135 + 4)
    samples, rate = read.samples(film)
    assert not samples.any()
    assert len(samples) >= len(frames) * rate // 30
    with av.open(str(film)) as container:
        picture = next(container.decode(video=0)).to_ndarray()
    chroma = picture[360:].reshape(2, 180, 320)
    y, cb, cr = by_definition((0xC0 / 255, 0x40 / 255, 0x40 / 255), "bt709", False, 8)
    found = (picture[300, 600], chroma[0, 150, 300], chroma[1, 150, 300])
    assert tuple(map(int, found)) == pytest.approx((y, cb, cr), abs=NEAR)


@pytest.mark.conform
@pytest.mark.parametrize("fps", [1, 24, 240])
def test_an_image_has_every_rate(fps: int, ffmpegs: str, embedded: str, tmp_path: Path) -> None:
    write(tmp_path / "card.png", embedded)
    film = rendered(reel({"media": "card.png", **trim(2, 4)}, fps=fps), ffmpegs, tmp_path / "film.mp4", tmp_path).path
    assert [frame.codes[0] for frame in read.frames(film)] == [77] * (2 * fps)


def turned_by_exif(jpeg: bytes, orientation: int) -> bytes:
    """The JPEG with an EXIF segment that states only its orientation."""
    tiff = b"MM\x00*" + struct.pack(">IHHHIHHI", 8, 1, 0x0112, 3, 1, orientation, 0, 0)
    payload = b"Exif\x00\x00" + tiff
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(payload) + 2) + payload + jpeg[2:]


@pytest.mark.conform
def test_a_photo_is_upright(ffmpegs: str, embedded: str, tmp_path: Path) -> None:
    """EXIF's orientation 8: to be displayed rotated by 270 degrees clockwise."""
    picture = np.rot90(coded.draw(77, (640, 360), 0), -1)
    raw = ("-f", "rawvideo", "-pix_fmt", "gray", "-s", "360x640", "-i", "pipe:0")
    coded.feed([embedded, "-v", "error", *raw, "-q:v", "1", str(tmp_path / "p.jpg")], iter([picture.tobytes()]))
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(turned_by_exif((tmp_path / "p.jpg").read_bytes(), 8))
    assert (probe(photo).video.rotation, probe(photo).video.displayed) == (270, (640, 360))
    film = rendered(reel({"media": "photo.jpg", **trim(0, 0.5)}), ffmpegs, tmp_path / "film.mp4", tmp_path).path
    assert [frame.codes[0] for frame in read.frames(film)] == [77] * 15
    with av.open(str(film)) as container:
        assert next(container.decode(video=0)).rotation == 0


@pytest.mark.conform
def test_a_second_picture_in_the_file_is_not_shown(ffmpegs: str, embedded: str, tmp_path: Path) -> None:
    """Phones append a map of highlights, a smaller JPEG, to the photo."""
    write(tmp_path / "a.jpg", embedded)
    write(tmp_path / "b.jpg", embedded, size=(320, 180))
    (tmp_path / "both.jpg").write_bytes((tmp_path / "a.jpg").read_bytes() + (tmp_path / "b.jpg").read_bytes())
    film = rendered(reel({"media": "both.jpg", **trim(0, 1)}), ffmpegs, tmp_path / "film.mp4", tmp_path).path
    assert [frame.codes[0] for frame in read.frames(film)] == [77] * 30


def test_transparency_is_told(embedded: str, tmp_path: Path) -> None:
    row = b"\x00" + bytes([255, 0, 0, 128]) * 4
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", 4, 4, 8, 6, 0, 0, 0)),
        (b"IDAT", zlib.compress(row * 4)),
        (b"IEND", b""),
    )
    png = b"".join(struct.pack(">I", len(c)) + k + c + struct.pack(">I", zlib.crc32(k + c)) for k, c in chunks)
    (tmp_path / "logo.png").write_bytes(b"\x89PNG\r\n\x1a\n" + png)
    notices = compiled(reel({"media": "logo.png"}), embedded, tmp_path).plan.notices
    assert ["transparent" in notice.message for notice in notices] == [True]
