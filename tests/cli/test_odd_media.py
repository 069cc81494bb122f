"""Unusual media and clips: the right film, or a coded error."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from tests.cli.conftest import Make
from tests.cli.desk import Desk
from tests.cli.test_refusals import trim
from tests.footage import read
from tests.footage.pool import Source

GREY, BLACK = 160, 16


def lumas(path: Path) -> list[set[int]]:
    """The luma values in each picture of a film."""
    with av.open(str(path)) as film:
        return [set(np.unique(frame.to_ndarray()[: frame.height, : frame.width])) for frame in film.decode(video=0)]


def grey(make: Make, name: str, size: str, rate: int, *coded: str) -> None:
    """A source of one second in a single colour."""
    picture = f"color=black:s={size}:r={rate}:d=1,format=yuv444p,geq={GREY}:128:128"
    make(name, "-f", "lavfi", "-i", picture, *coded)


@pytest.mark.parametrize("size", ["1x1", "2x2", "3x5", "4x64"])
def test_the_smallest_pictures_are_rendered(size: str, desk: Desk, make: Make) -> None:
    grey(make, "dot.mkv", size, 30, "-c:v", "ffv1")
    ended = desk.run("render", desk.reel({"media": "dot.mkv"}), "-o", "film.mp4")
    assert ended.exit_code == 0
    assert lumas(desk.folder / "film.mp4") == [{GREY}] * 30


def test_a_box_of_one_pixel_in_a_larger_picture_is_refused(desk: Desk, make: Make) -> None:
    grey(make, "line.mkv", "64x1", 30, "-c:v", "ffv1")
    ended = desk.unrendered(desk.reel({"media": "line.mkv"}))
    assert (ended.codes, ended.exit_code) == (["RC402"], 3)


@pytest.mark.further
def test_the_largest_pictures_are_rendered(desk: Desk, make: Make) -> None:
    picture = ("-f", "lavfi", "-i", "color=white:s=7680x4320:r=5:d=0.4")
    make("huge.mp4", *picture, "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")
    canvas = {"width": 64, "height": 36, "fps": "5"}
    ended = desk.run("render", desk.reel({"media": "huge.mp4"}, canvas=canvas), "-o", "film.mp4")
    assert ended.exit_code == 0
    assert lumas(desk.folder / "film.mp4") == [{235}] * 2


@pytest.mark.further
def test_pictures_larger_than_any_camera_makes_are_refused(desk: Desk, make: Make) -> None:
    picture = ("-f", "lavfi", "-i", "color=white:s=16000x8000:r=5", "-frames:v", "1")
    make("bomb.mkv", *picture, "-c:v", "mjpeg", "-pix_fmt", "yuvj420p")
    ended = desk.unrendered(desk.reel({"media": "bomb.mkv"}))
    assert (ended.codes, ended.exit_code) == (["RC606"], 6)


@pytest.fixture
def coded(sources: tuple[Source, ...]) -> Source:
    """A source with its frame numbers in the pictures: 30 frames a second, in lane 1, with sound."""
    return next(source for source in sources if source.path.name == "late30.mkv")


BRIEF = {
    "shorter than a frame": (trim(1, 1.0001), [30]),
    "between two frames": (trim(1.001, 1.002), [30]),
    "just before the next": (trim(1.03, 1.033), [30]),
    "just before the next, slowly": (trim(1.03, 1.033, {"start": 1.03, "end": 1.033, "speed": 0.1}), [30]),
    "between two frames for a while": (trim(1.01, 1.03, {"start": 1.01, "end": 1.03, "speed": 0.1}), [30] * 6),
    "one frame": (trim(1, 1 + 1 / 30), [30]),
    "less than one at speed": (trim(1, 1.4, {"start": 1, "end": 1.4, "speed": 16}), [37]),
    "much less than one at speed": (trim(1, 1.05, {"start": 1, "end": 1.05, "speed": 16}), [31]),
    "nothing at speed": (trim(1.001, 1.002, {"start": 1, "end": 1.1, "speed": 16}), [30]),
    "one and a bit": (trim(1, 1.045), [30]),
    "the last frame": (trim(3.96, 4), [119]),
    "the last instant": (trim(3.99, 4), [119]),
    "the last instant at speed": (trim(3.96, 4, {"start": 3.96, "end": 4, "speed": 16}), [119]),
}
"""The source frames of the film, by its trim. At 16x, frame 37 is the last that begins by the first slot."""


@pytest.mark.parametrize("alone", [True, False])
def test_clips_of_no_frames_show_the_one_on_screen(
    alone: bool, desk: Desk, coded: Source, ffmpegs: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first clip as a film of its own, and all clips in a row."""
    monkeypatch.setenv("REELC_FFMPEG", ffmpegs)
    brief = [*BRIEF.values()][: 1 if alone else None]
    clips = [{"media": coded.media, **clip} for clip, _ in brief]
    ended = desk.run("render", desk.reel(*clips, canvas=canvas(30)), "-o", "film.mp4")
    assert ended.exit_code == 0
    shown = [frame.codes[1] for frame in read.frames(desk.folder / "film.mp4")]
    assert shown == [number for _, numbers in brief for number in numbers]


def test_clips_of_one_frame_each_in_a_row(
    desk: Desk, coded: Source, ffmpegs: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At 240 frames a second, each frame has 200 samples of sound."""
    monkeypatch.setenv("REELC_FFMPEG", ffmpegs)
    clips = [{"media": coded.media, **trim(at + 0.001, at + 0.002)} for at in (1, 2, 3)]
    ended = desk.run("render", desk.reel(*clips, canvas=canvas(240)), "-o", "film.mp4")
    assert ended.exit_code == 0
    assert [frame.codes[1] for frame in read.frames(desk.folder / "film.mp4")] == [30, 60, 90]
    assert len(read.samples(desk.folder / "film.mp4")[0]) >= 600


def canvas(fps: int) -> dict[str, object]:
    return {"width": 640, "height": 360, "fps": fps}
