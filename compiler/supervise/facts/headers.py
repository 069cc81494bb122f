"""Headers of coded pictures: the parameters a key frame carries, and whether it is a key frame at all.

Runs in the probe child, on the first bytes of packets. Parsing is shallow: equal bytes mean equal parameters, and
only where they differ is the frame decoded. Sources: H.264 7.3, H.265 7.3, MPEG-2 6.2, MPEG-4 part 2 6.2, H.263 5.1,
RFC 6386 9.1, VP9 6.2, AV1 5.3 and 5.9.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from compiler.supervise.facts.bits import Bits

READ = 4096
"""Bytes of a packet that are looked at."""

INTRA = frozenset({"prores", "dnxhd", "cfhd", "dvvideo", "ffv1", "huffyuv", "ffvhuff", "utvideo", "rawvideo", "v210"})
"""Codecs all of whose frames are key frames and whose parameters are the container's."""

RECOVERY_POINT = 6
"""The SEI message of pictures from which decoding can begin."""

_VOP = re.compile(rb"\x00\x00\x01(?=\xb6)")
_START = re.compile(rb"\x00\x00\x01")


def units(data: bytes, length_size: int | None) -> Iterator[bytes]:
    """The NAL units at the beginning of a packet: after start codes, or after lengths of `length_size` bytes."""
    if length_size is None:
        codes = [*_START.finditer(data)]
        ends = [*(code.start() for code in codes[1:]), len(data)]
        for code, end in zip(codes, ends, strict=False):  # a damaged packet may have no code at all
            yield data[code.end() : end].rstrip(b"\0")
        return
    at = 0
    while at + length_size < len(data):
        length = int.from_bytes(data[at : at + length_size], "big")
        yield data[at + length_size : at + length_size + length]
        at += length_size + length


def length_size(codec: str, extradata: bytes | None) -> int | None:
    """The bytes of a NAL unit's length; None for streams with start codes."""
    if not extradata or extradata[0] != 1:
        return None
    place = {"h264": 4, "hevc": 21}.get(codec)
    return None if place is None or len(extradata) <= place else (extradata[place] & 3) + 1


def parameters(codec: str, data: bytes, size: int | None) -> bytes | None:
    """The bytes that decide a picture's shape, if the packet carries them."""
    match codec:
        case "h264":
            return b"".join(unit for unit in units(data, size) if unit and unit[0] & 31 == 7) or None
        case "hevc":
            return b"".join(unit for unit in units(data, size) if unit and unit[0] >> 1 & 63 == 33) or None
        case "vp8":
            return data[3:10] if len(data) > 9 and not data[0] & 1 else None
        case "vp9":
            return data[:10] if data[1:4] == b"\x49\x83\x42" else None
        case "mpeg2video" | "mpeg1video":
            at = data.find(b"\0\0\1\xb3")
            return data[at + 4 : at + 8] if at >= 0 else None
        case "mpeg4":
            found = re.search(rb"\x00\x00\x01\x20.*?(?=\x00\x00\x01|\Z)", data, re.DOTALL)
            return found[0] if found else None
        case "mjpeg":
            found = re.search(rb"\xff[\xc0-\xc2]..(.{15})", data, re.DOTALL)
            return found[1] if found else None
        case _:
            return None


def is_key(codec: str, data: bytes, size: int | None) -> bool | None:
    """Whether a packet holds a picture that needs no other; None if it cannot be told."""
    match codec:
        case "h264":
            return _h264_key(data, size)
        case "hevc":
            kinds = [unit[0] >> 1 & 63 for unit in units(data, size) if unit]
            pictures = [kind for kind in kinds if kind < 32]
            return 16 <= pictures[0] <= 23 if pictures else None
        case "vp8":
            return not data[0] & 1 if data else None
        case "vp9":
            return _vp9_key(data)
        case "av1":
            return _av1_key(data)
        case "mpeg4":
            at = data.find(b"\0\0\1\xb6")
            return data[at + 4] >> 6 == 0 if 0 <= at < len(data) - 4 else None
        case "mpeg2video" | "mpeg1video":
            at = data.find(b"\0\0\1\0")
            return data[at + 5] >> 3 & 7 == 1 if 0 <= at < len(data) - 5 else None
        case "h263":
            if len(data) < 5 or data[:2] != b"\0\0" or data[2] & 0xFC != 0x80:
                return None
            bits = int.from_bytes(data[:6].ljust(6, b"\0"), "big")
            plain = bits >> (47 - 37) & 7 != 7  # not the extended picture type
            return bits >> (47 - 38) & 1 == 0 if plain else None
        case _:
            return None


def is_reordered(data: bytes) -> bool:
    """Whether an MPEG-4 packet holds a frame predicted in both directions."""
    return any(data[at.end() + 1] >> 6 == 2 for at in _VOP.finditer(data) if at.end() + 1 < len(data))


def is_closed(codec: str, data: bytes, size: int | None) -> bool:
    """Whether no frame that follows a key frame in the file is shown before it, as far as its header tells."""
    match codec:
        case "h264":
            return any(unit and unit[0] & 31 == 5 for unit in units(data, size))
        case "hevc":
            return any(unit and unit[0] >> 1 & 63 in (19, 20) for unit in units(data, size))
        case _:
            return True


def _h264_key(data: bytes, size: int | None) -> bool | None:
    """An instantaneous refresh, a recovery point, or a picture of intra slices. A recovery point from which pictures
    are whole only some frames later, as gradual refreshes have, is none."""
    gradual = False
    for unit in units(data, size):
        if not unit:
            continue
        kind = unit[0] & 31
        if kind == 5:
            return True
        if kind == 6:
            waits = [_number(payload, 1) for message, payload in _messages(unit[1:]) if message == RECOVERY_POINT]
            if 0 in waits:
                return True
            gradual = gradual or bool(waits)
        if kind == 1:
            return not gradual and _number(unit[1:16], 2) in (2, 4, 7, 9)  # I and SI
    return None


def _vp9_key(data: bytes) -> bool | None:
    """Whether a VP9 packet begins with a key frame: neither a frame shown again nor one that is predicted."""
    if not data or data[0] >> 6 != 2:
        return None
    reserved = int(data[0] & 0x30 == 0x30)  # profile 3 has a bit more
    return not data[0] & 0b1100 >> reserved


def _av1_key(data: bytes) -> bool | None:
    """Whether the first frame of an AV1 packet is a key frame, and no frame shown again; None for stills with a short
    header."""
    at = 0
    while at < len(data):
        kind, extended, sized = data[at] >> 3 & 15, data[at] >> 2 & 1, data[at] >> 1 & 1
        at += 1 + extended
        size, at = _leb128(data, at) if sized else (len(data) - at, at)
        if at >= len(data):
            return None
        if kind == 1 and data[at] & 0b1000:  # a sequence of one still
            return None
        if kind in (3, 6):  # a frame's header, alone or with the frame
            return not data[at] & 0b11100000
        at += size
    return None


def _leb128(data: bytes, at: int) -> tuple[int, int]:
    """A number of seven bits a byte, and where it ends."""
    number = 0
    for n, byte in enumerate(data[at : at + 8]):
        number |= (byte & 127) << 7 * n
        if not byte & 128:
            return number, at + n + 1
    return 0, len(data)


def _messages(sei: bytes) -> Iterator[tuple[int, bytes]]:
    """The messages in an SEI unit: their types and what they say."""
    at = 0
    while at + 2 < len(sei):
        numbers = []
        for _ in range(2):
            number = 0
            while at < len(sei) and sei[at] == 255:
                number, at = number + 255, at + 1
            numbers.append(number + (sei[at] if at < len(sei) else 0))
            at += 1
        yield numbers[0], sei[at : at + numbers[1]]
        at += numbers[1]


def _number(data: bytes, place: int) -> int | None:
    """The first or the second number of a slice header or of a message; None if it is cut off."""
    try:
        return Bits(data).golomb(place)
    except EOFError:
        return None
