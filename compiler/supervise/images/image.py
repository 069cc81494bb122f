"""An image: its frames and the times at which they are shown. Runs in the children that open media."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate

import av.error
from av.codec.context import CodecContext
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from compiler.supervise.media.admit import unreadable
from compiler.timeline.colour import SEE_THROUGH
from compiler.timeline.media import MAX_PIXELS, WHOLE, Cropping

HASTE, CALM = Fraction(1, 100), Fraction(1, 10)
"""Seconds: browsers show a frame that states HASTE or less for CALM."""

ALPHA = {"rgba": 3, "bgra": 3}
"""The place of alpha among the bytes of a pixel."""

Frames = Iterator[VideoFrame | None]


@dataclass(frozen=True, slots=True)
class Image:
    """An image as a player shows it; a still has one frame and no length."""

    format: str
    codec: str
    size: tuple[int, int]
    frames: Callable[[], Frames]
    """Decodes the frames from the first on; None for a frame that does not decode."""
    time_base: Fraction = Fraction(1)
    durations: tuple[int, ...] = (1,)
    """The ticks for which each frame is shown."""
    clears: bool = True
    """Whether a frame may have transparent parts although the first has none."""
    rotation: int = 0
    """Clockwise, degrees."""
    mirrored: bool = False
    """Whether the picture is mirrored, left to right, before it is turned."""
    crop: Cropping = WHOLE
    cut: bool = False
    """Whether the file ends amid a frame, which is left out."""

    @property
    def still(self) -> bool:
        """Whether there is one frame."""
        return len(self.durations) == 1

    @property
    def ticks(self) -> tuple[int, ...]:
        """The ticks at which frames begin, and at which the last one ends."""
        return tuple(accumulate(self.durations, initial=0))

    def stamped(self) -> Iterator[tuple[int, VideoFrame | None]]:
        """The frames with the ticks at which they begin."""
        return zip(self.ticks[:-1], self.frames(), strict=False)


def calm(seconds: Fraction) -> Fraction:
    """The seconds for which browsers show a frame that states `seconds`."""
    return CALM if seconds <= HASTE else seconds


def decoder(codec: str, described: bytes = b"") -> VideoCodecContext:
    """A decoder of one thread with limits, described by a container's bytes."""
    context = CodecContext.create(codec, "r")
    assert isinstance(context, VideoCodecContext)
    if described:
        context.extradata = described
    context.thread_count = 1
    context.options = {"max_pixels": str(MAX_PIXELS)}
    return context


def decoded(codec: str, coded: bytes, described: bytes = b"") -> VideoFrame:
    """The one picture that bytes decode to; RC604 if they do not."""
    try:
        context = decoder(codec, described)
        frames = [*context.decode(Packet(coded)), *context.decode(None)]
    except av.error.FFmpegError as error:
        raise unreadable("is damaged: its picture does not decode", str(error.strerror)) from error
    if not frames:
        raise unreadable("is damaged: its picture does not decode")
    return frames[0]


def bytes_of(frame: VideoFrame, plane: int) -> tuple[memoryview, int, int, int]:
    """A plane's bytes, the bytes from a row to the next, the bytes of a row's pixels, and the rows."""
    held = frame.planes[plane]
    components = [each for each in frame.format.components if each.plane == plane]
    depth = max((each.bits + 7) // 8 for each in components) * len(components)
    return memoryview(held).cast("B"), held.line_size, held.width * depth, held.height


def paste(target: VideoFrame, source: VideoFrame, planes: Sequence[tuple[int, int]], x: int, y: int) -> None:
    """Copy pixels of equal format to (x, y) of `target`, as far as they fit; `planes` pairs the target's and the
    source's."""
    for to, of in planes:
        below, stride, wide, high = bytes_of(target, to)
        above, pitch, width, height = bytes_of(source, of)
        across, down = target.planes[to].width, target.planes[to].height
        left, top = x * across // target.width * (wide // across), y * down // target.height
        length = min(width, wide - left)
        rows = bytearray(below)
        for row in range(min(height, high - top)):
            start = (top + row) * stride + left
            rows[start : start + length] = above[row * pitch : row * pitch + length]
        target.planes[to].update(bytes(rows))


def is_opaque(frame: VideoFrame) -> bool:
    """Whether no part of a frame is transparent; False if its format has transparency that is not looked at."""
    name = frame.format.name
    if name not in ALPHA:
        return not name.startswith(SEE_THROUGH)
    plane = frame.planes[0]
    pixels, length = memoryview(plane).cast("B"), 4 * frame.width
    full = b"\xff" * frame.width
    rows = (pixels[row * plane.line_size :][ALPHA[name] : length : 4] for row in range(frame.height))
    return all(bytes(row) == full for row in rows)
