"""Makes small files like those that people have: pictures that bear their number, and sounds of known places."""

from __future__ import annotations

import subprocess
import wave
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.footage.coded import draw, feed, yuv420p
from tests.footage.kept import alone

Samples = NDArray[np.float64]
Recipe = Callable[["Maker", Path], None]

SIZE = (160, 90)
RATE = 48_000
X264 = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "16", "-g", "30", "-sc_threshold", "0", "-pix_fmt", "yuv420p")
X265 = ("-c:v", "libx265", "-preset", "ultrafast", "-crf", "16", "-pix_fmt", "yuv420p")
VP8 = ("-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-crf", "10", "-b:v", "1M", "-g", "30")
VP9 = ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-crf", "20", "-b:v", "0", "-g", "30")
MPEG2 = ("-c:v", "mpeg2video", "-q:v", "2", "-g", "15")
MPEG4 = ("-c:v", "mpeg4", "-q:v", "2", "-g", "30")
AAC = ("-c:a", "aac", "-b:a", "128k")

RECIPES: dict[str, Recipe] = {}
"""Every file by its name."""


@dataclass(frozen=True, slots=True)
class Maker:
    """Makes each file once into a folder that parallel test processes share."""

    folder: Path
    ffmpeg: str

    def __call__(self, name: str) -> Path:
        """The path of the file of that name."""
        return self.once(name, RECIPES[name])

    def once(self, name: str, recipe: Recipe) -> Path:
        """The path of a file, which the recipe makes unless it is there; no process sees an unfinished one."""
        path = self.folder / name
        with alone(path):
            if not path.exists():
                part = self.folder / f"part-{name}"
                recipe(self, part)
                part.replace(path)
        return path

    def run(self, *arguments: object) -> None:
        """Run ffmpeg; CalledProcessError if it fails."""
        command = [self.ffmpeg, "-nostdin", "-v", "error", "-y", *map(str, arguments)]
        subprocess.run(command, check=True, capture_output=True, timeout=120)

    def numbered(
        self,
        out: Path,
        numbers: Sequence[int],
        *coding: object,
        rate: str = "30",
        size: tuple[int, int] = SIZE,
        sound: Path | None = None,
    ) -> None:
        """Write pictures that bear these numbers, one each 1/`rate` s, and a sound beside them."""
        command = [
            self.ffmpeg,
            "-v",
            "error",
            "-y",
            "-f",
            "rawvideo",
            "-pix_fmt",
            "yuv420p",
            "-s",
            "{}x{}".format(*size),
        ]
        command += ["-r", rate, "-i", "pipe:0", *(("-i", str(sound)) if sound else ())]
        pictures = (yuv420p(draw(number, size, 0)) for number in numbers)
        feed([*command, *map(str, coding), str(out)], pictures)

    def copy(self, source: Path, out: Path, *options: object) -> None:
        """Write the streams of a file anew without coding them anew."""
        self.run("-i", source, "-map", "0", "-c", "copy", *options, out)

    def beeps(self, seconds: float, rate: int = RATE) -> Path:
        """20 ms of 1 kHz at each half second, of 2 kHz at whole seconds."""
        return self._sound(f"beeps-{seconds}-{rate}.wav", beeps(seconds, rate), rate)

    def tone(self, seconds: float, rate: int = RATE) -> Path:
        """440 Hz throughout."""
        at = np.arange(round(seconds * rate)) / rate
        return self._sound(f"tone-{seconds}-{rate}.wav", 0.3 * np.sin(2 * np.pi * 440 * at), rate)

    def chirp(self, seconds: float, rate: int = RATE) -> Path:
        """A tone whose pitch says the time."""
        return self._sound(f"chirp-{seconds}-{rate}.wav", chirp(seconds, rate), rate)

    def _sound(self, name: str, samples: Samples, rate: int) -> Path:
        def write(_: Maker, out: Path) -> None:
            with wave.open(str(out), "wb") as track:
                track.setnchannels(2)
                track.setsampwidth(2)
                track.setframerate(rate)
                track.writeframes(np.repeat((samples * 32767).astype("<i2"), 2).tobytes())

        return self.once(name, write)


def recipe(name: str) -> Callable[[Recipe], Recipe]:
    """Register the maker of the file of that name."""

    def registered(made: Recipe) -> Recipe:
        assert name not in RECIPES, name
        RECIPES[name] = made
        return made

    return registered


def beeps(seconds: float, rate: int) -> Samples:
    """20 ms at half scale at each half second, an octave up on whole seconds."""
    at = np.arange(round(seconds * rate)) / rate
    pitch = np.where(at % 1 < 0.5, 2000, 1000)
    return np.where(at % 0.5 < 0.02, 0.5 * np.sin(2 * np.pi * pitch * at), 0)


FIRST_PITCH, PITCH_A_SECOND = 300.0, 150.0
"""Hz at the start, and Hz by which the pitch rises each second."""


def chirp(seconds: float, rate: int) -> Samples:
    """A tone of 0.3 whose pitch rises with time, so that any piece of it says which second it is of."""
    at = np.arange(round(seconds * rate)) / rate
    return 0.3 * np.sin(2 * np.pi * (FIRST_PITCH * at + PITCH_A_SECOND / 2 * at * at))
