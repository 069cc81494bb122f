"""A film of a window is the film of a file that was cut without loss, frame by frame and sample by sample."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from compiler.errors import Loc
from compiler.model import read_reel
from compiler.pipeline import compile_reel
from compiler.supervise.ffmpeg import find_build
from compiler.supervise.probe import probe_all
from compiler.timeline.media import Media
from compiler.timeline.window import window_of
from tests.passes.render import Bench, Rendered

PICTURE = "testsrc2=s=64x36:r=30:d=4"
SOUND = "aevalsrc='0.4*sin(2*PI*(300+40*t)*t)|0.3*sin(2*PI*(500-30*t)*t)':s=48000:d=4"
"""Two tones that never repeat: each sample identifies its place in the source."""

TAGS = ("-color_range", "tv", "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709")
LOSSLESS = ("-c:v", "libx264", "-qp", "0", "-pix_fmt", "yuv420p", "-c:a", "pcm_s16le", *TAGS)
CODED = ("-c:v", "libx264", "-bf", "3", "-g", "40", "-pix_fmt", "yuv420p", "-c:a", "pcm_s16le", *TAGS)
STAMPED = ("-fps_mode", "passthrough", "-enc_time_base:v", "1:90000", "-video_track_timescale", "90000")
WOVEN = ("-flags", "+ildct+ilme", "-x264-params", "tff=1")
JITTER = "settb=1/90000,setpts=N*3000+mod(N*7\\,5)*500"

FILES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "even.mov": ("null", ()),
    "uneven.mov": (JITTER, ()),
    "coarse.mkv": ("null", ()),
    "fields.mov": ("tinterlace=interleave_top,fieldorder=tff", WOVEN),
}
"""Filters and options of each file. The window begins between two key frames, and its end lies between two frames."""

WINDOW = {"start": 1.15, "end": 2.965}
BOX = {"y": 0, "width": 40, "height": 30}
EDITS: Mapping[str, dict[str, Any]] = {
    "untouched": {},
    "slow": {
        "crop_data": [{"time": 0, "x": 2, **BOX}, {"time": 1.3, "x": 20, **BOX}],
        "segments_data": {"version": 2, "spans": [{"start": 1, "end": None, "speed": 0.5}]},
    },
    "fast to the end": {
        "segments_data": {"version": 2, "spans": [{"start": 0.5, "end": None, "speed": {"from": 1, "to": 7}}]},
        "stretch": "varispeed",
    },
}

UNLIKE = {("coarse.mkv", "fast to the end")}
"""A ramp to the end depends on the length, and Matroska rounds the length of the cut file anew."""


def ffmpeg(embedded: str, *words: str) -> None:
    subprocess.run([embedded, "-v", "error", *words], check=True, timeout=60)


def probed(path: Path) -> Media:
    return probe_all([(path, Loc())])[path]


def cut(media: Media, path: Path, embedded: str, coded: tuple[str, ...]) -> Media:
    """The frames and the samples of the window in a file of their own."""
    window = window_of(media, *(Fraction(str(at)) for at in WINDOW.values()))
    assert window is not None
    skipped, frames = window.video.skipped, window.video.frames
    assert skipped is not None
    assert frames is not None
    first, length = round(skipped.seconds * 48_000), round(window.video.end * 48_000)
    picture = f"trim=start_frame={skipped.frames}:end_frame={skipped.frames + frames},setpts=PTS-STARTPTS"
    sound = f"atrim=start_sample={first}:end_sample={first + length},asetpts=N"
    ffmpeg(embedded, "-i", media.path, "-vf", picture, "-af", sound, *STAMPED, *LOSSLESS, *coded, str(path))
    return probed(path)


@pytest.mark.parametrize("name", FILES)
def test_a_film_of_a_window_is_the_film_of_the_cut_file(name: str, embedded: str, tmp_path: Path) -> None:
    filters, coded = FILES[name]
    path = tmp_path / name
    inputs = ("-f", "lavfi", "-i", PICTURE, "-f", "lavfi", "-i", SOUND)
    ffmpeg(embedded, *inputs, "-vf", filters, *STAMPED, *CODED, *coded, str(path))
    media = probed(path)
    alone = cut(media, tmp_path / f"cut-{name}", embedded, coded)
    for edit in (EDITS[each] for each in EDITS if (name, each) not in UNLIKE):
        ours, theirs = (rendered(each, edit, window, tmp_path) for each, window in ((media, WINDOW), (alone, None)))
        assert ours.frames == theirs.frames
        assert np.array_equal(ours.samples, theirs.samples)


def rendered(media: Media, edit: Mapping[str, Any], window: Mapping[str, float] | None, folder: Path) -> Rendered:
    clip = {"id": "goal", "media": "footage", "window": window, **edit}
    reel = {"reel": 1, "canvas": {"width": 64, "height": 36, "fps": "25"}, "clips": [clip]}
    build = find_build()
    legal = compile_reel(read_reel(json.dumps(reel)), {"footage": media}, build).legal
    return Bench(media, build, folder).render(legal)
