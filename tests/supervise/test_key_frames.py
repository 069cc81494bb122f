"""Key frames of a picture, by the headers of its packets."""

from __future__ import annotations

import io
from array import array
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

import pytest
from av.codec.context import CodecContext
from av.packet import Packet

from compiler.supervise.facts import key_frames
from compiler.supervise.facts.key_frames import Entry, KeyFrames
from compiler.supervise.facts.sample_tables import Table
from compiler.supervise.facts.shapes import Shape, shape_of
from tests.supervise.tracks import picture_frame, picture_stream

START = b"\0\0\1"
INTRA, PREDICTED, BOTH_WAYS = (START + b"\xb6" + bytes([kind << 6 | 0x3F]) for kind in (0, 1, 2))
"""Frames of MPEG-4: I, P and B."""


def packet(data: bytes, *, key: bool) -> Packet[Any]:
    made: Packet[Any] = Packet(data)
    made.is_keyframe = key
    return made


def taken(codec: str, packets: Iterable[tuple[bytes, bool]], every: int = 600, first: Any = None) -> KeyFrames:
    """The key frames of packets, each `every` ms: their bytes, and whether they are called key frames."""
    keys = KeyFrames(picture_stream(codec))
    for n, (data, key) in enumerate(packets):
        keys.take(packet(data, key=key), Entry(n, every * n, 1000 * n, every * n), first)
    return keys


def jpeg(size: tuple[int, int], pix_fmt: str = "yuvj420p") -> bytes:
    """A coded picture."""
    writer: Any = CodecContext.create("mjpeg", "w")
    writer.width, writer.height, writer.pix_fmt, writer.time_base = *size, pix_fmt, Fraction(1, 25)
    return bytes(writer.encode(picture_frame(size, pix_fmt))[0])


def decoded(data: bytes) -> Any:
    reader: Any = CodecContext.create("mjpeg", "r")
    return reader.decode(Packet(data))[0]


def table(heads: list[bytes], ticks: list[int], keys: list[int]) -> tuple[Table, io.BytesIO]:
    """Samples one after the other, and the file that holds them."""
    sizes = [len(head) for head in heads]
    pos = [sum(sizes[:n]) for n in range(len(sizes))]
    times = array("q", ticks)
    columns = {"dts": times, "pts": times, "durations": array("q", [1] * len(ticks))}
    numbers = {"keys": array("I", keys), "pos": array("q", pos), "sizes": array("I", sizes)}
    return Table(0, Fraction(1, 1000), **columns, **numbers, discarded=[]), io.BytesIO(b"".join(heads))


def test_packets_called_key_frames_are_entries_half_a_second_apart() -> None:
    keys = taken("mpeg4", [(INTRA, n % 2 == 0) for n in range(12)], every=200)
    assert keys.entries == [Entry(n, 200 * n, 1000 * n, 200 * n) for n in (0, 4, 8)]
    assert keys.false == 0


def test_false_key_frames_are_counted_and_are_no_entries() -> None:
    keys = taken("mpeg4", [(INTRA, True), (PREDICTED, True), (PREDICTED, False), (INTRA, True)])
    assert (keys.false, [entry.number for entry in keys.entries]) == (1, [0, 3])


def test_every_frame_of_an_intra_codec_may_be_an_entry() -> None:
    keys = taken("ffv1", [(b"any", True)] * 12, every=200)
    assert [entry.number for entry in keys.entries] == [0, 3, 6, 9]


def test_frames_shown_before_the_key_frame_that_they_follow_are_counted() -> None:
    """A frame predicted from one side ends them: those after it are shown after it."""
    frames = [INTRA, BOTH_WAYS, BOTH_WAYS, PREDICTED, BOTH_WAYS, INTRA, BOTH_WAYS, PREDICTED]
    keys = taken("mpeg4", [(frame, frame == INTRA) for frame in frames])
    assert keys.reordered
    assert keys.leading == {0: 2, 5: 1}
    assert not taken("mpeg4", [(INTRA, True), (PREDICTED, False)]).reordered


def test_open_entries_are_those_that_frames_before_them_may_follow() -> None:
    refresh, recovery = START + b"\x65\x88", START + b"\x06\6\1\xc4" + START + b"\x41\x9a"
    keys = taken("libx264", [(refresh, True), (recovery, True), (refresh, True)])
    assert (len(keys.entries), keys.open_entries) == (3, {1})


def test_a_change_of_shape_is_noted_once() -> None:
    large, small = jpeg((64, 48)), jpeg((32, 16))
    pictures = [(data, True) for data in (large, small, small, large)]
    keys = taken("mjpeg", pictures, first=decoded(large))
    assert [(tick, str(shape)) for tick, shape in keys.shapes] == [(600, "32x16 yuvj420p"), (1800, "64x48 yuvj420p")]


def test_a_change_among_near_key_frames_is_seen() -> None:
    """It is no entry, and its shape is noted all the same."""
    large, small = jpeg((64, 48)), jpeg((32, 16))
    keys = taken("mjpeg", [(large, True), (small, True)], every=40, first=decoded(large))
    assert [entry.number for entry in keys.entries] == [0]
    assert [(tick, str(shape)) for tick, shape in keys.shapes] == [(40, "32x16 yuvj420p")]


def test_a_key_frame_that_cannot_be_decoded_has_no_shape() -> None:
    broken = jpeg((32, 16))[:-200]
    keys = taken("mjpeg", [(jpeg((64, 48)), True), (b"\xff\xd8\xff\xc0\0\x11" + bytes(20), True), (broken[:4], True)])
    assert keys.shapes == []


def test_the_shape_of_a_key_frame_is_that_of_its_picture() -> None:
    data = packet(jpeg((32, 16), "yuvj422p"), key=True)
    found = shape_of(picture_stream("mjpeg"), data)
    assert found
    assert (found.width, found.height, found.pix_fmt, str(found)) == (32, 16, "yuvj422p", "32x16 yuvj422p")
    assert found == Shape(32, 16, "yuvj422p", found.range, found.matrix)
    assert found != Shape.of(picture_frame((32, 16), "yuvj420p"))


def test_a_packet_that_decodes_to_nothing_has_no_shape() -> None:
    assert shape_of(picture_stream("mjpeg"), packet(b"noise" * 9, key=True)) is None
    assert shape_of(picture_stream("mpeg4"), packet(PREDICTED, key=True)) is None


def test_key_frames_of_a_table_are_read_from_the_file() -> None:
    keys = KeyFrames(picture_stream("mpeg4"))
    samples, file = table([INTRA, PREDICTED, INTRA, PREDICTED, INTRA], [0, 100, 400, 700, 900], [0, 2, 3, 4])
    assert keys.fill(samples, file)
    assert keys.entries == [Entry(0, 0, 0, 0), Entry(4, 900, 20, 900)]  # 2 is near, 3 is called a key frame wrongly
    assert keys.false == 1


def test_a_table_that_calls_all_frames_key_frames_is_found_where_each_entry_is_one() -> None:
    keys = KeyFrames(picture_stream("mpeg4"))
    samples, file = table([INTRA, PREDICTED, PREDICTED, INTRA, PREDICTED], [0, 200, 400, 600, 800], [0, 1, 2, 3, 4])
    assert keys.fill(samples, file)
    assert [entry.number for entry in keys.entries] == [0, 3]
    assert keys.false == 3


def test_of_key_frames_between_entries_the_first_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_frames, "MOST_BETWEEN", 2)
    keys = KeyFrames(picture_stream("mpeg4"))
    samples, file = table([INTRA, *[PREDICTED] * 4], [0, 100, 200, 300, 400], [0, 1, 2, 3, 4])
    assert keys.fill(samples, file)
    assert keys.false == 2


@pytest.mark.parametrize(("second", "whole"), [((64, 48), True), ((32, 16), False)])
def test_a_table_of_pictures_that_change_must_be_decoded(second: tuple[int, int], whole: bool) -> None:
    samples, file = table([jpeg((64, 48)), jpeg(second)], [0, 600], [0, 1])
    assert KeyFrames(picture_stream("mjpeg")).fill(samples, file) is whole


@pytest.mark.parametrize(("last", "whole"), [(b"\x67\x42", True), (b"\x67\x4d", False)])
def test_a_key_frame_without_parameters_keeps_those_before_it(last: bytes, whole: bool) -> None:
    refresh = START + b"\x65\x88"
    samples, file = table([START + b"\x67\x42" + refresh, refresh, START + last + refresh], [0, 600, 1200], [0, 1, 2])
    assert KeyFrames(picture_stream("libx264")).fill(samples, file) is whole
