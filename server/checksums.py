"""Checksums of files: of the whole, and of each block, so that a part can be compared without the rest."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

BLOCK = 1 << 16
"""Bytes of a block."""

SUM = 8
"""Bytes of a block's checksum. It finds damage; against forgery there is the whole file's."""


@dataclass(frozen=True, slots=True)
class Checksums:
    """The SHA-256 of a file, and the checksums of its blocks one after the other."""

    sha256: str
    blocks: bytes


class Hashing:
    """The checksums of bytes that come in pieces of any size."""

    def __init__(self) -> None:
        self._whole, self._block, self._left, self._sums = hashlib.sha256(), _empty(), BLOCK, bytearray()

    def update(self, piece: bytes) -> None:
        """Count the next piece."""
        self._whole.update(piece)
        rest = memoryview(piece)
        while rest:
            part, rest = rest[: self._left], rest[self._left :]
            self._block.update(part)
            self._left -= len(part)
            if not self._left:
                self._sums += self._block.digest()
                self._block, self._left = _empty(), BLOCK

    @property
    def checksums(self) -> Checksums:
        """The checksums of all pieces so far."""
        last = self._block.digest() if self._left < BLOCK else b""
        return Checksums(self._whole.hexdigest(), bytes(self._sums) + last)


def block_is(number: int, block: bytes, sums: bytes) -> bool:
    """Whether a block of a file is the one of this number in the file's checksums of blocks."""
    return hashlib.blake2b(block, digest_size=SUM).digest() == sums[number * SUM : (number + 1) * SUM]


def _empty() -> hashlib.blake2b:
    return hashlib.blake2b(digest_size=SUM)
