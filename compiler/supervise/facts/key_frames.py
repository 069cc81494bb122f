"""The key frames of a picture: where reading can begin, and where the shape changes. Runs in the probe child."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, BinaryIO

from av.audio.frame import AudioFrame
from av.packet import Packet
from av.stream import Stream
from av.video.frame import VideoFrame

from compiler.supervise.facts import headers
from compiler.supervise.facts.fields import FieldPairs
from compiler.supervise.facts.sample_tables import Table
from compiler.supervise.facts.shapes import Shape, shape_of

EVERY = Fraction(1, 2)
"""Seconds between the packets that are remembered as entries."""

MOST_BETWEEN = 1 << 11
"""Key frames between entries that are looked at. A table that calls all frames key frames shows it soon."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A packet at which reading can begin: its number in the stream, its tick, its byte position, its own stamp."""

    number: int
    tick: int
    position: int
    stamp: int


class KeyFrames:
    """What the headers of a picture's packets say; container ticks of the picture's time base."""

    def __init__(self, stream: Stream) -> None:
        self._stream, context = stream, stream.codec_context
        self._every = round(EVERY / Fraction(stream.time_base or 1))
        self.entries: list[Entry] = []
        self.shapes: list[tuple[int, Shape]] = []
        """The ticks at which the picture's shape changes, and the new shapes."""
        self.reordered = False
        """Whether MPEG-4 frames are seen that are shown before the frame they follow."""
        self.open_entries: set[int] = set()
        """The numbers of H.264 and H.265 entries that frames before them may be predicted from."""
        self.leading: dict[int, int] = {}
        """By the numbers of MPEG-4 entries: the frames that follow in the file and are shown before."""
        self.false = 0
        """The number of packets that are called key frames and are none."""
        self.shown: list[int] = []
        """The ticks at which frames that are called key frames are shown, in the file's order."""
        self.ahead = 0
        """Ticks by which a key frame is decoded before it is shown, at most."""
        self._led: int | None = None
        self._codec = context.codec.canonical_name if context else ""
        extradata = context.extradata if context else None
        self._length_size = headers.length_size(self._codec, extradata)
        self._pairs = FieldPairs(self._codec, extradata, self._length_size)
        self._parameters: bytes | None = None

    def completes(self, packet: Packet[Any]) -> bool:
        """Whether a packet holds the second field of the frame that the packet before it began."""
        return self._pairs.concerns(packet.is_keyframe) and self._pairs.completes(_head(packet))

    def completing(self, table: Table, file: BinaryIO) -> frozenset[int]:
        """The numbers of a sample table's packets that hold second fields; nothing is read if it can have none."""
        if not self._pairs.concerns(is_key=False):
            return frozenset()
        return frozenset(n for n in range(len(table.pts)) if self._pairs.completes(_stored(table, file, n)))

    def concerns(self, packet: Packet[Any]) -> bool:
        """Whether `take` would look at a packet."""
        return packet.is_keyframe or self._codec == "mpeg4"

    def take(self, packet: Packet[Any], entry: Entry, first: VideoFrame | AudioFrame | None) -> None:
        """Look at one packet; `first` is the first decoded frame, whose shape is the first."""
        if self._codec == "mpeg4":
            self._follow(headers.is_reordered(_head(packet)))
        if packet.is_keyframe and packet.pts is not None and packet.dts is not None:
            self._show(packet.pts, packet.dts)
        if not packet.is_keyframe or (self._is_close(entry.tick) and self._codec in headers.INTRA):
            return
        if self._enter(entry, _head(packet)):
            self._reshape(packet, entry.tick, first)

    def fill(self, table: Table, file: BinaryIO) -> bool:
        """Look at the key frames of a sample table, about two a second; False if a change of the picture's parameters
        must be decoded. Of those between, which may be all frames, the first ones are asked whether they are key
        frames."""
        between = 0
        for n in table.keys:
            self._show(table.pts[n], table.dts[n])
            if self._is_close(table.pts[n]):
                between += 1
                self.false += between <= MOST_BETWEEN and self._is_false(_stored(table, file, n))
                continue
            if self._enter(Entry(n, table.pts[n], table.pos[n], table.dts[n]), _stored(table, file, n)):
                return False
        return True

    def _show(self, pts: int, dts: int) -> None:
        self.ahead = max(self.ahead, pts - dts)
        self.shown.append(pts)

    def _is_close(self, tick: int) -> bool:
        return bool(self.entries) and tick - self.entries[-1].tick < self._every

    def _enter(self, entry: Entry, head: bytes) -> bool:
        """Remember a key frame as an entry; whether its parameters differ from those before."""
        if self._is_false(head):
            self.false += 1
            return False
        stated = headers.parameters(self._codec, head, self._length_size)
        changed = stated is not None and self._parameters is not None and stated != self._parameters
        self._parameters = stated or self._parameters
        if not self._is_close(entry.tick):
            self.entries.append(entry)
            self._led = entry.number
            if not headers.is_closed(self._codec, head, self._length_size):
                self.open_entries.add(entry.number)
        return changed

    def _is_false(self, head: bytes) -> bool:
        return headers.is_key(self._codec, head, self._length_size) is False

    def _follow(self, reordered: bool) -> None:
        """Count the frames after a key frame that are shown before it."""
        self.reordered = self.reordered or reordered
        if not reordered:
            self._led = None
        elif self._led is not None:
            self.leading[self._led] = self.leading.get(self._led, 0) + 1

    def _reshape(self, packet: Packet[Any], tick: int, first: VideoFrame | AudioFrame | None) -> None:
        """Decode a key frame whose parameters are new, and note its shape if that is new too."""
        shape = shape_of(self._stream, packet)
        before = Shape.of(first) if isinstance(first, VideoFrame) else None
        if shape and shape != (self.shapes[-1][1] if self.shapes else before):
            self.shapes.append((tick, shape))


def _head(packet: Packet[Any]) -> bytes:
    return bytes(memoryview(packet)[: headers.READ])


def _stored(table: Table, file: BinaryIO, number: int) -> bytes:
    file.seek(table.pos[number])
    return file.read(min(headers.READ, table.sizes[number]))
