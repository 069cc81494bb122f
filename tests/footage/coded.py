"""Sources with a frame index in every picture, and a click on every tenth of a second of sound.

Picture: the top quarter is lane 0, the next one lane 1, the bottom half a still backdrop. A source draws its code in
one lane and leaves the other grey, so that two sources can both be read while one dissolves into the other. A lane is
a row of equal cells, light for 1: a guard (1, 0), 18 bits of index, 6 bits of check, most significant first.

Sound: a burst of 1.5 ms at every tenth of a second from its own first sample on, twice as loud on whole seconds.
"""

from __future__ import annotations

import subprocess
import wave
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Luma = NDArray[np.uint8]

LANES = 4
"""Lanes that fit into the picture's height; the first two are used."""
GUARD = (1, 0)
INDEX_BITS, CHECK_BITS = 18, 6
CELLS = len(GUARD) + INDEX_BITS + CHECK_BITS
DARK, GREY, LIGHT = 30, 128, 226

CLICK_EVERY = Fraction(1, 10)
CLICK_SECONDS = Fraction(3, 2000)
CLICK_LEVEL, CLICK_PITCH = 0.4, 3000.0

BT709 = ("-color_range", "tv", "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709")
H264 = ("-c:v", "libx264", "-preset", "veryfast", "-crf", "20", "-g", "48", "-pix_fmt", "yuv420p")
AAC = ("-c:a", "aac", "-b:a", "128k")
PCM = ("-c:a", "pcm_s16le")


@dataclass(frozen=True, slots=True)
class Recipe:
    """One source: rates in frames and samples a second, times in seconds, size in pixels (even).

    `times` sets the time of every frame (90 kHz) instead of `rate`; `channels` 0 is a source without sound.
    """

    rate: Fraction
    seconds: Fraction
    size: tuple[int, int] = (640, 360)
    lane: int = 0
    video: tuple[str, ...] = H264
    sample_rate: int = 48_000
    channels: int = 2
    sound: tuple[str, ...] = AAC
    audio_start: Fraction = Fraction(0)
    audio_seconds: Fraction | None = None
    times: tuple[Fraction, ...] | None = None

    @property
    def frames(self) -> int:
        """The number of frames of the source."""
        return len(self.times) if self.times else int(self.rate * self.seconds)

    @property
    def sound_end(self) -> Fraction:
        """The end of the sound, in seconds from the first frame; 0 when there is none."""
        if not self.channels:
            return Fraction(0)
        return self.audio_start + (self.seconds if self.audio_seconds is None else self.audio_seconds)

    @property
    def clicks(self) -> tuple[Fraction, ...]:
        """The start of every click, in seconds from the first frame."""
        count = max(0, -int((self.audio_start + CLICK_SECONDS - self.sound_end) // CLICK_EVERY))
        return tuple(self.audio_start + k * CLICK_EVERY for k in range(count))


def bits_of(index: int) -> tuple[int, ...]:
    """The cells of one lane for a frame index below 2**18, guard and check included."""
    if not 0 <= index < 1 << INDEX_BITS:
        raise ValueError(f"frame index {index} does not fit the code")
    bits = [(index >> place) & 1 for place in reversed(range(INDEX_BITS))]
    check = _check(bits)
    return (*GUARD, *bits, *((check >> place) & 1 for place in reversed(range(CHECK_BITS))))


def draw(index: int, size: tuple[int, int], lane: int) -> Luma:
    """The luma of one coded frame."""
    width, height = size
    picture = np.full((height, width), GREY, np.uint8)
    picture[height // 2 :] = np.linspace(60, 190, width).astype(np.uint8)
    cells = np.array(bits_of(index), np.uint8)[np.arange(width) * CELLS // width]
    picture[lane * height // LANES : (lane + 1) * height // LANES] = DARK + (LIGHT - DARK) * cells
    return picture


def sound(seconds: Fraction, sample_rate: int) -> NDArray[np.float64]:
    """One channel of clicks, -1 to 1, the first on the first sample."""
    samples = np.zeros(round(seconds * sample_rate))
    at = np.arange(int(CLICK_SECONDS * sample_rate)) / sample_rate
    burst = CLICK_LEVEL * np.sin(2 * np.pi * CLICK_PITCH * (at + 0.5 / sample_rate)) * np.exp(-at / 0.0004)
    for k in range(int(seconds / CLICK_EVERY) + 1):
        start = round(k * CLICK_EVERY * sample_rate)
        if start + len(burst) <= len(samples):
            samples[start : start + len(burst)] = burst * (2 if (k * CLICK_EVERY).denominator == 1 else 1)
    return samples


def make(path: Path, recipe: Recipe, *, ffmpeg: str) -> Path:
    """Write the source to `path`, with a suffix that selects the container; RuntimeError when ffmpeg fails."""
    track = path.with_name(f"{path.name}.wav")
    command = [ffmpeg, "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "yuv420p", *BT709]
    command += ["-s", "{}x{}".format(*recipe.size), "-r", str(recipe.rate), "-i", "pipe:0"]
    try:
        if recipe.channels:
            _write_track(track, recipe)
            command += ["-itsoffset", f"{float(recipe.audio_start):.6f}", "-i", str(track), *recipe.sound]
        if recipe.times:
            command += ["-vf", f"settb=1/90000,setpts='{_tree(recipe.times)}'", "-enc_time_base", "1/90000"]
        feed([*command, "-fps_mode", "passthrough", *recipe.video, *BT709, str(path)], _pictures(recipe))
    finally:
        track.unlink(missing_ok=True)
    return path


def feed(command: list[str], pictures: Iterator[bytes]) -> None:
    """Run ffmpeg on pictures piped to its standard input; RuntimeError with ffmpeg's message when it fails."""
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        assert child.stdin is not None
        assert child.stderr is not None
        with suppress(BrokenPipeError):
            for picture in pictures:
                child.stdin.write(picture)
        with suppress(BrokenPipeError):
            child.stdin.close()
        words = child.stderr.read().decode(errors="replace")
    if child.returncode:
        raise RuntimeError(f"ffmpeg ended with {child.returncode}: {words}")


def yuv420p(luma: Luma) -> bytes:
    """The bytes of one grey picture with this luma."""
    return luma.tobytes() + bytes([128]) * (luma.size // 2)


def _check(bits: list[int]) -> int:
    """CRC-6 of the index bits, polynomial x^6 + x + 1, initial value all ones."""
    register = 0b111111
    for bit in bits:
        top = (register >> 5) ^ bit
        register = (register << 1) & 0b111111
        if top:
            register ^= 0b000011
    return register


def _pictures(recipe: Recipe) -> Iterator[bytes]:
    return (yuv420p(draw(index, recipe.size, recipe.lane)) for index in range(recipe.frames))


def _write_track(path: Path, recipe: Recipe) -> None:
    # The same click in six channels adds up when they are mixed down to two: it must not clip.
    level = 0.5 if recipe.channels > 2 else 1.0
    channel = level * sound(recipe.sound_end - recipe.audio_start, recipe.sample_rate)
    with wave.open(str(path), "wb") as track:
        track.setnchannels(recipe.channels)
        track.setsampwidth(2)
        track.setframerate(recipe.sample_rate)
        track.writeframes(np.repeat((channel * 32767).astype("<i2"), recipe.channels).tobytes())


def _tree(times: tuple[Fraction, ...], first: int = 0) -> str:
    """Every frame's tick as an expression of its number; balanced, because ffmpeg refuses deep nesting."""
    if len(times) == 1:
        return str(round(times[0] * 90_000))
    half = len(times) // 2
    return f"if(lt(N,{first + half}),{_tree(times[:half], first)},{_tree(times[half:], first + half)})"
