"""Files whose sound begins before their pictures or goes on after them: K5."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cases import cases
from tests.field.desk import Desk, near
from tests.field.make import AAC, MPEG4, VP8, X264, Maker, recipe

FIRST = range(60)


@recipe("talk.mp4")
def talk_mp4(make: Maker, out: Path) -> None:
    make.numbered(out, FIRST, *X264, *AAC, sound=make.beeps(6))


@recipe("talk.mkv")
def talk_mkv(make: Maker, out: Path) -> None:
    make.numbered(out, FIRST, *VP8, "-c:a", "libopus", sound=make.beeps(6))


@recipe("talk.ts")
def talk_ts(make: Maker, out: Path) -> None:
    make.copy(make("talk.mp4"), out)


@recipe("talk.avi")
def talk_avi(make: Maker, out: Path) -> None:
    make.numbered(out, FIRST, *MPEG4, "-c:a", "pcm_s16le", sound=make.beeps(6))


TALKS = ("talk.mp4", "talk.mkv", "talk.ts", "talk.avi")


@pytest.mark.further
@pytest.mark.parametrize("name", cases(TALKS, both=("talk.mp4", "talk.mkv")))
def test_sound_that_goes_on_makes_a_file_as_long(name: str, make: Maker, desk: Desk) -> None:
    film = desk.render(make(name))
    assert film.frames == [*FIRST, *[59] * 120]
    assert near(film.onsets, [k / 2 for k in range(12)], within=0.02)
    assert film.notices


@pytest.mark.parametrize("name", cases(TALKS, slow=("talk.avi",)))
def test_a_trim_reaches_what_is_only_heard(name: str, make: Maker, desk: Desk) -> None:
    film = desk.render(make(name), 3, 5)
    assert film.frames == [59] * 60
    assert near(film.onsets, [0, 0.5, 1, 1.5], within=0.02)


@recipe("short-talk.mp4")
def short_talk(make: Maker, out: Path) -> None:
    make.numbered(out, FIRST, *X264, *AAC, sound=make.beeps(2.4))


def test_sound_that_goes_on_for_less_than_half_a_second_changes_nothing(make: Maker, desk: Desk) -> None:
    film = desk.render(make("short-talk.mp4"))
    assert film.frames == list(FIRST)
    assert not film.notices


@recipe("pictures.mp4")
def pictures_mp4(make: Maker, out: Path) -> None:
    make.numbered(out, range(90), *X264)


@recipe("beeps.m4a")
def beeps_m4a(make: Maker, out: Path) -> None:
    make.run("-i", make.beeps(4), *AAC, out)


def late(make: Maker, out: Path, by: float) -> None:
    inputs = ("-itsoffset", by, "-i", make("pictures.mp4"), "-i", make("beeps.m4a"))
    make.run(*inputs, "-map", "0:v", "-map", "1:a", "-c", "copy", out)


@recipe("late.mp4")
def late_mp4(make: Maker, out: Path) -> None:
    late(make, out, 1.8)


@recipe("late.mkv")
def late_mkv(make: Maker, out: Path) -> None:
    late(make, out, 1.8)


@recipe("late.ts")
def late_ts(make: Maker, out: Path) -> None:
    late(make, out, 1.8)


@recipe("a-little-late.mp4")
def a_little_late(make: Maker, out: Path) -> None:
    late(make, out, 0.3)


LATE = ("late.mp4", "late.mkv", "late.ts")


def primed(name: str) -> int:
    """The frames by which AAC's first packet, which only primes the decoder, is the sound's start: MPEG-TS does not say
    that it is to be left out."""
    return name.endswith(".ts")


@pytest.mark.parametrize("name", cases(LATE, both=("late.mp4", "late.ts")))
def test_a_late_picture_counts_on_a_players_clock(name: str, make: Maker, desk: Desk) -> None:
    film = desk.render(make(name), 2, 3)
    first = 6 - primed(name)  # an in point between two pictures may show the one before, or the one after
    assert film.frames[0] in (first, 6)
    assert film.frames[1:] == list(range(first + 1, first + 30))
    assert near(film.onsets, [0, 0.5], within=0.025)


@pytest.mark.parametrize("name", LATE)
def test_the_first_picture_is_held_back_to_the_sounds_start(name: str, make: Maker, desk: Desk) -> None:
    film = desk.render(make(name), 0, 2)
    held = 54 + primed(name)
    assert film.frames == [0] * held + list(range(60 - held))
    assert near(film.onsets, [0, 0.5, 1, 1.5], within=0.025)
    assert film.notices


def test_a_picture_that_is_late_by_less_than_half_a_second_starts_the_file(make: Maker, desk: Desk) -> None:
    film = desk.render(make("a-little-late.mp4"), 0, 1)
    assert film.frames == list(range(30))
    assert near(film.onsets, [0.2, 0.7], within=0.02)
