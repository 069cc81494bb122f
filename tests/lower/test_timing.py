"""The played part of a clip: trims clamped with a notice, speeds over the existing footage."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest

from compiler.errors import ReelError
from compiler.lower import Placed
from compiler.timeline.media import Media
from compiler.timeline.warp import Pace, held
from tests.golden.media import MEDIA, film, picture
from tests.ir.graphs import src
from tests.lower.reels import Stored, placed, play


def span(clip: Placed) -> tuple[Fraction | int, Fraction | int]:
    return clip.timing.warp.start, clip.timing.warp.end


def paces(clip: Placed) -> list[tuple[str, str, str]]:
    return [(str(pace.start), str(pace.end), str(pace.entry)) for pace in clip.timing.warp.paces]


def frozen(stored: Stored, at: float, seconds: float) -> Stored:
    """The edit with a held picture."""
    stored["segments_data"]["spans"].append({"at": at, "freeze": seconds})
    return stored


@pytest.mark.parametrize(
    ("stored", "start", "end", "notice"),
    [
        ({}, 0, 10, ""),
        (play(2, 5), 2, 5, ""),
        (play(None, 5), 0, 5, ""),
        (play(2, None), 2, 10, ""),
        (play(2, 10), 2, 10, ""),
        (play(2, 10.5), 2, 10, "the out point is 0.5 s past the end of the media and was moved to 10 s"),
        ({"timing_data": {"trimRange": [0, 99]}}, 0, 10, "the out point is 89 s past the end"),
    ],
)
def test_a_trim_is_clamped_to_the_media_and_told(stored: Stored, start: int, end: int, notice: str) -> None:
    clip = placed({"media": "silent.mp4", **stored})
    assert span(clip) == (start, end)
    assert [each.message[: len(notice)] for each in clip.notices] == ([notice] if notice else [])
    assert all(each.loc.pointer.startswith("/clips/0/") for each in clip.notices)


@pytest.mark.parametrize(("stored", "pointer"), [(play(10, 12), "trimRange"), (play(11, None), "trimRange")])
def test_nothing_left_is_an_error_at_the_trim(stored: Stored, pointer: str) -> None:
    with pytest.raises(ReelError) as caught:
        placed({"media": "silent.mp4", **stored})
    assert caught.value.code == "RC201"
    assert caught.value.loc.pointer == f"/clips/0/segments_data/{pointer}"


def test_a_media_without_length_is_an_error_at_the_media() -> None:
    empty = {"game.mp4": film("game.mp4", 30, 0)}
    with pytest.raises(ReelError) as caught:
        placed({}, media=empty)
    assert (caught.value.code, caught.value.loc.pointer) == ("RC201", "/clips/0/media")
    assert caught.value.detail == "the media lasts 0 s"


def test_speeds_are_clipped_to_the_trim_and_the_media() -> None:
    clip = placed({"media": "silent.mp4", **play(2, 9.5, (1, 3, 2), (4, 5, 0.5), (9, None, 4))})
    assert paces(clip) == [("2", "3", "2"), ("3", "4", "1"), ("4", "5", "1/2"), ("5", "9", "1"), ("9", "19/2", "4")]


def test_a_speed_past_the_media_plays_nothing() -> None:
    assert paces(placed({"media": "silent.mp4", **play(None, None, (10, 14, 8), (14.5, None, 2))})) == [
        ("0", "10", "1")
    ]


def test_a_ramp_is_a_pace_and_what_the_trim_leaves_of_it_a_part() -> None:
    ramp = {"from": 1, "to": 2, "ease": "smooth"}
    clip = placed({"media": "silent.mp4", **play(2, None, (1, 3, ramp))})
    first, _ = clip.timing.warp.paces
    assert first == Pace(src(2), src(3), Fraction(1), Fraction(2), "smooth", cut=(Fraction(1), Fraction(0)))
    assert len(paces(placed({"media": "silent.mp4", **play(None, None, (11, 13, ramp))}))) == 1


def test_a_freeze_is_a_pace_of_no_length() -> None:
    clip = placed({"media": "silent.mp4", **frozen(play(2, 4), 3, 0.5)})
    assert list(clip.timing.warp.paces) == [Pace(src(2), src(3)), held(src(3), Fraction(1, 2)), Pace(src(3), src(4))]
    assert clip.frames == 75


def test_a_freeze_outside_the_trim_holds_nothing_and_past_the_media_that_is_said() -> None:
    outside = placed({"media": "silent.mp4", **frozen(play(2, 4), 5, 0.5)})
    assert (outside.frames, outside.notices) == (60, ())
    past = placed({"media": "silent.mp4", **frozen(play(2, 4), 10.5, 0.5)})
    assert past.frames == 60
    assert [notice.loc.pointer for notice in past.notices] == ["/clips/0/segments_data/spans/0"]


@pytest.mark.parametrize(
    ("start", "end", "read_from"),
    [
        *((1.01, 1.03, 1), (1.01, 1.04, 1), (1.0, 1.001, 1), (0.001, 0.002, 0), (1.01, 1.05, Fraction(101, 100))),
        *((1.03, 1.07, Fraction(103, 100)), (9.97, 10, Fraction(249, 25))),
    ],
)
def test_between_two_frames_the_earlier_is_held(start: float, end: float, read_from: Fraction) -> None:
    clip = placed({"media": "silent.mp4", **play(start, end)})
    assert clip.timing.read_from == read_from
    assert span(clip) == (Fraction(str(start)), Fraction(str(end)))


@pytest.mark.parametrize(
    ("start", "end", "frame"),
    [(0.934, 0.954, 28), (0.9338, 0.954, 28), (0.9345, 0.954, 28), (0.945, 0.965, 28), (0.9341, 0.9342, 27)],
)
def test_of_rounded_times_the_frame_that_a_short_clip_shows_longest_is_read(
    start: float, end: float, frame: int
) -> None:
    rate, tick = Fraction(30000, 1001), Fraction(1, 1000)  # frame 28 begins at 0.93427 s, which is stored as 0.934
    media = {"game.mp4": picture(MEDIA["silent.mp4"], rate=rate, time_base=tick)}
    timing = placed(play(start, end), media=media).timing
    assert (timing.read_from, timing.alone) == (frame / rate - tick / 2, True)


@pytest.mark.parametrize(
    ("start", "end", "read_from", "alone"),
    [
        *((1, 2, "1", False), (0.51, 2, "0.5", False), (0.99, 1.5, "0.5", False), (1.01, 1.9, "1", True)),
        *((0.2, 0.4, "0", True), (0.2, 0.51, "0", False), (9, 10, "3", True), (2.99, 3.01, "1", False)),
    ],
)
def test_of_frames_at_uneven_times_the_one_on_screen_is_shown(
    start: float, end: float, read_from: str, alone: bool
) -> None:
    ticks = (0, 45_000, 90_000, 270_000)
    media = {"game.mp4": picture(MEDIA["silent.mp4"], ticks=ticks)}
    timing = placed(play(start, end), media=media).timing
    assert (timing.read_from, timing.alone) == (Fraction(read_from), alone)


@pytest.mark.parametrize(
    ("stored", "fps", "frames"),
    [
        *((play(1, 3), "30", 60), (play(1, 1.001), "30", 1), (play(1, 3, (1, 3, 16)), "30", 4)),
        *((play(1, 3, (1, 3, 0.1)), "30", 600), (play(1, 3), "30000/1001", 60), (play(1, 2.05), "30", 32)),
    ],
)
def test_a_clips_frames_are_its_own_lengths_nearest(stored: Stored, fps: str, frames: int) -> None:
    assert placed(stored, canvas={"fps": fps}).frames == frames


def test_the_warp_begins_and_ends_with_the_trim() -> None:
    warp = placed(play(1.5, 6, (3, 4, 0.5))).timing.warp
    assert all(a.end == b.start for a, b in pairwise(warp.paces))
    assert warp.total == Fraction(11, 2)


def animated() -> Media:
    """A moving image of three frames and one second."""
    moving = film("a.gif", 3, 1, base=Fraction(1, 100), container="gif")
    return picture(moving, ticks=(0, 10, 40), straightened=("it is a moving image",))


def test_a_looped_image_goes_on_in_whole_lengths() -> None:
    clip = placed({**play(0.5, 3.2), "loop": True}, media={"game.mp4": animated()})
    assert span(clip) == (Fraction(1, 2), Fraction(16, 5))
    assert clip.media.video.ticks == (0, 10, 40, 100, 110, 140, 200, 210, 240, 300, 310)
    assert clip.notices == ()


def test_ticks_before_the_in_points_repetition_are_not_listed() -> None:
    clip = placed({**play(1000.2, 1000.6), "loop": True}, media={"game.mp4": animated()})
    assert clip.media.video.ticks == (99_900, 99_910, 99_940, 100_000, 100_010, 100_040)
    assert (clip.timing.read_from, clip.frames) == (Fraction(100_010, 100), 12)


@pytest.mark.parametrize("loop", [False, True])
def test_an_image_without_an_out_point_plays_once(loop: bool) -> None:
    assert span(placed({**play(), "loop": loop}, media={"game.mp4": animated()})) == (0, 1)
    assert span(placed({**play(0.2), "loop": loop}, media={"game.mp4": animated()})) == (Fraction(1, 5), 1)


def test_what_does_not_loop_is_noted() -> None:
    (moved,) = placed(play(0, 3), media={"game.mp4": animated()}).notices
    assert "past the end" in moved.message
    assert "only moving images loop" in placed({**play(0, 1), "loop": True}).notices[0].message
