"""The pixels that containers cut off, in files of boxes and elements without any media."""

from __future__ import annotations

import struct
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from av.stream import Disposition

from compiler.supervise.facts.cropping import cropping
from compiler.timeline.media import WHOLE, Cropping
from tests.supervise.tracks import container

SIZE = (720, 576)


def box(kind: bytes, *inner: bytes, wide: bool = False) -> bytes:
    content = b"".join(inner)
    if wide:
        return struct.pack(">I4sQ", 1, kind, 16 + len(content)) + content
    return struct.pack(">I4s", 8 + len(content), kind) + content


def aperture(*numbers: int) -> bytes:
    """Width, height, and the distances of the centre, each a numerator and a denominator."""
    return box(b"clap", struct.pack(">8i", *numbers))


def entry(*inner: bytes, size: tuple[int, int] = SIZE) -> bytes:
    """A visual sample entry: 24 bytes, width and height, 50 bytes, then boxes (ISO 14496-12)."""
    return box(b"avc1", bytes(24) + struct.pack(">2H", *size) + bytes(50), *inner)


def track(number: int, *entries: bytes, version: int = 0, wide: bool = False) -> bytes:
    """A track of that number: its header has it after 12 or 20 bytes."""
    header = bytes([version]) + bytes(19 if version else 11) + struct.pack(">I", number) + bytes(68)
    table = box(b"stsd", struct.pack(">II", 0, len(entries)), *entries)
    return box(b"trak", box(b"tkhd", header), box(b"mdia", box(b"minf", box(b"stbl", table))), wide=wide)


def of_mov(tmp_path: Path, *tracks: bytes, number: int = 1, wide: bool = False) -> Cropping:
    path = tmp_path / "film.mov"
    path.write_bytes(box(b"ftyp", b"qt  ") + box(b"moov", box(b"mvhd", bytes(100)), *tracks, wide=wide))
    stream: Any = SimpleNamespace(id=number)
    return cropping(path, container("mov,mp4,m4a,3gp,3g2,mj2"), stream, SIZE)


@pytest.mark.parametrize(
    ("numbers", "cut"),
    [
        ((704, 1, 576, 1, 0, 1, 0, 1), (8, 0, 8, 0)),
        ((704, 1, 560, 1, 8, 1, -4, 1), (16, 4, 0, 12)),
        ((1408, 2, 574, 1, 0, 1, 0, 1), (8, 1, 8, 1)),
        ((701, 1, 576, 1, 0, 1, 0, 1), (9, 0, 10, 0)),  # the edges 9.5 and 710.5 are rounded down
        ((720, 1, 576, 1, 0, 1, 0, 1), WHOLE),
        ((730, 1, 576, 1, 0, 1, 0, 1), WHOLE),  # wider than the picture
        ((0, 1, 576, 1, 0, 1, 0, 1), WHOLE),
        ((704, 1, 576, 1, 20, 1, 0, 1), WHOLE),  # past the right edge
        ((704, 0, 576, 1, 0, 1, 0, 1), WHOLE),
    ],
)
def test_a_clean_aperture_is_cut_about_its_centre(
    tmp_path: Path, numbers: tuple[int, ...], cut: tuple[int, ...]
) -> None:
    assert of_mov(tmp_path, track(1, entry(aperture(*numbers)))) == cut


NARROW = entry(aperture(704, 1, 576, 1, 0, 1, 0, 1))


def test_the_aperture_is_that_of_the_picture_that_is_used(tmp_path: Path) -> None:
    tracks = [track(3, entry()), track(7, entry(box(b"pasp", bytes(8)), aperture(704, 1, 576, 1, 0, 1, 0, 1)))]
    assert of_mov(tmp_path, *tracks, number=7) == (8, 0, 8, 0)
    assert of_mov(tmp_path, *tracks, number=3) == WHOLE
    assert of_mov(tmp_path, *tracks, number=9) == WHOLE


def test_headers_of_version_1_and_boxes_of_64_bits(tmp_path: Path) -> None:
    assert of_mov(tmp_path, track(5, NARROW, version=1, wide=True), number=5, wide=True) == (8, 0, 8, 0)


def test_only_the_first_description_counts(tmp_path: Path) -> None:
    assert of_mov(tmp_path, track(1, entry(), NARROW)) == WHOLE


@pytest.mark.parametrize(
    "damaged",
    [
        track(1, entry(box(b"clap", bytes(12)))),
        track(1),
        box(b"trak", box(b"tkhd")),
        box(b"trak", box(b"mdia")),
        struct.pack(">I4s", 4, b"trak") + bytes(20),
        track(1, box(b"avc1", bytes(10))),
    ],
    ids=["short aperture", "no description", "empty header", "no header", "a box too small", "short description"],
)
def test_damaged_boxes_cut_nothing(tmp_path: Path, damaged: bytes) -> None:
    assert of_mov(tmp_path, damaged) == WHOLE


def test_other_containers_cut_nothing(tmp_path: Path) -> None:
    path = tmp_path / "film.avi"
    path.write_bytes(b"RIFF")
    stream: Any = SimpleNamespace(id=1)
    assert cropping(path, container("avi"), stream, SIZE) == WHOLE


def element(name: str, *inner: bytes, unknown: bool = False) -> bytes:
    """An element with a size of two bytes, or of none that is known, which is all ones."""
    content = b"".join(inner)
    size = b"\xff" if unknown else struct.pack(">H", 0x4000 | len(content))
    return bytes.fromhex(name) + size + content


def entries(kind: int, **cut: int) -> bytes:
    """A track of Matroska, and the pixels cut off its sides."""
    names = {"bottom": "54AA", "top": "54BB", "left": "54CC", "right": "54DD"}
    sides = [element(names[side], pixels.to_bytes(2)) for side, pixels in cut.items()]
    return element("AE", element("83", bytes([kind])), element("E0", element("B0", b"\x02\xd0"), *sides))


def of_matroska(tmp_path: Path, *tracks: bytes, used: int = 0, covers: int = 0, unknown: bool = False) -> Cropping:
    """The cropping of the used picture, by its number among those that are no covers."""
    path = tmp_path / "film.mkv"
    segment = element("18538067", element("1549A966", bytes(200)), element("1654AE6B", *tracks), unknown=unknown)
    path.write_bytes(element("1A45DFA3", b"\x42\x86\x81\x01") + segment)
    shapes = [Disposition.attached_pic] * covers + [Disposition(0)] * len(tracks)
    streams: Any = [SimpleNamespace(index=index, disposition=shape) for index, shape in enumerate(shapes)]
    opened = container("matroska,webm", streams=SimpleNamespace(video=streams))
    return cropping(path, opened, streams[covers + used], SIZE)


SIDES = {"left": 8, "top": 2, "right": 300, "bottom": 4}


def test_pixels_cut_off_in_matroska(tmp_path: Path) -> None:
    assert of_matroska(tmp_path, entries(1, **SIDES)) == (8, 2, 300, 4)
    assert of_matroska(tmp_path, entries(1, top=2)) == (0, 2, 0, 0)
    assert of_matroska(tmp_path, entries(1)) == WHOLE


def test_a_segment_of_unknown_size_goes_on_to_the_end(tmp_path: Path) -> None:
    assert of_matroska(tmp_path, entries(1, **SIDES), unknown=True) == (8, 2, 300, 4)


def test_tracks_are_counted_among_pictures_without_covers(tmp_path: Path) -> None:
    """A cover is an attachment, and no track of the file; sound is a track of another kind."""
    tracks = [entries(2, left=99), entries(1, left=3), entries(1, left=5)]
    assert of_matroska(tmp_path, *tracks, used=1, covers=2) == (5, 0, 0, 0)


def test_more_than_the_picture_is_not_cut_off(tmp_path: Path) -> None:
    assert of_matroska(tmp_path, entries(1, left=400, right=320)) == WHOLE
    assert of_matroska(tmp_path, entries(1, top=576)) == WHOLE


def test_a_file_without_the_track_cuts_nothing(tmp_path: Path) -> None:
    assert of_matroska(tmp_path, entries(2, left=3)) == WHOLE
    assert of_matroska(tmp_path, b"\xae") == WHOLE
    path = tmp_path / "empty.mkv"
    path.write_bytes(b"")
    stream: Any = SimpleNamespace(index=0, disposition=Disposition(0))
    opened = container("matroska,webm", streams=SimpleNamespace(video=[stream]))
    assert cropping(path, opened, stream, SIZE) == WHOLE
