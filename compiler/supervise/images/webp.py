"""Animated WebP, which libav 8 does not read: each frame is decoded as a WebP of its own and laid on the canvas."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import partial

from compiler.errors import ReelError
from compiler.supervise.images.image import Frames, Image, calm, decoded
from compiler.supervise.images.sheet import Sheet
from compiler.supervise.media.admit import unreadable
from compiler.timeline.media import MAX_PIXELS

ANIMATED, ALPHA = 0x02, 0x10
DISPOSE, REPLACE = 0x01, 0x02
TICK = Fraction(1, 1000)


def is_animated(data: memoryview) -> bool:
    """Whether a WebP states that it moves."""
    return bytes(data[12:16]) == b"VP8X" and len(data) > 20 and bool(data[20] & ANIMATED)


def webp(data: memoryview) -> Image:
    """The animated WebP; RC604 if it has no frames."""
    bodies = [body for kind, body in _chunks(data, 12) if kind == b"ANMF" and len(body) > 24]
    cut = len(bodies) > 1 and int.from_bytes(data[4:8], "little") + 8 > len(data)
    frames = [_WebpFrame.of(body) for body in (bodies[:-1] if cut else bodies)]
    if not frames:
        raise unreadable("is an animated WebP without a frame")
    width, height = _u24(data, 24) + 1, _u24(data, 27) + 1
    if width * height > MAX_PIXELS:
        raise unreadable(f"states a picture of {width}x{height}")
    durations = tuple(round(calm(frame.ticks * TICK) / TICK) for frame in frames)
    clears = any(frame.dispose or (frame.replaces and frame.alpha) for frame in frames)
    pictures = partial(_frames, frames, width, height)
    return Image("webp", "webp", (width, height), pictures, TICK, durations, clears, cut=cut)


@dataclass(frozen=True, slots=True)
class _WebpFrame:
    """A frame: the part of the canvas that it changes, and its picture as a WebP of its own."""

    x: int
    y: int
    ticks: int
    dispose: bool
    replaces: bool
    alpha: bool
    coded: bytes

    @classmethod
    def of(cls, body: memoryview) -> _WebpFrame:
        """The frame of an ANMF chunk's content."""
        parts = {kind: content for kind, content in _chunks(body, 16) if kind in (b"ALPH", b"VP8 ", b"VP8L")}
        alpha = b"ALPH" in parts or (len(parts.get(b"VP8L", b"")) > 4 and bool(parts[b"VP8L"][4] & ALPHA))
        coded = b"".join(_chunk(kind, bytes(content)) for kind, content in parts.items())
        if b"ALPH" in parts:
            coded = _chunk(b"VP8X", bytes([ALPHA, 0, 0, 0]) + bytes(body[6:12])) + coded
        whole = b"RIFF" + struct.pack("<I", len(coded) + 4) + b"WEBP" + coded
        flags = body[15]
        place = 2 * _u24(body, 0), 2 * _u24(body, 3)
        return cls(*place, _u24(body, 12), bool(flags & DISPOSE), bool(flags & REPLACE), alpha, whole)


def _frames(pieces: list[_WebpFrame], width: int, height: int) -> Frames:
    canvas, before = Sheet(width, height), None
    for piece in pieces:
        if before is not None:
            canvas.clear(*before)
        try:
            picture = decoded("webp", piece.coded)
        except ReelError:
            before = None
            yield None
            continue
        canvas.lay(picture, piece.x, piece.y, blend=piece.alpha and not piece.replaces)
        before = (piece.x, piece.y, picture.width, picture.height) if piece.dispose else None
        yield canvas.frame()


def _chunks(data: memoryview, at: int) -> Iterator[tuple[bytes, memoryview]]:
    while at + 8 <= len(data):
        kind, length = struct.unpack_from("<4sI", data, at)
        yield kind, data[at + 8 : at + 8 + length]
        at += 8 + length + length % 2


def _chunk(kind: bytes, content: bytes) -> bytes:
    return kind + struct.pack("<I", len(content)) + content + bytes(len(content) % 2)


def _u24(data: memoryview, at: int) -> int:
    return int.from_bytes(data[at : at + 3], "little")
