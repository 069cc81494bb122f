from __future__ import annotations

from fractions import Fraction

import pytest

from compiler.supervise.films.progress import LONGEST, Progress, ProgressMeter


def block(frame: object, speed: str = "2.5x", word: str = "continue", time: str = "1000000") -> bytes:
    return (
        f"frame={frame}\nfps=25.0\nstream_0_0_q=28.0\nbitrate=N/A\ntotal_size=48\n"
        f"out_time_us={time}\nout_time_ms={time}\nout_time=00:00:01.000000\n"
        f"dup_frames=0\ndrop_frames=0\nspeed={speed}\nprogress={word}\n"
    ).encode()


def test_a_block_is_one_moment() -> None:
    meter = ProgressMeter(100, started=10)
    assert list(meter.feed(block(25), now=11)) == [
        Progress(stage="rendering", frame=25, frames=100, elapsed=1, speed=2.5),
    ]


def test_output_comes_in_pieces_of_any_size() -> None:
    output = block(1) + block(2) + block(3, word="end")
    bytewise = ProgressMeter(3, started=0)
    seen = [progress.frame for byte in output for progress in bytewise.feed(bytes([byte]), now=1)]
    assert seen == [1, 2, 3]
    assert [progress.frame for progress in ProgressMeter(3, started=0).feed(output, now=1)] == seen


def test_a_line_without_an_end_is_not_kept() -> None:
    meter = ProgressMeter(3, started=0)
    for _ in range(3):
        assert list(meter.feed(b"9" * (LONGEST + 1), now=1)) == []
        assert len(meter._rest) == LONGEST
    assert [progress.frame for progress in meter.feed(b"\n" + block(2), now=1)] == [2]


def test_what_ffmpeg_does_not_know_is_not_made_up() -> None:
    first = next(ProgressMeter(100, started=0).feed(block("N/A", speed="N/A", time="N/A"), now=1))
    assert (first.frame, first.fraction, first.speed, first.fps, first.eta) == (0, 0.0, None, None, None)
    assert next(ProgressMeter(100, started=0).feed(block(5, speed="   0x"), now=1)).speed == 0


def test_frames_that_the_graph_prints_count_although_no_packet_is_made_of_them() -> None:
    meter = ProgressMeter(100, started=0)
    printed = [f"frame:{number}    pts:{number}       pts_time:0.{number}\nreelc=1\n".encode() for number in range(3)]
    output = block(0) + printed[0] + printed[1] + block(0) + printed[2] + block(1, word="end")
    assert [(progress.frame, meter.advanced) for progress in meter.feed(output, now=7)] == [(0, 0), (2, 7), (3, 7)]


def test_it_never_goes_back_and_never_beyond_the_end() -> None:
    meter = ProgressMeter(100, started=0)
    seen = [next(meter.feed(block(frame), now=now)) for now, frame in enumerate([50, 20, "N/A", 90, 130])]
    assert [progress.frame for progress in seen] == [50, 50, 50, 90, 130]
    assert [progress.fraction for progress in seen] == [0.5, 0.5, 0.5, 0.9, 1.0]
    assert meter.at(9).eta == 0


def test_an_estimate_waits_until_there_is_a_pace() -> None:
    meter = ProgressMeter(100, started=0)
    opening = [next(meter.feed(block(0), now=now)) for now in (1, 20)]
    early, later = (next(meter.feed(block(frame), now=now)) for now, frame in ((21, 10), (23, 30)))
    assert [moment.eta for moment in (*opening, early)] == [None, None, None]
    assert (later.fps, later.eta) == (10, 7)


def test_the_pace_is_that_of_late() -> None:
    meter = ProgressMeter(1000, started=0)
    for second in range(60):
        slow = next(meter.feed(block(1 + second), now=second))
    for second in range(60, 90):
        quick = next(meter.feed(block(60 + (second - 60) * 20), now=second))
    assert slow.fps == 1
    assert quick.fps == 20


def test_a_stall_is_measured_from_the_last_new_frame() -> None:
    meter = ProgressMeter(100, started=5)
    assert meter.advanced == 5
    list(meter.feed(block(0), now=6))
    assert meter.advanced == 5
    list(meter.feed(block(3), now=7))
    list(meter.feed(block(3), now=8))
    list(meter.feed(block(2), now=9))
    assert meter.advanced == 7


def test_a_pace_of_nothing_estimates_nothing() -> None:
    meter = ProgressMeter(100, started=0)
    for now in range(30):
        still = next(meter.feed(block(7), now=now))
    assert (still.fps, still.eta) == (0, None)


@pytest.mark.parametrize(("frames", "fps"), [(73, Fraction(30)), (32, Fraction(24_000, 1001)), (44, Fraction(30))])
def test_sound_of_a_length_that_is_no_whole_microsecond_is_all_there(frames: int, fps: Fraction) -> None:
    """A sample less is not: it lasts 20 microseconds."""
    whole = frames / fps * 1_000_000
    for length, complete in ((whole, True), (whole - Fraction(1_000_000, 48_000), False)):
        meter = ProgressMeter(frames, 0)
        meter.listening, meter.counting = fps, False
        list(meter.feed(f"out_time_us={int(length)}\nprogress=end\n".encode(), 1))
        assert meter.has_made(0, frames) == complete


def test_a_film_without_pictures_is_measured_by_its_sound() -> None:
    meter = ProgressMeter(60, 0)
    meter.listening = Fraction(30)
    moments = meter.feed(b"out_time_us=N/A\nprogress=continue\nout_time_us=500000\nprogress=continue\n", 1)
    assert [one.frame for one in moments] == [0, 15]
    assert meter.advanced == 1
