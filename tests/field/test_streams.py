"""Files whose streams come in unusual orders and numbers: M1, M8, M10, M11 and M13."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from compiler.previews import Patience, make_proxy
from compiler.supervise.ffmpeg import find_build
from compiler.supervise.probe import probe
from tests.cases import cases
from tests.field import mp4_edits, paff
from tests.field.desk import Desk, near
from tests.field.make import AAC, MPEG2, MPEG4, X264, Maker, recipe
from tests.footage import read

SUBTITLES = "1\n00:00:00,000 --> 00:00:01,000\nhi\n"


def subtitles(out: Path) -> Path:
    path = out.with_name(f"{out.name}.srt")
    path.write_text(SUBTITLES)
    return path


def with_streams(make: Maker, out: Path, order: str, *more: object) -> None:
    """A file with its streams in that order: v picture, a sound, s subtitles."""
    part = out.with_name(f"{out.name}-part.mkv")
    make.numbered(part, range(60), *X264, *AAC, sound=make.beeps(2))
    maps = [word for stream in order for word in ("-map", "1:0" if stream == "s" else f"0:{stream}")]
    make.run("-i", part, "-i", subtitles(out), *maps, "-c", "copy", *more, out)


@recipe("subtitles-first.mkv")
def subtitles_first(make: Maker, out: Path) -> None:
    with_streams(make, out, "sva")


@recipe("subtitles-first.mp4")
def subtitles_first_mp4(make: Maker, out: Path) -> None:
    with_streams(make, out, "sav", "-c:s", "mov_text")


@recipe("sound-first.mkv")
def sound_first(make: Maker, out: Path) -> None:
    with_streams(make, out, "asv")


@recipe("dvd.vob")
def dvd_vob(make: Maker, out: Path) -> None:
    coding = (*MPEG2, "-c:a", "mp2", "-b:a", "192k", "-f", "dvd")
    make.numbered(out, range(60), *coding, sound=make.beeps(2))


@recipe("dvd-ac3.vob")
def dvd_ac3(make: Maker, out: Path) -> None:
    make.numbered(out, range(60), *MPEG2, "-c:a", "ac3", "-f", "dvd", sound=make.beeps(2))


ORDERS = ("subtitles-first.mkv", "subtitles-first.mp4", "sound-first.mkv", "dvd.vob", "dvd-ac3.vob")


@pytest.mark.parametrize("name", cases(ORDERS, both=("subtitles-first.mkv", "dvd.vob")))
def test_streams_in_any_order(name: str, make: Maker, desk: Desk) -> None:
    film = desk.render(make(name), 0.5, 1.5)
    assert film.frames == list(range(15, 45))
    assert near(film.onsets, [0, 0.5], within=0.03)


@recipe("two-pictures.mp4")
def two_pictures(make: Maker, out: Path) -> None:
    make.numbered(out, [5, 6], "-map", "1:a", "-map", "0:v", *X264, *AAC, sound=make.beeps(2))


def test_sound_before_two_pictures(make: Maker, desk: Desk) -> None:
    film = desk.render(make("two-pictures.mp4"), 0, 0.5)
    assert film.frames == [5, *[6] * 14]


# M10


@pytest.mark.parametrize("codec", ["mpeg1video", "mpeg2video"])
@pytest.mark.parametrize("sound", [True, False])
def test_a_programme_stream_of_one_picture(codec: str, sound: bool, make: Maker, desk: Desk) -> None:
    def write(make: Maker, out: Path) -> None:
        coding = ("-c:v", codec, "-q:v", "2", "-c:a", "mp2")
        make.numbered(out, [9], *coding, rate="25", sound=make.beeps(0.04) if sound else None)

    assert desk.render(make.once(f"one-{codec}-{sound}.mpg", write)).frames == [9]


# M11


FRAGMENTS = ("-movflags", "frag_keyframe+empty_moov+default_base_moof")


@recipe("fragments.mp4")
def fragments(make: Maker, out: Path) -> None:
    make.numbered(out, range(120), *X264, *AAC, *FRAGMENTS, sound=make.beeps(4))


@recipe("fragments-of-more.mp4")
def fragments_of_more(make: Maker, out: Path) -> None:
    out.write_bytes(mp4_edits.media_length(make("fragments.mp4").read_bytes(), 3900))


@pytest.mark.further
@pytest.mark.parametrize("name", ["fragments.mp4", "fragments-of-more.mp4"])
@pytest.mark.both_builds
def test_fragments_are_as_long_as_their_packets(name: str, make: Maker, desk: Desk) -> None:
    assert desk.render(make(name)).frames == list(range(120))
    assert desk.render(make(name), 3, 3.5).frames == list(range(90, 105))


# M13: proxies


def proxied(media: Path, folder: Path) -> list[int | None]:
    """The numbers in the pictures of a file's proxy."""
    work, out = folder / "work", folder / "proxy.mp4"
    work.mkdir()
    asyncio.run(make_proxy(probe(media), find_build(os.environ["REELC_FFMPEG"]), work, out, Patience(30, 60)))
    return [frame.codes[0] for frame in read.frames(out)]


PROXIED: dict[str, tuple[str, tuple[str, ...]]] = {
    "plain30.avi": ("30", (*MPEG4, "-c:a", "libmp3lame")),
    "plain25.avi": ("25", (*MPEG4, "-c:a", "pcm_s16le")),
    "h264.mpg": ("30", (*X264, "-c:a", "mp2", "-f", "mpeg")),
    "coarse.mov": ("24", (*X264, *AAC, "-video_track_timescale", "24")),
}
"""Coarse clocks beside a sound, and pictures of which not each is stamped."""


@pytest.mark.parametrize("name", cases(PROXIED, both=("plain25.avi", "h264.mpg")))
def test_a_proxy_shows_every_picture(name: str, make: Maker, tmp_path: Path, desk: Desk) -> None:
    rate, coding = PROXIED[name]

    def write(make: Maker, out: Path) -> None:
        make.numbered(out, range(60), *coding, rate=rate, sound=make.beeps(2))

    assert proxied(make.once(f"proxied-{name}", write), tmp_path) == list(range(60))


@pytest.mark.further
def test_pictures_without_stamps_of_their_own_are_even(make: Maker, desk: Desk) -> None:
    """A program stream of H.264 stamps some pictures; the others follow at the stream's rate."""

    def write(make: Maker, out: Path) -> None:
        make.numbered(out, range(60), *PROXIED["h264.mpg"][1], sound=make.beeps(2))

    path = make.once("proxied-h264.mpg", write)
    assert not desk.probe(path)["video"]["ticks"]
    assert desk.render(path, 0.5, 1.5).frames == list(range(15, 45))


@pytest.mark.further
@pytest.mark.both_builds
@pytest.mark.parametrize(
    "coding", [(*X264, "-g", "15", "-crf", "24", "-c:a", "mp2"), (*MPEG2, "-g", "15", "-bf", "2", "-c:a", "ac3")]
)
def test_late_parts_of_program_streams_are_entered_at_whole_packets(
    coding: tuple[str, ...], make: Maker, desk: Desk
) -> None:
    """Pictures and sounds begin amid the packets of the container, and not each is stamped."""

    def write(make: Maker, out: Path) -> None:
        make.numbered(out, range(150), *coding, "-f", "mpeg", sound=make.beeps(5))

    film = desk.render(make.once(f"late-{coding[1]}.mpg", write), 3.2, 4.6)
    assert film.frames == list(range(96, 138))
    assert near(film.onsets, [0.3, 0.8, 1.3])


@pytest.mark.further
@pytest.mark.parametrize("ending", cases((".ts", ".mp4"), both=(".mp4",)))
def test_a_gradual_refresh_is_not_entered(ending: str, make: Maker, desk: Desk) -> None:
    """It is called a key frame, but pictures are whole only a group later."""

    def write(make: Maker, out: Path) -> None:
        make.numbered(out, range(120), *X264, "-g", "60", "-x264-params", "intra-refresh=1")

    assert desk.render(make.once(f"gradual{ending}", write), 2.7, 3.3).frames == list(range(81, 99))


# M8: fields that are pictures of their own


@pytest.mark.further
@pytest.mark.parametrize("ending", cases((".ts", ".mkv", ".mp4"), both=(".ts",)))
def test_every_picture_of_two_fields_is_shown_once(ending: str, make: Maker, desk: Desk) -> None:
    def write(make: Maker, out: Path) -> None:
        fields = out.with_name(f"{out.name}.h264")
        paff.write(fields, range(31))
        stamped = "setts=ts=N/60/TB:duration=1/60/TB"  # a field each: the demuxer of bare streams loses count
        make.run("-f", "h264", "-i", fields, "-c", "copy", "-bsf:v", stamped, out)

    path = make.once(f"fields{ending}", write)
    assert desk.render(path).frames == list(range(31))
    assert desk.render(path, 0.5, 0.8).frames == list(range(15, 24))
    assert desk.probe(path)["video"]["frames"] in (31, None)
