"""Packets that hold single fields, told from those that hold frames."""

from __future__ import annotations

import numpy as np
import pytest

from compiler.supervise.facts.bits import Bits
from compiler.supervise.facts.fields import FieldPairs
from tests.field import paff

BLACK = np.zeros((paff.SIZE[1] // 2, paff.SIZE[0]), np.uint8)


def packets(*fields: tuple[int, bool]) -> list[bytes]:
    """Fields as packets, by frame number and whether it is the bottom one; parameters come with the first."""
    coded = [paff.field(BLACK, number, bottom) for number, bottom in fields]
    return [paff.parameters() + coded[0], *coded[1:]]


def completing(stream: list[bytes]) -> list[bool]:
    """Of each packet, whether it completes a frame."""
    pairs = FieldPairs("h264", None, None)
    return [pairs.concerns(is_key=n == 0) and pairs.completes(packet) for n, packet in enumerate(stream)]


def test_the_second_field_of_each_frame_completes_it() -> None:
    top, bottom = False, True
    assert completing(packets((0, top), (0, bottom), (1, top), (1, bottom))) == [False, True, False, True]


def test_a_field_without_its_partner_begins_a_frame() -> None:
    top, bottom = False, True
    assert completing(packets((0, top), (1, top), (1, bottom), (0, bottom))) == [False, False, True, False]


def test_two_fields_of_one_parity_are_two_frames() -> None:
    assert completing(packets((0, False), (0, False))) == [False, False]


def test_the_parameters_may_stand_in_the_files_header() -> None:
    unit = paff.parameters().split(b"\0\0\0\1")[1]
    header = bytes([1, 77, 0, 30, 0xFF, 0xE1]) + len(unit).to_bytes(2, "big") + unit
    pairs = FieldPairs("h264", header, 4)
    assert pairs.concerns(is_key=False)


@pytest.mark.parametrize("codec", ["h264", "hevc", "mpeg2video"])
def test_packets_of_other_streams_are_not_looked_at(codec: str) -> None:
    assert not FieldPairs(codec, None, None).concerns(is_key=False)


# 1, 010, 011, 00100 are 0, 1, 2, 3 in H.264 table 9-2
def test_exponential_golomb_numbers() -> None:
    bits = Bits(bytes([0b10100110, 0b01000000]))
    assert [bits.golomb() for _ in range(4)] == [0, 1, 2, 3]
    with pytest.raises(EOFError):
        bits.golomb()


def test_signed_numbers_alternate() -> None:
    bits = Bits(bytes([0b01001100, 0b10000101, 0b00000000]))
    assert [bits.signed() for _ in range(4)] == [1, -1, 2, -2]


def test_bytes_that_prevent_start_codes_do_not_count() -> None:
    assert Bits(b"\0\0\3\1").take(24) == 1
