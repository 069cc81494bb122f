"""Recognises images by their first bytes."""

from __future__ import annotations

import mmap
from pathlib import Path

from compiler.supervise.images import apng, gif, heif, sequence, webp
from compiler.supervise.images.image import Image

SEQUENCES = {b"avis", b"hevc", b"hevx", b"msf1"}
STILLS = {b"avif", b"heic", b"heix", b"heim", b"heis", b"mif1", b"mif2", b"avio"}
"""Brands of HEIF files."""


def image_of(path: Path) -> Image | None:
    """The image in a file; None for a film, and for a still image that ffmpeg reads whole by itself."""
    if path.stat().st_size < 32:
        return None
    with path.open("rb") as file:
        data = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    if bytes(data[:6]) in gif.MARKS:
        return gif.gif(path, data)
    if bytes(data[:8]) == apng.MARK:
        return apng.apng(path, data) if apng.is_animated(data) else None
    if bytes(data[:4]) == b"RIFF" and bytes(data[8:12]) == b"WEBP":
        return webp.webp(data) if webp.is_animated(data) else None
    if bytes(data[4:8]) == b"ftyp":
        return _heif(path, data)
    return None


def _heif(path: Path, data: memoryview) -> Image | None:
    """The image of a HEIF file; None if it is another file of its family, such as a film."""
    brand = bytes(data[8:12])
    if brand in SEQUENCES and (found := sequence.sequence(path, data)):
        return found
    return heif.heif(data, path.name) if brand in SEQUENCES | STILLS else None
