"""Damaged files: what plays is rendered, what does not is held, and a refusal says up to where: K9, M6 and M7."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest

from tests.cases import cases
from tests.field import edits, mp4_edits
from tests.field.desk import Desk, Ended, clicks, near, trim
from tests.field.make import AAC, MPEG2, MPEG4, VP8, X264, Maker, recipe

SECONDS = 4
PICTURES = range(30 * SECONDS)


@recipe("sound.ts")
def whole_ts(make: Maker, out: Path) -> None:
    make.numbered(out, PICTURES, *X264, *AAC, sound=make.beeps(SECONDS))


@recipe("mpeg2.ts")
def whole_mpeg2(make: Maker, out: Path) -> None:
    make.numbered(out, PICTURES, *MPEG2, "-bf", "2", "-c:a", "mp2", sound=make.beeps(SECONDS))


LOST = {"lost-40.ts": ("sound.ts", 0.4), "lost-66.ts": ("sound.ts", 0.66), "lost-mpeg2.ts": ("mpeg2.ts", 0.4)}


def lost(name: str, make: Maker) -> Path:
    source, share = LOST[name]

    def write(make: Maker, out: Path) -> None:
        out.write_bytes(edits.without_packet(make(source).read_bytes(), share))

    return make.once(name, write)


def held_back(film: Ended, start: int = 0) -> list[int]:
    """Frames that show the picture before theirs; every other one must show its own."""
    late = []
    for place, number in enumerate(film.frames):
        if number != place + start:
            assert number == film.frames[place - 1], f"frame {place} shows {number}"
            late.append(place)
    return late


@pytest.mark.parametrize("name", cases(LOST, both=("lost-40.ts",)))
def test_a_clip_after_the_damage_is_as_without_it(name: str, make: Maker, desk: Desk) -> None:
    film = desk.render(lost(name, make), 3, 3.5)
    assert film.frames == list(range(90, 105))
    assert not film.held
    assert near(film.onsets, [0], within=0.03)


@pytest.mark.parametrize("name", LOST)
def test_a_clip_before_the_damage_is_as_without_it(name: str, make: Maker, desk: Desk) -> None:
    film = desk.render(lost(name, make), 0.2, 0.8)
    assert film.frames == list(range(6, 24))
    assert not film.held


@pytest.mark.further
@pytest.mark.parametrize("name", cases(LOST, both=("lost-40.ts", "lost-mpeg2.ts")))
def test_damaged_pictures_are_held_and_listed(name: str, make: Maker, desk: Desk) -> None:
    film = desk.render(lost(name, make))
    late = held_back(film)
    assert len(film.frames) == len(PICTURES)
    assert late
    assert len(late) <= 30  # one group of pictures
    assert film.held
    ranges = [(float(start), float(end)) for start, end in map(spelled, film.held)]
    for place in late:
        assert any(start - 0.02 <= place / 30 < end + 0.02 for start, end in ranges), (place, ranges)
    assert film.notices
    assert near(film.onsets, [k / 2 for k in range(8)], within=0.03)


def spelled(held: Any) -> tuple[float, float]:
    """A held range in seconds, whether the plan has a list or an object."""
    start, end = (held["start"], held["end"]) if isinstance(held, dict) else held
    return float(Fraction(str(start))), float(Fraction(str(end)))


@pytest.mark.further
@pytest.mark.parametrize("name", LOST)
def test_damage_is_refused_where_asked(name: str, make: Maker, desk: Desk) -> None:
    for ended in (
        desk.render(lost(name, make), reel={"damage": "refuse"}),
        desk.render(lost(name, make), damage="refuse"),
    ):
        assert (ended.codes, ended.exit_code) == (["RC604"], 6)


@recipe("lost-sound.ts")
def lost_sound(make: Maker, out: Path) -> None:
    part = make.once("tone-and-pictures.ts", tone_and_pictures)
    out.write_bytes(edits.without_packet(part.read_bytes(), 0.4, edits.SOUND_PID))


def tone_and_pictures(make: Maker, out: Path) -> None:
    make.numbered(out, PICTURES, *X264, "-c:a", "mp2", "-b:a", "256k", sound=make.tone(SECONDS))


@pytest.mark.further
def test_damaged_sound_is_silent_and_leaves_the_pictures(make: Maker, desk: Desk) -> None:
    film = desk.render(make("lost-sound.ts"))
    assert film.frames == list(PICTURES)
    assert clicks(film.sound, 440) == [] or all(1.3 < at < 1.9 for at in clicks(film.sound, 440))
    assert film.notices


@recipe("rotten.ts")
def rotten(make: Maker, out: Path) -> None:
    out.write_bytes(edits.rotten_packet(make("mpeg2.ts").read_bytes(), 0.4))


def test_a_file_that_is_straightened_for_another_reason_says_what_it_holds(make: Maker, desk: Desk) -> None:
    """Its container has no index; that it is damaged is known only when a frame does not decode."""
    film = desk.render(make("rotten.ts"))
    late = held_back(film)
    ((start, end),) = map(spelled, film.held)
    assert late[0] - 0.5 < start * 30 < late[0] + 0.5
    assert late[-1] + 0.5 < end * 30 < late[-1] + 1.5
    assert any("the frame before is held there" in warning for warning in film.answer["warnings"])


@recipe("rotten-sound.mp4")
def rotten_sound(make: Maker, out: Path) -> None:
    """A packet of the sound, at about 2 s, is noise."""
    part = out.with_name(f"{out.name}-part.mp4")
    make.numbered(part, PICTURES, *X264, *AAC, sound=make.tone(SECONDS))
    data = bytearray(part.read_bytes())
    with av.open(str(part)) as whole:
        lost = [packet for packet in whole.demux(audio=0) if packet.size][94]
    assert lost.pos is not None
    data[lost.pos : lost.pos + lost.size] = b"\xff" * lost.size
    out.write_bytes(data)


@pytest.mark.parametrize("mute", [False, pytest.param(True, marks=pytest.mark.further)])
def test_sound_that_does_not_decode_is_told_where_it_is_heard(mute: bool, make: Maker, desk: Desk) -> None:
    film = desk.render(make("rotten-sound.mp4"), mute=mute)
    assert film.frames == list(PICTURES)
    told = [warning for warning in film.answer["warnings"] if "the sound is damaged once, at 1.98 s" in warning]
    assert len(told) == (not mute)


# Files that end too early

FRAGMENTED = ("-movflags", "frag_keyframe+empty_moov+default_base_moof")
CUT: dict[str, tuple[str, ...]] = {
    "cut.mkv": (*X264, *AAC),
    "cut.webm": (*VP8, "-c:a", "libopus"),
    "cut.mp4": (*X264, *AAC, *FRAGMENTED),
    "cut.flv": (*X264, *AAC),
    "cut.ts": (*X264, *AAC),
    "cut.mpg": (*MPEG2, "-c:a", "mp2"),
    "cut.avi": (*MPEG4, "-c:a", "libmp3lame"),
    "cut.ogv": ("-c:v", "libtheora", "-q:v", "8", "-g", "30", "-c:a", "libvorbis", "-page_duration", "100000"),
    "cut.wmv": ("-c:v", "wmv2", "-q:v", "2", "-g", "30", "-c:a", "wmav2"),
}


def cut(name: str, make: Maker) -> Path:
    def whole(make: Maker, out: Path) -> None:
        make.numbered(out, PICTURES, *CUT[name], sound=make.beeps(SECONDS))

    def part(make: Maker, out: Path) -> None:
        data = make.once(f"un{name}", whole).read_bytes()
        out.write_bytes(data[: len(data) * 6 // 10])

    return make.once(name, part)


@pytest.mark.further
@pytest.mark.parametrize("name", cases(CUT, both=("cut.mkv", "cut.mp4", "cut.flv")))
def test_what_is_whole_of_a_file_cut_short_is_rendered(name: str, make: Maker, desk: Desk) -> None:
    film = desk.render(cut(name, make), 0.5, 1.5)
    assert film.frames == list(range(15, 45))
    assert near([onset for onset in film.onsets if onset < 0.95], [0, 0.5], within=0.06)


@pytest.mark.parametrize("name", cases(CUT, both=("cut.mkv",), slow=("cut.webm", "cut.mpg", "cut.wmv", "cut.ogv")))
def test_a_clip_beyond_the_end_of_a_file_cut_short_is_refused_with_its_end(name: str, make: Maker, desk: Desk) -> None:
    ended = desk.render(cut(name, make), 3.6, 3.9)
    assert ended.codes in (["RC201"], ["RC604"])
    assert any(1.5 < float(named) < 3.3 for named in re.findall(r"([\d.]+) s\b", ended.stderr)), ended.stderr


@pytest.mark.further
@pytest.mark.parametrize("name", cases(CUT, both=("cut.flv",), slow=("cut.webm", "cut.mpg", "cut.wmv", "cut.ogv")))
def test_the_whole_of_a_file_cut_short_ends_where_it_is_whole(name: str, make: Maker, desk: Desk) -> None:
    film = desk.render(cut(name, make))
    assert 45 <= len(film.frames) < len(PICTURES)
    assert film.frames[:45] == list(range(45))
    late = [place for place in held_back(film) if place < len(film.frames) - REORDERED]
    assert not late or film.notices


REORDERED = 6
"""The last pictures in order of presentation can be absent where a later one is there, which refers to them."""


@recipe("cut-index.mp4")
def cut_index(make: Maker, out: Path) -> None:
    """An index first, which promises more bytes than there are."""
    part = out.with_name(f"{out.name}-part.mp4")
    make.numbered(part, PICTURES, *X264, *AAC, "-movflags", "+faststart", sound=make.beeps(SECONDS))
    data = part.read_bytes()
    out.write_bytes(data[: len(data) * 7 // 10])


def test_an_index_that_promises_more_than_there_is(make: Maker, desk: Desk) -> None:
    assert desk.render(make("cut-index.mp4"), 0.5, 1.5).frames == list(range(15, 45))


@recipe("cut-end.ts")
def cut_end(make: Maker, out: Path) -> None:
    out.write_bytes(make("sound.ts").read_bytes()[:-1040])


@recipe("longer-pes.ts")
def longer_pes(make: Maker, out: Path) -> None:
    out.write_bytes(edits.longer_pes(make("sound.ts").read_bytes()))


@pytest.mark.parametrize("name", ["cut-end.ts", "longer-pes.ts"])
@pytest.mark.both_builds
def test_blemishes_of_a_file_that_plays(name: str, make: Maker, desk: Desk) -> None:
    film = desk.render(make(name), 1, 2)
    assert film.frames == list(range(30, 60))
    assert near(film.onsets, [0, 0.5], within=0.03)


@recipe("middle-lost.mkv")
def middle_lost(make: Maker, out: Path) -> None:
    """A sector of zeros amid a file."""
    part = out.with_name(f"{out.name}-part.mkv")
    make.numbered(part, PICTURES, *X264, *AAC, sound=make.beeps(SECONDS))
    data = bytearray(part.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 512] = bytes(512)
    out.write_bytes(data)


@recipe("middle-lost.mp4")
def middle_lost_mp4(make: Maker, out: Path) -> None:
    part = out.with_name(f"{out.name}-part.mp4")
    make.numbered(part, PICTURES, *X264, *AAC, sound=make.beeps(SECONDS))
    data = bytearray(part.read_bytes())
    middle = len(data) * 2 // 5
    data[middle : middle + 512] = bytes(512)
    out.write_bytes(data)


@pytest.mark.further
@pytest.mark.parametrize("name", ["middle-lost.mkv", "middle-lost.mp4"])
def test_a_lost_sector_is_held(name: str, make: Maker, desk: Desk) -> None:
    film = desk.render(make(name))
    assert len(film.frames) == len(PICTURES)
    assert held_back(film)
    assert film.held or any("damaged" in notice for notice in film.notices)
    assert desk.render(make(name), 3.1, 3.6).frames == list(range(93, 108))


def _without(make: Maker, out: Path, chosen: Callable[[list[Any]], list[Any]]) -> None:
    """The numbered pictures, of whose packets the chosen ones are zeros."""
    part = out.with_name(f"{out.name}-part.mp4")
    make.numbered(part, PICTURES, *X264)
    data = bytearray(part.read_bytes())
    with av.open(str(part)) as whole:
        packets = [packet for packet in whole.demux(video=0) if packet.size]
    for lost in chosen(packets):
        assert lost.pos is not None
        data[lost.pos : lost.pos + lost.size] = bytes(lost.size)
    out.write_bytes(data)


@recipe("twice-lost.mp4")
def twice_lost(make: Maker, out: Path) -> None:
    """Two pictures of zeros, one in each half."""
    _without(
        make,
        out,
        lambda packets: [max(packets[n - 3 : n + 3], key=lambda packet: packet.size) for n in (45, 105)],
    )


@pytest.mark.further
def test_every_clip_of_a_damaged_file_says_where_it_is_held(make: Maker, desk: Desk) -> None:
    """Whichever of them fails first."""
    media = str(make("twice-lost.mp4"))
    clips = [{"id": f"from-{start}", "media": media, "segments_data": trim(start, start + 2)} for start in (0, 2)]
    out = desk.folder / "film.mov"
    film = desk.run("render", desk.reel(*clips), "-o", str(out), "--progress", "none", "--json", out=out)
    late = held_back(film)
    warned = film.answer["warnings"]
    told = [re.findall(r"(/clips/\d)/media.* ([\d.]+) \.\. ([\d.]+) s;", notice)[0] for notice in warned]
    begun = late[0], next(place for place in late if place >= 60)
    assert [(clip, round(float(first) * 30), round(float(until) * 30)) for clip, first, until in told] == [
        ("/clips/0", begun[0], 60),
        ("/clips/1", begun[1], 119),
    ]


@recipe("key-lost.mp4")
def key_lost(make: Maker, out: Path) -> None:
    """The key frame at 2 s is zeros."""
    _without(make, out, lambda packets: [[packet for packet in packets if packet.is_keyframe][2]])


@pytest.mark.parametrize("start", [2, 2.4])
def test_a_clip_that_begins_after_a_damaged_key_frame_holds_the_frame_before_it(
    start: float, make: Maker, desk: Desk
) -> None:
    film = desk.render(make("key-lost.mp4"), start, 3.2)
    assert film.frames == [59] * round((3 - start) * 30) + list(range(90, 96))
    assert any(f"damaged at {start:g} .. 3 s" in notice for notice in film.notices)


@recipe("reordered.mp4")
def reordered(make: Maker, out: Path) -> None:
    make.numbered(out, range(60), *X264, "-x264-params", "bframes=2:b-adapt=0:scenecut=0")


@pytest.mark.parametrize("end", [34, 35, 36])
def test_what_an_edit_list_leaves_out_is_no_damage(end: int, make: Maker, desk: Desk) -> None:
    """The last pictures of the edit are predicted from one after it."""
    path = desk.folder / "edited.mp4"
    whole = mp4_edits.sync_samples(make("reordered.mp4").read_bytes(), 1, 60)
    at = whole.index(b"elst") + 12
    path.write_bytes(whole[:at] + (end * 1000 // 30).to_bytes(4) + whole[at + 4 :])
    film = desk.render(path)
    assert film.frames == list(range(end))


# M7: seeks trusted too much


@recipe("constant.avi")
def constant_avi(make: Maker, out: Path) -> None:
    part = out.with_name(f"{out.name}-part.avi")
    coding = (*MPEG4, "-bf", "0", "-c:a", "ac3", "-b:a", "448k")
    make.numbered(part, range(300), *coding, rate="25", sound=make.beeps(12))
    out.write_bytes(edits.constant_chunks(part.read_bytes(), 56_000, 2240))


@pytest.mark.parametrize("start", cases((6, 8), both=(8,), slow=(6,)))
def test_sound_whose_chunks_begin_amid_its_frames(start: int, make: Maker, desk: Desk) -> None:
    film = desk.render(
        make("constant.avi"), start, start + 0.48, reel={"canvas": {"width": 160, "height": 90, "fps": 25}}
    )
    assert film.frames == list(range(start * 25, start * 25 + 12))
    assert near(film.onsets, [0], within=0.04)


@recipe("long-gop.mp4")
def long_gop(make: Maker, out: Path) -> None:
    make.numbered(out, range(200), "-c:v", "mpeg4", "-q:v", "2", "-g", "1000", "-bf", "0", rate="25")


@recipe("long-gop-h264.mp4")
def long_gop_h264(make: Maker, out: Path) -> None:
    make.numbered(out, range(200), *X264, "-g", "1000", "-x264-params", "scenecut=0", rate="25")


@recipe("false-keys.mp4")
def false_keys(make: Maker, out: Path) -> None:
    out.write_bytes(mp4_edits.sync_samples(make("long-gop.mp4").read_bytes(), 50, 200))


@recipe("false-keys-h264.mp4")
def false_keys_h264(make: Maker, out: Path) -> None:
    out.write_bytes(mp4_edits.sync_samples(make("long-gop-h264.mp4").read_bytes(), 50, 200))


@pytest.mark.parametrize("name", ["false-keys.mp4", "false-keys-h264.mp4"])
@pytest.mark.both_builds
def test_key_frames_that_are_none_are_not_trusted(name: str, make: Maker, desk: Desk) -> None:
    whole = desk.render(make(name.replace("false-keys", "long-gop")), 5.4, 5.8)
    film = desk.render(make(name), 5.4, 5.8)
    assert film.frames == whole.frames == [135 + (2 + 5 * k) // 6 for k in range(12)]
    assert (film.picture(6) == whole.picture(6)).all()
