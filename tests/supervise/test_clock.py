"""One clock for a file whose timestamps jump."""

from __future__ import annotations

from fractions import Fraction

import pytest
from av.packet import Packet

from compiler.supervise.media.clock import Clock, StreamClock, offset_at, stamp_of

MILLISECOND = Fraction(1, 1000)


def offsets(clock: Clock, stream: StreamClock, stamps: list[int], duration: int = 40) -> list[int]:
    """What is added to packets of 40 ticks at these stamps; each lies 100 bytes after the one before."""
    return [clock.follow(stream, stamp, duration, 100 * stream.packets) for stamp in stamps]


def test_packets_that_follow_each_other_keep_their_stamps() -> None:
    stream = StreamClock(MILLISECOND)
    assert offsets(Clock(jumpy=True), stream, [500, 540, 580]) == [0, 0, 0]
    assert (stream.jumps, stream.due, stream.packets) == ([], 620, 3)


@pytest.mark.parametrize(("back", "added"), [(300, 0), (301, 301)])
def test_steps_back_of_more_than_three_tenths_of_a_second_are_jumps(back: int, added: int) -> None:
    """The second packet is due at 1040."""
    assert offsets(Clock(jumpy=False), StreamClock(MILLISECOND), [1000, 1040 - back]) == [0, added]


@pytest.mark.parametrize(("ahead", "added"), [(10_000, 0), (10_001, -10_001)])
def test_steps_ahead_of_more_than_ten_seconds_are_jumps_where_clocks_jump(ahead: int, added: int) -> None:
    assert offsets(Clock(jumpy=True), StreamClock(MILLISECOND), [0, 40 + ahead]) == [0, added]
    assert offsets(Clock(jumpy=False), StreamClock(MILLISECOND), [0, 40 + ahead]) == [0, 0]


def test_two_recordings_in_one_file_go_on_without_a_pause() -> None:
    stream = StreamClock(MILLISECOND)
    assert offsets(Clock(jumpy=True), stream, [5000, 5040, 1000, 1040, 1080]) == [0, 0, 4080, 4080, 4080]
    assert stream.jumps == [(2, 200, 4080)]
    assert (stream.due, [stream.offset_of(n) for n in range(5)]) == (5200, [0, 0, 4080, 4080, 4080])


def test_a_clock_that_comes_back_needs_no_offset() -> None:
    """A restarted encoder went hours ahead for two packets; the next is 5 ms late."""
    stamps = [0, 40, 9_000_000, 9_000_040, 165, 205]
    stream = StreamClock(MILLISECOND)
    assert offsets(Clock(jumpy=True), stream, stamps) == [0, 0, -8_999_920, -8_999_920, 0, 0]
    assert stream.jumps == [(2, 200, -8_999_920), (4, 400, 0)]


def test_streams_jump_together() -> None:
    """The sound, whose ticks are finer, comes 5 ms late after the jump, and stays so."""
    clock, picture, sound = Clock(jumpy=True), StreamClock(MILLISECOND), StreamClock(Fraction(1, 10_000))
    assert offsets(clock, picture, [5000, 5040, 1000]) == [0, 0, 4080]
    assert offsets(clock, sound, [50_000, 50_400, 10_050], duration=400) == [0, 0, 40_800]
    assert sound.due == 51_250


def test_a_stream_that_another_jump_brings_nowhere_near_jumps_by_itself() -> None:
    clock, picture, sound = Clock(jumpy=True), StreamClock(MILLISECOND), StreamClock(MILLISECOND)
    assert offsets(clock, picture, [5000, 1000]) == [0, 4040]
    assert offsets(clock, sound, [50_000, 1000]) == [0, 49_040]


def test_offsets_hold_until_the_next_jump() -> None:
    jumps = [(3, 900, 70), (8, 2000, -5)]
    assert [offset_at(jumps, number) for number in (0, 2, 3, 7, 8, 99)] == [0, 0, 70, 70, -5, -5]
    assert offset_at([], 4) == 0


@pytest.mark.parametrize(
    ("pts", "dts", "stamp"), [(7, 5, 5), (7, None, 7), (None, 5, 5), (None, None, None), (7, 0, 0)]
)
def test_a_packets_own_stamp_is_its_decoding_time(pts: int | None, dts: int | None, stamp: int | None) -> None:
    packet = Packet(b"any")
    packet.pts, packet.dts = pts, dts
    assert stamp_of(packet) == stamp
