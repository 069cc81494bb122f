"""Straightens a picture: whole frames of one shape, one for every time of the packet table."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from heapq import heappop, heappush
from typing import Any

import av.error
from av.container import OutputContainer
from av.packet import Packet
from av.video.frame import PictureType, VideoFrame
from av.video.reformatter import Interpolation

from compiler.emit.specs import DecodingSpec, PictureSpec
from compiler.supervise.media.admit import unreadable
from compiler.supervise.media.clock import offset_at
from compiler.timeline.media import MOST_REORDERED

Numbered = Iterable[tuple[int, "Packet[Any]"]]

SENT = (
    *("yuv420p", "yuv422p", "yuv444p", "yuv410p", "yuv411p", "yuv440p", "yuvj420p", "yuvj422p", "yuvj444p", "gray"),
    *("yuv420p10le", "yuv422p10le", "yuv444p10le", "yuv420p12le", "yuv422p12le", "yuv444p12le", "yuv420p16le"),
    *("yuv422p16le", "yuv444p16le", "rgb24", "bgr24", "rgba", "bgra", "gbrp", "gbrp10le", "gbrp12le", "gray16le"),
    *("yuva420p", "yuva422p", "yuva444p", "gray10le", "gray12le", "rgb48le", "rgba64le", "ya8"),
    *("yuva420p10le", "yuva422p10le", "yuva444p10le", "yuva422p12le", "yuva444p12le"),
)
"""Pixel formats that both builds of ffmpeg read from NUT as they are."""

WIDER = {
    **{"pal8": "rgba", "rgb555le": "rgb24", "rgb555be": "rgb24", "nv12": "yuv420p", "p010le": "yuv420p10le"},
    **{"gray16be": "gray16le", "rgb48be": "rgb48le", "rgba64be": "rgba64le", "ya16be": "rgba64le"},
}
"""Formats that are sent as another one that holds every value of them."""


def sent_format(pix_fmt: str) -> str:
    """The pixel format that is sent for a picture of this format."""
    if pix_fmt in SENT:
        return pix_fmt
    return WIDER.get(pix_fmt, "rgba" if pix_fmt.startswith(("rgb", "bgr", "argb", "abgr", "mono")) else "yuv444p16le")


NEVER = 1 << 62
"""The number of a packet outside the edit list, whose frame does not come: none waits for it or is damaged by it."""

AHEAD = 2
"""Frames that are decoded beyond the next one, since some files give a frame a time before that of the one it follows;
it is shown when that one ends."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A frame of the display: its tick, None if it has none of its own; the frame, None if it is damaged or missing;
    the number of its packet, if that is known."""

    tick: int | None
    frame: VideoFrame | None
    number: int | None

    def is_after(self, due: Iterable[tuple[int, int]]) -> bool:
        """Whether any frame that is due, by its tick and packet number, is decoded before this one."""
        return self.number is not None and any(number < self.number for _, number in due)

    def beside(self, lost: Judged) -> Judged:
        """What becomes of it if a damaged frame is shown after it: damaged too, if it is decoded after that one."""
        if self.number is None or lost.number is None or self.number < lost.number:
            return self
        return replace(self, frame=None)


class Decoded:
    """The frames that packets decode to, with corrected ticks; None for a frame that is damaged or missing."""

    def __init__(self, spec: DecodingSpec) -> None:
        self._jumps = spec["jumps"]
        self._unstamped, self._strict, self._watched = spec["unstamped"], spec["strict"], spec["watched"]
        self._changes = {tick + spec["zero"] for tick in spec["changes"]}
        self._due: list[tuple[int, int]] = []
        """The ticks at which frames are due that have not come yet, and the numbers of their packets."""
        self._keyed = spec["keyed"]
        self._ahead: deque[tuple[int, VideoFrame]] = deque()
        """The next frames, with their ticks."""
        self._latest = -(1 << 62)
        self._seen = self._broken = False

    def frames(self, numbered: Numbered) -> Iterator[tuple[int | None, VideoFrame | None]]:
        """(tick, frame) in display order. The tick is None for a frame that has none of its own.

        A frame waits for those that are decoded before it and shown after it: if one of them is damaged, so is what is
        predicted from it.
        """
        waiting: deque[Judged] = deque()
        for judged in self._judged(numbered):
            if judged.frame is None:
                waiting = deque(each.beside(judged) for each in waiting)
            waiting.append(judged)
            while waiting and (len(waiting) > MOST_REORDERED or not waiting[0].is_after(self._due)):
                first = waiting.popleft()
                yield first.tick, first.frame
        yield from ((each.tick, each.frame) for each in waiting)

    def _judged(self, numbered: Numbered) -> Iterator[Judged]:
        for number, packet in numbered:
            self._correct(number, packet)
            if packet.size and packet.pts is not None and not self._unstamped:
                heappush(self._due, (packet.pts, NEVER if packet.is_discard else number))
            if packet.pts in self._changes:  # some decoders lose the frame that they hold when the size changes
                yield from self._drained(packet)
            yield from self._decoded(packet)
        yield from self._next(0)
        while self._due:
            tick, number = heappop(self._due)
            yield Judged(tick, None, number)

    def _correct(self, number: int, packet: Packet[Any]) -> None:
        offset = offset_at(self._jumps, number)
        if offset:
            packet.pts = None if packet.pts is None else packet.pts + offset
            packet.dts = None if packet.dts is None else packet.dts + offset

    def _drained(self, packet: Packet[Any]) -> Iterator[Judged]:
        """The frames that the decoder still holds of the packets before."""
        context: Any = packet.stream.codec_context
        yield from self._timed(context.decode(None))
        yield from self._next(0)
        context.flush_buffers()

    @property
    def _is_error(self) -> bool:
        """Whether damage is an error here."""
        return self._strict or (self._watched and self._seen)

    def _decoded(self, packet: Packet[Any]) -> Iterator[Judged]:
        try:
            frames = packet.decode()
        except av.error.FFmpegError as error:
            if self._is_error:
                raise unreadable("is damaged", str(error.strerror)) from error
            return
        yield from self._timed(frames)

    def _timed(self, frames: Iterable[Any]) -> Iterator[Judged]:
        for frame in frames:
            if not isinstance(frame, VideoFrame):
                continue
            if frame.is_corrupt and self._is_error:
                raise unreadable("is damaged: a frame does not decode whole")
            if self._unstamped or frame.pts is None:
                yield Judged(None, frame if self._is_whole(frame) else None, None)
                continue
            self._ahead.append((frame.pts, frame))
            yield from self._next(AHEAD)

    def _next(self, keep: int) -> Iterator[Judged]:
        """The first of the frames ahead, all but so many, each after those that were due before it."""
        while len(self._ahead) > keep:
            tick, frame = self._ahead.popleft()
            own: int | None = None
            while self._due and self._due[0][0] <= tick:
                due, number = heappop(self._due)
                if due == tick:
                    own = number
                elif due not in (later for later, _ in self._ahead):
                    self._broken = self._seen
                    yield Judged(due, None, number)
            self._latest = max(self._latest, tick)
            yield Judged(self._latest, frame if self._is_whole(frame) else None, own)

    def _is_whole(self, frame: VideoFrame) -> bool:
        """Whether a frame decodes whole and is predicted from whole ones: none is after a damaged one that others are
        predicted from, until the next key frame. Before the first whole frame all are shown as they decode."""
        if frame.is_corrupt:
            self._broken = self._broken or (self._keyed and self._seen and frame.pict_type != PictureType.B)
            return not self._seen
        if frame.key_frame:
            self._broken = False
        self._seen = True
        return not self._broken


def send_picture(spec: PictureSpec, numbered: Numbered, sink: OutputContainer) -> None:
    """Send every frame from `begin` on; the one on screen there comes first, at time 0."""
    sender = PictureSender(spec, sink)
    slots, at = spec["slots"], 0
    for tick, frame in Decoded(spec).frames(numbered):
        if tick is None:
            due = slots[at] if at < len(slots) else round((spec["slot"] + at) * Fraction(spec["step"]))
            tick, at = due, at + 1
        else:
            tick -= spec["zero"]
        sender.take(tick, frame)
    sender.finish()


class PictureSender:
    """Holds one frame back until the next is known: of several at one time the last counts."""

    def __init__(self, spec: PictureSpec, sink: OutputContainer) -> None:
        self._spec, self._sink, self._begin = spec, sink, spec["begin"]
        self._frame: VideoFrame | None = None
        self._tick: int | None = None
        self._sent = -1
        self._stream: Any = None

    def take(self, tick: int, frame: VideoFrame | None) -> None:
        """Take the next frame, or None for a damaged one, in whose place the one before stays."""
        if tick < 0 and not self._spec["late"]:
            return
        tick = max(tick - self._begin, 0)
        if self._tick is not None and tick > self._tick:
            self._send()
        if frame is not None:
            self._frame = self._shaped(frame)
        if self._frame is not None:
            # the first frame is held back to time 0, from which ffmpeg would count its own time
            self._tick = tick if self._sent >= 0 or self._tick is not None else 0

    def finish(self) -> None:
        """Send the last frame."""
        if self._tick is not None:
            self._send()
        if self._stream is not None:
            for packet in self._stream.encode(None):
                self._sink.mux(packet)

    def _send(self) -> None:
        assert self._frame is not None
        assert self._tick is not None
        if self._tick <= self._sent:
            return
        stream = self._stream = self._stream or self._opened(self._frame)
        frame = self._frame
        frame.pts, frame.time_base = self._tick, Fraction(self._spec["time_base"])
        for packet in stream.encode(frame):
            self._sink.mux(packet)
        self._sent = self._tick

    def _opened(self, frame: VideoFrame) -> Any:
        stream: Any = self._sink.add_stream("rawvideo")
        stream.width, stream.height, stream.pix_fmt = frame.width, frame.height, frame.format.name
        stream.time_base = stream.codec_context.time_base = Fraction(self._spec["time_base"])
        return stream

    def _shaped(self, frame: VideoFrame) -> VideoFrame:
        """The frame in the first shape of the file, in a format that can be sent."""
        spec = self._spec
        width, height, matrix, full = spec["width"], spec["height"], spec["matrix"], spec["range"]
        pix_fmt = sent_format(spec["pix_fmt"])
        same = (frame.width, frame.height, frame.format.name) == (width, height, pix_fmt)
        recoloured = not _is_tagged_like(frame, matrix, full)
        if same and not recoloured:
            return frame
        named = {"src_colorspace": int(frame.colorspace), "dst_colorspace": matrix} if recoloured else {}
        ranged = {"src_color_range": int(frame.color_range), "dst_color_range": full} if recoloured else {}
        return frame.reformat(
            width,
            height,
            pix_fmt,
            interpolation=Interpolation.BICUBIC,
            threads=1,  # as many as the processors, without it, and some conversions would depend on their number
            **named,
            **ranged,
        )


def _is_tagged_like(frame: VideoFrame, matrix: int, full: int) -> bool:
    """Whether a frame's tags are the first ones, or say nothing else."""
    known = {0, 2}
    return (int(frame.colorspace) in {matrix, 2} or matrix in known) and (
        int(frame.color_range) in {full, 0} or full == 0
    )
