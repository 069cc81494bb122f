"""Recognises images by their first bytes."""

from __future__ import annotations

import mmap
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from compiler.supervise.images import apng, gif, heif, sequence, webp
from compiler.supervise.images.image import Image
from compiler.supervise.media.admit import too_large

SEQUENCES = {b"avis", b"hevc", b"hevx", b"msf1"}
STILLS = {b"avif", b"heic", b"heix", b"heim", b"heis", b"mif1", b"mif2", b"avio"}
"""Brands of HEIF files."""

HEAD = 32
"""Bytes by which an image is recognised; no image is smaller."""


def image_of(path: Path) -> Image | None:
    """The image in a file; None for a film, and for a still image that ffmpeg reads whole by itself.

    RC606 for an image that is larger than the memory of its reader.
    """
    with path.open("rb") as file:
        head = file.read(HEAD)
        read = _reader(head) if len(head) == HEAD else None
        return read(path, _mapped(path, file)) if read else None


def _reader(head: bytes) -> Callable[[Path, memoryview], Image | None] | None:
    """The function that reads an image with these first bytes; None for a film, which may be larger than memory."""
    if head[:6] in gif.MARKS:
        return gif.gif
    if head[:8] == apng.MARK:
        return _apng
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP" and webp.is_animated(memoryview(head)):
        return lambda _, data: webp.webp(data)
    if head[4:8] == b"ftyp" and head[8:12] in SEQUENCES | STILLS:
        return _heif
    return None


def _mapped(path: Path, file: BinaryIO) -> memoryview:
    try:
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    except OSError as error:
        raise too_large(path.name, str(error.strerror)) from error


def _apng(path: Path, data: memoryview) -> Image | None:
    """The APNG; None for a PNG that does not move."""
    return apng.apng(path, data) if apng.is_animated(data) else None


def _heif(path: Path, data: memoryview) -> Image:
    """The image of a HEIF file: its sequence of images, or its still one."""
    found = sequence.sequence(path, data) if bytes(data[8:12]) in SEQUENCES else None
    return found or heif.heif(data, path.name)
