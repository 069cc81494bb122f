"""Facts of a sound by the times of its packets."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import pytest

from compiler.supervise.facts.sound import SoundFacts
from compiler.supervise.facts.whole import Whole
from tests.supervise.tracks import MILLISECOND, container, counted, sound_frame, sound_stream

SAMPLE = Fraction(1, 48000)


def never(_: int) -> list[int]:
    raise AssertionError("the codec's packets have a known length: none need be decoded")


def facts_of(
    ticks: Sequence[int],
    durations: Sequence[int],
    *,
    codec: str = "aac",
    tick: Fraction = MILLISECOND,
    formats: str = "matroska,webm",
    whole: Whole | None = None,
    count: Any = never,
    samples: int = 1024,
    **track: Any,
) -> SoundFacts:
    """The facts of packets at 48 kHz at these ticks."""
    stream = sound_stream(codec, tick=tick)
    survey = counted(stream, sound_frame(samples=samples, pts=ticks[0]), ticks, durations)
    for name, value in track.items():
        setattr(survey, name, value)
    return SoundFacts(container(formats), survey, whole or Whole(), count)


def rounded(count: int, samples: int = 1024, wavers: Sequence[int] = (0,)) -> list[int]:
    """The milliseconds at which packets of that many samples begin, off by so many in turn."""
    return [round(n * samples / 48) + wavers[n % len(wavers)] for n in range(count)]


@pytest.fixture
def jitter() -> SoundFacts:
    return facts_of(rounded(200, wavers=(0, 9, -9)), [21] * 200)


@pytest.fixture
def gap() -> SoundFacts:
    ticks = [at + 500 * (n >= 100) for n, at in enumerate(rounded(200))]
    return facts_of(ticks, [21] * 200)


def test_an_even_sound_is_left_as_it_is() -> None:
    facts = facts_of(rounded(100), [21] * 100).facts(Fraction(0))
    assert facts == {
        **{"index": 0, "codec": "aac", "profile": "", "sample_rate": 48000, "channels": 2, "layout": "stereo"},
        **{"speakers": ("FL", "FR"), "time_base": MILLISECOND, "first": 0, "start": None},
        "end": Fraction(2112 + 21, 1000),  # the last packet begins at 99 * 1024 samples
    }


def test_ticks_as_fine_as_samples_join_packets_exactly() -> None:
    sound = facts_of(range(0, 102400, 1024), [1024] * 100, tick=SAMPLE)
    assert sound.steady
    assert (sound.first, sound.end) == (Fraction(0), Fraction(102400, 48000))


def test_stated_lengths_that_are_not_the_codecs_join_nothing() -> None:
    """Packets that state 1100 ticks and have 1024 samples leave gaps."""
    assert not facts_of(range(0, 110000, 1100), [1100] * 100, tick=SAMPLE).steady


def test_ticks_coarser_than_samples_join_nothing() -> None:
    """Packets of 21.33 ms that begin each 21 ms overlap."""
    assert not facts_of(range(0, 2100, 21), [21] * 100).steady


def test_its_end_is_no_later_than_the_bytes_of_the_file() -> None:
    assert facts_of(rounded(100), [21] * 100, whole=Whole(until=Fraction(1))).end == 1
    assert facts_of(rounded(100), [21] * 100, whole=Whole(until=Fraction(9))).end == Fraction(2133, 1000)


def test_a_wavering_sound_is_one_run_of_its_samples(jitter: SoundFacts) -> None:
    facts = jitter.facts(Fraction(0))
    assert facts["straightened"] == ("its timestamps waver",)
    assert facts["runs"] == ((0, 0, 0, 0),)
    assert float(facts["jitter"]) == pytest.approx(0.009, abs=0.001)
    assert [*jitter.notices(Fraction(0))] == []


def test_its_entries_are_half_a_second_apart(jitter: SoundFacts) -> None:
    """24 packets of 1024 samples are the first that are half a second and more."""
    assert [at for *_, at in jitter.facts(Fraction(0))["entries"]] == [24 * 1024 * n for n in range(9)]
    assert jitter.facts(Fraction(0))["entries"][1] == (512, 2400, 24576)


def test_times_of_a_straightened_sound_are_counted_from_source_time_zero(jitter: SoundFacts) -> None:
    facts = jitter.facts(Fraction(1, 4))
    assert facts["runs"] == ((0, 0, -12000, 0),)
    assert [at for *_, at in facts["entries"]][:2] == [-12000, 12576]


def test_a_gap_begins_another_run(gap: SoundFacts) -> None:
    facts = gap.facts(Fraction(0))
    assert facts["straightened"] == ("it has gaps",)
    assert [run[:2] for run in facts["runs"]] == [(0, 0), (2633, 10000)]
    assert facts["runs"][1][2] == pytest.approx(100 * 1024 + 24000, abs=48)  # to a tick
    assert facts["jitter"] == pytest.approx(0, abs=0.001)
    assert gap.first == 0


@pytest.mark.parametrize(("pace", "words"), [(1.02, "2.00% slow"), (0.97, "3.00% fast")])
def test_a_sound_whose_clock_drifts_is_stretched(pace: float, words: str) -> None:
    ticks = [round(n * 1024 / 48 * pace) for n in range(800)]
    sound = facts_of(ticks, [21] * 800)
    (run,) = sound.facts(Fraction(0))["runs"]
    assert run[3] / 10**9 == pytest.approx(pace - 1, abs=1e-5)
    assert words in next(sound.notices(Fraction(0)))
    *_, last = sound.facts(Fraction(0))["entries"]
    assert last[2] == pytest.approx(last[0] * 48, abs=48)


@pytest.mark.parametrize("clock", [1, 1.001])
def test_a_slope_of_about_the_ratio_of_two_rates_is_another_rate(clock: float) -> None:
    """The packets after a pause last 1024 samples at 44.1 kHz, and no clock runs slow."""
    ticks = rounded(100)
    ticks += [round(500 + 100 * 1024 / 48 + n * 1024 / 44.1 * clock) for n in range(400)]
    sound = facts_of(ticks, [21] * 500)
    assert [(run.first, run.slope) for run in sound.places.runs] == [(0, 0), (100, 0)]
    assert sound.lengths[99] == 1024 / 48000
    assert sound.lengths[499] == pytest.approx(1024 / 44100 * clock, rel=1e-4)
    assert [*sound.notices(Fraction(0))] == []


def test_stated_durations_tell_another_rate() -> None:
    """In ticks of 1/90000 s, 1024 samples last 1920 ticks at 48 kHz and 2090 at 44.1 kHz."""
    durations = [1920] * 50 + [2090] * 50
    ticks = [sum(durations[:n]) for n in range(100)]
    sound = facts_of(ticks, durations, tick=Fraction(1, 90000), formats="mpegts")
    assert sound.lengths == [1024 / 48000] * 50 + [1024 / 44100] * 50


@pytest.mark.parametrize(("samples", "length"), [(960, 960), (1920, 1920), (2048, 2048), (1024, 1024), (17, 1024)])
def test_packets_of_aac_have_as_many_samples_as_their_frames(samples: int, length: int) -> None:
    """A first frame may be shorter than a packet, unless it has a length that AAC has too."""
    sound = facts_of(rounded(50, length), [length // 48] * 50, samples=samples)
    assert sound.lengths == [length / 48000] * 50
    assert sound.steady


@pytest.mark.parametrize(("codec", "bytes_a_frame"), [("pcm_s16le", 4), ("pcm_s24le", 6), ("pcm_mulaw", 2)])
def test_packets_of_uncompressed_sound_are_as_long_as_their_bytes(codec: str, bytes_a_frame: int) -> None:
    sizes = [480 * bytes_a_frame, 960 * bytes_a_frame]
    sound = facts_of([0, 10], [10, 20], codec=codec, sizes=sizes)
    assert (sound.steady, sound.lengths) == (True, [0.01, 0.02])


def test_packets_of_other_codecs_are_as_long_as_stated() -> None:
    sound = facts_of([0, 4096, 8192], [4096, 4096, 2000], codec="flac", tick=SAMPLE)
    assert sound.lengths == pytest.approx([4096 / 48000, 4096 / 48000, 2000 / 48000])
    assert (sound.steady, sound.end) == (True, 10192 * SAMPLE)


def test_packets_that_round_follow_each_other() -> None:
    """4096 samples last 85.33 ms; each begins within a tick of the end of the one before."""
    assert facts_of(rounded(100, 4096), [85] * 100, codec="flac").steady


def test_packets_of_unknown_length_are_decoded_where_they_waver() -> None:
    ticks = rounded(100, 4096, wavers=(0, 12, -12))
    asked: list[int] = []

    def count(index: int) -> list[int]:
        asked.append(index)
        return [4096] * 100

    sound = facts_of(ticks, [85] * 100, codec="flac", count=count)
    assert asked == [0]
    assert sound.lengths == [4096 / 48000] * 100
    assert len(sound.places.runs) == 1


def test_stated_lengths_stay_where_fewer_packets_decode() -> None:
    sound = facts_of(rounded(100, 4096, wavers=(0, 12)), [85] * 100, codec="flac", count=lambda _: [4096] * 99)
    assert sound.lengths == pytest.approx([0.085] * 100)


@pytest.mark.parametrize(
    ("formats", "track", "whole", "reasons"),
    [
        ("mpegts", {}, Whole(), ("its container has no index",)),
        ("matroska,webm", {"jumped": True}, Whole(), ("its clock jumps",)),
        ("matroska,webm", {"corrupt": [3]}, Whole(), ("it is damaged",)),
        ("matroska,webm", {}, Whole(missing="is cut short"), ("it is damaged",)),
        ("mpegts", {"jumped": True, "corrupt": [3]}, Whole(), (
            "its container has no index", "its clock jumps", "it is damaged",
        )),
    ],
)  # fmt: skip
def test_the_reasons_to_straighten_a_sound(
    formats: str, track: dict[str, Any], whole: Whole, reasons: tuple[str, ...]
) -> None:
    sound = facts_of(rounded(100), [21] * 100, formats=formats, whole=whole, **track)
    assert sound.facts(Fraction(0))["straightened"] == reasons


@pytest.mark.parametrize(
    ("corrupt", "words"),
    [
        ([75], "the sound is damaged once, at 1.35 s; it is silent there"),
        ([75, 90], "the sound is damaged at 2 places, first at 1.35 s; it is silent there"),
        ([100], "the sound is damaged once, at 1.86 s; it is silent there"),  # after the last packet that counts
    ],
)
def test_the_owner_reads_where_a_sound_is_damaged(corrupt: list[int], words: str) -> None:
    """Packet 75 begins at 1.6 s, packet 99 at 2.112 s."""
    sound = facts_of(rounded(100), [21] * 100, corrupt=corrupt)
    assert [*sound.notices(Fraction(1, 4))] == [words]


def test_a_sound_before_time_0_has_entries_too() -> None:
    """As in a file whose clock wraps, which begins below 0."""
    sound = facts_of([at - 9000 for at in rounded(100, wavers=(0, 9, -9))], [21] * 100)
    assert [at for *_, at in sound.facts(Fraction(-9))["entries"]] == [24 * 1024 * n for n in range(5)]


def test_packets_without_a_place_are_no_entries_where_there_is_no_index() -> None:
    def entries(formats: str) -> int:
        sound = facts_of(rounded(100), [21] * 100, formats=formats, corrupt=[9], positions=[-1] * 50 + [7] * 50)
        return len(sound.facts(Fraction(0))["entries"])

    assert (entries("mpegts"), entries("matroska,webm")) == (3, 5)


def test_a_drift_that_each_rounded_duration_hides_is_followed() -> None:
    """WMA of 2048 samples, 42.67 ms, stated as 42: a clock 1.2 % slow moves each by less than a tick."""
    slow = [round(n * 2048 / 48 * 1.012) for n in range(70)]
    seen = facts_of(slow, [42] * 70, codec="wmav2", formats="asf", samples=2048)
    assert (seen.steady, len(seen.places.runs)) == (False, 1)
    assert seen.places.drift == pytest.approx(0.012, abs=0.0005)
    even = facts_of(rounded(70, 2048), [42] * 70, codec="wmav2", formats="asf", samples=2048)
    assert even.steady


def test_packets_that_decode_to_nothing_begin_no_run() -> None:
    """A decoder takes two packets before it gives samples; those of the third begin at its time."""
    wavers = rounded(80, 2048, wavers=(0, 6, -6))
    durations = [42, 43] * 40  # unlike, so that packets are decoded to be counted
    seen = facts_of(wavers, durations, codec="wmav2", formats="asf", samples=1000, count=lambda _: [0, 0, *[2048] * 78])
    assert [run.first for run in seen.places.runs] == [2]
    assert seen.places.runs[0].start == pytest.approx(2 * 2048 / 48000, abs=0.002)
