"""Frames whose two fields are packets of their own, as camcorders write them. Runs in the probe child.

Sources: H.264 7.3.2.1.1 (sequence parameter set), 7.3.3 (slice header), 7.4.1.2.4 (the fields of one frame).
"""

from __future__ import annotations

from dataclasses import dataclass

from compiler.supervise.facts import headers
from compiler.supervise.facts.bits import Bits

HEAD = 64
"""Bytes of a unit that hold what is looked at."""

CHROMA_STATED = frozenset({44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244})
"""The profiles whose parameters state the chroma format."""


@dataclass(frozen=True, slots=True)
class _Sequence:
    """What a sequence parameter set says of slice headers."""

    planes_apart: bool
    frame_number_bits: int


class FieldPairs:
    """Tells the packets that complete a frame which the packet before them began; of H.264 only, since other codecs'
    packets hold whole frames, or fields that are decoded to pictures of their own."""

    def __init__(self, codec: str, extradata: bytes | None, length_size: int | None) -> None:
        self._length_size, self._begun = length_size, (-1, False)
        self._sequence: _Sequence | None = None
        self._h264 = codec == "h264"
        if self._h264 and extradata and length_size is not None:
            count = extradata[5] & 31 if len(extradata) > 8 else 0
            self._sequence = _sequence(extradata[8:]) if count else None

    def concerns(self, is_key: bool) -> bool:
        """Whether a packet has to be looked at: the stream's parameters allow for fields, or may come with it."""
        return self._sequence is not None or (self._h264 and is_key and self._length_size is None)

    def completes(self, head: bytes) -> bool:
        """Whether a packet that `concerns`, by its first bytes, holds the second field of a frame."""
        for unit in headers.units(head, self._length_size):
            kind = unit[0] & 31 if unit else 0
            if kind == 7:
                self._sequence = _sequence(unit)
            elif kind in (1, 5):
                return self._pairs(unit)
        return False

    def _pairs(self, unit: bytes) -> bool:
        field = _field(unit, self._sequence) if self._sequence else None
        begun, self._begun = self._begun, (-1, False)
        if field is None:
            return False
        if begun == (field[0], not field[1]):
            return True
        self._begun = field
        return False


def _sequence(unit: bytes) -> _Sequence | None:
    """A sequence parameter set whose pictures may be fields; None if all are frames, or it cannot be read."""
    bits = Bits(unit[1 : HEAD * 8])
    try:
        return _interlaced(bits)
    except EOFError:
        return None


def _interlaced(bits: Bits) -> _Sequence | None:
    profile = bits.take(8)
    bits.take(16)  # constraints, level
    bits.golomb()
    planes_apart = False
    if profile in CHROMA_STATED:
        full_chroma = bits.golomb() == 3
        planes_apart = full_chroma and bool(bits.take(1))
        bits.golomb(2)
        bits.take(1)
        if bits.take(1):
            _skip_scaling(bits, 12 if full_chroma else 8)
    frame_number_bits = bits.golomb() + 4
    match bits.golomb():  # the type of picture order count
        case 0:
            bits.golomb()
        case 1:
            bits.take(1)
            bits.golomb(2)
            bits.golomb(min(bits.golomb(), 255))
    bits.golomb()
    bits.take(1)
    bits.golomb(2)
    return None if bits.take(1) else _Sequence(planes_apart, frame_number_bits)


def _skip_scaling(bits: Bits, lists: int) -> None:
    for number in range(lists):
        if not bits.take(1):
            continue
        last = upcoming = 8
        for _ in range(16 if number < 6 else 64):
            if upcoming:
                upcoming = (last + bits.signed()) % 256
            last = upcoming or last


def _field(unit: bytes, sequence: _Sequence) -> tuple[int, bool] | None:
    """The frame number of a slice's field and whether it is the bottom one; None for a slice of a frame."""
    bits = Bits(unit[1:HEAD])
    try:
        bits.golomb(3)
        bits.take(2 if sequence.planes_apart else 0)
        number = bits.take(sequence.frame_number_bits)
        return (number, bool(bits.take(1))) if bits.take(1) else None
    except EOFError:
        return None
