"""Interlaced sources: each frame is shown whole, at the instant of its first field, and at no other time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.conform.studio import rendered
from tests.footage import coded, read
from tests.footage.coded import BT709, Luma

WIDTH, HEIGHT = 640, 360
FRAMES, RATE = 50, 25
STEP = 6
"""Pixels by which the edge in the lower half moves per field."""

LEFT, DARK, LIGHT = 40, 40, 200

CODECS = {
    "h264.mp4": ("-c:v", "libx264", "-crf", "12", "-preset", "veryfast", "-flags", "+ilme+ildct", "-g", "12"),
    "mpeg2.ts": ("-c:v", "mpeg2video", "-q:v", "2", "-flags", "+ilme+ildct", "-g", "12"),
    "prores.mov": ("-c:v", "prores", "-flags", "+ilme+ildct"),
}


def field(number: int) -> Luma:
    """The picture at the instant of a field: its frame's number as a code, and a moving edge."""
    picture = coded.draw(number // 2, (WIDTH, HEIGHT), 0)
    picture[HEIGHT // 2 :] = DARK
    picture[HEIGHT // 2 :, LEFT + STEP * number :] = LIGHT
    return picture


def woven(order: str) -> Iterator[bytes]:
    """Frames of two fields each: frame n holds fields 2n and 2n + 1, the first in the lines of its order."""
    first = 0 if order == "tff" else 1
    for n in range(FRAMES):
        frame = field(2 * n)
        frame[1 - first :: 2] = field(2 * n + 1)[1 - first :: 2]
        yield coded.yuv420p(frame)


def write(path: Path, order: str, ffmpeg: str) -> None:
    raw = ("-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{WIDTH}x{HEIGHT}", "-r", str(RATE), "-i", "pipe:0")
    tff = ("-x264-params", f"{order}=1") if path.name.startswith("h264") else ()
    marks = ("-vf", f"setfield={order}" + (",format=yuv422p10le" if path.suffix == ".mov" else ""))
    command = [ffmpeg, "-v", "error", "-y", *BT709, *raw, *marks, *CODECS[path.name], *tff, *BT709, str(path)]
    coded.feed(command, woven(order))


def reel(media: str, start: float, end: float) -> dict[str, Any]:
    trim = {"version": 2, "trimRange": {"start": start, "end": end}, "spans": []}
    return {
        "reel": 1,
        "canvas": {"width": WIDTH, "height": HEIGHT, "fps": RATE},
        "encode": {"preset": "ultrafast", "crf": 8},
        "clips": [{"media": media, "segments_data": trim}],
    }


@pytest.mark.conform
@pytest.mark.parametrize("order", ["tff", "bff"])
@pytest.mark.parametrize("name", CODECS)
def test_every_frame_is_its_first_field_made_whole(
    name: str, order: str, ffmpegs: str, embedded: str, tmp_path: Path
) -> None:
    write(tmp_path / name, order, embedded)
    film = rendered(reel(name, 1, 1.8), ffmpegs, tmp_path / "film.mp4", tmp_path).path
    assert [frame.codes[0] for frame in read.frames(film)] == [*range(25, 45)]
    for n, picture in zip(range(25, 45), read.luma(film), strict=True):
        lower = picture[HEIGHT // 2 + 8 : HEIGHT - 8].astype(int)
        edges = np.argmax(lower > (DARK + LIGHT) // 2, axis=1)
        assert np.ptp(edges) <= 2, "no combing"
        assert abs(float(edges.mean()) - (LEFT + STEP * 2 * n)) <= 1


def test_the_source_is_really_woven(embedded: str, tmp_path: Path) -> None:
    write(tmp_path / "h264.mp4", "tff", embedded)
    picture = next(read.luma(tmp_path / "h264.mp4")).astype(int)
    edges = np.argmax(picture[HEIGHT // 2 + 8 : HEIGHT - 8] > (DARK + LIGHT) // 2, axis=1)
    assert np.ptp(edges) >= STEP


@pytest.mark.conform
def test_a_unit_of_an_interlaced_film_is_the_film(ffmpegs: str, embedded: str, tmp_path: Path) -> None:
    """Slices begin in the middle of the source; the same fields must surround each frame."""
    write(tmp_path / "h264.mp4", "tff", embedded)
    once = reel("h264.mp4", 0.2, 1.4)
    (clip,) = once["clips"]
    twice = {**once, "clips": [clip, clip]}
    film = rendered(twice, ffmpegs, tmp_path / "film.mp4", tmp_path).path
    assert [frame.codes[0] for frame in read.frames(film)] == 2 * [*range(5, 35)]
