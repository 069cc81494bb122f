"""Colours are preserved: patches of known values are read back from films."""

from __future__ import annotations

import math
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from tests.cases import cases
from tests.conform.studio import rendered

RED = (63, 102, 240)
"""Y, Cb, Cr of full red in limited-range BT.709."""

NEAR = 2
"""Steps of 8 bits by which rounding and the encoder may change a flat colour."""

LOSSLESS = ("-c:v", "libx264", "-qp", "0", "-preset", "ultrafast")


Numbers = tuple[int, int, int]

EACH = 5
"""Frames that each colour of a source lasts."""


def patches(ffmpeg: str, output: Path, colours: Sequence[Numbers], pix_fmt: str, size: str, *coded: str) -> None:
    """One colour after the other, stored with the given values; 25 frames a second."""
    planes = [
        "+".join(f"{c}*eq(floor(N/{EACH}),{k})" for k, c in enumerate(plane)) for plane in zip(*colours, strict=True)
    ]
    names = ("r", "g", "b") if pix_fmt.startswith("gbr") else ("lum", "cb", "cr")
    drawn = ":".join(f"{name}='{plane}'" for name, plane in zip(names, planes, strict=True))
    length = Fraction(EACH * len(colours), 25)
    marks = (f",{coded[0]}", *coded[1:]) if coded and coded[0].startswith("setparams") else ("", *coded)
    flat = f"color=black:s=16x16:r=25:d={float(length)},format={pix_fmt},geq={drawn}"  # which is slow on large pictures
    picture = f"{flat},scale={size.replace('x', ':')}:flags=neighbor{marks[0]}"
    subprocess.run(
        [ffmpeg, "-v", "error", "-y", "-f", "lavfi", "-i", picture, *marks[1:], str(output)], check=True, timeout=60
    )


def middles(film: Path) -> list[Numbers]:
    """The values in the middle of every colour of a film."""
    found = []
    with av.open(str(film)) as container:
        for n, picture in enumerate(container.decode(video=0)):
            if n % EACH == EACH // 2:
                planes = [picture.to_ndarray()[: picture.height], *_chroma(picture)]
                y, cb, cr = (int(np.median(plane)) for plane in planes)
                found.append((y, cb, cr))
    return found


def near(found: list[Numbers], wanted: Iterable[Numbers]) -> None:
    """Check that every value is within NEAR of the expected one."""
    for k, (got, want) in enumerate(zip(found, wanted, strict=True)):
        assert got == pytest.approx(want, abs=NEAR), f"colour {k}"


def _chroma(picture: av.VideoFrame) -> list[np.ndarray]:
    rest = picture.to_ndarray()[picture.height :].reshape(2, -1)
    return [rest[0], rest[1]]


PATCHES = ((0.75, 0.25, 0.3), (0.2, 0.6, 0.9), (0.1, 0.7, 0.2), (0.5, 0.5, 0.5))
"""Red, green and blue, 0 to 1."""

WEIGHTS = {
    "bt709": (0.2126, 0.0722),
    "smpte170m": (0.299, 0.114),
    "bt470bg": (0.299, 0.114),
    "bt2020nc": (0.2627, 0.0593),
}
"""The weights of red and blue in the luma of each matrix."""

FFV1 = ("-c:v", "ffv1")


def coded(rgb: tuple[float, float, float], matrix: str, full: bool, bits: int) -> tuple[int, int, int]:
    """A colour's luma and chroma by the definition of its matrix, range and depth."""
    (red, green, blue), (kr, kb) = rgb, WEIGHTS[matrix]
    luma = kr * red + (1 - kr - kb) * green + kb * blue
    chroma = [(blue - luma) / (2 * (1 - kb)), (red - luma) / (2 * (1 - kr))]
    step, middle = 1 << (bits - 8), 1 << (bits - 1)
    if full:
        top = (1 << bits) - 1
        return round(luma * top), round(middle + chroma[0] * top), round(middle + chroma[1] * top)
    return (
        round((16 + 219 * luma) * step),
        round(middle + 224 * chroma[0] * step),
        round(middle + 224 * chroma[1] * step),
    )


@dataclass(frozen=True)
class Kind:
    """The storage of a source's colours, and its tags for it."""

    pix_fmt: str = "yuv420p"
    matrix: str = "bt709"
    full: bool = False
    tagged: bool = True
    size: str = "64x64"
    bits: int = 8

    def write(self, ffmpeg: str, output: Path, colours: Sequence[Numbers]) -> None:
        """The colours one after the other, as this kind of source."""
        rgb = self.pix_fmt.startswith("gbr")
        said, space = "pc" if self.full else "tv", "gbr" if rgb else self.matrix
        marks = f"setparams=range={said}:colorspace={space}"
        tags = (marks, *FFV1, "-color_range", said, "-colorspace", "rgb" if rgb else space) if self.tagged else FFV1
        patches(ffmpeg, output, colours, self.pix_fmt, self.size, *tags)


KINDS = {
    "limited BT.709": Kind(),
    "full range": Kind(full=True),
    "BT.601, PAL": Kind(matrix="bt470bg", size="72x58"),
    "BT.601, NTSC": Kind(matrix="smpte170m", size="72x48"),
    "BT.601, full range": Kind(matrix="smpte170m", full=True),
    "BT.2020": Kind("yuv420p10le", "bt2020nc", bits=10),
    "10-bit": Kind("yuv420p10le", bits=10),
    "10-bit full range": Kind("yuv420p10le", full=True, bits=10),
    "12-bit 4:2:2": Kind("yuv422p12le", bits=12),
    "4:2:2": Kind("yuv422p"),
    "4:4:4": Kind("yuv444p"),
    "4:4:4 BT.601 10-bit": Kind("yuv444p10le", "smpte170m", bits=10),
    "RGB": Kind("gbrp", full=True),
    "10-bit RGB": Kind("gbrp10le", full=True, bits=10),
    "untagged HD": Kind(tagged=False, size="1280x720"),
    "untagged, upright": Kind(tagged=False, size="480x854"),
    "untagged SD": Kind(matrix="smpte170m", tagged=False, size="720x576"),
}


SLOW = ("BT.601, full range", "10-bit full range", "4:4:4", "10-bit RGB", "untagged HD")


def stored(media: str) -> dict[str, Any]:
    """A reel of one whole source."""
    return {
        "reel": 1,
        "canvas": {"width": 64, "height": 64, "fps": 25, "fit": "cover"},
        "encode": {"preset": "ultrafast", "crf": 4},
        "clips": [{"media": media}],
    }


@pytest.mark.conform
@pytest.mark.parametrize("name", cases(KINDS, slow=SLOW))
def test_a_colour_is_the_colour_it_was(name: str, ffmpegs: str, embedded: str, tmp_path: Path) -> None:
    kind = KINDS[name]
    top = (1 << kind.bits) - 1
    colours = [
        (round(rgb[0] * top), round(rgb[1] * top), round(rgb[2] * top))
        if kind.pix_fmt.startswith("gbr")
        else coded(rgb, kind.matrix, kind.full, kind.bits)
        for rgb in PATCHES
    ]
    kind.write(embedded, tmp_path / "source.mkv", colours)
    rendered(stored("source.mkv"), ffmpegs, tmp_path / "film.mp4", tmp_path)
    near(middles(tmp_path / "film.mp4"), (coded(rgb, "bt709", False, 8) for rgb in PATCHES))


TO_BT709 = ((1.660491, -0.587641, -0.072850), (-0.124550, 1.132900, -0.008349), (-0.018151, -0.100579, 1.118730))
"""Linear light of BT.2020's primaries as BT.709's (ITU-R BT.2087)."""

WHITE, BRIGHTEST, BENT_FROM = 203.0, 1000.0, 0.3


def pq(signal: float) -> float:
    """cd/m2 of a PQ signal (SMPTE ST 2084)."""
    m1, m2, c1, c2, c3 = 2610 / 16384, 2523 / 32, 3424 / 4096, 2413 / 128, 2392 / 128
    power = signal ** (1 / m2)
    return float(10000 * (max(power - c1, 0) / (c2 - c3 * power)) ** (1 / m1))


def scene(signal: float) -> float:
    """Scene light, 0 to 1, of an HLG signal (ITU-R BT.2100)."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    return signal**2 / 3 if signal <= 0.5 else (math.exp((signal - c) / a) + b) / 12


def displayed(signal: tuple[float, float, float], transfer: str) -> list[float]:
    """cd/m2 of red, green and blue on a reference display of 1000 cd/m2."""
    if transfer == "smpte2084":
        return [pq(value) for value in signal]
    light = [scene(value) for value in signal]
    luma = 0.2627 * light[0] + 0.6780 * light[1] + 0.0593 * light[2]
    return [1000 * luma**0.2 * value for value in light]


def bent(x: float) -> float:
    """The curve of ADR 18: straight up to BENT_FROM, then bent so that the brightest becomes 1."""
    j, peak = BENT_FROM, BRIGHTEST / WHITE
    if x <= j:
        return x
    a = -(j**2) * (peak - 1) / (j**2 - 2 * j + peak)
    b = (j**2 - 2 * j * peak + peak) / (peak - 1)
    return (b**2 + 2 * b * j + j**2) / (b - a) * (x + a) / (x + b)


def mapped(signal: tuple[float, float, float], transfer: str) -> tuple[float, float, float]:
    """The BT.709 signal, 0 to 1, for an HDR one."""
    light = [value / WHITE for value in displayed(signal, transfer)]
    red, green, blue = (sum(weight * value for weight, value in zip(row, light, strict=True)) for row in TO_BT709)
    largest = max(red, green, blue, 1e-6)
    share = bent(largest) / largest
    rendered = [min(max(value * share, 0.0), 1.0) ** (1 / 2.4) for value in (red, green, blue)]
    return rendered[0], rendered[1], rendered[2]


SIGNALS = {
    "black": (0.0, 0.0, 0.0),
    "dark grey": (0.25, 0.25, 0.25),
    "skin": (0.52, 0.47, 0.44),
    "HDR's reference white": (0.5807, 0.5807, 0.5807),
    "sky": (0.45, 0.5, 0.56),
    "a lamp": (0.7518, 0.7518, 0.7518),
    "the sun": (0.9, 0.9, 0.9),
}


@pytest.mark.conform
@pytest.mark.parametrize("transfer", ["smpte2084", "arib-std-b67"])
def test_hdr_is_shown_by_the_stated_curve(transfer: str, ffmpegs: str, embedded: str, tmp_path: Path) -> None:
    colours = [coded(signal, "bt2020nc", False, 10) for signal in SIGNALS.values()]
    marks = f"setparams=range=tv:colorspace=bt2020nc:color_primaries=bt2020:color_trc={transfer}"
    x265 = ("-c:v", "libx265", "-x265-params", "lossless=1:log-level=error", "-tag:v", "hvc1")
    tags = ("-colorspace", "bt2020nc", "-color_primaries", "bt2020", "-color_trc", transfer, "-color_range", "tv")
    patches(embedded, tmp_path / "hdr.mp4", colours, "yuv420p10le", "64x64", marks, *x265, *tags)
    rendered(stored("hdr.mp4"), ffmpegs, tmp_path / "film.mp4", tmp_path)
    wanted = [coded(mapped(signal, transfer), "bt709", False, 8) for signal in SIGNALS.values()]
    near(middles(tmp_path / "film.mp4"), wanted)


@pytest.mark.conform
def test_a_film_says_what_its_numbers_mean(ffmpegs: str, embedded: str, tmp_path: Path) -> None:
    patches(embedded, tmp_path / "red.mp4", [RED], "yuv420p", "64x64", *LOSSLESS)
    rendered(stored("red.mp4"), ffmpegs, tmp_path / "film.mp4", tmp_path)
    with av.open(str(tmp_path / "film.mp4")) as film:
        context = film.streams.video[0].codec_context
        assert (context.colorspace, context.color_primaries, context.color_trc, context.color_range) == (1, 1, 1, 1)
