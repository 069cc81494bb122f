"""Images of databases: the digests of their pages, and sets of changed pages as bytes.

The fingerprint of an image is the SHA-256 of the digests of all its pages. Whoever keeps the digests computes it anew
after a change of a few pages without reading the others.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Mapping

DIGEST = 16
"""Bytes of the digest of a page."""
NUMBER = struct.Struct(">I")

_PAGE_SIZE = struct.Struct(">16xH")
_FAST = 1
"""Level of compression; higher levels save a tenth of the bytes for three times the time."""


def page_size_of(image: bytes) -> int:
    """The size of a database's pages, from its first bytes; 0 if they are not those of a database."""
    if len(image) < _PAGE_SIZE.size:
        return 0
    (size,) = _PAGE_SIZE.unpack_from(image)
    return 65536 if size == 1 else int(size)


def digest_of(page: bytes | memoryview) -> bytes:
    """The digest of one page."""
    return hashlib.blake2b(page, digest_size=DIGEST).digest()


def digests_of(image: bytes | bytearray, page_size: int) -> bytes:
    """The digests of all pages, one after another."""
    view = memoryview(image)
    return b"".join(digest_of(view[at : at + page_size]) for at in range(0, len(image), page_size))


def updated(digests: bytes, pages: Mapping[int, bytes], count: int) -> bytes:
    """The digests after some pages changed; the database now has `count` pages, and `pages` has every new one."""
    table = bytearray(digests[: count * DIGEST].ljust(count * DIGEST, b"\0"))
    for number, page in pages.items():
        table[(number - 1) * DIGEST : number * DIGEST] = digest_of(page)
    return bytes(table)


def differing(before: bytes, now: bytes) -> set[int]:
    """The numbers of pages whose digests differ, and of new pages; pages are numbered from 1."""
    count = len(now) // DIGEST
    parts = ((number, (number - 1) * DIGEST, number * DIGEST) for number in range(1, count + 1))
    return {number for number, start, stop in parts if before[start:stop] != now[start:stop]}


def fingerprint(digests: bytes) -> str:
    """The fingerprint of an image with these digests."""
    return hashlib.sha256(digests).hexdigest()


def compressed(image: bytes) -> bytes:
    """A whole image as the body of a snapshot."""
    return zlib.compress(image, _FAST)


def compressed_pages(pages: Mapping[int, bytes]) -> bytes:
    """Changed pages as the body of a snapshot: for each page its number and its content."""
    return zlib.compress(b"".join(NUMBER.pack(number) + pages[number] for number in sorted(pages)))


def decompressed(body: bytes, page_size: int, count: int) -> bytearray:
    """The whole image in a body; ValueError if the body is not an image of `count` pages."""
    image = _inflated(body, page_size * count)
    if len(image) != page_size * count:
        raise ValueError("the image has another length")
    return image


def apply_pages(image: bytearray, body: bytes, page_size: int, count: int) -> None:
    """Put the changed pages in a body into an image, which then has `count` pages; ValueError if they do not fit."""
    size, step = page_size * count, NUMBER.size + page_size
    changes = memoryview(_inflated(body, step * count))
    if len(changes) % step:
        raise ValueError("the pages are not whole")
    del image[size:]
    image.extend(bytes(size - len(image)))
    for at in range(0, len(changes), step):
        (number,) = NUMBER.unpack_from(changes, at)
        if not 1 <= number <= count:
            raise ValueError(f"there is no page {number}")
        image[(number - 1) * page_size : number * page_size] = changes[at + NUMBER.size : at + step]


def _inflated(body: bytes, most: int) -> bytearray:
    """The content of a body of at most this many bytes; ValueError if it is longer, or no compressed data."""
    unpacking = zlib.decompressobj()
    try:
        content = bytearray(unpacking.decompress(body, most + 1))
    except zlib.error as error:
        raise ValueError(f"the body is not compressed data: {error}") from error
    if len(content) > most or not unpacking.eof:
        raise ValueError("the body is longer than its header says, or cut off")
    return content
