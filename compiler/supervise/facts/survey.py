"""The real times of a media file's frames and samples, read from every packet. Runs in the probe child."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, BinaryIO

import av.error
from av.audio.frame import AudioFrame
from av.container import InputContainer
from av.packet import Packet
from av.stream import Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from compiler.supervise.facts.key_frames import Entry, KeyFrames
from compiler.supervise.facts.sample_tables import Table, farthest_off, sample_tables
from compiler.supervise.media.admit import unreadable
from compiler.supervise.media.clock import Clock, StreamClock, stamp_of
from compiler.timeline.media import UNINDEXED

BEYOND = Fraction(1)
"""Seconds by which a stated length may exceed the real one, by rounding or by a muxer's estimate."""

JITTER = Fraction(1, 2000)
"""Seconds by which a frame may be off an even grid, besides the rounding to its time base; a quarter of a frame at
most, since AVI counts time in frames."""

LIKELY_FIRST = 400
"""Packets among which the first of each stream is looked for."""


class StreamSurvey:
    """The packets of one stream: ticks are of its time base; packets outside the edit list do not count."""

    def __init__(self, stream: Stream, clock: Clock | None = None) -> None:
        self.stream = stream
        self.time_base = Fraction(stream.time_base or 1)
        self.clock, self._clocks = StreamClock(self.time_base), clock or Clock(jumpy=False)
        self.frame: VideoFrame | AudioFrame | None = None
        """The first decoded frame."""
        self.ticks: list[int] = []
        self.durations: list[int] = []
        self.stamps: list[int] = []
        """The packets' own decoding times, which jump where the clock jumps."""
        self.positions: list[int] = []
        self.sizes: list[int] = []
        self.last = (-1 << 62, 0)
        """The last packet's tick and duration, in presentation order."""
        self.corrupt: list[int] = []
        """The numbers of packets that the demuxer calls damaged."""
        self.jumped = False
        """Whether the file's clock jumps, in this stream or in another."""
        self.unstamped = 0
        """The number of packets without a presentation time."""
        self.fields = False
        """Whether packets hold single fields; only the first of each frame is listed."""
        self._number = -1
        self.keys = KeyFrames(stream) if isinstance(stream, VideoStream) else None

    def take(self, packet: Packet[Any]) -> None:
        """Count one packet, and decode it while there is no first frame yet."""
        pts, dts, duration = packet.pts, packet.dts, packet.duration or 0
        stamp = stamp_of(packet)
        if packet.size or stamp is not None:
            self._number += 1
        if stamp is not None:
            offset = self._clocks.follow(self.clock, stamp, duration, packet.pos or 0)
            if offset:
                packet.pts, packet.dts = None if pts is None else pts + offset, None if dts is None else dts + offset
            self._count(packet, (stamp if pts is None else pts) + offset, duration, stamp)
        elif packet.size:
            self.unstamped += 1
        if self.frame is None:
            self.frame = first_frame(packet)

    def fill(self, table: Table, file: BinaryIO) -> bool:
        """Take the packets from a sample table; False if a change of the picture's parameters must be decoded."""
        second = self.keys.completing(table, file) if self.keys else frozenset()
        kept = [n for n in table.kept if n not in second] if second else table.kept
        self._number = len(table.pts) - 1
        self.ticks, self.durations = [table.pts[n] for n in kept], [table.durations[n] for n in kept]
        self.stamps, self.positions = [table.dts[n] for n in kept], [table.pos[n] for n in kept]
        self.sizes = [table.sizes[n] for n in kept]
        if self.ticks:
            self.last = max((table.pts[n], table.durations[n]) for n in table.kept)
        self.fields = bool(second)
        return self.keys is None or self.keys.fill(table, file)

    def _count(self, packet: Packet[Any], tick: int, duration: int, stamp: int) -> None:
        self.unstamped += packet.pts is None
        position = -1 if packet.pos is None else packet.pos
        if packet.is_corrupt:
            self.corrupt.append(self._number)
        if self.keys is not None and self.keys.completes(packet):
            self._complete(tick, duration)
            return
        if not packet.is_discard:
            self.ticks.append(tick)
            self.durations.append(duration)
            self.stamps.append(stamp)
            self.positions.append(position)
            self.sizes.append(packet.size)
            if tick >= self.last[0]:
                self.last = max(self.last, (tick, duration))
        if self.keys is not None and self.keys.concerns(packet):
            self.keys.take(packet, Entry(self._number, tick, position, stamp), self.frame)

    def _complete(self, tick: int, duration: int) -> None:
        """Count a packet that belongs to the frame of the packet before it."""
        self.fields = True
        self.last = max(self.last, (tick, duration))

    @property
    def packets(self) -> int:
        """The number of packets."""
        return self._number + 1

    @property
    def first(self) -> Fraction | None:
        """Container time of the first presented frame; None if none was decoded."""
        if self.frame is None:
            return None
        return Fraction(_tick(self.frame) or 0) * self.time_base

    @property
    def stated_start(self) -> Fraction | None:
        """The container time that the stream states as its start."""
        start = self.stream.start_time
        return None if start is None else start * self.time_base

    def end(self, usual: Fraction) -> Fraction:
        """The container time at which the last packet ends; `usual` is its length in seconds if it states none."""
        tick, duration = self.last
        return tick * self.time_base + (duration * self.time_base or usual)

    def ticks_from(self, first: Fraction) -> tuple[int, ...]:
        """The ticks at which frames begin, after `first`, the container time of the first presented frame."""
        zero = round(first / self.time_base)
        return tuple(sorted({tick - zero for tick in self.ticks if tick >= zero}))

    def uneven(self) -> bool:
        """Whether the ticks fit no even grid."""
        return _uneven(self.ticks, self.time_base)


@dataclass(frozen=True, slots=True)
class Reading:
    """The surveys of a file's streams, and what the file said when it could be read no further."""

    heads: list[StreamSurvey]
    broken: str = ""


def read(container: InputContainer, streams: Sequence[Stream], path: Path) -> Reading:
    """`read_whole` by the sample tables where the file has them, so that its media are not read."""
    if container.format.name.startswith("mov"):
        with path.open("rb") as file:
            tables = {table.index: table for table in sample_tables(file, path.stat().st_size) or ()}
            tracks = [StreamSurvey(stream) for stream in streams]
            if all(stream.index in tables for stream in streams) and all(
                track.fill(tables[track.stream.index], file) for track in tracks
            ):
                _decode_first(container, tracks)
                return Reading(tracks)
    return read_whole(container, streams)


def _decode_first(container: InputContainer, tracks: Sequence[StreamSurvey]) -> None:
    """Decode the first frame of each stream."""
    by_index = {track.stream.index: track for track in tracks}
    try:
        for packet in container.demux([track.stream for track in tracks]):
            track = by_index[packet.stream.index]
            track.frame = track.frame or first_frame(packet)
            if all(track.frame for track in tracks):
                return
    except av.error.FFmpegError:  # a file that is cut short
        return


def read_whole(container: InputContainer, streams: Sequence[Stream]) -> Reading:
    """The streams with every packet counted, of a newly opened file, since a seek may lose the first sounds.

    The first stream is the picture. A file that breaks off is read up to there.
    """
    clock = Clock(jumpy=container.format.name.split(",")[0] in UNINDEXED)
    tracks = [StreamSurvey(stream, clock) for stream in streams]
    by_index = {track.stream.index: track for track in tracks}
    try:
        for packet in container.demux([track.stream for track in tracks]):
            by_index[packet.stream.index].take(packet)  # stream_index is 0 for the packets that flush decoders
    except av.error.FFmpegError as error:
        if not any(track.ticks for track in tracks):
            raise unreadable("cannot be read to its end", str(error.strerror)) from error
        return Reading(_jumped(tracks), str(error.strerror))
    return Reading(_jumped(tracks))


def _jumped(tracks: list[StreamSurvey]) -> list[StreamSurvey]:
    for track in tracks:
        track.jumped = any(each.clock.jumps for each in tracks)
    return tracks


def earliest(container: InputContainer) -> Fraction:
    """Container timestamp of the first packet of any picture or sound, of a newly opened file; 0 if none has one."""
    due = {stream.index for stream in (*container.streams.video, *container.streams.audio)}
    found: list[Fraction] = []
    for count, packet in enumerate(container.demux()):
        tick = _tick(packet)
        if packet.stream.index in due and tick is not None:
            due.discard(packet.stream.index)
            found.append(tick * Fraction(packet.time_base))
        if not due or count > LIKELY_FIRST:
            break
    return min(found, default=Fraction(0))


def whole_until(container: InputContainer, track: StreamSurvey, size: int) -> Fraction | None:
    """The container time up to which the file has the bytes that its index refers to; None if it has all."""
    entries = track.stream.index_entries
    if not container.format.name.startswith("mov") or not len(entries):
        return None
    if entries[-1].pos + entries[-1].size <= size:
        return None
    missing = bisect_left(range(len(entries)), True, key=lambda i: entries[i].pos + entries[i].size > size)
    return entries[missing].timestamp * track.time_base


def promised(container: InputContainer, track: StreamSurvey, end: Fraction) -> Fraction | None:
    """The length that the header states, if the picture's packets do not reach it."""
    stated = track.stream.duration
    match container.format.name.split(",")[0]:
        case "avi":  # its duration is already an estimate when bytes are missing, its count of frames is not
            stated = max(stated or 0, track.stream.frames)
        case "mov":
            pass
        case _:
            return None
    if stated is not None and stated * track.time_base - end > BEYOND:
        return stated * track.time_base
    return None


def first_frame(packet: Packet[Any]) -> VideoFrame | AudioFrame | None:
    """The first frame with a time that a packet decodes to, if any."""
    try:
        frames = packet.decode()
    except av.error.FFmpegError:  # a stream cut in its middle cannot be decoded before its first keyframe
        return None
    timed = (frame for frame in frames if isinstance(frame, VideoFrame | AudioFrame))
    return next((frame for frame in timed if _tick(frame) is not None), None)


def _tick(timed: Packet[Any] | VideoFrame | AudioFrame) -> int | None:
    """The presentation tick; for AVI, which states no other, the decoding tick."""
    return timed.dts if timed.pts is None else timed.pts


def _uneven(ticks: Sequence[int], time_base: Fraction) -> bool:
    if not ticks:  # a damaged file without frames
        return False
    ordered = sorted(ticks)
    step = Fraction(ordered[-1] - ordered[0], max(1, len(ordered) - 1))
    return farthest_off(ordered) > min(max(Fraction(2), JITTER / time_base), step / 4)
