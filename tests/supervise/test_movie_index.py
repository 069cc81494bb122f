"""The index of an mp4 or mov file, box by box, and whether it is the whole index."""

from __future__ import annotations

import io
import struct
from array import array

import pytest

from compiler.supervise.facts.movie_index import TrackBoxes, entries, read_movie, time_scale
from compiler.supervise.media.boxes import MAX_BOXES, MAX_CONTENT, NotReadError
from tests.footage.mp4 import Box

MVHD = Box(b"mvhd", bytes(12) + struct.pack(">II", 600, 1200) + bytes(80))
FTYP = Box(b"ftyp", b"qt  ")


def track(*inner: Box) -> Box:
    return Box(b"trak", b"", list(inner))


def moov(*inner: Box) -> Box:
    return Box(b"moov", b"", [MVHD, *inner])


def wide(kind: bytes, content: bytes, size: int | None = None) -> bytes:
    """A box whose size has 64 bits."""
    return struct.pack(">I4sQ", 1, kind, 16 + len(content) if size is None else size) + content


def read(*boxes: Box | bytes) -> list[TrackBoxes]:
    data = b"".join(map(bytes, boxes))
    movie = read_movie(io.BytesIO(data), len(data))
    assert movie.time_scale == 600
    return movie.tracks


def test_boxes_of_a_track_are_found_wherever_they_are() -> None:
    table = Box(b"stbl", b"", [Box(b"stts", b"times"), Box(b"sbgp", b"group"), Box(b"sbgp", b"other")])
    media = Box(b"mdia", b"", [Box(b"hdlr", bytes(8) + b"vide" + bytes(12)), Box(b"minf", b"", [table])])
    (found,) = read(FTYP, moov(track(Box(b"tkhd", b"head"), media, Box(b"free", b"any"))))
    assert (bytes(found[b"tkhd"]), bytes(found[b"stts"]), found.handlers) == (b"head", b"times", {b"vide"})
    assert [bytes(group) for group in found.groups] == [b"group", b"other"]
    assert (found.index, found.repeated, found.get(b"elst")) == (0, False, None)
    with pytest.raises(NotReadError):
        found[b"stss"]


def test_a_box_that_a_track_has_twice_is_noted() -> None:
    once, twice = read(FTYP, moov(track(Box(b"tkhd")), track(Box(b"tkhd"), Box(b"tkhd"))))
    assert (once.repeated, twice.repeated, twice.index) == (False, True, 1)


def test_other_handlers_are_no_picture_and_no_sound() -> None:
    handlers = [Box(b"hdlr", bytes(8) + kind + bytes(12)) for kind in (b"soun", b"url ")]
    (found,) = read(FTYP, moov(track(*handlers)))
    assert found.handlers == {b"soun"}


def test_sizes_of_64_bits_and_boxes_up_to_the_end() -> None:
    whole = bytes(moov(track(Box(b"tkhd", b"head"))))
    assert len(read(wide(b"mdat", bytes(9)), wide(b"moov", whole[8:]))) == 1
    assert len(read(FTYP, bytes(4) + whole[4:])) == 1  # a size of 0 goes on to the end
    inner = bytes(MVHD) + bytes(4) + bytes(track(Box(b"tkhd", b"head")))[4:]
    assert len(read(FTYP, Box(b"moov", inner))) == 1
    assert len(read(FTYP, Box(b"moov", bytes(MVHD) + wide(b"trak", b"")))) == 1


@pytest.mark.parametrize("size", [1 << 63, (1 << 64) - 1, 4])
def test_a_box_that_no_file_holds_is_the_end(size: int) -> None:
    assert len(read(moov(track()), wide(b"free", bytes(20), size))) == 1


@pytest.mark.parametrize(
    "boxes",
    [
        [FTYP],
        [FTYP, moov(), moov()],
        [FTYP, moov(), Box(b"moof")],
        [Box(b"sidx"), moov()],
        [FTYP, moov(Box(b"mvex"))],
        [FTYP, Box(b"moov", b"", [track(), MVHD])],
        [FTYP, moov(Box(b"udta", b"..covr.."), track())],
        [FTYP, moov(), Box(b"meta", b"..iloc..")],
        [FTYP, Box(b"udta", b"..covr.."), moov()],
        [FTYP, bytes(moov())[:-1]],
        [FTYP, moov(track(), track(Box(b"mdia", b"\0\0\0\x63tkhd")))],
        [FTYP, Box(b"moov", bytes(MVHD) + struct.pack(">I4s", 4, b"trak") + bytes(20))],
        [FTYP, Box(b"moov", b"", [Box(b"mvhd", b"\2" + MVHD.content[1:])])],
        [FTYP, Box(b"moov", b"", [Box(b"mvhd", MVHD.content[:23])])],
        [FTYP, Box(b"moov", b"", [Box(b"mvhd", b"\1" + MVHD.content[1:35])])],
        [b"".join([bytes(Box(b"free"))] * MAX_BOXES), moov()],
        [FTYP, moov(Box(b"free", b"")), *[Box(b"free")] * MAX_BOXES],
        [FTYP, moov(*[Box(b"free")] * MAX_BOXES)],
    ],
    ids=[
        *("none", "two", "fragment", "segments", "fragments follow", "late header", "cover in the index", "items"),
        *("cover", "cut short", "child too long", "child too small", "newer header", "short header"),
        *("short wide header", "many boxes before", "many boxes after", "many boxes within"),
    ],
)  # fmt: skip
def test_an_index_that_is_not_the_whole_index_is_not_read(boxes: list[Box | bytes]) -> None:
    with pytest.raises(NotReadError):
        read(*boxes)


def test_a_box_smaller_than_its_head_is_the_end() -> None:
    assert len(read(moov(track()), b"\0\0\0\4freemoof" + bytes(8))) == 1


def test_an_index_that_states_too_many_bytes_is_not_held() -> None:
    with pytest.raises(NotReadError, match="too large"):
        read(FTYP, wide(b"moov", bytes(MVHD), MAX_CONTENT + 17))


def test_tags_without_pictures_are_no_streams() -> None:
    assert len(read(FTYP, Box(b"udta", b"..name.."), moov(Box(b"udta", b"..name.."), track()))) == 1


@pytest.mark.parametrize(
    ("header", "found"),
    [
        (bytes(12) + struct.pack(">II", 48000, 96000) + bytes(4), (48000, 96000)),
        (bytes(12) + struct.pack(">II", 48000, 0xFFFFFFFF) + bytes(4), (48000, 0)),
        (b"\1" + bytes(19) + struct.pack(">IQ", 90000, 1 << 40) + bytes(4), (90000, 1 << 40)),
        (b"\1" + bytes(19) + struct.pack(">IQ", 90000, (1 << 64) - 1) + bytes(4), (90000, 0)),
    ],
)
def test_the_time_scale_of_a_track_and_its_length(header: bytes, found: tuple[int, int]) -> None:
    assert time_scale(TrackBoxes(0, {b"mdhd": memoryview(header)})) == found


@pytest.mark.parametrize("scale", [0, 1 << 31])
def test_a_time_scale_is_positive(scale: int) -> None:
    header = memoryview(bytes(12) + struct.pack(">II", scale, 1) + bytes(4))
    with pytest.raises(NotReadError):
        time_scale(TrackBoxes(0, {b"mdhd": header}))


def test_numbers_of_a_table() -> None:
    two = memoryview(struct.pack(">6I", 0, 2, 1, 2, 3, 4))
    assert entries(two, 2) == array("I", [1, 2, 3, 4])
    assert entries(two, 1) == array("I", [1, 2])
    signed = memoryview(struct.pack(">IIi", 1 << 24, 1, -5))
    assert entries(signed, 1, "i", newest=1) == array("i", [-5])
    assert entries(memoryview(bytes(8)), 3) == array("I")


@pytest.mark.parametrize(
    "content", [b"", bytes(7), struct.pack(">3I", 1 << 24, 1, 1), struct.pack(">3I", 0, 2, 1)]
)  # fmt: skip
def test_tables_that_state_more_than_they_hold_are_not_read(content: bytes) -> None:
    with pytest.raises(NotReadError):
        entries(memoryview(content), 1)
