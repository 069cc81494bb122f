"""Every frame's index and every click are read back, through every container, codec and size."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from tests.footage import coded, read
from tests.footage.coded import AAC, PCM, Recipe
from tests.footage.pool import POOL, Source
from tests.footage.read import UNREADABLE

SHORT = Recipe(Fraction(30), Fraction(2))
SIZES_AND_INNERS = [
    ("scale=320:180", None),
    ("scale=1920:1080", None),
    ("scale=180:102,pad=180:320:0:110", (0.0, 110.0, 180.0, 102.0)),
    ("scale=240:136,pad=320:180:40:22", (40.0, 22.0, 240.0, 136.0)),
]


def read_codes(path: Path, lane: int = 0, inner: read.Rectangle | None = None) -> list[int | None]:
    """The indices in one lane; the other one must be blank throughout."""
    frames = read.frames(path, inner)
    assert {frame.codes[1 - lane] for frame in frames} == {None}
    return [frame.codes[lane] for frame in frames]


def filtered(source: Path, target: Path, chain: str, ffmpeg: str) -> Path:
    """The source encoded again after some filters, at crf 20."""
    encode = ["-an", "-c:v", "libx264", "-preset", "veryfast", "-crf", "20", "-pix_fmt", "yuv420p"]
    subprocess.run([ffmpeg, "-v", "error", "-y", "-i", source, "-vf", chain, *encode, target], check=True)
    return target


def farthest_click_ms(path: Path, recipe: Recipe) -> float:
    """The largest offset of any click from the first frame on, in milliseconds; none may be missing."""
    heard, first = read.clicks(*read.samples(path)), read.frames(path)[0].pts
    assert len(heard) == len(recipe.clicks)
    return max(abs(click.at - float(first + at)) for click, at in zip(heard, recipe.clicks, strict=True)) * 1000


def tolerance_ms(suffix: str, sound: tuple[str, ...]) -> float:
    """Matroska stores times to the millisecond, and AAC begins one of its frames before its first sample."""
    return 0.6 if suffix == "mkv" and sound == AAC else 0.2


@pytest.mark.parametrize("name", POOL)
def test_every_pool_source_reads_back(name: str, sources: tuple[Source, ...]) -> None:
    source = next(source for source in sources if source.path.name == name)
    recipe, facts = source.recipe, source.facts
    assert read_codes(source.path, recipe.lane) == list(range(recipe.frames))
    assert len(facts.times) == recipe.frames
    assert max(abs(at - k / recipe.rate) for k, at in enumerate(facts.times)) < Fraction(1, 2000)
    assert abs(facts.end - recipe.frames / recipe.rate) < Fraction(1, 1000)
    if recipe.channels:
        assert farthest_click_ms(source.path, recipe) < 0.2
    else:
        assert len(read.samples(source.path)[0]) == 0


@pytest.mark.parametrize(("suffix", "sound"), [("mp4", AAC), ("mov", AAC), ("mkv", AAC), ("mov", PCM), ("mkv", PCM)])
def test_sound_is_read_through_any_container(suffix: str, sound: tuple[str, ...], tmp_path: Path, ffmpegs: str) -> None:
    recipe = replace(SHORT, sound=sound, sample_rate=44_100, channels=1)
    made = coded.make(tmp_path / f"made.{suffix}", recipe, ffmpeg=ffmpegs)
    assert farthest_click_ms(made, recipe) < tolerance_ms(suffix, sound)


@pytest.mark.parametrize("suffix", ["mp4", "mov", "mkv"])
def test_late_sound_is_read_late(suffix: str, tmp_path: Path, embedded: str) -> None:
    recipe = replace(SHORT, audio_start=Fraction(1, 4), audio_seconds=Fraction(5, 4))
    made = coded.make(tmp_path / f"made.{suffix}", recipe, ffmpeg=embedded)
    assert farthest_click_ms(made, recipe) < tolerance_ms(suffix, AAC)


def test_whole_seconds_are_twice_as_loud(sources: tuple[Source, ...]) -> None:
    peaks = [click.peak for click in read.clicks(*read.samples(sources[0].path))]
    assert [peak > 1.9 * peaks[1] for peak in peaks[:11]] == [True] + [False] * 9 + [True]


@pytest.mark.further
@pytest.mark.parametrize(("chain", "inner"), SIZES_AND_INNERS)
def test_codes_survive_scaling_and_bars(
    chain: str, inner: read.Rectangle | None, tmp_path: Path, sources: tuple[Source, ...], embedded: str
) -> None:
    small = filtered(sources[0].path, tmp_path / "small.mp4", chain, embedded)
    assert read_codes(small, 0, inner) == list(range(sources[0].recipe.frames))


@pytest.mark.further
def test_both_codes_are_read_in_a_dissolve(tmp_path: Path, embedded: str) -> None:
    first = coded.make(tmp_path / "first.mkv", replace(SHORT, channels=0), ffmpeg=embedded)
    second = coded.make(tmp_path / "second.mkv", replace(SHORT, channels=0, lane=1), ffmpeg=embedded)
    mixed = tmp_path / "mixed.mp4"
    graph = "[0][1]xfade=transition=fade:duration=1:offset=1"
    command = [embedded, "-v", "error", "-y", "-i", str(first), "-i", str(second), "-filter_complex", graph]
    subprocess.run([*command, "-crf", "20", str(mixed)], check=True)
    codes = [frame.codes for frame in read.frames(mixed)]
    assert len(codes) == 90
    assert codes[:30] == [(n, None) for n in range(30)]
    assert codes[36:54] == [(n, n - 30) for n in range(36, 54)]
    assert codes[60:] == [(None, n - 30) for n in range(60, 90)]
    assert all(
        upper in (n, None) and lower in (n - 30, None) for n, (upper, lower) in enumerate(codes[30:60], start=30)
    )


@pytest.mark.further
def test_codes_are_read_through_most_of_a_fade(tmp_path: Path, sources: tuple[Source, ...], embedded: str) -> None:
    faded = filtered(sources[0].path, tmp_path / "faded.mp4", "fade=t=in:s=0:n=20", embedded)
    codes = read_codes(faded)
    assert codes[3:] == list(range(3, len(codes)))
    contrast = [frame.contrast[0] for frame in read.frames(faded)[:21]]
    assert contrast == sorted(contrast)
    assert contrast[10] < 0.6 * contrast[20]


@pytest.mark.further
def test_variable_rate_is_read_at_its_own_times(tmp_path: Path, embedded: str) -> None:
    dice = np.random.default_rng(1)
    gaps = [Fraction(int(ticks), 90_000) for ticks in dice.integers(2_000, 6_000, 59)]
    times = tuple(sum(gaps[:k], Fraction(0)) for k in range(60))
    recipe = replace(SHORT, times=times, seconds=Fraction(2))
    made = coded.make(tmp_path / "variable.mp4", recipe, ffmpeg=embedded)
    assert read_codes(made) == list(range(60))
    assert read.frame_times(made)[0] == times
    assert [frame.pts for frame in read.frames(made)] == list(times)


def test_a_damaged_code_is_not_read_as_another() -> None:
    codes = {coded.bits_of(index) for index in range(4096)}
    assert len(codes) == 4096
    for place in range(2, coded.CELLS):
        damaged = list(coded.bits_of(1234))
        damaged[place] ^= 1
        assert tuple(damaged) not in codes


def test_two_frames_blended_are_unreadable(tmp_path: Path, embedded: str) -> None:
    made = coded.make(tmp_path / "made.mkv", replace(SHORT, channels=0), ffmpeg=embedded)
    blended = filtered(made, tmp_path / "blended.mkv", "tmix=frames=2", embedded)
    assert read_codes(blended).count(UNREADABLE) > 40


def test_an_index_must_fit() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        coded.bits_of(1 << coded.INDEX_BITS)


def test_a_failing_ffmpeg_is_told(tmp_path: Path, embedded: str) -> None:
    with pytest.raises(RuntimeError, match="no_such_codec"):
        coded.make(tmp_path / "made.mp4", replace(SHORT, video=("-c:v", "no_such_codec")), ffmpeg=embedded)
    assert not list(tmp_path.glob("*.wav"))
