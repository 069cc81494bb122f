"""Files whose clocks jump, stall or count otherwise: K2, K3, K10 and K11."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cases import cases
from tests.field import edits
from tests.field.desk import Desk, near
from tests.field.make import AAC, MPEG4, X264, Maker, recipe

FIRST, SECOND = range(60), range(60, 120)


def joined(*parts: Path) -> bytes:
    return b"".join(part.read_bytes() for part in parts)


# K2: clocks that jump


@recipe("a.ts")
def first_half(make: Maker, out: Path) -> None:
    make.numbered(out, FIRST, *X264, *AAC, "-shortest", sound=make.beeps(2))


@recipe("b.ts")
def second_half(make: Maker, out: Path) -> None:
    make.numbered(out, SECOND, *X264, *AAC, "-shortest", sound=make.beeps(2))


@recipe("b-ahead.ts")
def second_half_ahead(make: Maker, out: Path) -> None:
    make.copy(make("b.ts"), out, "-output_ts_offset", 5000)


@recipe("back.ts")
def back_ts(make: Maker, out: Path) -> None:
    out.write_bytes(joined(make("a.ts"), make("b.ts")))


@recipe("ahead.ts")
def ahead_ts(make: Maker, out: Path) -> None:
    out.write_bytes(joined(make("a.ts"), make("b-ahead.ts")))


@recipe("back.mts")
def back_m2ts(make: Maker, out: Path) -> None:
    """Packets of 192 bytes, as cameras write them."""
    parts = []
    for name in ("a.ts", "b.ts"):
        part = out.with_name(f"{out.name}-{name}.m2ts")
        make.copy(make(name), part, "-mpegts_m2ts_mode", "1", "-f", "mpegts")
        parts.append(part)
    out.write_bytes(joined(*parts))


@recipe("back.mpg")
def back_ps(make: Maker, out: Path) -> None:
    parts = []
    for place, numbers in enumerate((FIRST, SECOND)):
        part = out.with_name(f"{out.name}-{place}.mpg")
        make.numbered(part, numbers, "-c:v", "mpeg2video", "-q:v", "2", "-g", "15", "-bf", "2")
        parts.append(part)
    out.write_bytes(joined(*parts))


@recipe("whole.mkv")
def whole_mkv(make: Maker, out: Path) -> None:
    make.numbered(out, range(120), *X264, *AAC, "-cluster_time_limit", "1000", sound=make.beeps(4))


@recipe("back.mkv")
def back_mkv(make: Maker, out: Path) -> None:
    whole = make("whole.mkv").read_bytes()
    out.write_bytes(edits.clusters_moved(whole, lambda at: at if at < 1990 else at - 1990))


@recipe("whole.flv")
def whole_flv(make: Maker, out: Path) -> None:
    make.numbered(out, range(120), *X264, *AAC, sound=make.beeps(4))


@recipe("back.flv")
def back_flv(make: Maker, out: Path) -> None:
    whole = make("whole.flv").read_bytes()
    tags = edits.flv_tags(whole)
    moved = [edits.Tag(tag.kind, tag.time if tag.time < 2000 else tag.time - 2000, tag.body) for tag in tags]
    out.write_bytes(edits.flv(whole, moved))


JUMPING = ("back.ts", "ahead.ts", "back.mts", "back.mpg", "back.mkv", "back.flv")


@pytest.mark.further
@pytest.mark.parametrize("name", cases(JUMPING, both=("back.ts", "ahead.ts", "back.flv")))
def test_every_picture_is_shown_once_over_a_jump(name: str, make: Maker, desk: Desk) -> None:
    assert desk.render(make(name)).frames == list(range(120))


@pytest.mark.parametrize("name", cases(JUMPING, slow=("back.mts",)))
def test_a_trim_after_a_jump_counts_all_before_it(name: str, make: Maker, desk: Desk) -> None:
    assert desk.render(make(name), 2.5, 3.5).frames == list(range(75, 105))


@pytest.mark.further
@pytest.mark.parametrize("name", cases(JUMPING, slow=("back.mts", "ahead.ts", "back.flv")))
def test_a_trim_over_a_jump(name: str, make: Maker, desk: Desk) -> None:
    assert desk.render(make(name), 1.5, 2.5).frames == list(range(45, 75))


@pytest.mark.further
@pytest.mark.parametrize("name", ["back.ts", "ahead.ts", "back.mts", "back.flv"])
def test_sound_stays_with_its_pictures_over_a_jump(name: str, make: Maker, desk: Desk) -> None:
    assert near(desk.render(make(name)).onsets, [k / 2 for k in range(8)], within=0.03)


# K3: the middle guessed from the ends

STALLING = [*range(901), *range(1020, 1800)]
STALL = ("-vf", "setpts='N+119*gt(N,900)'", "-fps_mode", "passthrough")


@recipe("stall.mp4")
def stall_mp4(make: Maker, out: Path) -> None:
    make.numbered(out, STALLING, *STALL, *X264, "-bf", "0", "-g", "60")


@recipe("stall.mkv")
def stall_mkv(make: Maker, out: Path) -> None:
    make.copy(make("stall.mp4"), out)


@recipe("stall.ts")
def stall_ts(make: Maker, out: Path) -> None:
    make.copy(make("stall.mp4"), out)


@recipe("stall-late.mp4")
def stall_late(make: Maker, out: Path) -> None:
    """With reordered pictures, and the stall between the packets that a probe of both ends reads."""
    make.numbered(out, STALLING, *STALL, *X264, "-bf", "3", "-b_strategy", "0", "-g", "250")


STALLED = ("stall.mp4", "stall.mkv", "stall.ts", "stall-late.mp4")


@pytest.mark.further
@pytest.mark.parametrize("name", cases(STALLED, both=("stall.mp4",), slow=("stall-late.mp4",)))
def test_a_picture_is_held_until_the_next_one(name: str, make: Maker, desk: Desk) -> None:
    assert desk.render(make(name), 31, 35).frames == [900] * 90 + list(range(1020, 1050))


@pytest.mark.further
@pytest.mark.parametrize("name", cases(STALLED, slow=("stall-late.mp4", "stall.mkv")))
def test_a_trim_within_a_stall_shows_its_picture(name: str, make: Maker, desk: Desk) -> None:
    assert desk.render(make(name), 32, 33).frames == [900] * 30


# K10: deep in a long recording


@recipe("two-hours.ts")
def two_hours(make: Maker, out: Path) -> None:
    part = out.with_name(f"{out.name}-part.ts")
    make.numbered(part, FIRST, *X264, "-bf", "0")  # of reordered pictures ffmpeg drops two at the end of every lap
    make.run("-stream_loop", 3599, "-i", part, "-c", "copy", out)


@pytest.mark.slow
def test_a_second_near_the_end_of_two_hours(make: Maker, desk: Desk) -> None:
    assert desk.render(make("two-hours.ts"), 7100, 7101).frames == list(range(30))


# K11: AVI without presentation times


def avi(*coding: str) -> None:
    def write(make: Maker, out: Path) -> None:
        make.numbered(out, range(240), *coding, "-c:a", "libmp3lame", sound=make.beeps(8))

    recipe(f"avi-{len(AVIS)}.avi")(write)
    AVIS.append(f"avi-{len(AVIS)}.avi")


AVIS: list[str] = []
avi(*X264, "-bf", "2")
avi(*X264, "-bf", "0")
avi(*X264, "-bf", "3", "-b_strategy", "0", "-g", "250")
avi(*MPEG4, "-bf", "2")
avi(*MPEG4, "-bf", "2", "-tag:v", "XVID")


@recipe("one.avi")
def one_avi(make: Maker, out: Path) -> None:
    make.numbered(out, [7], *X264)


@pytest.mark.further
@pytest.mark.parametrize("name", cases(AVIS, both=AVIS[:1], slow=AVIS[4:]))
@pytest.mark.parametrize("start", cases((0, 1, 3), slow=(1,)))
def test_avi_shows_the_picture_of_the_time(name: str, start: int, make: Maker, desk: Desk) -> None:
    assert desk.render(make(name), start, start + 1).frames == list(range(start * 30, start * 30 + 30))


@pytest.mark.further
@pytest.mark.parametrize("name", cases(AVIS, slow=AVIS[2:3]))
def test_avi_shows_every_picture(name: str, make: Maker, desk: Desk) -> None:
    assert desk.render(make(name)).frames == list(range(240))


def test_avi_of_one_picture(make: Maker, desk: Desk) -> None:
    assert desk.render(make("one.avi")).frames == [7]


@recipe("pause.avi")
def pause_avi(make: Maker, out: Path) -> None:
    paused = "settb=1/30,setpts=N+2*gt(N\\,0)"
    make.numbered(out, range(30), "-vf", paused, "-c:v", "mjpeg", "-q:v", "2", "-fps_mode", "passthrough")


def test_a_pause_after_the_first_picture_of_avi_lasts(make: Maker, desk: Desk) -> None:
    assert desk.render(make("pause.avi")).frames == [0, 0, *range(30)]


@recipe("early.ts")
def _early(make: Maker, out: Path) -> None:
    timed = "settb=1/90000,setpts=N*3000-4000*eq(N\\,20)"  # a third more than a frame lasts
    make.numbered(
        out, range(60), "-vf", timed, *X264, "-bf", "2", "-fps_mode", "passthrough", "-enc_time_base:v", "1/90000"
    )


def test_a_frame_with_a_time_before_the_one_it_follows_damages_nothing(make: Maker, desk: Desk) -> None:
    assert desk.render(make("early.ts")).frames == [*range(19), 20, *range(20, 60)]


@recipe("amid.flv")
def _amid(make: Maker, out: Path) -> None:
    whole = out.with_name("amid-whole.flv")
    coding = ("-c:v", "flv1", "-q:v", "2", "-g", "30", "-c:a", "libmp3lame")
    make.numbered(whole, range(90), *coding, rate="25", sound=make.beeps(3.6))
    make.run("-i", whole, "-ss", "0.4", "-c", "copy", "-copyinkf", out)


@pytest.mark.further
def test_flv_that_begins_amid_a_group_of_pictures_is_entered_at_a_key_frame(make: Maker, desk: Desk) -> None:
    assert desk.render(make("amid.flv"), 1.12, 1.8).frames[:3] == [38, 39, 40]
