"""Sources with smooth, moving pictures: all good methods of scaling them give nearly the same result.

Each plane is a sum of two waves, the shortest 60 pixels long, that travel from frame to frame. A picture from another
frame, or from another place in it, differs greatly; a picture scaled with another kernel does not. The sound is tones
of changing loudness.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tests.footage.coded import BT709, feed

Plane = NDArray[np.float64]
Picture = tuple[Plane, Plane, Plane]
"""Y, U and V in code values; U and V of half the size."""

WAVES = ((110.0, 85.0, 0.9), (150.0, -120.0, 1.3), (-90.0, 140.0, 0.7))
"""For Y, U and V: pixels between crests along a row, and along a column; number of crests that pass in ten frames."""
TONES = "|".join(f"(0.3+0.2*sin(2*PI*t/1.7))*sin(2*PI*{pitch}*t)" for pitch in (220, 330))
ALMOST_LOSSLESS = ("-c:v", "libx264", "-preset", "ultrafast", "-qp", "4", "-g", "24", "-pix_fmt", "yuv420p")


def draw(index: int, size: tuple[int, int]) -> Picture:
    """One picture."""
    y, u, v = (_plane(index, size, k) for k in range(3))
    return y, u, v


def make(path: Path, rate: Fraction, sample_rate: int, seconds: int, size: tuple[int, int], *, ffmpeg: str) -> Path:
    """Write such a source to `path`, with two tones for its sound: left 220 Hz, right 330 Hz, of changing loudness."""
    command = [ffmpeg, "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "yuv420p", *BT709]
    command += ["-s", "{}x{}".format(*size), "-r", str(rate), "-i", "pipe:0"]
    command += ["-f", "lavfi", "-i", f"aevalsrc={TONES}:s={sample_rate}:d={seconds}", "-c:a", "pcm_s16le"]
    feed([*command, *ALMOST_LOSSLESS, *BT709, str(path)], _pictures(int(rate * seconds), size))
    return path


def _pictures(frames: int, size: tuple[int, int]) -> Iterator[bytes]:
    for index in range(frames):
        yield b"".join(plane.round().astype(np.uint8).tobytes() for plane in draw(index, size))


def _plane(index: int, size: tuple[int, int], k: int) -> Plane:
    across, down, pace = WAVES[k]
    step = 2 if k else 1
    x, y = ((np.arange(length // step) + 0.5) * step for length in size)
    travelled = index * pace / 10
    along, downwards = np.sin(2 * np.pi * (x / across + travelled)), np.sin(2 * np.pi * (y / down - 1.7 * travelled))
    waves = 45 * along + 25 * downwards[:, np.newaxis]
    return np.asarray(126 + waves if k == 0 else 128 + 0.6 * waves)
