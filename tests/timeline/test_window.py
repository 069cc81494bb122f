"""Windows: the first frame at or after the start is source time 0, and no frame at or after the end is there."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from compiler.timeline.frames import before, begins, counted, next_from, seen_at
from compiler.timeline.instant import SourceTime
from compiler.timeline.media import Media
from compiler.timeline.window import file_of, opens, preceding, window_of
from tests.golden.media import MILLI, film, heard, picture

EVEN = heard(film("even.mp4", 25, 10))
TICKS = (0, 3000, 9000, 12_000, 30_000, 33_000)
UNEVEN = picture(heard(film("uneven.mp4", 30, Fraction(36_000, 90_000))), ticks=TICKS)
COARSE = heard(film("coarse.mkv", 30, 10, base=MILLI, container="matroska"))


def window(media: Media, start: float | str, end: float | str | None = None) -> Media | None:
    return window_of(media, Fraction(str(start)), None if end is None else Fraction(str(end)))


def some(media: Media, start: float, end: float | None = None) -> Media:
    found = window(media, start, end)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("media", "start", "end", "first", "seconds", "frames"),
    [
        (EVEN, 2, 5, 50, 3, 75),
        (EVEN, 2.01, 5.01, 51, 3, 75),  # the next frames begin at 2.04 and at 5.04
        (EVEN, 2.04, 5.04, 51, 3, 75),  # the frame that begins at the end is not there
        (EVEN, 0, 1, 0, 1, 25),
        (EVEN, 9.9, 10, 248, 0.08, 2),
        (EVEN, 9.9, None, 248, 0.08, None),
        (UNEVEN, 0.01, 0.2, 1, 0.3, 3),
        (UNEVEN, 0.1, 0.4, 2, 0.3, 4),
        (UNEVEN, 0.033333333333333336, 0.33333333333333337, 1, 0.3, 3),  # doubles a little above the times of frames
        (UNEVEN, 0.34, None, 5, Fraction(1, 30), 1),
        (COARSE, 0.033, 1.067, 1, 1.034, 31),  # times as they are stamped
        (COARSE, 0.03333333333333333, 1.0666666666666667, 1, 1.034, 31),  # frames over the rate
        (COARSE, 0.0335, 1.0675, 2, 1.033, 31),
    ],
)
def test_a_window_holds_the_frames_that_begin_in_it(
    media: Media, start: float, end: float | None, first: int, seconds: float, frames: int | None
) -> None:
    found = some(media, start, end)
    assert found.video.skipped is not None
    assert found.video.skipped.frames == first
    assert float(found.video.end) == pytest.approx(float(seconds))
    assert counted(found.video) == frames


@pytest.mark.parametrize(("media", "start", "end"), [(EVEN, 2.01, 2.03), (EVEN, 9.97, 10), (UNEVEN, 0.34, 0.36)])
def test_without_a_frame_there_is_no_window(media: Media, start: float, end: float) -> None:
    assert window(media, start, end) is None


@pytest.mark.parametrize("media", [EVEN, UNEVEN])
def test_frames_are_counted_from_the_windows_first(media: Media) -> None:
    found = some(media, 0.1).video
    assert begins(found, -1) < begins(found, 0) == 0
    second = begins(found, 1)
    assert (seen_at(found, second), next_from(found, second)) == (1, 1)
    assert seen_at(found, SourceTime(second / 2)) == 0


@pytest.mark.parametrize("media", [EVEN, UNEVEN])
def test_frames_before_the_window_can_be_read(media: Media) -> None:
    """A seek goes back as far as in the file, and no further than its first frame."""
    found = some(media, 0.1)
    assert before(found.video, SourceTime(Fraction(0)), 1) == begins(found.video, -1)
    assert before(found.video, SourceTime(Fraction(0)), 99) == -preceding(found)


def test_sound_has_the_windows_clock_and_ends_with_it() -> None:
    audio = some(EVEN, 2, 5).audio
    assert audio is not None
    assert audio.end == 3
    short = heard(film("short.mp4", 25, 10), end=4)
    audio = some(short, 2, 5).audio
    assert audio is not None
    assert audio.end == 2


def test_a_window_that_begins_amid_rounded_stamps_is_read_a_tick_early() -> None:
    assert opens(some(COARSE, 1).video) == -MILLI
    assert opens(some(EVEN, 1).video) == opens(COARSE.video) == 0


def test_the_file_of_a_window_has_the_files_times() -> None:
    held = ((Fraction(1, 10), Fraction(1, 5)),)
    media = picture(UNEVEN, held=held, shown=Fraction(1, 5), entries=((0, 0, 0, 0), (9000, 9000, 50, 2)))
    found = some(media, 0.1)
    assert found.video.held == ((Fraction(0), Fraction(1, 10)),)
    assert file_of(media) is media
    assert file_of(found) == replace(media, audio=found.audio)
