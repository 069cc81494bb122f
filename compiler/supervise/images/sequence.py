"""Sequences of images in HEIF (AVIF, HEIC): the track of pictures, with the track of their transparency."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from functools import partial
from pathlib import Path

import av.error
from av.container import InputContainer
from av.video.stream import VideoStream

from compiler.supervise.images.by_libav import decoded
from compiler.supervise.images.heif import with_alpha
from compiler.supervise.images.image import Frames, Image
from compiler.supervise.media.admit import admit_stream, opened
from compiler.supervise.media.boxes import BoxWalk, in_memory

CODECS = ("av1", "hevc")


def sequence(path: Path, data: memoryview) -> Image | None:
    """The sequence of images of a file; None if it has no track of pictures."""
    tracks = dict(_tracks(data))
    number, alpha = tracks.get(b"pict"), tracks.get(b"auxv")
    if number is None:
        return None
    with opened(path) as (container, _):
        stream = _stream(container, number)
        found = _times(container, stream) if stream else []
        if stream is None or not found:
            return None
        kind = "avif" if admit_stream(stream, CODECS) == "av1" else "heif"
        codec, base = stream.codec_context.codec.canonical_name, Fraction(stream.time_base or 1)
        size, cut = (stream.codec_context.width, stream.codec_context.height), len(found) < stream.frames
    ticks = [tick for tick, _ in found]
    ends = [*ticks[1:], ticks[-1] + max(1, found[-1][1])]
    durations = tuple(end - begin for begin, end in zip(ticks, ends, strict=True))
    return Image(kind, codec, size, partial(_frames, path, number, alpha), base, durations, alpha is not None, cut=cut)


def _times(container: InputContainer, stream: VideoStream) -> list[tuple[int, int]]:
    """The ticks at which pictures are shown, and their durations, as far as the file goes."""
    found: list[tuple[int, int]] = []
    with suppress(av.error.FFmpegError):
        for packet in container.demux(stream):
            if packet.pts is not None and packet.pts >= 0 and packet.size and not packet.is_corrupt:
                found.append((packet.pts, packet.duration or 0))
    return sorted(found)


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
        yield from (frame for tick, frame in decoded(container, stream) if tick >= 0)


def _stream(container: InputContainer, number: int) -> VideoStream | None:
    """The stream of a track; items have streams of their own, without a duration, and may have its number."""
    return next((each for each in container.streams.video if each.id == number and each.duration), None)


def _tracks(data: memoryview) -> Iterator[tuple[bytes, int]]:
    """The handler and the number of each track, the last ones first."""
    walk = BoxWalk(in_memory(data), len(data))
    moov = next(walk.inside(walk.all, b"moov"), None)
    for trak in reversed([*walk.inside(moov, b"trak")] if moov else []):
        headers, handlers = [*walk.inside(trak, b"tkhd")], [*walk.inside(trak, b"mdia", b"hdlr")]
        if headers and handlers:
            header, handler = walk.content(headers[-1]), walk.content(handlers[-1])
            if len(header) >= 24 and len(handler) >= 12:
                yield bytes(handler[8:12]), struct.unpack_from(">I", header, 20 if header[0] else 12)[0]
