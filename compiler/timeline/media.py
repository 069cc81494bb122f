"""What a source is, as plain facts: everything the compiler knows about a media file without opening it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from compiler.timeline.instant import SourceTime

STILL = "image2"
"""The format of a still image: read whole, once, as one picture."""

STILL_SECONDS = Fraction(5)
"""How long a still image lasts when no trim ends it."""

STILL_RATE = Fraction(30)
"""A still image has no frames a second; keyframes of its crop count as many."""

STILL_TICK = Fraction(1000)
"""Seconds: the duration that ffmpeg is given for its one frame, so that no speed and no frame rate skips it."""

UNINDEXED = frozenset({"mpegts", "mpeg"})
"""Containers without an index, whose clock may jump: a seek lands in the middle of things, and each stream that is read
alone starts at its own first timestamp (AVFMT_TS_DISCONT, measured with ffmpeg 5.1 and 9.0)."""

Fields = Literal["tff", "bff", "auto"]
"""Which field comes first: top, bottom, or what every frame says for itself."""

MAX_PIXELS = 40_000_000
"""Of one picture of a source: 8K (7680 x 4320) is 33 million; a few kB of PNG can claim 256 million."""


@dataclass(frozen=True, slots=True)
class VideoStream:
    """The picture of a media file. Sizes in pixels as stored, before rotation metadata and pixel aspect."""

    index: int
    codec: str
    width: int
    height: int
    rate: Fraction
    """Frames a second, as probed; crop keyframes count frames at this rate."""
    time_base: Fraction
    first: Fraction
    """Container timestamp of the first presented frame, seconds: source time 0."""
    end: SourceTime
    """Where the last frame ends, seconds of source time: the picture's length."""
    ticks: tuple[int, ...] = ()
    """When each frame begins, in ticks of the time base after the first, if frames come at uneven times; else none."""
    frames: int | None = None
    sar: Fraction = Fraction(1)
    rotation: int = 0
    """Clockwise quarter turns the player applies, in degrees: 0, 90, 180 or 270."""
    mirrored: bool = False
    """Whether the player mirrors it, left to right, before it turns it."""
    pix_fmt: str = "yuv420p"
    color_range: str | None = None
    color_space: str | None = None
    color_primaries: str | None = None
    color_transfer: str | None = None
    start: Fraction | None = None
    """Container timestamp that the stream states for its start, seconds."""
    fields: Fields | None = None
    """Which field of an interlaced frame comes first; None for progressive frames."""

    @property
    def variable(self) -> bool:
        """Whether frames come at uneven times."""
        return bool(self.ticks)

    @property
    def still(self) -> bool:
        """Whether it is one picture without a length of its own."""
        return self.time_base == STILL_TICK

    @property
    def interlaced(self) -> bool:
        """Whether a frame holds two fields, half of its lines each, of two instants."""
        return self.fields is not None

    @property
    def displayed(self) -> tuple[int, int]:
        """Width and height as seen: rotation applied, pixels made square (by widening, never by dropping lines)."""
        width, height = self.width, self.height
        if self.sar > 1:
            width = round(width * self.sar)
        elif self.sar < 1:
            height = round(height / self.sar)
        return (height, width) if self.rotation in (90, 270) else (width, height)


@dataclass(frozen=True, slots=True)
class AudioStream:
    """The sound of a media file."""

    index: int
    codec: str
    sample_rate: int
    channels: int
    layout: str
    time_base: Fraction
    first: Fraction
    """Container timestamp of the first sample, seconds."""
    end: SourceTime
    """Where the sound ends, seconds of source time (of the picture's clock)."""
    speakers: tuple[str, ...] = ("FL", "FR")
    """Where each channel is heard, by ffmpeg's names for places."""
    start: Fraction | None = None
    """Container timestamp that the stream states for its start, seconds."""


@dataclass(frozen=True, slots=True)
class Media:
    """One media file: where it is, how it is packed, its picture and, if it has any, its sound."""

    path: str
    format: str
    """The demuxer's short name, forced with `-f` when the file is opened again: `mov`, `matroska`, `mpegts`…"""
    start: Fraction
    """The container's own start time, seconds."""
    video: VideoStream
    audio: AudioStream | None = None
    size: int = 0
    """Bytes."""
    earliest: Fraction | None = None
    """Container timestamp of the first packet, what only primes a decoder included, seconds."""

    def origin(self, stream: VideoStream | AudioStream) -> Fraction:
        """What ffmpeg takes off every timestamp of one of the streams when it reads that alone, seconds."""
        return self.start if stream.start is None or self.format not in UNINDEXED else stream.start
