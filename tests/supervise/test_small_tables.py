"""The tables of an index without any media: ten pictures of a tenth of a second, each a key picture of seven bytes."""

from __future__ import annotations

import io
import struct

import pytest

from compiler.supervise.facts.sample_tables import MOST_CHAPTERS, Table, _lowest, sample_tables
from tests.footage.mp4 import Box, table

MVHD = Box(b"mvhd", bytes(12) + struct.pack(">II", 1000, 1000) + bytes(80))


def track(*more: Box, number: int = 1, times: tuple[int, ...] = (10, 100)) -> Box:
    tables = [
        Box(b"stsd", struct.pack(">III4s", 0, 1, 86, b"jpeg") + bytes(78)),
        Box(b"stts", table([*times], 2)),
        Box(b"stsc", table([1, 10, 1], 3)),
        Box(b"stsz", struct.pack(">III", 0, 7, 10)),
        Box(b"stco", table([2000], 1)),
    ]
    head = Box(b"mdhd", bytes(12) + struct.pack(">II", 1000, 1000) + bytes(4))
    kind = Box(b"hdlr", bytes(8) + b"vide" + bytes(12))
    media = Box(b"mdia", b"", [head, kind, Box(b"minf", b"", [Box(b"stbl", b"", tables)])])
    return Box(b"trak", b"", [Box(b"tkhd", bytes(12) + struct.pack(">I", number) + bytes(68)), media, *more])


def read(*tracks: Box) -> list[Table] | None:
    data = bytes(Box(b"ftyp", b"qt  ")) + bytes(Box(b"moov", b"", [MVHD, *tracks]))
    return sample_tables(io.BytesIO(data), len(data))


def edits(content: bytes) -> Box:
    return Box(b"edts", b"", [Box(b"elst", content)])


def edited(*rows: tuple[int, int, int], version: int = 0) -> list[Table] | None:
    """The tables of a track with these edits: each a duration, a time of the media and a speed in 65536ths."""
    packed = b"".join(struct.pack(">Qqi" if version else ">Iii", *row) for row in rows)
    return read(track(edits(bytes([version, 0, 0, 0]) + struct.pack(">I", len(rows)) + packed)))


def test_samples_are_packets() -> None:
    found = read(track())
    assert found
    (one,) = found
    assert [*one.dts] == [*one.pts] == [*range(0, 1000, 100)]
    assert ([*one.durations], [*one.sizes], [*one.keys]) == ([100] * 10, [7] * 10, [*range(10)])
    assert [*one.pos] == [*range(2000, 2070, 7)]
    assert [*one.kept] == [*range(10)]


@pytest.mark.parametrize("content", [bytes(8), bytes(4)])
def test_an_empty_edit_list_is_none(content: bytes) -> None:
    found = read(track(edits(content)))
    assert (found is not None) is (len(content) == 8)


def test_an_edit_after_an_empty_one_begins_later() -> None:
    found = edited((500, -1, 1 << 16), (1000, 0, 1 << 16))
    assert found
    assert [*found[0].dts] == [*range(500, 1500, 100)]
    assert not found[0].discarded


@pytest.mark.parametrize("version", [0, 1])
def test_an_edit_drops_the_pictures_before_it(version: int) -> None:
    """Picture 2 is shown at 0.2 s, before the edit; picture 3 is the first that is shown, and at 0."""
    found = edited((700, 250, 1 << 16), version=version)
    assert found
    (one,) = found
    assert ([*one.discarded], one.pts[one.kept[0]], one.pos[0]) == ([0], 0, 2014)
    assert [one.pts[n] for n in one.kept] == [*range(0, 700, 100)]


@pytest.mark.parametrize(
    "rows",
    [
        [(500, 0, 1 << 16), (500, 500, 1 << 16)],
        [(100, -1, 1 << 16)] * 3,
        [(100, -1, 1 << 16)],
        [(500, 0, 1 << 15)],
        [(500, -7, 1 << 16)],
        [(500, 5000, 1 << 16)],
    ],
    ids=["two", "three", "an empty one alone", "slow motion", "before the media", "after the media"],
)
def test_other_edits_are_left_to_the_demuxer(rows: list[tuple[int, int, int]]) -> None:
    assert edited(*rows) is None


def test_an_edit_list_must_be_readable() -> None:
    assert edited((1 << 61, 0, 1 << 16), version=1) is None
    newer = struct.pack(">II", 2 << 24, 1) + struct.pack(">Qqi", 500, 0, 1 << 16)
    assert read(track(edits(newer))) is None
    more = struct.pack(">II", 0, 1) + struct.pack(">Iii", 500, 0, 1 << 16) + bytes(12)
    assert read(track(edits(more))) is None


def chapters(*numbers: int) -> Box:
    return Box(b"tref", b"", [Box(b"chap", struct.pack(f">{len(numbers)}I", *numbers))])


def test_tracks_of_chapters_are_left_out() -> None:
    found = read(track(chapters(3, 9)), track(number=2), track(number=3))
    assert found
    assert [one.index for one in found] == [0, 1]


def test_too_many_tracks_of_chapters_are_not_looked_at() -> None:
    most = MOST_CHAPTERS // 4
    assert read(track(chapters(*range(2, 2 + most)))) is not None
    assert read(track(chapters(*range(2, 3 + most)))) is None


def test_a_track_without_times_makes_all_be_read_by_packets() -> None:
    assert read(track(), track(times=())) is None


def test_the_lowest_time_as_it_is_counted() -> None:
    """Any time after a negative one takes its place."""
    assert _lowest([300, 100, 200], 50) == 150
    assert _lowest([5, -3, 2, 4], 0) == 2
    assert _lowest([5, 7, -3], 0) == -3
    assert _lowest([105, 97, 102], -100) == 2
