"""Options of encoders and containers, from a profile, pinned so that the same input gives the same bytes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

from compiler.ir.build import Build
from compiler.profiles import FINAL, H264, Profile, Quality
from compiler.timeline.instant import SAMPLE_RATE

STEADY = "asm=AVX2"
"""x264's AVX-512 code reads past the end of a row unless the width is a multiple of 128, so the bytes of a film vary.
Its AVX2 code gives the same bytes as processors without AVX-512 (ADR 16)."""

LOOKAHEAD = "lookahead-threads=2"
"""x264 looks forty frames ahead before it encodes the first one; a short unit waits for that (ADR 90). A constant,
since another number gives other bytes."""

MOST_TICKS = 2**31 - 1
"""Ticks a second of a movie's clock, at most: ffmpeg refuses more."""


@dataclass(frozen=True, slots=True)
class Encoding:
    """How the film is encoded."""

    fps: Fraction
    preset: str | None
    crf: Fraction | None
    audio_bitrate: str
    sound: bool
    bitrate: str | None = None
    quality: str = FINAL
    profile: Profile = H264


def video(encoding: Encoding, build: Build) -> list[str]:
    """The picture's encoder and all its options."""
    picture = encoding.profile.picture
    assert picture is not None
    marks = ("-color_range", "tv", "-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709")
    return [
        *("-c:v", picture.encoder, *_rate(encoding), *picture.steady),
        *(_x264(build) if picture.encoder == "libx264" else ()),
        *("-pix_fmt", picture.pix_fmt, *(marks if picture.colours else ()), "-flags:v", "+bitexact"),
        *("-fps_mode", "passthrough"),
    ]


def _x264(build: Build) -> tuple[str, str]:
    return "-x264-params", f"{LOOKAHEAD}:{STEADY}" if build.avx512 else LOOKAHEAD


def _rate(encoding: Encoding) -> Iterator[str]:
    if encoding.preset is not None:
        yield from ("-preset", encoding.preset)
    if encoding.bitrate is not None:
        yield from ("-b:v", encoding.bitrate)
    elif encoding.crf is not None:
        yield from ("-crf", f"{float(encoding.crf):g}")
    yield from encoding.profile.qualities.get(encoding.quality, Quality()).words


def audio(encoding: Encoding) -> list[str]:
    """The sound's encoder."""
    sound = encoding.profile.sound
    assert sound is not None
    rate = ["-b:a", encoding.audio_bitrate] if sound.rated else []
    return ["-c:a", sound.encoder, *rate, "-ar", str(SAMPLE_RATE), "-ac", "2", "-flags:a", "+bitexact"]


def container(encoding: Encoding, output: str, part: bool = False) -> list[list[str]]:
    """Options of the output file: no metadata of the sources, and a movie's index at the front. For that the file is
    written twice; the index of a `part` of a film stays at its end.

    A movie's clock counts both frames and samples in whole ticks: with the default of milliseconds the sound's edit
    list is rounded, and players drop the last samples. Where no clock can count both, it counts samples: the end of a
    track's last frame is rounded up, which drops nothing.
    """
    profile, ticks = encoding.profile, encoding.fps.numerator
    both = lcm(ticks, SAMPLE_RATE)
    clocks = ["-video_track_timescale", str(ticks)] if profile.picture else []
    clocks += ["-movie_timescale", str(both if both <= MOST_TICKS else SAMPLE_RATE)]
    clocks += [] if part else ["-movflags", "+faststart"]
    return [
        ["-map_metadata", "-1", "-map_chapters", "-1", "-fflags", "+bitexact"],
        *([clocks] if profile.movie else []),
        ["-f", profile.muxer, f"file:{output}"],
    ]
