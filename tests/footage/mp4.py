"""Takes mp4 and mov files apart into boxes and puts them together again, changed."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass

CONTAINERS = {b"moov", b"trak", b"edts", b"mdia", b"minf", b"dinf", b"stbl", b"mvex"}


@dataclass(slots=True)
class Box:
    """One box: its own bytes, or the boxes in it."""

    kind: bytes
    content: bytes = b""
    inner: list[Box] | None = None

    def __bytes__(self) -> bytes:
        content = self.content if self.inner is None else b"".join(map(bytes, self.inner))
        return struct.pack(">I4s", 8 + len(content), self.kind) + content

    def walk(self) -> Iterator[Box]:
        yield self
        for box in self.inner or ():
            yield from box.walk()

    def __getitem__(self, kind: bytes) -> Box:
        return next(box for box in self.walk() if box.kind == kind)

    def drop(self, kind: bytes) -> None:
        for box in self.walk():
            if box.inner is not None:
                box.inner = [inner for inner in box.inner if inner.kind != kind]


def parse(data: bytes) -> list[Box]:
    """The boxes of a file; those put together again have sizes of 32 bits."""
    boxes, at = [], 0
    while at + 8 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        start = at + 8
        if size == 1:
            (size,), start = struct.unpack_from(">Q", data, start), start + 8
        end = at + size if size else len(data)
        content = data[start:end]
        boxes.append(Box(kind, b"", parse(content)) if kind in CONTAINERS else Box(kind, content))
        at = end
    return boxes


def tracks(boxes: list[Box]) -> list[Box]:
    moov = next(box for box in boxes if box.kind == b"moov")
    return [box for box in moov.inner or () if box.kind == b"trak"]


def edited(data: bytes, change: Callable[[list[Box]], object]) -> bytes:
    """The file with its tracks changed; its index is its last box, so that no sample moves."""
    boxes = parse(data)
    assert boxes[-1].kind == b"moov", "an index before the samples cannot grow without moving them"
    change(tracks(boxes))
    return b"".join(map(bytes, boxes))


def changed(data: bytes, change: Callable[[Box], object]) -> bytes:
    """The file with every track changed alike."""
    return edited(data, lambda every: [change(track) for track in every])


def numbers(box: Box, code: str = "I") -> list[int]:
    """The numbers of a table, after its count."""
    return list(struct.unpack(f">{len(box.content[8:]) // struct.calcsize('>' + code)}{code}", box.content[8:]))


def table(rows: list[int], columns: int, code: str = "I", version: int = 0) -> bytes:
    head = bytes([version, 0, 0, 0]) + struct.pack(">I", len(rows) // columns)
    return head + struct.pack(f">{len(rows)}{code}", *rows)


def set_edits(track: Box, rows: list[tuple[int, int, int]], version: int = 0) -> None:
    """Give a track an edit list: of each edit the duration, the media time and the speed in 65536ths."""
    track.drop(b"edts")
    rows_as_bytes = b"".join(struct.pack(">Qqi" if version else ">Iii", *row) for row in rows)
    content = bytes([version, 0, 0, 0]) + struct.pack(">I", len(rows)) + rows_as_bytes
    assert track.inner is not None
    track.inner.insert(1, Box(b"edts", b"", [Box(b"elst", content)]))
