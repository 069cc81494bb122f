"""Frames of images that libav demuxes and decodes whole."""

from __future__ import annotations

from pathlib import Path

import av.error
from av.video.frame import VideoFrame

from compiler.supervise.admit import admit_stream, opened
from compiler.supervise.images.image import Frames


def frames_of(path: Path, name: str) -> Frames:
    """The frames of the file's one stream, whose demuxer and decoder have the same name; None for a damaged one."""
    with opened(path, (name,), (name,)) as (container, _):
        stream = container.streams.video[0]
        admit_stream(stream, (name,))
        try:
            for packet in container.demux(stream):
                try:
                    frames = packet.decode()
                except av.error.FFmpegError:
                    yield None
                    continue
                for frame in frames:
                    if isinstance(frame, VideoFrame):
                        yield None if frame.is_corrupt else frame
        except av.error.FFmpegError:  # the file breaks off
            return
