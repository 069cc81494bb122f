"""A canvas of red, green, blue and alpha on which frames are laid."""

from __future__ import annotations

from fractions import Fraction
from typing import cast

import av.filter
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation

from compiler.supervise.images.image import is_opaque

PIXEL = 4
"""Bytes of a pixel."""


class Sheet:
    """The pixels of a moving image as they change, at first transparent."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self._rows = bytearray(width * height * PIXEL)

    def clear(self, x: int, y: int, width: int, height: int) -> None:
        """Make a part transparent."""
        length = max(0, min(width, self.width - x)) * PIXEL
        for row in range(y, min(y + height, self.height)):
            start = (row * self.width + x) * PIXEL
            self._rows[start : start + length] = bytes(length)

    def lay(self, picture: VideoFrame, x: int, y: int, *, blend: bool) -> None:
        """Put a picture at (x, y) in place of what is there, or over it."""
        above = _rgba(picture)
        if blend and not is_opaque(above):
            above = _over(self._part(x, y, above.width, above.height), above)
        plane = above.planes[0]
        pixels, stride = memoryview(plane).cast("B"), plane.line_size
        if self._is_whole(x, y, above):
            self._rows = bytearray(pixels[: len(self._rows)])
            return
        length = max(0, min(above.width, self.width - x)) * PIXEL
        for row in range(min(above.height, self.height - y)):
            start = ((y + row) * self.width + x) * PIXEL
            self._rows[start : start + length] = pixels[row * stride : row * stride + length]

    def frame(self) -> VideoFrame:
        """The whole canvas."""
        return self._part(0, 0, self.width, self.height)

    def _is_whole(self, x: int, y: int, frame: VideoFrame) -> bool:
        """Whether a frame at (x, y) covers the canvas, with its bytes in the same order."""
        same = (x, y, frame.width, frame.height) == (0, 0, self.width, self.height)
        return same and frame.planes[0].line_size == self.width * PIXEL

    def _part(self, x: int, y: int, width: int, height: int) -> VideoFrame:
        frame = VideoFrame(width, height, "rgba")
        plane = frame.planes[0]
        if self._is_whole(x, y, frame):
            plane.update(bytes(self._rows).ljust(plane.buffer_size, b"\0"))
            return frame
        pixels, stride = bytearray(plane.buffer_size), plane.line_size
        length = max(0, min(width, self.width - x)) * PIXEL
        for row in range(min(height, self.height - y)):
            start = ((y + row) * self.width + x) * PIXEL
            pixels[row * stride : row * stride + length] = self._rows[start : start + length]
        plane.update(bytes(pixels))
        return frame


def _rgba(picture: VideoFrame) -> VideoFrame:
    """The picture as RGB with alpha, its chroma at full resolution."""
    exact = Interpolation.BICUBIC | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT
    return picture if picture.format.name == "rgba" else picture.reformat(format="rgba", interpolation=exact, threads=1)


def _over(below: VideoFrame, above: VideoFrame) -> VideoFrame:
    """`above` over `below`, both of one size."""
    graph = av.filter.Graph()
    graph.threads = 1
    under, over = (
        graph.add_buffer(width=each.width, height=each.height, format=each.format, time_base=Fraction(1))
        for each in (below, above)
    )
    laid, sink = graph.add("overlay", "format=rgb"), graph.add("buffersink")
    under.link_to(laid, 0, 0)
    over.link_to(laid, 0, 1)
    laid.link_to(sink)
    graph.configure()
    for source, frame in ((under, below), (over, above)):
        frame.pts = 0
        source.push(frame)
        source.push(None)
    return cast(VideoFrame, sink.pull())
