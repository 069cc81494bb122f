"""Forecasts of memory: that of the program, of the clips that it opens, and of the frames that its encoder holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from compiler.model import Encode
from compiler.timeline.media import VideoStream

PROGRAM = 60
"""MiB of an ffmpeg with its filters and its threads."""

OPENED, MOVING, STILL = 10, 24, 6
"""MiB of an open clip, and of each million pixels of its picture: a moving one's decoder keeps several frames. Measured
with H.264 and HEVC up to 3840x2160, and with photos up to 36 million pixels."""


@dataclass(frozen=True, slots=True)
class Encoder:
    """The memory of an encoder."""

    full: int
    """The frames after which it takes no more: those that it looks at ahead and refers to."""
    pixel: Mapping[str | None, int]
    """Bytes for a pixel of the film, with that many frames, by preset."""


ENCODERS = {
    "h264": Encoder(
        60,
        {
            **{"ultrafast": 25, "superfast": 100, "veryfast": 130, "faster": 165, "fast": 210, "medium": 250},
            **{"slow": 290, "slower": 350, "veryslow": 490, "placebo": 720},
        },
    ),
    "h265": Encoder(
        40,
        {
            **{"ultrafast": 150, "superfast": 180, "veryfast": 220, "faster": 220, "fast": 225, "medium": 235},
            **{"slow": 290, "slower": 385, "veryslow": 400, "placebo": 450},
        },
    ),
    "av1": Encoder(90, {str(preset): 360 if preset < 10 else 240 for preset in range(14)}),
    "prores": Encoder(1, {None: 30}),
    "gif": Encoder(1, {None: 20}),
    "webp": Encoder(1, {None: 20}),
}
"""By codec; films of sound alone have none. A fifth more than measured at 1080x1920, and with AV1 at 540x960, where it
takes most for a pixel, with 3 to 120 frames."""

HELD = {"gif": 1, "webp": 4}
"""Bytes of a pixel in these codecs: ffmpeg 9 puts all frames of a held picture through the graph before it encodes one,
and keeps them as long. Measured: 6.1 GB for 30 s of WebP at 1080p. Films with sound wait for it, and keep few."""


def picture_memory(frames: int, pixels: int, opened: Sequence[VideoStream], encode: Encode, held: int) -> int:
    """MiB of the ffmpeg that opens these clips and encodes so many frames of so many pixels each.

    `held` is the number of frames of the longest freeze among them.
    """
    pixel = Fraction(HELD.get(encode.codec, 0) * held)
    if encoder := ENCODERS.get(encode.codec):
        pixel += Fraction(encoder.pixel[encode.preset] * min(frames, encoder.full), encoder.full)
    return round(PROGRAM + sum(map(_opened, opened)) + pixel * pixels / 2**20)


def _opened(video: VideoStream) -> Fraction:
    each = STILL if video.still else MOVING
    return OPENED + Fraction(each * video.width * video.height, 10**6)
