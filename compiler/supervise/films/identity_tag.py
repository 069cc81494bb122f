"""The tag of a finished film: a short text in the film's file, which players pass over.

It is the last part of the file: a `uuid` box in films of the mov family, a chunk in WAV and WebP, an application
extension in GIF, after the end of the pictures, since libav takes one before it for a picture. Nothing else of the file
depends on it, except for the size that RIFF states in its head.
"""

from __future__ import annotations

import hashlib
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

MOST = 4 << 20
"""Bytes of the longest tag, with its frame."""

BOX = b"uuid" + UUID("5c0f6c5e-3c5f-4d0a-9a57-7265656c6331").bytes
CHUNK = b"rlci"
EXTENSION, TRAILER = b"\x21\xff\x0bREELC   1.0", b"\x3b"
MARKS = 8
"""Places where a tag is looked for, the last ones in the file: a mark may be in the coded pictures by chance."""

BLOCK = 255
"""Bytes of the longest block in a GIF."""

RIFF_SIZE, RIFF_HEAD, RIFF_MOST = 4, 8, (1 << 32) - 1
PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Tag:
    """A tag that was found, and the byte of the file at which its frame begins."""

    text: bytes
    at: int


def write_tag(path: Path, text: bytes) -> None:
    """Tag a film, in place of an earlier tag; ValueError for a file of no known container, or for a long text."""
    with path.open("r+b") as file:
        kind, earlier = _kind(file), _found(file)
        end = file.seek(0, os.SEEK_END)
        if earlier:
            end = earlier.at
        framed = _framed(kind, text)
        if len(framed) > MOST:
            raise ValueError(f"a tag of {len(text)} bytes is too long")
        file.seek(end)
        file.write(framed)
        end = file.truncate()
        if kind == "riff" and end - RIFF_HEAD <= RIFF_MOST:  # a longer WAV states no size
            file.seek(RIFF_SIZE)
            file.write(struct.pack("<I", end - RIFF_HEAD))


def read_tag(path: Path) -> bytes | None:
    """The tag's text; None for a file without one. OSError."""
    with path.open("rb") as file:
        found = _found(file)
    return found.text if found else None


def sha256_without_tag(path: Path) -> str:
    """The hash of a film's bytes apart from its tag, and from what depends on the tag."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        kind, found = _kind(file), _found(file)
        end = found.at if found else file.seek(0, os.SEEK_END)
        file.seek(0)
        head = file.read(RIFF_HEAD)
        digest.update(head[:RIFF_SIZE] if kind == "riff" else head)
        left = end - len(head)
        while left > 0 and (piece := file.read(min(PIECE, left))):
            digest.update(piece)
            left -= len(piece)
    return digest.hexdigest()


def _kind(file: BinaryIO) -> str:
    file.seek(0)
    head = file.read(RIFF_HEAD)
    if head[:4] == b"RIFF":
        return "riff"
    if head[:4] == b"GIF8":
        return "gif"
    return "mov" if head[4:] == b"ftyp" else "other"


def _framed(kind: str, text: bytes) -> bytes:
    """The last part of the file, which holds the text; chunks of RIFF and what follows them begin at even bytes."""
    match kind:
        case "riff":
            return CHUNK + struct.pack("<I", len(text)) + text + bytes(len(text) % 2)
        case "gif":
            blocks = (text[n : n + BLOCK] for n in range(0, len(text), BLOCK))
            return EXTENSION + b"".join(bytes([len(block)]) + block for block in blocks) + b"\0" + TRAILER
        case "mov":
            return struct.pack(">I", 4 + len(BOX) + len(text)) + BOX + text
        case _:
            raise ValueError("the file is of no container that can be tagged")


def _found(file: BinaryIO) -> Tag | None:
    kind, size = _kind(file), file.seek(0, os.SEEK_END)
    mark = {"riff": CHUNK, "gif": EXTENSION, "mov": BOX}.get(kind)
    if mark is None:
        return None
    start = file.seek(max(0, size - MOST))
    tail = file.read(MOST)
    for place in _places(tail, mark):
        text = _text(kind, tail, place)
        begin = place - (4 if kind == "mov" else 0)
        if begin >= 0 and tail[begin:] == _framed(kind, text):
            return Tag(text, start + begin)
    return None


def _places(tail: bytes, mark: bytes) -> Iterator[int]:
    """The places of a mark, the last one first."""
    place = tail.rfind(mark)
    for _ in range(MARKS):
        if place < 0:
            return
        yield place
        place = tail.rfind(mark, 0, place + len(mark) - 1)


def _text(kind: str, tail: bytes, place: int) -> bytes:
    """The text that a frame with its mark at `place` would hold."""
    if kind == "mov":
        return tail[place + len(BOX) :]
    if kind == "riff":
        (length,) = struct.unpack("<I", tail[place + 4 : place + 8].ljust(4, b"\0"))
        return tail[place + 8 : place + 8 + length]
    blocks, at = [], place + len(EXTENSION)
    while at < len(tail) and tail[at]:
        blocks.append(tail[at + 1 : at + 1 + tail[at]])
        at += 1 + tail[at]
    return b"".join(blocks)
