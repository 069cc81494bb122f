"""Photos as phones write them: HEIC, a grid of tiles that are coded apart."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

from tests.field.make import X265, Maker
from tests.footage.coded import feed, yuv420p
from tests.footage.mp4 import Box, parse, tracks

TILE = 128
TILES = (60, 100, 140, 180)
"""The luma of each tile: left above, right above, left below, right below."""

ONE = ("-frames:v", "1", *X265, "-x265-params", "log-level=error:keyint=1:info=0", "-tag:v", "hvc1")


def write_photo(make: Maker, out: Path, *shown: bytes, kind: bytes = b"grid") -> None:
    """Write a photo of 2 x 2 tiles, whose properties `shown` say how it is turned; `kind` is how it says it is made."""
    coded = [_tile(make, out.with_name(f"{out.name}-{place}.mp4"), luma) for place, luma in enumerate(TILES)]
    described = coded[0][0]
    pictures = [picture for _, picture in coded]
    head = bytes(Box(b"ftyp", b"heic\0\0\0\0mif1heic"))
    first = len(head) + len(_meta(described, pictures, 0, kind, shown)) + 8
    out.write_bytes(head + _meta(described, pictures, first, kind, shown) + bytes(Box(b"mdat", b"".join(pictures))))


def _tile(make: Maker, path: Path, luma: int) -> tuple[bytes, bytes]:
    """The decoder's configuration and the coded picture of one tile."""
    command = [make.ffmpeg, "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{TILE}x{TILE}"]
    feed([*command, "-i", "pipe:0", *ONE, str(path)], iter([yuv420p(np.full((TILE, TILE), luma, np.uint8))]))
    found = parse(path.read_bytes())
    entry = tracks(found)[0][b"stsd"].content[8:]
    configured = next(box for box in parse(entry[86:]) if box.kind == b"hvcC")
    return configured.content, next(box for box in found if box.kind == b"mdat").content


def _full(name: bytes, body: bytes, version: int = 0, flags: int = 0) -> bytes:
    return bytes(Box(name, struct.pack(">I", version << 24 | flags) + body))


def _item(number: int, kind: bytes, hidden: bool) -> bytes:
    return _full(b"infe", struct.pack(">HH4s", number, 0, kind) + b"\0", 2, int(hidden))


def turned(quarters: int) -> bytes:
    """The property that turns a photo by quarter turns anticlockwise."""
    return bytes(Box(b"irot", bytes([quarters])))


def mirrored(axis: int) -> bytes:
    """The property that swaps a photo's top and bottom (0) or its left and right (1)."""
    return bytes(Box(b"imir", bytes([axis])))


def _meta(configured: bytes, pictures: list[bytes], first: int, kind: bytes, shown: tuple[bytes, ...]) -> bytes:
    """The photo's description; its tiles' bytes begin at `first` in the file."""
    grid = bytes([0, 0, 1, 1]) + struct.pack(">HH", 2 * TILE, 2 * TILE)
    items = [_item(1, kind, False), *(_item(2 + place, b"hvc1", True) for place in range(4))]
    tiles = bytes(Box(b"dimg", struct.pack(">HH4H", 1, 4, 2, 3, 4, 5)))
    return _full(
        b"meta",
        _full(b"hdlr", b"\0\0\0\0pict" + bytes(13))
        + _full(b"pitm", struct.pack(">H", 1))
        + _places(len(grid), pictures, first)
        + _full(b"iinf", struct.pack(">H", 5) + b"".join(items))
        + _full(b"iref", tiles)
        + _properties(configured, shown)
        + bytes(Box(b"idat", grid)),
    )


def _places(grid: int, pictures: list[bytes], first: int) -> bytes:
    rows = struct.pack(">HHHHII", 1, 1, 0, 1, 0, grid)
    for place, picture in enumerate(pictures):
        rows += struct.pack(">HHHHII", 2 + place, 0, 0, 1, first, len(picture))
        first += len(picture)
    return _full(b"iloc", bytes([0x44, 0]) + struct.pack(">H", 5) + rows, 1)


def _properties(configured: bytes, shown: tuple[bytes, ...]) -> bytes:
    sizes = (_full(b"ispe", struct.pack(">II", side, side)) for side in (TILE, 2 * TILE))
    known = bytes(Box(b"hvcC", configured)) + b"".join(sizes) + _full(b"pixi", bytes([3, 8, 8, 8])) + b"".join(shown)
    of_tiles = b"".join(struct.pack(">HB", 2 + place, 2) + bytes([0x81, 2]) for place in range(4))
    of_grid = struct.pack(">HB", 1, 2 + len(shown)) + bytes([3, 4, *(0x85 + place for place in range(len(shown)))])
    linked = _full(b"ipma", struct.pack(">I", 5) + of_grid + of_tiles)
    return bytes(Box(b"iprp", bytes(Box(b"ipco", known)) + linked))
