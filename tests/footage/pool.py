"""The pool of sources for all tests: made once, and kept in a folder that is named after a hash of their recipes."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate
from pathlib import Path

from tests.footage import coded, read
from tests.footage.coded import AAC, H264, PCM, Recipe
from tests.footage.kept import alone
from tests.reference.facts import Facts

_BFRAMES = (*H264, "-bf", "3", "-b_strategy", "0")
_SECONDS = Fraction(4)

POOL: Mapping[str, Recipe] = {
    "film24.mov": Recipe(Fraction(24), _SECONDS, lane=0, sound=PCM),
    "pal25.mp4": Recipe(Fraction(25), _SECONDS, lane=1, sample_rate=44_100, channels=1),
    "ntsc.mp4": Recipe(Fraction(30_000, 1001), _SECONDS, lane=0, channels=6, sound=(*AAC[:3], "384k"), video=_BFRAMES),
    "late30.mkv": Recipe(
        Fraction(30), _SECONDS, lane=1, sound=PCM, audio_start=Fraction(1, 2), audio_seconds=Fraction(7, 2)
    ),
    "short60.mp4": Recipe(Fraction(60), _SECONDS, lane=0, video=_BFRAMES, audio_seconds=Fraction(5, 2)),
    "silent30.mp4": Recipe(Fraction(30), _SECONDS, lane=1, channels=0),
}
"""Six constant-rate sources of 4 s, three in each lane: every container, codec and unusual but legal form of sound."""

_MPEG2 = ("-c:v", "mpeg2video", "-q:v", "2", "-bf", "2", "-g", "15")
_PRORES = ("-c:v", "prores_ks", "-profile:v", "2", "-pix_fmt", "yuv422p10le")
_HEVC = ("-c:v", "libx265", "-preset", "ultrafast", "-crf", "18", "-pix_fmt", "yuv420p10le")
_HEVC_OPEN = ("-x265-params", "open-gop=1:keyint=24:min-keyint=24:bframes=4:b-adapt=0:scenecut=0:log-level=error")
_FIELDS = (*H264, "-flags", "+ilme+ildct", "-x264-params", "tff=1")
_UNEVEN = tuple(accumulate((Fraction(3000 + 700 * (k * 7 % 5), 90_000) for k in range(90)), initial=Fraction(0)))

ODD: Mapping[str, Recipe] = {
    "open.ts": Recipe(Fraction(25), _SECONDS, lane=0, video=(*H264, "-x264-params", "open-gop=1")),
    "program.mpg": Recipe(Fraction(25), _SECONDS, lane=1, video=_MPEG2, sound=("-c:a", "mp2", "-b:a", "256k")),
    "edit.mov": Recipe(Fraction(30_000, 1001), _SECONDS, lane=0, video=_PRORES, sound=PCM, sample_rate=96_000),
    "phone.mp4": Recipe(Fraction(30), _SECONDS, lane=1, video=(*_HEVC, *_HEVC_OPEN), sample_rate=8_000, channels=1),
    "fields.mp4": Recipe(Fraction(25), _SECONDS, lane=0, video=_FIELDS),
    "screen.mp4": Recipe(Fraction(30), _SECONDS, lane=1, times=_UNEVEN),
}
"""Six of other kinds: streams that cannot be sought, open GOPs, 10 bit, fields, uneven times, odd sample rates."""


@dataclass(frozen=True, slots=True)
class Source:
    """One source on disk: its recipe, and the facts on which the reference bases its predictions."""

    path: Path
    recipe: Recipe
    facts: Facts

    @property
    def media(self) -> str:
        """Its name in a reel."""
        return str(self.path)


def fetch(recipes: Mapping[str, Recipe], cache: Path, ffmpeg: str) -> Path:
    """The folder that holds these sources by name; missing ones are made, each by one process while others wait."""
    code = Path(coded.__file__).read_bytes()
    folder = cache / hashlib.sha256(code + repr(sorted(recipes.items())).encode()).hexdigest()[:16]
    folder.mkdir(parents=True, exist_ok=True)
    for name, recipe in recipes.items():
        with alone(folder / name):
            if not (folder / name).exists():
                os.replace(coded.make(folder / f"part-{name}", recipe, ffmpeg=ffmpeg), folder / name)
    return folder


def source(path: Path, recipe: Recipe) -> Source:
    """A source with its facts: frame times read from its container, the rest from its recipe."""
    times, end = read.frame_times(path)
    return Source(path, recipe, Facts(recipe.rate, times, end, recipe.size, recipe.clicks))
