"""Edits of images, byte by byte, and images of plain colours: what no encoder writes on demand."""

from __future__ import annotations

import struct
import subprocess
import zlib
from collections.abc import Sequence
from pathlib import Path

from tests.field.make import Maker

Colour = tuple[int, int, int, int]
Layer = tuple[Colour, tuple[int, int, int, int], int]
"""A colour, its x, y, width and height, and the flags of its frame: 1 clears it afterwards, 2 does not blend it."""


def delayed(kind: str, whole: bytes, delays: Sequence[int]) -> bytes:
    """A GIF, APNG or animated WebP whose frames state these delays, in hundredths of a second."""
    edit = {"gif": _delayed_gif, "apng": _delayed_apng, "webp": _delayed_webp}[kind]
    return edit(whole, delays)


def _delayed_gif(whole: bytes, delays: Sequence[int]) -> bytes:
    made, at = bytearray(whole), 0
    for delay in delays:
        at = made.index(b"\x21\xf9\x04", at) + 4
        struct.pack_into("<H", made, at, delay)
    return bytes(made)


def _delayed_apng(whole: bytes, delays: Sequence[int]) -> bytes:
    made, at = bytearray(whole), 0
    for delay in delays:
        at = made.index(b"fcTL", at) + 4
        struct.pack_into(">HH", made, at + 20, delay, 100)
        struct.pack_into(">I", made, at + 26, zlib.crc32(made[at - 4 : at + 26]))
    return bytes(made)


def _delayed_webp(whole: bytes, delays: Sequence[int]) -> bytes:
    made, at = bytearray(whole), 0
    for delay in delays:
        at = made.index(b"ANMF", at) + 8
        made[at + 12 : at + 15] = (10 * delay).to_bytes(3, "little")
    return bytes(made)


def webp_of(make: Maker, size: tuple[int, int], layers: Sequence[Layer], out: Path) -> None:
    """Write an animated WebP of these layers, each shown for 200 ms."""
    frames = b"".join(_layer(make, layer, out.with_suffix(f".{place}.webp")) for place, layer in enumerate(layers))
    head = _chunk(b"VP8X", bytes([0x12, 0, 0, 0]) + _u24(size[0] - 1) + _u24(size[1] - 1)) + _chunk(b"ANIM", bytes(6))
    body = b"WEBP" + head + frames
    out.write_bytes(b"RIFF" + struct.pack("<I", len(body)) + body)


def _layer(make: Maker, layer: Layer, path: Path) -> bytes:
    (red, green, blue, alpha), (x, y, width, height), flags = layer
    colour = f"color=0x{red:02x}{green:02x}{blue:02x}@{alpha / 255}:s={width}x{height},format=bgra"
    command = [make.ffmpeg, "-v", "error", "-y", "-f", "lavfi", "-i", colour, "-frames:v", "1"]
    subprocess.run([*command, "-c:v", "libwebp", "-lossless", "1", "-f", "webp", str(path)], check=True)
    coded = path.read_bytes()
    picture = coded[coded.index(b"VP8L") :]
    place = _u24(x // 2) + _u24(y // 2) + _u24(width - 1) + _u24(height - 1) + _u24(200) + bytes([flags])
    return _chunk(b"ANMF", place + picture)


def _chunk(kind: bytes, content: bytes) -> bytes:
    return kind + struct.pack("<I", len(content)) + content + bytes(len(content) % 2)


def _u24(number: int) -> bytes:
    return number.to_bytes(3, "little")
