"""Frames of images that libav demuxes and decodes whole."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av.error
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from compiler.supervise.images.image import Frames
from compiler.supervise.media.admit import admit_stream, opened


def frames_of(path: Path, name: str) -> Frames:
    """The frames of the file's one stream, whose demuxer and decoder have the same name; None for a damaged one."""
    with opened(path, (name,), (name,)) as (container, _):
        stream = container.streams.video[0]
        admit_stream(stream, (name,))
        for _, frame in decoded(container, stream):
            yield frame


def decoded(container: InputContainer, stream: VideoStream) -> Iterator[tuple[int, VideoFrame | None]]:
    """A stream's frames with their own ticks, as far as the file goes; (0, None) for a packet that does not decode."""
    try:
        for packet in container.demux(stream):
            try:
                frames = packet.decode()
            except av.error.FFmpegError:
                yield 0, None
                continue
            for frame in frames:
                if isinstance(frame, VideoFrame):
                    yield frame.pts or 0, None if frame.is_corrupt else frame
    except av.error.FFmpegError:  # the file breaks off
        return
