"""Forecasts: the seconds, the memory and the bytes that the parts of a film take, by the costs of a machine."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from compiler.costs import BUSY, Costs
from compiler.lower import Placed
from compiler.model import Encode

ENTERED = 1
"""Seconds of a source that are decoded before the first frame that is shown: half a usual distance of keyframes."""

DECODED = {"hevc": 1.6, "av1": 1.5, "prores": 2.5, "vp9": 1.2}
"""The work to decode a pixel of these codecs, where that of H.264 is 1."""

ZOOMED = 10
"""The work to draw a pixel of a zoom, where that of a pan is 1."""

ENCODED: Mapping[str, Mapping[str | None, float]] = {
    "h264": {
        **{"ultrafast": 0.13, "superfast": 0.27, "veryfast": 0.43, "faster": 0.64, "fast": 0.85, "medium": 1.0},
        **{"slow": 1.45, "slower": 2.3, "veryslow": 4.9, "placebo": 14.0},
    },
    "h265": {
        **{"ultrafast": 0.57, "superfast": 0.8, "veryfast": 1.16, "faster": 1.4, "fast": 1.5, "medium": 1.6},
        **{"slow": 3.6, "slower": 14.0, "veryslow": 20.0, "placebo": 80.0},
    },
    "av1": {
        **{"0": 60.0, "1": 22.0, "2": 10.9, "3": 5.1, "4": 2.2, "5": 1.8, "6": 1.5, "7": 1.1, "8": 0.78, "9": 0.61},
        **{"10": 0.48, "11": 0.42, "12": 0.36, "13": 0.36},
    },
    "prores": {None: 1.7},
    "gif": {None: 1.5},
    "webp": {None: 1.6},
}
"""The work to encode a pixel by codec and preset, where that of H.264 at medium is 1, measured at 540x960. SVT-AV1's
presets 5, 7, 9 and 11 lie between their neighbours."""

SIZES: Mapping[str, tuple[float, int | None]] = {
    "h264": (0.018, 20),
    "h265": (0.0067, 23),
    "av1": (0.0051, 30),
    "prores": (0.5, None),
    "gif": (0.41, None),
    "webp": (0.013, None),
}
"""Bytes of an encoded pixel by codec, and the rate factor they are of."""

HALVING = 5
"""The increase of the rate factor that halves a film."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """Seconds by the clock and of processors, MiB of memory, and bytes, of one ffmpeg or of several."""

    wall: float
    cpu: float
    memory: int
    size: int

    def as_json(self) -> dict[str, object]:
        """The members of plan.json."""
        return {
            "wall_s": round(self.wall, 2),
            "processor_s": round(self.cpu, 2),
            "peak_memory_mib": self.memory,
            "bytes": self.size,
        }


@dataclass(frozen=True, slots=True)
class Shown:
    """A clip in a unit: the frames of it that are shown there, whether it zooms, and the seconds of mixing frames."""

    placed: Placed
    frames: int
    zooms: bool
    mixing: float

    def decoded(self) -> float:
        """Megapixels of the source that are decoded, as work on H.264."""
        video, warp = self.placed.media.video, self.placed.timing.warp
        if video.still:
            return 0.0
        seconds = float(warp.end - warp.start) * self.frames / self.placed.frames + ENTERED
        pixels = seconds * float(video.rate) * video.width * video.height / 1e6
        return pixels * DECODED.get(video.codec, 1)


def picture_forecast(
    frames: int,
    fps: Fraction,
    canvas: tuple[int, int],
    shown: Sequence[Shown],
    encode: Encode,
    costs: Costs,
    memory: int,
) -> Forecast:
    """The forecast of the ffmpeg that draws and encodes so many frames, `memory` MiB of them."""
    picture = math.prod(canvas) / 1e6
    drawn = sum(clip.frames * picture * (ZOOMED if clip.zooms else 1) for clip in shown)
    work = ENCODED.get(encode.codec, {})
    encoded = frames * picture * work.get(encode.preset, work.get(None, 0.0))
    cpu = (
        costs.start
        + costs.opening * len(shown)
        + costs.decoding * sum(clip.decoded() for clip in shown)
        + costs.drawing * drawn
        + costs.encoding * encoded
        + sum(clip.mixing for clip in shown)
    )
    return Forecast(_wall(cpu, costs), cpu, memory, _bytes(frames / fps, frames * picture, encode))


def sound_forecast(seconds: Fraction, clips: int, costs: Costs, memory: int, size: int = 0) -> Forecast:
    """The forecast of the ffmpeg that makes so many seconds of sound of so many clips."""
    cpu = costs.start + costs.opening * clips + costs.hearing * float(seconds)
    return Forecast(cpu, cpu, memory, size)  # its filters are a row, which one processor works through


def together(forecasts: Sequence[Forecast], costs: Costs, jobs: int = 1) -> Forecast:
    """The forecast of several ffmpegs, so many at once: of memory that of the largest."""
    cpu = sum(each.cpu for each in forecasts)
    return Forecast(
        max(cpu / costs.processors, sum(each.wall for each in forecasts) / jobs),
        cpu,
        max(each.memory for each in forecasts),
        sum(each.size for each in forecasts),
    )


def _wall(cpu: float, costs: Costs) -> float:
    return costs.start + (cpu - costs.start) / min(costs.processors, BUSY)


def _bytes(seconds: Fraction, megapixels: float, encode: Encode) -> int:
    if encode.bitrate:
        return round(float(seconds) * bits(encode.bitrate) / 8)
    size, factor = SIZES.get(encode.codec, (0.0, None))
    finer = 2 ** ((factor - float(encode.crf)) / HALVING) if factor is not None and encode.crf is not None else 1
    return round(megapixels * 1e6 * size * finer)


def bits(bitrate: str) -> int:
    """Bits a second in a bitrate such as 192k or 8M."""
    return int(bitrate[:-1]) * {"k": 1000, "M": 1_000_000}[bitrate[-1]]
