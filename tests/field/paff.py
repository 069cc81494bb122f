"""H.264 whose fields are pictures of their own (PAFF), as camcorders write it and no encoder here: samples uncoded."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from tests.footage.coded import Luma, draw

SIZE = (160, 96)
MACROBLOCK = 16


class Bits:
    """Bits in the order of a bit stream."""

    def __init__(self) -> None:
        self.text = ""

    def put(self, value: int, width: int = 1) -> Bits:
        """Write a number in so many bits."""
        self.text += f"{value:0{width}b}"
        return self

    def golomb(self, *values: int) -> Bits:
        """Write numbers in exponential Golomb code."""
        for value in values:
            width = (value + 1).bit_length()
            self.put(value + 1, 2 * width - 1)
        return self

    def ended(self) -> bytes:
        """The bytes, with the stop bit."""
        return Bits.bytes_of(self.text + "1")

    @staticmethod
    def bytes_of(text: str) -> bytes:
        """The bytes, filled up with zeros."""
        text += "0" * (-len(text) % 8)
        return int(text, 2).to_bytes(len(text) // 8)


def unit(kind: int, body: bytes) -> bytes:
    """One unit of the stream, its start code first; no start code appears within it."""
    out, zeros = bytearray(), 0
    for byte in body:
        if zeros >= 2 and byte <= 3:
            out.append(3)
            zeros = 0
        out.append(byte)
        zeros = 0 if byte else zeros + 1
    return b"\0\0\0\1" + bytes([0x60 | kind]) + bytes(out)


def parameters() -> bytes:
    """The parameter sets: main profile, fields allowed, order of presentation as of decoding, CAVLC."""
    sequence = Bits().put(77, 8).put(0, 8).put(30, 8).golomb(0, 4, 2, 1).put(0)
    sequence.golomb(SIZE[0] // MACROBLOCK - 1, SIZE[1] // (2 * MACROBLOCK) - 1).put(0b0010, 4).put(0)
    picture = Bits().golomb(0, 0).put(0, 2).golomb(0, 0, 0).put(0, 3).golomb(0, 0, 0).put(0b100, 3)
    return unit(7, sequence.ended()) + unit(8, picture.ended())


def field(luma: Luma, number: int, bottom: bool) -> bytes:
    """One field as a picture of its own: the top one refreshes the decoder."""
    head = Bits().golomb(0, 7, 0).put(0, 8).put(1).put(int(bottom))
    if bottom:
        head.put(0)
    else:
        head.golomb(number % 2).put(0, 2)
    head.golomb(0, 1)
    body = b""
    text = head.text
    for y in range(0, luma.shape[0], MACROBLOCK):
        for x in range(0, luma.shape[1], MACROBLOCK):
            samples = luma[y : y + MACROBLOCK, x : x + MACROBLOCK].tobytes() + bytes([128]) * 128
            body += Bits.bytes_of(text + f"{26:09b}") + samples
            text = ""
    return unit(1 if bottom else 5, body + b"\x80")


def stream(numbers: Iterable[int]) -> bytes:
    """Numbered pictures, each in two fields."""
    out = b""
    for place, number in enumerate(numbers):
        picture = np.ascontiguousarray(draw(number, SIZE, 0))
        fields = (field(np.ascontiguousarray(picture[half::2]), place, bool(half)) for half in (0, 1))
        out += parameters() + b"".join(fields)
    return out


def write(path: Path, numbers: Iterable[int]) -> None:
    """Write the stream of numbered pictures."""
    path.write_bytes(stream(numbers))
