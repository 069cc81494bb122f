"""The one walker of boxes, on bytes that no muxer writes, and those who use it on damaged files."""

from __future__ import annotations

import io
import random
import struct
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from compiler.errors import ReelError
from compiler.supervise.facts.cropping import cropping
from compiler.supervise.images.heif_boxes import read_heif
from compiler.supervise.images.sequence import sequence
from compiler.supervise.media.admit import opened
from compiler.supervise.media.boxes import MAX_BOXES, BoxWalk, NotReadError, Reader, in_file, in_memory
from compiler.supervise.media.encryption import encrypted_tracks
from tests.conform.test_cropping import with_clap
from tests.supervise.conftest import Made

Kinds = list[tuple[bytes, bytes]]

READERS: list[Callable[[bytes], Reader]] = [
    lambda data: in_file(io.BytesIO(data)),
    lambda data: in_memory(memoryview(data)),
]


def box(kind: bytes, content: bytes = b"", size: int | None = None) -> bytes:
    return struct.pack(">I4s", 8 + len(content) if size is None else size, kind) + content


def wide(kind: bytes, content: bytes, size: int | None = None) -> bytes:
    return struct.pack(">I4sQ", 1, kind, 16 + len(content) if size is None else size) + content


def found(data: bytes, *, exact: bool = False) -> Kinds:
    """The type and the content of each box, which a file and memory give alike."""
    answers = []
    for reader in READERS:
        walk = BoxWalk(reader(data), len(data), exact=exact)
        answers.append([(each.kind, bytes(walk.content(each))) for each in walk.children(walk.all)])
    assert answers[0] == answers[1]
    return answers[0]


FREE = box(b"free", b"12")


@pytest.mark.parametrize(
    ("data", "kinds"),
    [
        (FREE + wide(b"mdat", b"345") + FREE, [(b"free", b"12"), (b"mdat", b"345"), (b"free", b"12")]),
        (FREE + box(b"mdat", b"345", size=0), [(b"free", b"12"), (b"mdat", b"345")]),
        (FREE + FREE[:7], [(b"free", b"12")]),
        (b"", []),
    ],
    ids=["sizes of 32 and 64 bits", "a size of 0 is all that is left", "a head cut short", "nothing"],
)
@pytest.mark.parametrize("exact", [False, True])
def test_the_boxes_of_a_file(data: bytes, kinds: Kinds, exact: bool) -> None:
    assert found(data, exact=exact) == kinds


@pytest.mark.parametrize(
    ("data", "kinds"),
    [
        (FREE + box(b"mdat", b"345", size=1 << 31), [(b"free", b"12"), (b"mdat", b"345")]),
        (FREE + wide(b"mdat", b"345", size=(1 << 64) - 1), [(b"free", b"12"), (b"mdat", b"345")]),
        (FREE + box(b"mdat", size=7) + FREE, [(b"free", b"12")]),
        (FREE + wide(b"mdat", b"", size=15) + FREE, [(b"free", b"12")]),
        (FREE + box(b"mdat", b"345", size=1), [(b"free", b"12")]),
    ],
    ids=["too large", "far too large", "less than its head", "less than its wide head", "half a wide head"],
)
def test_sizes_that_cannot_be(data: bytes, kinds: Kinds) -> None:
    assert found(data) == kinds
    with pytest.raises(NotReadError):
        found(data, exact=True)


def test_a_box_ends_with_the_one_it_is_in() -> None:
    data = box(b"moov", box(b"trak", b"1", size=100)) + FREE
    walk = BoxWalk(in_memory(memoryview(data)), len(data))
    assert [bytes(walk.content(each)) for each in walk.inside(walk.all, b"moov", b"trak")] == [b"1"]


@pytest.mark.parametrize("kinds", [(b"free",), (b"moov", b"free"), (b"moov", b"moov", b"free")])
def test_a_walk_looks_at_a_bounded_number_of_boxes_on_all_its_levels(kinds: tuple[bytes, ...]) -> None:
    data = box(b"free") * (MAX_BOXES + 10)
    for kind in kinds[-2::-1]:
        data = box(kind, data)
    walk = BoxWalk(in_memory(memoryview(data)), len(data))
    assert len([*walk.inside(walk.all, *kinds)]) == MAX_BOXES - len(kinds) + 1
    assert not [*walk.children(walk.all)]


@pytest.mark.parametrize("exact", [False, True])
def test_more_boxes_than_are_looked_at(exact: bool) -> None:
    data = box(b"free") * (MAX_BOXES + 1)
    if exact:
        with pytest.raises(NotReadError):
            found(data, exact=True)
    else:
        assert len(found(data)) == MAX_BOXES


def damaged(whole: bytes, start: int, seed: str) -> Iterator[bytes]:
    """The file with bytes changed after `start`, and sometimes cut short."""
    rng = random.Random(seed)
    for _ in range(150):
        data = bytearray(whole)
        for _ in range(rng.choice([1, 1, 3])):
            data[rng.randrange(start, len(data))] = rng.choice([0, 1, 0x7F, 0xFF, rng.randrange(256)])
        if rng.random() < 0.1:
            del data[rng.randrange(8, len(data)) :]
        yield bytes(data)


def test_damaged_films_may_be_encrypted_or_not(made: Made, tmp_path: Path) -> None:
    whole = made("plain.mp4").read_bytes()
    for number, data in enumerate(damaged(whole, whole.rindex(b"moov") - 4, "films")):
        path = tmp_path / f"{number}.mp4"
        path.write_bytes(data)
        assert encrypted_tracks(path) <= {0, 1, 2}


@pytest.mark.parametrize("frames", [1, 5])
def test_damaged_images_are_read_or_refused(ffmpeg: Callable[..., bytes], tmp_path: Path, frames: int) -> None:
    path = tmp_path / "whole.avif"
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=64x64", "-frames:v", str(frames), "-c:v", "libsvtav1", path)
    whole = path.read_bytes()
    assert read_heif(memoryview(whole)).items
    assert (sequence(path, memoryview(whole)) is not None) == (frames > 1)
    for data in damaged(whole, 8, f"images {frames}"):
        path.write_bytes(data)
        for read in (read_heif, lambda view: sequence(path, view)):
            with suppress(ReelError):
                read(memoryview(data))


def test_the_cropping_of_damaged_films_is_read_or_none(made: Made, tmp_path: Path) -> None:
    path, copy = made("silent.mp4"), tmp_path / "film.mp4"
    copy.write_bytes(path.read_bytes())
    with_clap(copy, (40, 1, 32, 1, 0, 1, 0, 1))
    whole = copy.read_bytes()
    with opened(path) as (container, _):
        stream = container.streams.video[0]
        assert cropping(copy, container, stream, (64, 64)) == (12, 16, 12, 16)
        for data in damaged(whole, whole.rindex(b"moov") - 4, "cropping"):
            copy.write_bytes(data)
            assert min(cropping(copy, container, stream, (64, 64))) >= 0
