"""The shape of a decoded picture: what may change in the middle of a stream. Runs in the probe child."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import av.error
from av.codec.context import CodecContext
from av.packet import Packet
from av.stream import Stream
from av.video.frame import VideoFrame


@dataclass(frozen=True, slots=True)
class Shape:
    """Size in pixels, pixel format, and range and matrix by libav's numbers."""

    width: int
    height: int
    pix_fmt: str
    range: int
    matrix: int

    @classmethod
    def of(cls, frame: VideoFrame) -> Shape:
        """The shape of a frame."""
        return cls(frame.width, frame.height, frame.format.name, int(frame.color_range), int(frame.colorspace))

    def __str__(self) -> str:
        return f"{self.width}x{self.height} {self.pix_fmt}"


def shape_of(stream: Stream, key: Packet[Any]) -> Shape | None:
    """The shape of a key frame, decoded by itself; None if it cannot be decoded so."""
    own = stream.codec_context
    context: Any = CodecContext.create(own.codec.name, "r")
    context.thread_count = 1
    context.extradata = own.extradata
    try:
        frames = [*context.decode(key), *context.decode(None)]
    except av.error.FFmpegError:
        return None
    return next((Shape.of(frame) for frame in frames if isinstance(frame, VideoFrame)), None)
