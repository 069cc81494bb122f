"""A survey of packets that no file holds: what a damaged or an odd file gives."""

from __future__ import annotations

import io
from collections.abc import Iterator
from fractions import Fraction
from types import SimpleNamespace
from typing import Any

import av.error
import pytest
from av.packet import Packet

from compiler.errors import ReelError
from compiler.supervise.facts import survey
from compiler.supervise.facts.sample_tables import Table
from compiler.supervise.facts.survey import StreamSurvey
from tests.supervise.tracks import (
    MILLISECOND,
    container,
    counted,
    picture_frame,
    picture_stream,
    sound_frame,
    sound_stream,
)

EIO = av.error.FFmpegError(5, "Input/output error")


def packet(pts: int | None, dts: int | None, duration: int = 40, size: int = 9, **flags: Any) -> Any:
    made: Any = Packet(bytes(size))
    made.pts, made.dts, made.duration, made.time_base = pts, dts, duration, MILLISECOND
    for name, value in flags.items():
        setattr(made, name, value)
    return made


def taken(*packets: Any) -> StreamSurvey:
    track = StreamSurvey(picture_stream())
    track.frame = picture_frame()  # so that no packet is decoded
    for each in packets:
        track.take(each)
    return track


def test_packets_are_counted_in_the_order_of_the_file() -> None:
    track = taken(packet(0, -40), packet(80, 0), packet(40, 40, 30))
    assert (track.ticks, track.stamps, track.durations, track.sizes) == (
        [0, 80, 40],
        [-40, 0, 40],
        [40, 40, 30],
        [9] * 3,
    )
    assert (track.last, track.end(Fraction(9)), track.packets) == ((80, 40), Fraction(3, 25), 3)
    assert (track.positions, track.unstamped) == ([-1] * 3, 0)


def test_a_last_packet_without_a_duration_lasts_as_long_as_usual() -> None:
    assert taken(packet(0, 0), packet(40, 40, 0)).end(Fraction(1, 25)) == Fraction(2, 25)
    assert taken(packet(40, 40, 0), packet(40, 40, 25)).last == (40, 25)


def test_packets_without_a_presentation_time_are_unstamped() -> None:
    """One has a decoding time, which counts; one has no time at all; the packet that flushes decoders is none."""
    track = taken(packet(0, 0), packet(None, 40), packet(None, None), packet(None, None, size=0))
    assert (track.ticks, track.unstamped, track.packets) == ([0, 40], 2, 3)


def test_packets_outside_the_edit_list_do_not_count() -> None:
    track = StreamSurvey(sound_stream())
    track.frame = sound_frame()
    for at in (0, 40):
        fields = {"pts": at, "dts": at, "duration": 40, "size": 9, "pos": None, "is_corrupt": False}
        outside: Any = SimpleNamespace(is_discard=at == 0, **fields)
        track.take(outside)
    assert (track.ticks, track.packets) == ([40], 2)


@pytest.mark.parametrize(("discarded", "ticks"), [([0], [80, 40]), ([], [0, 80, 40]), ([0, 1, 2], [])])
def test_a_sample_table_gives_the_same_as_packets(discarded: list[int], ticks: list[int]) -> None:
    columns: Any = {"dts": [-40, 0, 40], "pts": [0, 80, 40], "durations": [40] * 3, "pos": [0, 9, 18], "sizes": [9] * 3}
    track = StreamSurvey(sound_stream())
    assert track.fill(Table(0, MILLISECOND, **columns, keys=[0], discarded=discarded), io.BytesIO())
    assert (track.ticks, track.packets) == (ticks, 3)
    assert (track.stamps, track.positions) == ([-40, 0, 40][3 - len(ticks) :], [0, 9, 18][3 - len(ticks) :])
    assert (track.sizes, track.durations) == ([9] * len(ticks), [40] * len(ticks))
    if ticks:
        assert track.last == (80, 40)


def test_packets_that_the_demuxer_calls_damaged_are_known_by_number() -> None:
    assert taken(packet(0, 0), packet(40, 40, is_corrupt=True), packet(80, 80)).corrupt == [1]


def test_a_jump_of_the_clock_moves_the_packets_after_it() -> None:
    moved, bare = packet(5, 0), packet(80, None)
    track = taken(packet(5000, 5000), moved, packet(45, 40), bare)
    assert (track.ticks, track.stamps) == ([5000, 5045, 5085, 5120], [5000, 0, 40, 80])
    assert (moved.pts, moved.dts, bare.pts, bare.dts) == (5045, 5040, 5120, None)


def test_a_stream_without_a_decoded_frame_has_no_first_one() -> None:
    track = StreamSurvey(picture_stream())
    assert (track.first, track.stated_start) == (None, None)
    track.frame = picture_frame(pts=1500)
    assert track.first == Fraction(3, 2)


def reading(packets: Iterator[Any], *streams: Any, formats: str = "matroska,webm", **fields: Any) -> Any:
    """A container that gives these packets of these streams."""
    return container(formats, demux=lambda *_: packets, **fields)


def broken(*packets: Any) -> Iterator[Any]:
    yield from packets
    raise EIO


@pytest.fixture
def undecoded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every packet decodes to a frame of its time."""
    monkeypatch.setattr(survey, "first_frame", lambda packet: picture_frame(pts=packet.pts))


@pytest.mark.usefixtures("undecoded")
def test_a_file_that_breaks_off_is_read_up_to_there() -> None:
    stream = picture_stream()
    found = survey.read_whole(reading(broken(packet(0, 0, stream=stream), packet(40, 40, stream=stream))), [stream])
    assert (found.heads[0].ticks, found.broken) == ([0, 40], "Input/output error")


def test_a_file_that_breaks_off_at_once_cannot_be_read() -> None:
    with pytest.raises(ReelError, match="cannot be read to its end") as caught:
        survey.read_whole(reading(broken()), [picture_stream()])
    assert caught.value.detail == "Input/output error"


@pytest.mark.usefixtures("undecoded")
@pytest.mark.parametrize(("formats", "jumped"), [("mpegts", True), ("matroska,webm", False)])
def test_a_jump_in_one_stream_is_one_of_the_file(formats: str, jumped: bool) -> None:
    picture = picture_stream()
    sound = sound_stream(beside=picture)
    packets = [packet(at, at, stream=sound) for at in (0, 40)]
    packets += [packet(at, at, stream=picture) for at in (0, 40, 90_000)]
    found = survey.read_whole(reading(iter(packets), formats=formats), [picture, sound])
    assert [(len(track.ticks), track.jumped) for track in found.heads] == [(3, jumped), (2, jumped)]


@pytest.mark.usefixtures("undecoded")
def test_the_first_frames_of_a_file_that_is_cut_short() -> None:
    stream = picture_stream()
    track = StreamSurvey(stream)
    survey._decode_first(reading(broken()), [track])
    assert track.frame is None
    survey._decode_first(reading(broken(packet(0, 0, stream=stream))), [track])
    assert track.frame is not None


@pytest.mark.usefixtures("undecoded")
def test_packets_are_read_until_each_stream_has_a_frame() -> None:
    picture = picture_stream()
    sound = sound_stream(beside=picture)
    packets = iter(
        [packet(at, at, stream=stream) for at, stream in ((0, picture), (40, picture), (0, sound), (80, sound))]
    )
    tracks = [StreamSurvey(picture), StreamSurvey(sound)]
    survey._decode_first(reading(packets), tracks)
    assert [track.first for track in tracks] == [0, 0]
    assert next(packets).pts == 80


def test_a_packet_that_cannot_be_decoded_has_no_frame() -> None:
    class Undecodable:
        def decode(self) -> list[Any]:
            raise EIO

    class Untimed:
        def decode(self) -> list[Any]:
            return [picture_frame(pts=None), picture_frame(pts=40)]

    first: Any = survey.first_frame
    assert first(Undecodable()) is None
    assert first(Untimed()).pts == 40


def streams(*indexes: int) -> Any:
    return SimpleNamespace(video=[SimpleNamespace(index=n) for n in indexes], audio=[])


def of(index: int, pts: int | None, dts: int | None = None) -> Any:
    return SimpleNamespace(stream=SimpleNamespace(index=index), pts=pts, dts=dts, time_base=MILLISECOND)


@pytest.mark.parametrize(
    ("packets", "at"),
    [
        ([of(0, 500), of(1, 200), of(1, -900)], Fraction(1, 5)),  # the first packet of each stream
        ([of(0, 500), of(7, 1), of(1, 700)], Fraction(1, 2)),  # 7 is neither picture nor sound
        ([of(0, None), of(0, None, 300), of(1, 400)], Fraction(3, 10)),
        ([of(0, 500)] * 402 + [of(1, 100)], Fraction(1, 2)),  # too late to be looked for
        ([of(0, 500)] * 401 + [of(1, 100)], Fraction(1, 10)),
        ([], 0),
    ],
    ids=["two", "subtitles", "no time", "late", "last", "none"],
)
def test_the_earliest_packet_is_the_first_of_any_stream(packets: list[Any], at: Fraction) -> None:
    assert survey.earliest(reading(iter(packets), streams=streams(0, 1))) == at


def entry(pos: int, size: int, timestamp: int) -> Any:
    return SimpleNamespace(pos=pos, size=size, timestamp=timestamp)


INDEX = [entry(100, 50, 0), entry(150, 50, 40), entry(200, 50, 80)]


@pytest.mark.parametrize(
    ("formats", "entries", "size", "until"),
    [
        ("mov,mp4", INDEX, 250, None),
        ("mov,mp4", INDEX, 249, Fraction(80, 1000)),
        ("mov,mp4", INDEX, 200, Fraction(80, 1000)),
        ("mov,mp4", INDEX, 160, Fraction(40, 1000)),
        ("mov,mp4", INDEX, 9, Fraction(0)),
        ("mov,mp4", [], 9, None),
        ("matroska,webm", INDEX, 9, None),
    ],
)
def test_an_index_tells_what_is_missing(formats: str, entries: list[Any], size: int, until: Fraction | None) -> None:
    track: Any = SimpleNamespace(stream=SimpleNamespace(index_entries=entries), time_base=MILLISECOND)
    assert survey.whole_until(container(formats), track, size) == until


@pytest.mark.parametrize(
    ("formats", "duration", "frames", "stated"),
    [
        ("avi", 2000, 9000, 9),  # its count of frames, since its duration may be an estimate
        ("avi", None, 9000, 9),
        ("avi", 5000, 0, None),
        ("mov,mp4", 5001, 0, Fraction(5001, 1000)),
        ("mov,mp4", 5000, 9000, None),
        ("mov,mp4", None, 0, None),
        ("matroska,webm", 9000, 9000, None),
    ],
)
def test_a_header_may_state_more_than_there_is(
    formats: str, duration: int | None, frames: int, stated: Fraction | None
) -> None:
    """The packets end at 4 s; one second more may be rounding or an estimate."""
    track: Any = SimpleNamespace(stream=SimpleNamespace(duration=duration, frames=frames), time_base=MILLISECOND)
    assert survey.promised(container(formats), track, Fraction(4)) == stated


@pytest.mark.parametrize(("off", "uneven"), [(2, False), (3, True)])
def test_ticks_off_an_even_grid_by_more_than_rounding(off: int, uneven: bool) -> None:
    ticks = [at + off * (at == 2000) for at in range(0, 4040, 40)]
    assert counted(picture_stream(), picture_frame(), ticks, [40] * 101).uneven() is uneven


def test_ticks_from_the_first_frame_on_are_counted_once_each() -> None:
    track = counted(picture_stream(), picture_frame(), [460, 500, 580, 540, 540], [40] * 5)
    assert track.ticks_from(Fraction(1, 2)) == (0, 40, 80)
