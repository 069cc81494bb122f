"""Runs of packets by their timestamps: jitter moves nothing, a step is a gap or an overlap, a slope is a drift."""

from __future__ import annotations

import random
from itertools import accumulate

import pytest

from compiler.supervise.facts.sound_places import Places, Run, is_followed, is_steady, places

PACKET = 0.02
"""Seconds of a packet."""

WAVERS = (0.0, 0.005, -0.005)
"""Seconds by which packets are off in turn; their median is 0."""


def evenly(count: int, wavers: tuple[float, ...] = (0.0,)) -> list[float]:
    """Timestamps of packets that follow each other, each off by one of the given seconds in turn."""
    return [PACKET * n + wavers[n % len(wavers)] for n in range(count)]


def placed(stamps: list[float]) -> Places:
    return places(stamps, [PACKET] * len(stamps))


def firsts(found: Places) -> list[int]:
    return [run.first for run in found.runs]


def test_jitter_is_one_run_at_the_median() -> None:
    found = placed(evenly(300, WAVERS))
    assert firsts(found) == [0]
    assert found.runs[0].start == pytest.approx(0)
    assert (found.runs[0].slope, found.drift) == (0, 0)
    assert found.jitter == pytest.approx(0.005)


def test_wide_jitter_near_an_end_is_no_step() -> None:
    """The means of a few packets differ by chance."""
    rng = random.Random(3)
    assert firsts(placed([at + rng.uniform(-0.02, 0.02) for at in evenly(400)])) == [0]


def test_one_packet_far_off_moves_no_sample() -> None:
    stamps = evenly(200)
    stamps[90] += 0.03
    found = placed(stamps)
    assert [(run.first, run.slope) for run in found.runs] == [(0, 0)]
    assert found.runs[0].start == pytest.approx(0)
    assert found.jitter == pytest.approx(0.03)


@pytest.mark.parametrize("step", [0.3, 0.012, -0.25])
def test_a_step_of_the_mean_is_a_gap_or_an_overlap(step: float) -> None:
    stamps = [at + step * (n >= 120) for n, at in enumerate(evenly(300))]
    found = placed(stamps)
    assert firsts(found) == [0, 120]
    assert found.runs[1].start == pytest.approx(120 * PACKET + step)
    assert found.jitter == pytest.approx(0)


def test_a_step_among_jitter_is_found_where_it_is() -> None:
    stamps = [at + 0.3 * (n >= 120) for n, at in enumerate(evenly(300, WAVERS))]
    assert firsts(placed(stamps)) == [0, 120]


def test_steps_below_the_least_are_rounding() -> None:
    found = placed([at + 0.003 * (n >= 120) for n, at in enumerate(evenly(300))])
    assert firsts(found) == [0]


def test_every_part_of_a_divided_run_is_looked_at() -> None:
    shift = list(accumulate({40: 0.3, 180: 0.5, 250: -0.2}.get(n, 0.0) for n in range(300)))
    found = placed([at + shift[n] for n, at in enumerate(evenly(300))])
    assert firsts(found) == [0, 40, 180, 250]
    assert [run.start for run in found.runs] == pytest.approx([0, 0.8 + 0.3, 3.6 + 0.8, 5 + 0.6])


@pytest.mark.parametrize(("step", "cuts"), [(0.07, [0]), (0.09, [0, 3])])
def test_near_an_end_only_a_large_step_counts(step: float, cuts: list[int]) -> None:
    """There are too few packets before it to tell jitter from a gap, unless it is larger than jitter may be."""
    assert firsts(placed([at + step * (n >= 3) for n, at in enumerate(evenly(200))])) == cuts


@pytest.mark.parametrize("slope", [0.01, -0.02])
def test_a_slope_is_a_clock_that_runs_faster_or_slower(slope: float) -> None:
    found = placed([at * (1 + slope) for at in evenly(500)])
    assert firsts(found) == [0]
    assert found.drift == pytest.approx(slope)
    assert found.jitter == pytest.approx(0, abs=1e-9)


def test_a_slope_with_jitter_has_no_steps() -> None:
    found = placed([at + 0.01 * PACKET * n for n, at in enumerate(evenly(500, WAVERS))])
    assert firsts(found) == [0]
    assert found.drift == pytest.approx(0.01, abs=1e-4)


def test_a_drift_of_less_than_five_milliseconds_is_level() -> None:
    found = placed([at * 1.002 for at in evenly(100)])  # 4 ms over 2 s
    assert [(run.first, run.slope) for run in found.runs] == [(0, 0)]
    assert found.jitter == pytest.approx(0.002, abs=1e-4)  # half of it, since it lies at the median


def test_a_slope_within_the_jitter_is_no_drift() -> None:
    stamps = [at * 1.003 + (0.03 if n % 2 else -0.03) for n, at in enumerate(evenly(100))]
    assert placed(stamps).drift == 0


def test_the_drift_is_the_slope_farthest_from_zero() -> None:
    assert Places((Run(0, 0.0, 0.001), Run(9, 1.0, -0.02)), 0.0).drift == -0.02


def test_one_packet_is_a_run() -> None:
    assert places([1.5], [PACKET]) == Places((Run(0, 1.5, 0.0),), 0.0)


def test_packets_without_length_are_one_run() -> None:
    assert firsts(places([0.0, 0.001, 0.002], [0.0, 0.0, 0.0])) == [0]


def test_an_even_sound_may_be_off_by_a_rounding_and_two_ticks() -> None:
    stamps, lengths = evenly(50, (0.0, 0.0029)), [PACKET] * 50
    assert is_steady(stamps, lengths, 0.001)
    assert not is_steady(stamps, lengths, 0.0009)


def test_lengths_that_round_add_up_but_follow_each_other() -> None:
    """Each packet ends half a tick before the next begins, which is 25 ticks after 50 packets."""
    lengths = [PACKET - 0.0005] * 50
    assert is_followed(evenly(50), lengths, 0.001)
    assert not is_steady(evenly(50), lengths, 0.001)


@pytest.mark.parametrize("step", [0.0032, -0.0032])
def test_a_gap_or_an_overlap_between_two_packets_is_seen(step: float) -> None:
    stamps = [at + step * (n >= 20) for n, at in enumerate(evenly(50))]
    assert not is_followed(stamps, [PACKET] * 50, 0.001)
    assert is_followed(stamps, [PACKET] * 50, 0.0012)
