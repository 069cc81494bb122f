"""Layouts and commands of previews, without any media."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from compiler.pipeline import previews
from compiler.pipeline.previews import decoded, frames_of, proxy_size, proxy_tick, sought, strip_of
from compiler.timeline.media import STILL_RATE, STILL_TICK, AudioStream, Media
from tests.golden.media import NINE, film


def source(seconds: Fraction | int = 10, size: tuple[int, int] = (1920, 1080), **video: Any) -> Media:
    """A film of 25 frames a second."""
    media = film("film.mp4", 25, seconds, size)
    return replace(media, video=replace(media.video, **video))


def heard(media: Media, *speakers: str) -> Media:
    fields: Any = {"layout": "any", "time_base": Fraction(1, 48000), "first": Fraction(0), "end": media.video.end}
    sound = AudioStream(1, "aac", 48000, len(speakers), speakers=speakers, **fields)
    return replace(media, audio=sound)


STILL = source(4, time_base=STILL_TICK, rate=STILL_RATE)


@pytest.mark.parametrize(
    ("seconds", "layout"),
    [
        (10, (20, 10, 2)),  # a picture each half second
        (Fraction(101, 10), (21, 10, 3)),
        (1, (8, 8, 1)),  # no fewer than 8
        (300, (60, 10, 6)),  # and no more than 60
    ],
)
def test_a_strip_is_laid_out_by_the_length_of_its_source(seconds: Fraction | int, layout: tuple[int, int, int]) -> None:
    strip = strip_of(source(seconds))
    assert (strip.pictures, strip.columns, strip.rows) == layout
    assert strip.rate == layout[0] / Fraction(seconds)
    assert strip.instant(0) == Fraction(seconds) / layout[0] / 2
    assert strip.instant(strip.pictures - 1) == seconds - strip.instant(0)


def test_a_still_image_has_one_picture() -> None:
    strip = strip_of(STILL)
    assert (strip.pictures, strip.columns, strip.rows, frames_of(STILL)) == (1, 1, 1, 1)
    assert strip.tiling.endswith("tile=1x1")


@pytest.mark.parametrize(
    ("size", "across"), [((1920, 1080), 106), ((1080, 1920), 34), ((4000, 100), 240), ((2, 4000), 2)]
)
def test_pictures_of_a_strip_are_60_pixels_high_and_as_wide_as_the_source(size: tuple[int, int], across: int) -> None:
    """60 * 1920 / 1080 is 106.7, of which the nearest even number is taken."""
    strip = strip_of(source(size=size))
    assert (strip.width, strip.height) == (across, 60)


def test_long_sources_are_read_by_their_key_frames_and_large_ones_by_seeking() -> None:
    """1 500 000 000 pixels are 723 frames of 1920x1080; 400 MB are read."""
    assert decoded(source(28))
    assert not decoded(source(29))
    assert decoded(STILL)
    small, large = (replace(source(29), size=size) for size in (400_000_000, 400_000_001))
    assert (sought(small), sought(large)) == (False, True)
    assert not sought(replace(large, format="mpegts"))  # without an index there is nothing to seek by
    assert not sought(replace(source(28), size=large.size))


def test_the_number_of_frames_is_counted_where_it_is_known() -> None:
    assert frames_of(source(10)) == 250
    assert frames_of(source(Fraction(1001, 100))) == 251
    assert frames_of(source(10, frames=240)) == 240
    assert frames_of(source(10, frames=240, ticks=(0, 5, 9))) == 3


@pytest.mark.parametrize(
    ("size", "proxy"),
    [((1920, 1080), (1280, 720)), ((1080, 1920), (720, 1280)), ((639, 357), (640, 358)), ((3000, 1), (1280, 2))],
)
def test_a_proxy_is_even_and_within_1280_pixels(size: tuple[int, int], proxy: tuple[int, int]) -> None:
    assert proxy_size(source(size=size)) == proxy


def test_frames_of_a_proxy_begin_at_whole_ticks_of_its_source() -> None:
    assert proxy_tick(source(time_base=Fraction(1001, 30_000))) == Fraction(1, 30_000)
    assert proxy_tick(STILL) == 1 / STILL_RATE


def test_a_strip_of_a_long_source_decodes_key_frames_only() -> None:
    def command(media: Media) -> list[str]:
        return previews.strip_command(previews.strip_preview(media, NINE), media, "script", "out.jpg")

    assert ("nokey" in command(source(28)), "nokey" in command(source(29))) == (False, True)
    preview = previews.strip_preview(source(10), NINE)
    assert preview.frames == 1
    assert "tile=10x2" in preview.script
    assert "=w=106:h=60:" in preview.script


def test_a_picture_of_a_strip_is_sought_in_the_middle_of_its_part() -> None:
    """Picture 3 of 20 shows 1.75 s; the picture begins at 0.5 s, the container at 0.25 s."""
    media = source(10, first=Fraction(1, 2))
    media = replace(media, start=Fraction(1, 4))
    preview = previews.cell_preview(media, NINE, 3)
    words = previews.cell_command(preview, "script", "out.raw")
    assert words[words.index("-ss") + 1] == "2"
    assert words[-1] == "file:out.raw"


def test_pictures_are_tiled_from_a_file() -> None:
    words = previews.tile_command(strip_of(source(10)), NINE, "cells.raw", "out.jpg")
    assert words[words.index("-s") + 1] == "106x60"
    assert words[words.index("-vf") + 1].endswith("tile=10x2")
    assert "file:cells.raw" in words


def test_a_proxy_has_the_frames_and_the_sound_of_its_source() -> None:
    silent, sounding = source(10), heard(source(10), "FL", "FR")
    preview = previews.proxy_preview(sounding, NINE)
    assert (preview.frames, preview.graph.audio is None) == (250, False)
    assert "=w=1280:h=720:" in preview.script
    words = previews.proxy_command(preview, sounding, "script", "out.mp4")
    assert ("-c:a" in words, words[words.index("-video_track_timescale") + 1]) == (True, "90000")
    mute = previews.proxy_preview(silent, NINE)
    assert "-c:a" not in previews.proxy_command(mute, silent, "script", "out.mp4")


def test_a_proxy_of_a_still_image_lasts_as_long_as_it_does() -> None:
    preview = previews.proxy_preview(STILL, NINE)
    assert preview.frames == 4 * STILL_RATE


def test_peaks_of_a_sound() -> None:
    """50 a second, 960 samples each, as long as there are no more than 40000 of them."""
    found = previews.peaks_preview(heard(source(10), "FL", "FR"), NINE)
    assert found
    assert found[1] == 50
    assert "asetnsamples=n=960:" in found[0].script
    assert "script" in previews.peaks_command(found[0], "script")
    long = previews.peaks_preview(heard(source(1600), "FL", "FR"), NINE)
    assert long
    assert long[1] == 25
    assert "asetnsamples=n=1920:" in long[0].script


def test_a_source_without_usable_sound_has_no_peaks() -> None:
    assert previews.peaks_preview(source(10), NINE) is None
    assert previews.peaks_preview(heard(source(10), "TFC", "BLC"), NINE) is None


def test_peaks_are_fractions_of_full_scale() -> None:
    levels = [0.0, -20.0, 3.5, -6.0206, float("-inf")]
    report = "".join(f"frame:{n} pts:{n}\nlavfi.astats.Overall.Peak_level={level}\n" for n, level in enumerate(levels))
    assert previews.peaks_of(report) == [1, 0.1, 1, 0.5, 0]
