"""Sound in ffmpeg's spelling: exact to the sample, at every speed."""

from __future__ import annotations

from fractions import Fraction
from math import prod

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.emit import sound
from compiler.ir import ops
from compiler.ir.infer import Audio
from tests.ir.graphs import src, v


def excerpt(start: str, length: int, zero: str = "0") -> str:
    return sound.excerpt(ops.Excerpt(v("a"), src(start), length), Audio(zero=Fraction(zero)), "x")[0]


@pytest.mark.parametrize(
    ("start", "zero", "first"),
    [("1", "0", 48_000), ("1", "-0.5", 24_000), ("0", "0.04", 1920), ("0.00001", "0", 0), ("1/96000", "0", 1)],
)
def test_an_excerpt_begins_on_its_sample(start: str, zero: str, first: int) -> None:
    assert excerpt(start, 100, zero) == f"atrim@x=start_sample={first}:end_sample={first + 100}"


def test_an_excerpt_never_begins_before_the_first_sample() -> None:
    assert excerpt("0", 100, "-0.001") == "atrim@x=start_sample=0:end_sample=100"


def tempo(speed: str, engine: ops.Engine) -> list[str]:
    return sound.tempo(ops.Tempo(v("a"), Fraction(speed), engine), "x")


def test_rubberband_takes_any_speed() -> None:
    assert tempo("0.5", "rubberband") == ["rubberband@x=tempo=0.5"]
    assert tempo("5/3", "rubberband") == ["rubberband@x=tempo=1.66666666666667"]


def test_rubberband_has_its_short_window_for_slow_motion() -> None:
    assert tempo("0.1", "rubberband") == ["rubberband@x=tempo=0.1:window=short"]
    assert tempo("1/3", "rubberband") == ["rubberband@x=tempo=0.333333333333333:window=short"]


@pytest.mark.parametrize(
    ("speed", "steps"),
    [
        *(("0.5", ["atempo@x=0.5"]), ("16", ["atempo@x=16"]), ("0.4", ["atempo=0.5", "atempo@x=0.8"])),
        *(("0.25", ["atempo=0.5", "atempo@x=0.5"]), ("0.1", ["atempo=0.5"] * 3 + ["atempo@x=0.8"])),
    ],
)
def test_atempo_goes_below_half_in_steps(speed: str, steps: list[str]) -> None:
    assert tempo(speed, "atempo") == steps
    assert prod(Fraction(step.split("=")[1]) for step in steps) == Fraction(speed)


@given(st.fractions(Fraction(1, 10), 16, max_denominator=10**6))
def test_varispeed_is_the_speed_to_a_few_millionths(speed: Fraction) -> None:
    rates = [int(step.partition("=")[2]) for step in tempo(str(speed), "varispeed")]
    labelled, resampled = rates[0], rates[1]
    assert abs(Fraction(labelled, resampled) / speed - 1) < Fraction(6, 10**6)
    assert [step.split("=")[0] for step in tempo(str(speed), "varispeed")][:2] == ["asetrate@x", "aresample"]
    assert (rates[2:] or rates[1:]) == [48_000]


@given(st.integers(1000, 160_000))
def test_varispeed_is_exact_to_four_decimals(speed: int) -> None:
    labelled, resampled, *_ = (int(step.partition("=")[2]) for step in tempo(str(Fraction(speed, 10_000)), "varispeed"))
    assert Fraction(labelled, resampled) == Fraction(speed, 10_000)


@pytest.mark.parametrize("speed", ["0.5", "2", "0.7", "16", "0.1", "1.25"])
def test_a_speed_that_divides_the_rate_is_spelled_as_it_is(speed: str) -> None:
    assert tempo(speed, "varispeed") == [f"asetrate@x={Fraction(speed) * 48_000}", "aresample=48000"]


def test_an_exact_length_is_padded_and_cut() -> None:
    assert sound.exact(ops.Exact(v("a"), 99)) == ["asetpts=N", "apad=whole_len=99", "atrim=end_sample=99"]


@pytest.mark.parametrize(
    ("entering", "leaving", "spelled"),
    [
        *((0, 0, []), (5, 0, ["afade=t=in:ss=0:ns=5"]), (0, 7, ["afade=t=out:ss=93:ns=7"])),
        (5, 7, ["afade=t=in:ss=0:ns=5", "afade=t=out:ss=93:ns=7"]),
    ],
)
def test_a_fade_counts_samples_from_both_ends(entering: int, leaving: int, spelled: list[str]) -> None:
    assert sound.fade(ops.Fade(v("a"), entering, leaving), Audio(100)) == spelled


def test_the_rest_is_spelled_plainly() -> None:
    assert sound.crossfade(ops.Xfade(v("a"), v("b"), "tri", 9), "x") == ["acrossfade@x=ns=9:c1=tri:c2=tri"]
    assert sound.restamp() == ["asettb=1/48000", "asetpts=N"]
    assert sound.silence(ops.Silence(9))[1] == "atrim=end_sample=9"
    assert sound.resample("x")[0].startswith("aresample@x=48000:async=1:first_pts=0")
    assert sound.resample("x")[-1] == "apad"
