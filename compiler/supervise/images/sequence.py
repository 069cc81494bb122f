"""Sequences of images in HEIF (AVIF, HEIC): the track of pictures, with the track of their transparency."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av.error
from av.container import InputContainer
from av.stream import Stream
from av.video.frame import VideoFrame

from compiler.supervise.admit import admit_stream, opened
from compiler.supervise.images.heif import with_alpha
from compiler.supervise.images.heif_boxes import boxes
from compiler.supervise.images.image import Frames, Image

CODECS = ("av1", "hevc")


def sequence(path: Path, data: memoryview) -> Image | None:
    """The sequence of images of a file; None if it has no track of pictures."""
    tracks = dict(_tracks(data))
    if b"pict" not in tracks:
        return None
    number = tracks[b"pict"]
    with opened(path) as (container, _):
        stream = _stream(container, number)
        if stream is None:
            return None
        codec = admit_stream(stream, CODECS)
        context: Any = stream.codec_context
        found = sorted(
            (packet.pts, packet.duration or 0) for packet in container.demux(stream) if packet.pts is not None
        )
        found = [each for each in found if each[0] >= 0]
        base = Fraction(stream.time_base or 1)
        size = context.width, context.height
    if not found:
        return None
    ticks = [tick for tick, _ in found]
    ends = [*ticks[1:], ticks[-1] + max(1, found[-1][1])]
    durations = tuple(end - begin for begin, end in zip(ticks, ends, strict=True))
    alpha = tracks.get(b"auxv")
    kind = "avif" if codec == "av1" else "heif"
    return Image(kind, codec, size, lambda: _frames(path, number, alpha), base, durations, clears=alpha is not None)


def _frames(path: Path, number: int, alpha: int | None) -> Frames:
    pictures = _decoded(path, number)
    if alpha is None:
        yield from pictures
        return
    for picture, over in zip(pictures, _decoded(path, alpha), strict=False):
        yield with_alpha(picture, over) if picture and over else None


def _decoded(path: Path, number: int) -> Frames:
    with opened(path) as (container, _):
        stream = _stream(container, number)
        if stream is None:
            return
        admit_stream(stream, CODECS)
        try:
            for packet in container.demux(stream):
                try:
                    frames = packet.decode()
                except av.error.FFmpegError:
                    yield None
                    continue
                for frame in frames:
                    if isinstance(frame, VideoFrame) and (frame.pts or 0) >= 0:
                        yield None if frame.is_corrupt else frame
        except av.error.FFmpegError:  # the file breaks off
            return


def _stream(container: InputContainer, number: int) -> Stream | None:
    """The stream of a track; items have streams of their own, without a duration, and may have its number."""
    return next((each for each in container.streams.video if each.id == number and each.duration), None)


def _tracks(data: memoryview) -> Iterator[tuple[bytes, int]]:
    """The handler and the number of each track, the last ones first."""
    moov = next((content for kind, content in boxes(data) if kind == b"moov"), memoryview(b""))
    for trak in reversed([content for kind, content in boxes(moov) if kind == b"trak"]):
        inner = dict(boxes(trak))
        header, media = inner.get(b"tkhd"), dict(boxes(inner.get(b"mdia", memoryview(b""))))
        handler = media.get(b"hdlr")
        if header is not None and handler is not None and len(header) >= 24 and len(handler) >= 12:
            yield bytes(handler[8:12]), struct.unpack_from(">I", header, 20 if header[0] else 12)[0]
