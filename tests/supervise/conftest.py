"""Small films, made once per session with the embedded ffmpeg, by name."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from compiler.ir.build import Build
from compiler.supervise.children.level import VARIABLE
from compiler.supervise.children.reach import Reach, python_files
from compiler.supervise.ffmpeg import find_build

Made = Callable[[str], Path]

DEBIAN = shutil.which("ffmpeg")

X264 = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"]
HDR = "setparams=range=tv:colorspace=bt709:color_primaries=bt709:color_trc=smpte2084"
AAC = ["-c:a", "aac"]


def picture(size: str = "64x64", rate: str = "30", seconds: float = 2) -> list[str]:
    return ["-f", "lavfi", "-i", f"testsrc2=s={size}:r={rate}:d={seconds}"]


def tone(seconds: float = 2) -> list[str]:
    return ["-f", "lavfi", "-i", f"sine=r=48000:d={seconds}"]


def corner() -> list[str]:
    """A black picture, 64x32, with a white top left corner."""
    return ["-f", "lavfi", "-i", "color=black:s=64x32:r=10:d=0.3,drawbox=0:0:16:8:white:fill"]


RECIPES: dict[str, list[str]] = {
    "plain.mp4": [*picture(), *tone(), *X264, *AAC],
    "plain.mkv": [*picture(), *tone(), *X264, *AAC],
    "plain.ts": [*picture(), *tone(), *X264, *AAC],
    "plain.avi": [*picture(), "-c:v", "mpeg4"],
    "ntsc.mp4": [*picture(rate="30000/1001"), *X264, "-bf", "2", "-preset", "fast"],
    "silent.mp4": [*picture(), *X264],
    "sar.mp4": [*picture(), "-vf", "setsar=4/3", *X264],
    "tall_sar.mkv": [*picture(), "-vf", "setsar=1/2", *X264],
    "vfr.mp4": [*picture(), "-vf", r"select='not(mod(n\,7))+lt(n\,20)'", "-fps_mode", "vfr", *X264],
    "late_change.mkv": [
        *(*picture(rate="60", seconds=24), "-vf", r"select='lt(t\,20)+not(mod(n\,3))'", "-fps_mode", "vfr", *X264),
    ],
    "long.mp4": [*picture(rate="60", seconds=24), *tone(24), *X264, *AAC, "-movflags", "+faststart"],
    "long.mkv": [*picture(rate="60", seconds=24), *tone(24), *X264, *AAC],
    "long.avi": [*picture(rate="60", seconds=24), "-c:v", "mpeg4"],
    "short_sound.mp4": [*picture(rate="60", seconds=24), *tone(3), *X264, *AAC],
    "short_sound.mkv": [*picture(rate="60", seconds=24), *tone(3), *X264, "-g", "60", *AAC],
    "very_late_sound.mkv": [*picture(rate="60", seconds=16), "-itsoffset", "12", *tone(3), *X264, "-c:a", "pcm_s16le"],
    "long_sound.mkv": [*picture(rate="60", seconds=8), *tone(40), *X264, *AAC],
    "late_sound.mkv": [*picture(), "-itsoffset", "0.5", *tone(1), *X264, "-c:a", "pcm_s16le"],
    "late_sound.mp4": [*picture(), "-itsoffset", "0.5", *tone(1), *X264, *AAC],
    "sound.m4a": [*tone(), *AAC],
    "dot.mkv": ["-f", "lavfi", "-i", "color=s=1x1:r=30:d=0.2", "-c:v", "ffv1", "-pix_fmt", "yuv444p"],
    "one_frame.mp4": [*picture(), "-frames:v", "1", *X264],
    "still.mkv": ["-f", "lavfi", "-i", "color=s=1000x1000:r=1", "-frames:v", "1", "-c:v", "png"],
    "magic.mkv": [*picture(), "-c:v", "magicyuv"],
    "interlaced.mp4": [*picture(), "-vf", "setfield=tff", *X264, "-flags", "+ilme+ildct", "-x264-params", "tff=1"],
    "tagged.mp4": [*picture(), "-vf", f"format=yuv420p,{HDR}", *X264],
    "jpeg.avi": [*picture(), "-c:v", "mjpeg", "-pix_fmt", "yuvj420p"],
    "corner.mp4": [*corner(), *X264],
    "drawing.bmp": ["-f", "lavfi", "-i", "testsrc2=s=32x32", "-frames:v", "1"],
    "cover.png": ["-f", "lavfi", "-i", "testsrc2=s=32x32", "-frames:v", "1"],
}


def python_reach(*writes: Path, reads: Sequence[Path] = ()) -> Reach:
    """The reach of a Python program that stands in for a child."""
    return Reach([sys.executable], [*python_files(), *reads], writes)


@pytest.fixture
def unconfined(monkeypatch: pytest.MonkeyPatch) -> None:
    """Children may reach every file, since a program that stands in for ffmpeg needs others than ffmpeg does."""
    monkeypatch.setenv(VARIABLE, "off")


@pytest.fixture(scope="session")
def build() -> Build:
    return find_build()


@pytest.fixture(scope="session", params=["embedded", "debian"])
def any_build(request: pytest.FixtureRequest) -> Build:
    """The embedded ffmpeg, then Debian's."""
    if request.param == "embedded":
        return find_build()
    if DEBIAN is None:
        pytest.skip("this system has no ffmpeg of its own")
    return find_build(DEBIAN)


@pytest.fixture(scope="session")
def ffmpeg(build: Build) -> Callable[..., bytes]:
    """Runs the embedded ffmpeg; its stdout."""

    def call(*arguments: str | Path) -> bytes:
        command = [build.path, "-nostdin", "-y", "-v", "error", *map(str, arguments)]
        return subprocess.run(command, check=True, capture_output=True).stdout

    return call


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory, ffmpeg: Callable[..., bytes]) -> Made:
    """The film of a recipe, made at its first use."""
    folder = tmp_path_factory.mktemp("media")

    def make(name: str) -> Path:
        path = folder / name
        if not path.exists():
            ffmpeg(*RECIPES[name], path)
        return path

    return make
