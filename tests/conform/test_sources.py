"""Sources from cameras and phones: rotated, mirrored, with odd shapes, several streams, tags and sounds."""

from __future__ import annotations

import json
import struct
import subprocess
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.sidedata.sidedata import Type

from tests.cases import cases
from tests.conform.studio import rendered
from tests.footage import coded, read
from tests.footage.coded import AAC, H264, PCM, Recipe

SOURCE = Recipe(Fraction(30), Fraction(2), sound=AAC)


def reel(*media: str, start: float = 0.5, end: float = 1.5, **canvas: int) -> dict[str, Any]:
    size = {"width": 640, "height": 360, **canvas}
    trim = {"version": 2, "trimRange": {"start": start, "end": end}, "spans": []}
    return {
        "reel": 1,
        "canvas": {**size, "fps": 30},
        "encode": {"preset": "ultrafast", "crf": 12, "audio_bitrate": "320k"},
        "clips": [{"media": name, "segments_data": trim} for name in media],
    }


def codes(film: Path) -> list[int | None]:
    return [frame.codes[0] for frame in read.frames(film)]


def run(*command: str | Path) -> None:
    subprocess.run([str(word) for word in command], check=True, capture_output=True, timeout=60)


TURNS = [(), ("90",), ("180",), ("270",), ("0", "h"), ("90", "h"), ("180", "h"), ("270", "h"), ("0", "v"), ("90", "v")]


@pytest.mark.conform
@pytest.mark.parametrize("turn", cases(TURNS, slow=TURNS[6:9], both=(TURNS[1], TURNS[5])), ids="-".join)
def test_a_picture_is_turned_as_its_matrix_says(
    turn: tuple[str, ...], ffmpegs: str, embedded: str, tmp_path: Path
) -> None:
    """Four quarters of different grey, moved to the places that the matrix in the file gives their middles."""
    greys = {(-1, -1): 40, (1, -1): 90, (-1, 1): 150, (1, 1): 210}
    drawn = "+".join(
        f"{grey}*{'lt' if x < 0 else 'gte'}(X,80)*{'lt' if y < 0 else 'gte'}(Y,40)" for (x, y), grey in greys.items()
    )
    picture = f"color=black:s=160x80:r=30:d=1,format=yuv420p,geq=lum='{drawn}':cb=128:cr=128"
    run(embedded, "-y", "-f", "lavfi", "-i", picture, "-c:v", "libx264", "-qp", "0", tmp_path / "plain.mp4")
    said = ["-display_rotation", turn[0]] if turn else []
    said += [f"-display_{flip}flip" for flip in turn[1:]]
    run(embedded, "-y", *said, "-i", tmp_path / "plain.mp4", "-c", "copy", tmp_path / "turned.mp4")
    a, b, c, d = (1, 0, 0, 1)
    with av.open(str(tmp_path / "turned.mp4")) as container:
        side_data: Any = next(container.decode(video=0)).side_data
        if Type.DISPLAYMATRIX in side_data:
            a, b, _, c, d, *_ = (
                number // 65536 for number in struct.unpack("=9i", bytes(side_data[Type.DISPLAYMATRIX]))
            )
    width, height = (80, 160) if b else (160, 80)
    edit = reel("turned.mp4", start=0, end=0.5, width=width, height=height)
    film = rendered(edit, ffmpegs, tmp_path / "film.mp4", tmp_path)
    luma = next(read.luma(film.path))
    for (x, y), grey in greys.items():
        across, down = a * x + c * y, b * x + d * y
        assert luma[height // 2 + down * height // 4, width // 2 + across * width // 4] == pytest.approx(grey, abs=2)
    with av.open(str(film.path)) as container:
        assert next(container.decode(video=0)).rotation == 0


SHAPES = (
    *(((320, 360), "2/1"), ((640, 180), "1/2"), ((480, 360), "4/3")),
    *(((641, 361), "1/1"), ((639, 359), "1/1")),
)
"""Sizes, and the shape of a pixel."""


@pytest.mark.conform
@pytest.mark.parametrize("shape", cases(SHAPES, slow=(SHAPES[2], SHAPES[4])), ids=str)
def test_pixels_of_any_shape_and_number_are_shown_whole(
    shape: tuple[tuple[int, int], str], ffmpegs: str, embedded: str, tmp_path: Path
) -> None:
    size, sar = shape
    coded.make(tmp_path / "even.mp4", SOURCE, ffmpeg=embedded)
    scaled = f"scale={size[0]}:{size[1]},setsar={sar},setparams=colorspace=bt709:range=tv"
    run(
        embedded, "-y", "-i", tmp_path / "even.mp4", "-vf", scaled, "-c:v", "ffv1", "-c:a", "copy", tmp_path / "odd.mkv"
    )
    film = rendered(reel("odd.mkv"), ffmpegs, tmp_path / "film.mp4", tmp_path).path
    assert codes(film) == [*range(15, 45)]
    corners = next(read.luma(film))[[200, 200, 350, 350], [2, 637, 2, 637]]
    assert (np.abs(corners.astype(int) - [60, 190, 60, 190]) <= 6).all(), "neither bars nor cropping"


@pytest.mark.conform
def test_the_film_is_chosen_and_not_its_cover(ffmpegs: str, embedded: str, tmp_path: Path) -> None:
    coded.make(tmp_path / "plain.mp4", SOURCE, ffmpeg=embedded)
    run(embedded, "-y", "-f", "lavfi", "-i", "testsrc2=s=600x600", "-frames:v", "1", tmp_path / "cover.jpg")
    art = ("-map", "0", "-map", "1", "-c", "copy", "-disposition:v:0", "attached_pic")
    run(embedded, "-y", "-i", tmp_path / "cover.jpg", "-i", tmp_path / "plain.mp4", *art, tmp_path / "covered.mp4")
    film = rendered(reel("covered.mp4"), ffmpegs, tmp_path / "film.mp4", tmp_path).path
    assert codes(film) == [*range(15, 45)]


@pytest.mark.conform
def test_of_several_sounds_the_default_one_is_heard(ffmpegs: str, embedded: str, tmp_path: Path) -> None:
    coded.make(tmp_path / "clicks.mkv", replace(SOURCE, sound=PCM), ffmpeg=embedded)
    maps = ("-map", "1:v", "-map", "0:a", "-map", "2:a", "-map", "1:a")
    chosen = ("-disposition:a", "0", "-disposition:a:2", "default")
    coding = ("-c:v", "copy", "-c:a:0", "ac3", "-c:a:1", "flac", "-c:a:2", "pcm_s16le")
    tone = ("-f", "lavfi", "-i", "sine=1000:d=2")
    inputs = (*tone, "-i", tmp_path / "clicks.mkv", *tone)
    run(embedded, "-y", *inputs, *maps, *chosen, *coding, tmp_path / "several.mkv")
    film = rendered(reel("several.mkv"), ffmpegs, tmp_path / "film.mp4", tmp_path).path
    clicks = [click.at for click in read.clicks(*read.samples(film))]
    assert clicks == pytest.approx([k / 10 for k in range(10)], abs=0.001)


SOUNDS = [
    *((rate, 2) for rate in (8000, 11_025, 22_050, 32_000, 44_100, 96_000, 192_000)),
    *((48_000, channels) for channels in range(1, 9)),
]
"""Samples a second, and channels."""
SLOW = [sound for sound in SOUNDS if sound[0] in (11_025, 22_050, 32_000, 96_000) or sound[1] in (3, 4, 5, 7)]


@pytest.mark.conform
@pytest.mark.parametrize("sound", cases(SOUNDS, slow=SLOW), ids=str)
def test_sound_of_any_rate_and_number_of_channels_is_in_time(
    sound: tuple[int, int], ffmpegs: str, embedded: str, tmp_path: Path
) -> None:
    rate, channels = sound
    recipe = replace(SOURCE, sound=PCM, sample_rate=rate, channels=channels)
    coded.make(tmp_path / "source.mkv", recipe, ffmpeg=embedded)
    film = rendered(reel("source.mkv", start=0.45, end=1.45), ffmpegs, tmp_path / "film.mp4", tmp_path).path
    clicks = [click.at for click in read.clicks(*read.samples(film))]
    assert clicks == pytest.approx([0.05 + k / 10 for k in range(10)], abs=0.001)


LAYOUTS = {"mono": 1, "5.1": 6, "5.1(side)": 6, "7.1": 8, "quad": 4, "6.1": 7}


@pytest.mark.conform
@pytest.mark.parametrize("layout", cases(LAYOUTS, slow=("5.1", "quad", "6.1")))
def test_the_loudest_sound_does_not_clip(layout: str, ffmpegs: str, embedded: str, tmp_path: Path) -> None:
    """Every channel at full scale at once comes out at full scale, without clipping."""
    tone = "|".join(["0.99*sin(2*PI*500*t)"] * LAYOUTS[layout])
    sound = ("-f", "lavfi", "-i", f"aevalsrc='{tone}':c={layout}:s=48000:d=2")
    picture = ("-f", "lavfi", "-i", "color=gray:s=64x64:r=30:d=2")
    run(embedded, "-y", *picture, *sound, *H264, "-c:a", "pcm_s16le", tmp_path / "loud.mov")
    film = rendered(reel("loud.mov", width=64, height=64), ffmpegs, tmp_path / "film.mp4", tmp_path).path
    with av.open(str(film)) as container:
        heard = np.concatenate([frame.to_ndarray() for frame in container.decode(audio=0)], axis=1)
    peaks = np.abs(heard[:, 4800:40_000]).max(axis=1)
    assert peaks == pytest.approx([0.99, 0.99], abs=0.02)


PLACE = ("+52.5200+013.4050", "52.5200", "013.4050", "52.52")


@pytest.mark.further
@pytest.mark.conform
def test_where_it_was_filmed_is_not_in_the_film(ffmpegs: str, embedded: str, tmp_path: Path) -> None:
    """A phone's clip with its place in two tags, its maker and its date; in a film of one unit, and of several."""
    coded.make(tmp_path / "plain.mp4", SOURCE, ffmpeg=embedded)
    tags = {
        "location": f"{PLACE[0]}/",
        "location-eng": f"{PLACE[0]}/",
        "com.apple.quicktime.location.ISO6709": f"{PLACE[0]}+034.000/",
        "com.apple.quicktime.make": "PhoneMaker",
        "creation_time": "2026-01-02T03:04:05Z",
        "title": "SecretTitle",
    }
    said = [word for name, value in tags.items() for word in ("-metadata", f"{name}={value}")]
    streams = ("-metadata:s:v", "handler_name=PhoneMaker", "-metadata:s:a", "title=SecretTitle")
    copied = ("-c", "copy", *said, *streams)
    for name, flags in (("tags.mov", "use_metadata_tags"), ("place.mp4", "faststart")):
        run(embedded, "-y", "-i", tmp_path / "plain.mp4", *copied, "-movflags", flags, tmp_path / name)
        with av.open(str(tmp_path / name)) as container:
            assert PLACE[1] in json.dumps(container.metadata), "the source has these tags"
    for k, media in enumerate((["tags.mov"], ["place.mp4"], ["tags.mov", "place.mp4", "tags.mov"])):
        film = rendered(reel(*media), ffmpegs, tmp_path / f"{k}.mp4", tmp_path).path
        held = film.read_bytes()
        for word in (*PLACE, "PhoneMaker", "SecretTitle", "ISO6709", "2026-01-02"):
            assert word.encode() not in held, word
        with av.open(str(film)) as container:
            words = json.dumps([container.metadata, *(stream.metadata for stream in container.streams)])
        assert "location" not in words
        assert "creation_time" not in words
