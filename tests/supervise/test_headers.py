"""Headers of coded pictures, spelled by their standards' tables."""

from __future__ import annotations

import pytest

from compiler.supervise.facts.headers import is_closed, is_key, is_reordered, length_size, parameters, units

START = b"\0\0\1"
SPS, PPS, IDR, P_SLICE, SEI = b"\x67\x42", b"\x68\xce", b"\x65\x88", b"\x41\x9a", b"\x06"
"""NAL units of H.264 by their types 7, 8, 5, 1 and 6; the slices are of the types 7 (I) and 5 (P)."""


def bits(text: str) -> bytes:
    """The bytes that begin with these bits; blanks only divide them."""
    text = text.replace(" ", "")
    return int(text.ljust(-(-len(text) // 8) * 8, "0"), 2).to_bytes(-(-len(text) // 8))


def hevc(kind: int) -> bytes:
    """A NAL unit of H.265: one bit, six of the type, then layer and temporal numbers."""
    return bytes([kind << 1, 1, 0xAA])


def stream(*each: bytes) -> bytes:
    return b"".join(START + unit for unit in each)


def sized(size: int, *each: bytes) -> bytes:
    return b"".join(len(unit).to_bytes(size) + unit for unit in each)


def test_units_after_start_codes() -> None:
    """A zero before a start code belongs to the code, whose length may be four bytes."""
    assert [*units(b"\0" + stream(SPS, b"\x41\x80\0", IDR), None)] == [SPS, b"\x41\x80", IDR]
    assert [*units(b"no code", None)] == []


@pytest.mark.parametrize("size", [1, 2, 4])
def test_units_after_their_lengths(size: int) -> None:
    assert [*units(sized(size, SPS, b"\x41\x80\0"), size)] == [SPS, b"\x41\x80\0"]
    assert [*units(sized(size, SPS, IDR)[:-1], size)] == [SPS, IDR[:-1]]  # only the first bytes are read


@pytest.mark.parametrize(
    ("codec", "extradata", "size"),
    [
        ("h264", b"\1\x64\0\x1f\xff", 4),
        ("h264", b"\1\x64\0\x1f\xfd", 2),
        ("h264", START + SPS, None),
        ("h264", b"\1\x64\0\x1f", None),
        ("h264", None, None),
        ("hevc", b"\1" + bytes(20) + b"\xfc", 1),
        ("hevc", b"\1" + bytes(20) + b"\xff", 4),
        ("hevc", b"\1" + bytes(20), None),
        ("mpeg4", b"\1" + bytes(30), None),
    ],
)
def test_the_bytes_of_a_length_are_stated_beside_the_stream(
    codec: str, extradata: bytes | None, size: int | None
) -> None:
    assert length_size(codec, extradata) == size


VP8_KEY = b"\x10\x02\0\x9d\x01\x2a\x40\x01\xf0\0"
VP9_KEY = b"\x82\x49\x83\x42\x00\x13\xf0\x0e\xf0\x00more"
JPEG_HEADER = bytes([8, 0, 48, 0, 64, 3, 1, 0x22, 0, 2, 0x11, 1, 3, 0x11, 1])
"""Precision, height, width and three components with their sampling."""


@pytest.mark.parametrize(
    ("codec", "data", "found"),
    [
        ("h264", stream(SPS, PPS, IDR), SPS),
        ("h264", stream(PPS, IDR), None),
        ("hevc", stream(hevc(32), hevc(33), hevc(34), hevc(19)), hevc(33)),
        ("hevc", stream(hevc(19)), None),
        ("vp8", VP8_KEY, b"\x9d\x01\x2a\x40\x01\xf0\0"),
        ("vp8", b"\x11" + VP8_KEY[1:], None),
        ("vp8", VP8_KEY[:9], None),
        ("vp9", VP9_KEY, VP9_KEY[:10]),
        ("vp9", b"\x86\0\x40\x92", None),
        ("mpeg2video", START + b"\xb3\x04\x00\x30\x33more", b"\x04\x00\x30\x33"),
        ("mpeg1video", START + b"\0rest", None),
        ("mpeg4", START + b"\x20\x12\x34" + START + b"\xb6", START + b"\x20\x12\x34"),
        ("mpeg4", START + b"\xb6\0", None),
        ("mjpeg", b"\xff\xd8\xff\xc0\0\x11" + JPEG_HEADER + b"\xff\xda", JPEG_HEADER),
        ("mjpeg", b"\xff\xd8\xff\xda", None),
        ("ffv1", b"any", None),
    ],
)
def test_the_parameters_that_a_key_frame_carries(codec: str, data: bytes, found: bytes | None) -> None:
    assert parameters(codec, data, None) == found


def test_parameters_among_units_with_lengths() -> None:
    assert parameters("h264", sized(4, SPS, PPS, IDR), 4) == SPS
    assert parameters("hevc", sized(4, hevc(33), hevc(19)), 4) == hevc(33)


def test_parameters_of_mpeg_4_end_with_the_packet() -> None:
    """A header at the end of what is read of a packet is whole, as none follows it."""
    assert parameters("mpeg4", START + b"\x20\x12\x34\x56", None) == START + b"\x20\x12\x34\x56"


RECOVERY = SEI + bytes([6, 1, 0xC4, 0x80])
"""A message of type 6, one byte long."""

GRADUAL = SEI + bytes([6, 1, 0b00100_1_0_0, 0x80])
"""A recovery point of which three frames come before a whole one."""

LONG_MESSAGE = SEI + bytes([255, 1, 255, 0]) + bytes(255) + bytes([6, 1, 0xC4, 0x80])
"""A message of type 256 and 255 bytes, then one of type 6."""

OTHER_MESSAGE = SEI + bytes([5, 3, 6, 6, 6, 0x80])
"""A message of type 5 whose three bytes are sixes."""

I_SLICE = b"\x41" + bits("1 00111 1")
"""A picture's first slice: ue(0), ue(6), and ue(7) for I when all slices are."""


def slice_of(kind: int, first: int = 0) -> bytes:
    """A slice of another picture than an instantaneous refresh: first macroblock and type, as Exp-Golomb numbers."""

    def golomb(number: int) -> str:
        digits = f"{number + 1:b}"
        return "0" * (len(digits) - 1) + digits

    return b"\x41" + bits(golomb(first) + golomb(kind) + "1")


def obu(kind: int, content: str = "") -> bytes:
    """A unit of AV1 with its size: a zero, four bits of its type, then its flags."""
    held = bits(content) if content else b""
    low, high = len(held) & 127, len(held) >> 7
    return bytes([kind << 3 | 2, *([low | 128, high] if high else [low])]) + held


@pytest.mark.parametrize(
    ("codec", "data", "key"),
    [
        ("h264", stream(SPS, PPS, IDR), True),
        ("h264", stream(b"", IDR), True),
        ("h264", stream(RECOVERY, slice_of(5)), True),
        ("h264", stream(GRADUAL, slice_of(5)), False),
        ("h264", stream(GRADUAL, slice_of(7)), False),  # a gradual refresh may begin with slices of intra blocks
        ("h264", stream(GRADUAL, IDR), True),
        ("h264", stream(SEI + bytes([6, 0, 0x80]), slice_of(5)), False),
        ("h264", stream(LONG_MESSAGE, slice_of(5)), True),
        ("h264", stream(OTHER_MESSAGE, slice_of(5)), False),
        *(("h264", stream(slice_of(kind)), kind in (2, 4, 7, 9)) for kind in range(10)),
        ("h264", stream(slice_of(7, first=300)), True),
        ("h264", stream(SPS, PPS), None),
        ("h264", b"", None),
        *(("hevc", stream(hevc(35), hevc(kind)), 16 <= kind <= 23) for kind in (0, 1, 9, 16, 19, 21, 23, 24)),
        ("hevc", stream(hevc(33)), None),
        ("vp8", VP8_KEY, True),
        ("vp8", b"\x11\x02\0", False),
        ("vp8", b"", None),
        ("mpeg4", START + b"\xb6" + bits("00 1"), True),
        ("mpeg4", START + b"\xb6" + bits("01 1"), False),
        ("mpeg4", START + b"\xb6", None),
        ("mpeg4", START + b"\x20\x12", None),
        ("mpeg2video", START + b"\0" + bits("0000000001 001 111"), True),
        ("mpeg2video", START + b"\0" + bits("0000000001 010 111"), False),
        ("mpeg1video", START + b"\0" + bits("0000000001 011 111"), False),
        ("mpeg2video", START + b"\xb3\0\0", None),
        ("vp9", VP9_KEY, True),
        ("vp9", bits("10 00 0 1 00"), False),
        ("vp9", bits("10 00 1 000"), False),  # a frame shown again
        ("vp9", bits("10 11 0 0 0 1"), True),
        ("vp9", bits("10 11 0 0 1 0"), False),
        ("vp9", bits("11 00 0 0 00"), None),
        ("vp9", b"", None),
        ("av1", obu(2) + obu(1, "000 0 0") + obu(6, "0 00 1"), True),
        ("av1", obu(2) + obu(3, "0 00 1"), True),
        ("av1", obu(2) + obu(5, "1" * 1200) + obu(6, "0 00 1"), True),
        ("av1", obu(2) + obu(6, "0 01 1"), False),
        ("av1", obu(2) + obu(6, "0 10 1"), False),
        ("av1", obu(3, "1 000"), False),
        ("av1", bits("0 0110 000") + bits("0 01 1"), False),
        ("av1", bits("0 0110 110 00100000 00000001") + bits("0 01 1"), False),
        ("av1", obu(1, "000 1 1") + obu(6, "0 01 1"), None),
        ("av1", obu(2), None),
        ("av1", bits("0 0110 010") + b"\xff" * 9, None),
        ("av1", b"", None),
    ],
)
def test_a_packet_that_needs_no_other_is_known_by_its_header(codec: str, data: bytes, key: bool | None) -> None:
    assert is_key(codec, data, None) is key


def h263(inter: str, source: str = "010") -> bytes:
    """A picture header of H.263: start code, time, `10`, three flags, the source format, then the coding type."""
    return bits("0000 0000 0000 0000 1 00000 00010011 10 000" + source + inter + "0000")


@pytest.mark.parametrize(
    ("data", "key"),
    [
        (h263("0"), True),
        (h263("1"), False),
        (h263("1", source="111"), None),  # the extended type states it elsewhere
        (h263("0")[:4], None),
        (b"\1" + h263("0")[1:], None),
        (b"\0\0\1\xb6\0\0", None),
    ],
)
def test_pictures_of_h263(data: bytes, key: bool | None) -> None:
    assert is_key("h263", data, None) is key


@pytest.mark.parametrize(
    ("data", "reordered"),
    [
        (START + b"\xb6" + bits("10 1"), True),
        (START + b"\xb6" + bits("01 1"), False),
        (START + b"\xb6" + bits("01 1") + START + b"\xb6" + bits("10 1"), True),  # two frames in a packet, as in AVI
        (START + b"\xb6", False),
        (b"", False),
    ],
)
def test_frames_of_mpeg_4_that_are_predicted_in_both_directions(data: bytes, reordered: bool) -> None:
    assert is_reordered(data) is reordered


@pytest.mark.parametrize(
    ("codec", "data", "closed"),
    [
        ("h264", stream(SPS, IDR), True),
        ("h264", stream(RECOVERY, slice_of(7)), False),
        ("hevc", stream(hevc(19)), True),
        ("hevc", stream(hevc(20)), True),
        ("hevc", stream(hevc(21)), False),
        ("mpeg2video", b"", True),
    ],
)
def test_frames_after_a_refresh_are_shown_after_it(codec: str, data: bytes, closed: bool) -> None:
    assert is_closed(codec, data, None) is closed
