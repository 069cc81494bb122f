"""The real times of a media file's frames and samples, read from its packets. Runs in the probe child."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import av.error
from av.audio.frame import AudioFrame
from av.container import InputContainer
from av.packet import Packet
from av.stream import Stream
from av.video.frame import VideoFrame

from compiler.errors import ReelError
from compiler.supervise.admit import unreadable

HEAD = 400
"""Video packets read from the start; a file with at most that many is read whole."""

TAIL = 10
"""Seconds before the stated end from which the tail is read."""

BEYOND = Fraction(1)
"""Seconds by which a stated length may exceed the real one, by rounding or by a muxer's estimate."""

JITTER = Fraction(1, 2000)
"""Seconds by which a frame may be off an even grid, besides the rounding to its time base."""


class StreamSurvey:
    """The read part of one stream: ticks are of its time base; packets outside the edit list do not count."""

    def __init__(self, stream: Stream, *, decode: bool = True) -> None:
        self.stream, self._decode = stream, decode
        self.time_base = Fraction(stream.time_base or 1)
        self.frame: VideoFrame | AudioFrame | None = None
        """The first decoded frame."""
        self.ticks: list[int] = []
        self.last = (-1 << 62, 0)
        """The last packet's tick and duration, in presentation order."""

    def take(self, packet: Packet[Any]) -> None:
        """Count one packet, and decode it while there is no first frame yet."""
        tick = _tick(packet)
        if tick is not None and not packet.is_discard:
            self.ticks.append(tick)
            self.last = max(self.last, (tick, packet.duration or 0))
        if self._decode and self.frame is None:
            self.frame = first_frame(packet)

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
        """Whether the ticks read so far fit no even grid."""
        return _uneven(self.ticks, self.time_base)


@dataclass(frozen=True, slots=True)
class Reading:
    """The surveys of some streams: their beginnings, their ends (the same if all was read), and whether all was
    read."""

    heads: list[StreamSurvey]
    tails: list[StreamSurvey]
    whole: bool

    @property
    def uneven(self) -> bool:
        """Whether the picture's frames come at uneven times, as far as they were read."""
        return self.heads[0].uneven() or self.tails[0].uneven()


def read(container: InputContainer, streams: Sequence[Stream]) -> Reading | None:
    """The streams' beginnings and ends; None if only `read_whole`, on a newly opened file, can find them.

    The first stream is the picture. RC604 if they cannot be read to the end.
    """
    heads = [StreamSurvey(stream) for stream in streams]
    if _read(container, heads, most=HEAD):
        return Reading(heads, heads, whole=True)
    end = _stated_end(container, heads[0])
    if end is None or not all(track.ticks and track.frame for track in heads):
        return None
    tails = [StreamSurvey(stream, decode=False) for stream in streams]
    _seek(container, tails[0], end - TAIL)
    _read(container, tails)
    return Reading(heads, tails, whole=False) if all(track.ticks for track in tails) else None


def read_whole(container: InputContainer, streams: Sequence[Stream]) -> Reading:
    """The streams with every packet counted, of a newly opened file, since a seek may lose the first sounds."""
    tracks = [StreamSurvey(stream) for stream in streams]
    _read(container, tracks)
    return Reading(tracks, tracks, whole=True)


def earliest(container: InputContainer) -> Fraction:
    """Container timestamp of the first packet of any picture or sound, of a newly opened file; 0 if none has one."""
    due = {stream.index for stream in (*container.streams.video, *container.streams.audio)}
    found: list[Fraction] = []
    for count, packet in enumerate(container.demux()):
        tick = _tick(packet)
        if packet.stream_index in due and tick is not None:
            due.discard(packet.stream_index)
            found.append(tick * Fraction(packet.time_base))
        if not due or count > HEAD:
            break
    return min(found, default=Fraction(0))


def check_whole(container: InputContainer, track: StreamSurvey, size: int) -> None:
    """Raise RC604 if the file's index refers to bytes that the file does not have."""
    entries = track.stream.index_entries
    if not container.format.name.startswith("mov") or not len(entries):
        return
    if entries[-1].pos + entries[-1].size <= size:
        return
    missing = bisect_left(range(len(entries)), True, key=lambda i: entries[i].pos + entries[i].size > size)
    promised = (track.stream.duration or entries[-1].timestamp) * track.time_base
    raise cut_short(promised, (entries[missing].timestamp - entries[0].timestamp) * track.time_base)


def check_promise(container: InputContainer, track: StreamSurvey, end: Fraction) -> None:
    """Raise RC604 if the header states a length that the picture's packets do not reach."""
    stated = track.stream.duration
    match container.format.name.split(",")[0]:
        case "avi":  # its duration is already an estimate when bytes are missing, its count of frames is not
            stated = max(stated or 0, track.stream.frames)
        case "mov":
            pass
        case _:
            return
    if stated is not None and stated * track.time_base - end > BEYOND:
        raise cut_short(stated * track.time_base, end)


def cut_short(promised: Fraction, reached: Fraction) -> ReelError:
    """RC604 for a file that states a greater length than it has."""
    what = f"is cut short: it states {float(promised):.1f} s, but its pictures end at {float(reached):.1f} s"
    return unreadable(what, hint="upload or copy the file again")


def window(container: InputContainer, track: StreamSurvey, start: Fraction, end: Fraction) -> list[Fraction]:
    """Container times of the frames presented in `[start, end)`, including the frame on screen at `start`."""
    _seek(container, track, start - TAIL)
    times: list[Fraction] = []
    for packet in container.demux(track.stream):
        tick = _tick(packet)
        if tick is None or packet.is_discard:
            continue
        times.append(tick * track.time_base)
        if packet.dts is not None and packet.dts * track.time_base >= end:
            break
    times = sorted(at for at in times if at < end)
    showing = max((at for at in times if at <= start), default=start)
    return [at for at in times if at >= showing]


def _read(container: InputContainer, tracks: Sequence[StreamSurvey], most: int | None = None) -> bool:
    """Read on to the end, or to `most` packets of the first track; return whether the end was reached."""
    lead, by_index = tracks[0], {track.stream.index: track for track in tracks}
    try:
        for packet in container.demux([track.stream for track in tracks]):
            by_index[packet.stream_index].take(packet)
            if most is not None and len(lead.ticks) >= most and lead.frame:
                return False
    except av.error.FFmpegError as error:
        raise unreadable("cannot be read to its end", str(error.strerror)) from error
    return True


def _seek(container: InputContainer, track: StreamSurvey, at: Fraction) -> None:
    target = max(at, Fraction(container.start_time or 0, 1_000_000))
    container.seek(int(target / track.time_base), stream=track.stream, backward=True)


def _stated_end(container: InputContainer, track: StreamSurvey) -> Fraction | None:
    if track.stream.duration is not None:
        return (track.stream.start_time or 0) * track.time_base + track.stream.duration * track.time_base
    if container.duration is not None:
        return Fraction((container.start_time or 0) + container.duration, 1_000_000)
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
    gaps, first = len(ordered) - 1, ordered[0]
    allowed = max(Fraction(2), JITTER / time_base) * gaps
    return any(abs((tick - first) * gaps - (ordered[-1] - first) * n) > allowed for n, tick in enumerate(ordered))
