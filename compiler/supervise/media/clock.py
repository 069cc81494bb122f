"""One clock for a file whose timestamps jump. Runs in the probe child.

Recordings that were joined or restarted begin to count anew: `cat a.ts b.ts` goes back to the start of the second,
a restarted encoder may go hours ahead. ffmpeg's command line shifts some of these jumps and keeps others, by version
and options. Here one rule holds for every container: what follows a jump goes on where the stream before it ended.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import floor
from typing import Any

from av.packet import Packet

BACK = Fraction(3, 10)
"""Seconds by which decoding times may step back without a jump: muxers round, and put packets out of order."""

AHEAD = Fraction(10)
"""Seconds of a step ahead that is a jump in containers whose clocks jump (ffmpeg's dts_delta_threshold). A shorter
step is a pause of the recording; it is shown as long as it lasted."""


class StreamClock:
    """The clock of one stream: what to add to its ticks, and where its next packet is due."""

    __slots__ = ("back", "due", "jumps", "offset", "packets", "time_base")

    def __init__(self, time_base: Fraction) -> None:
        self.time_base = time_base
        self.back = floor(BACK / time_base)
        """Ticks by which stamps may step back."""
        self.offset = 0
        self.due: int | None = None
        """The tick, with the offset added, at which the next packet is due."""
        self.jumps: list[tuple[int, int, int]] = []
        """(packet number, byte position, offset) from that packet on."""
        self.packets = 0

    def offset_of(self, number: int) -> int:
        """The ticks to add to the stamps of a packet."""
        return offset_at(self.jumps, number)


def offset_at(jumps: Sequence[Sequence[int]], number: int) -> int:
    """The ticks to add to the stamps of packet `number`, after jumps of (packet number, byte position, offset)."""
    return next((offset for first, _, offset in reversed(jumps) if number >= first), 0)


def stamp_of(packet: Packet[Any]) -> int | None:
    """A packet's own stamp: its decoding time, or its presentation time where it has no other."""
    return packet.pts if packet.dts is None else packet.dts


class Clock:
    """The clocks of a file's streams, which jump together: a stream follows the jump that another met first."""

    def __init__(self, *, jumpy: bool) -> None:
        self._jumpy = jumpy
        self._offsets: list[Fraction] = []

    def follow(self, stream: StreamClock, stamp: int, duration: int, position: int) -> int:
        """The ticks to add to a packet's timestamps, in the order of the file; `stamp` is its decoding time."""
        at, number = stamp + stream.offset, stream.packets
        stream.packets = number + 1
        due = stream.due
        if due is not None and not 0 <= at - due <= duration and not self._is_near(stream, at):
            stream.offset = self._jump(stream, stamp)
            stream.jumps.append((number, position, stream.offset))
            at = stamp + stream.offset
        stream.due = at + duration
        return stream.offset

    def _is_near(self, stream: StreamClock, at: int) -> bool:
        assert stream.due is not None
        off = at - stream.due
        return off >= -stream.back and (not self._jumpy or off * stream.time_base <= AHEAD)

    def _jump(self, stream: StreamClock, stamp: int) -> int:
        """The offset of another stream's jump if it brings the packet near its due time, else one that meets it."""
        for known in reversed([Fraction(0), *self._offsets]):
            ticks = round(known / stream.time_base)
            if self._is_near(stream, stamp + ticks):
                return ticks
        assert stream.due is not None
        ticks = stream.due - stamp
        self._offsets.append(ticks * stream.time_base)
        return ticks
