"""Surveys of packets that are made up, without a file."""

from __future__ import annotations

import io
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import av
from av.audio.frame import AudioFrame
from av.packet import Packet
from av.video.frame import VideoFrame

from compiler.supervise.facts.key_frames import Entry
from compiler.supervise.facts.survey import StreamSurvey

MILLISECOND = Fraction(1, 1000)


def container(formats: str, **fields: object) -> Any:
    """As much of a container as facts are taken from: its names, and these fields."""
    return SimpleNamespace(format=SimpleNamespace(name=formats), **fields)


def sound_frame(rate: int = 48000, layout: str = "stereo", samples: int = 1024, pts: int | None = 0) -> AudioFrame:
    frame = AudioFrame(format="fltp", layout=layout, samples=samples)
    frame.sample_rate, frame.pts = rate, pts
    return frame


def picture_frame(size: tuple[int, int] = (64, 48), pix_fmt: str = "yuv420p", pts: int | None = 0) -> VideoFrame:
    frame = VideoFrame(*size, pix_fmt)
    frame.pts = pts
    return frame


def sound_stream(
    codec: str = "aac", rate: int = 48000, layout: str = "stereo", tick: Fraction = MILLISECOND, beside: Any = None
) -> Any:
    """A stream of sound that holds nothing, `beside` another in one file."""
    file: Any = beside.container if beside else av.open(io.BytesIO(), "w", format="nut")
    stream = file.add_stream(codec, rate=rate, layout=layout)
    stream.time_base = tick
    return stream


def picture_stream(codec: str = "mpeg4", rate: int = 25, tick: Fraction = MILLISECOND) -> Any:
    """A picture stream, 64x48, that holds nothing."""
    stream: Any = av.open(io.BytesIO(), "w", format="nut").add_stream(codec, rate=rate)
    stream.width, stream.height, stream.pix_fmt, stream.time_base = 64, 48, "yuv420p", tick
    return stream


def counted(
    stream: Any, frame: AudioFrame | VideoFrame, ticks: Sequence[int], durations: Sequence[int]
) -> StreamSurvey:
    """The survey of packets at these ticks, each 100 bytes long, one after the other from byte 0 on."""
    track = StreamSurvey(stream)
    track.frame, track.ticks, track.durations = frame, list(ticks), list(durations)
    track.stamps, track.positions = list(ticks), [100 * n for n in range(len(ticks))]
    track.sizes = [100] * len(ticks)
    if ticks:
        track.last = max(zip(ticks, durations, strict=True))
    track._number = len(ticks) - 1
    return track


def keyed(track: StreamSurvey, every: int) -> None:
    """Note each packet of a number divisible by `every` as a key frame."""
    assert track.keys is not None
    numbers = range(0, len(track.ticks), every)
    track.keys.entries = [Entry(n, track.ticks[n], track.positions[n], track.stamps[n]) for n in numbers]


def muxed(path: Path, ticks: list[int], sounds: int = 0) -> Path:
    """A film of 64x48 with frames at these milliseconds, and sounds of 48 kHz of 20 packets of 10 ms."""
    with av.open(str(path), "w") as out:
        picture: Any = out.add_stream("ffv1", rate=25)
        picture.width, picture.height, picture.pix_fmt = 64, 48, "yuv420p"
        picture.codec_context.time_base = Fraction(1, 1000)
        tracks = [out.add_stream("pcm_s16le", rate=48000, layout="mono") for _ in range(sounds)]
        for tick in ticks:
            frame = VideoFrame(64, 48, "yuv420p")
            frame.pts, frame.time_base = tick, Fraction(1, 1000)
            out.mux(picture.encode(frame))
        out.mux(picture.encode(None))
        for track in tracks:
            for n in range(20):
                packet: Any = Packet(bytes(960))
                packet.stream, packet.pts, packet.dts, packet.time_base = track, 10 * n, 10 * n, Fraction(1, 1000)
                out.mux(packet)
    return path
