"""The boxes of a HEIF file (AVIF, HEIC): its items, where their bytes are, and how they are shown."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from compiler.supervise.media.admit import unreadable
from compiler.supervise.media.boxes import FULL_HEAD, BoxWalk, FileBox, in_memory

MOST = 100_000
"""Pieces of items that are looked at."""


@dataclass(slots=True)
class Item:
    """One item: its type, its properties in order, the items that it is made of, and where its bytes are."""

    kind: bytes = b""
    properties: list[tuple[bytes, memoryview]] = field(default_factory=list)
    refers: dict[bytes, list[int]] = field(default_factory=dict)
    pieces: list[memoryview] = field(default_factory=list)

    def get(self, kind: bytes) -> memoryview | None:
        """The content of its first property of a type."""
        return next((content for name, content in self.properties if name == kind), None)


@dataclass(frozen=True, slots=True)
class Heif:
    """A file's items by number, and the one that it shows."""

    items: dict[int, Item]
    primary: int


def read_heif(data: memoryview) -> Heif:
    """The items of a file; RC604 if its description is damaged."""
    try:
        return _read(data)
    except (struct.error, KeyError, IndexError, StopIteration) as error:
        raise unreadable("is damaged: its description of the picture cannot be read", repr(error)) from error


def _read(data: memoryview) -> Heif:
    walk = BoxWalk(in_memory(data), len(data))
    described = next(walk.inside(walk.all, b"meta"))
    meta = {box.kind: box for box in walk.children(described.after(FULL_HEAD))}
    held = {kind: walk.content(box) for kind, box in meta.items()}
    items = {number: Item(kind) for number, kind in _kinds(walk, meta[b"iinf"])}
    primary = _Reader(held[b"pitm"][4:]).number(4 if held[b"pitm"][0] else 2)
    for number, pieces in _places(held[b"iloc"], data, held.get(b"idat", memoryview(b""))):
        if number in items:
            items[number].pieces = pieces
    for kind, number, others in _references(walk, meta.get(b"iref")):
        if number in items:
            items[number].refers.setdefault(kind, []).extend(others)
    _describe(items, walk, meta[b"iprp"])
    return Heif(items, primary)


class _Reader:
    """Reads numbers one after the other."""

    def __init__(self, data: memoryview) -> None:
        self.data, self.at = data, 0

    def number(self, size: int) -> int:
        """The next number, of `size` bytes."""
        if self.at + size > len(self.data):
            raise IndexError(self.at)
        self.at += size
        return int.from_bytes(self.data[self.at - size : self.at], "big")


def _kinds(walk: BoxWalk, iinf: FileBox) -> Iterator[tuple[int, bytes]]:
    entries = iinf.after(8 if walk.content(iinf)[0] else 6)
    for content in map(walk.content, walk.inside(entries, b"infe")):
        if content[0] >= 2:
            wide = 4 if content[0] > 2 else 2
            number = int.from_bytes(content[4 : 4 + wide], "big")
            yield number, bytes(content[6 + wide : 10 + wide])


def _places(iloc: memoryview, data: memoryview, idat: memoryview) -> Iterator[tuple[int, list[memoryview]]]:
    version, read = iloc[0], _Reader(iloc[4:])
    sizes = read.number(2)
    offset, length, base, index = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
    left = MOST
    for _ in range(read.number(2 if version < 2 else 4)):
        number = read.number(2 if version < 2 else 4)
        method = read.number(2) & 15 if version else 0
        read.number(2)
        start, pieces = read.number(base), []
        for _ in range(read.number(2)):
            read.number(index if version else 0)
            at, long = start + read.number(offset), read.number(length)
            held = idat if method == 1 else data
            pieces.append(held[at : at + long] if long else held[at:])
            left -= 1
            if left < 0:
                raise IndexError(left)
        yield number, pieces if method < 2 else []


def _references(walk: BoxWalk, iref: FileBox | None) -> Iterator[tuple[bytes, int, list[int]]]:
    if iref is None:
        return
    wide = 4 if walk.content(iref)[0] else 2
    for box in walk.children(iref.after(FULL_HEAD)):
        read = _Reader(walk.content(box))
        number = read.number(wide)
        yield box.kind, number, [read.number(wide) for _ in range(read.number(2))]


def _describe(items: dict[int, Item], walk: BoxWalk, iprp: FileBox) -> None:
    """Give the items their properties."""
    known = [(box.kind, walk.content(box)) for kept in walk.inside(iprp, b"ipco") for box in walk.children(kept)]
    for content in map(walk.content, walk.inside(iprp, b"ipma")):
        read, wide = _Reader(content[4:]), 4 if content[0] else 2
        for _ in range(read.number(4)):
            item = items.get(read.number(wide), Item())
            for _ in range(read.number(1)):
                index = read.number(2) & 0x7FFF if content[3] & 1 else read.number(1) & 0x7F
                if 0 < index <= len(known):
                    item.properties.append(known[index - 1])
