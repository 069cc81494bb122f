from __future__ import annotations

import os
import struct
import sys
import zlib
from collections.abc import Awaitable, Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from compiler.errors import Loc, ReelError, ReelErrors
from compiler.supervise import probe as probing
from compiler.supervise.children.fork_server import start_fork
from compiler.supervise.children.reach import Reach
from compiler.supervise.children.sandbox import Child, ChildLimits, start
from compiler.supervise.probe import fault_of, probe, probe_all
from compiler.supervise.record import NOT_FACTS, checked_media, media_of, recorded
from tests.supervise.conftest import Made, python_reach

LARGE = 3 << 30
"""Bytes of a file of zeros, which takes no space: more than a child may have."""

SOUNDS = (("short", "mp4"), ("long", "mkv"), ("very_late", "mkv"))
LOC = Loc("dunk", "/clips/0/media")


def refusal(path: Path) -> ReelError:
    with pytest.raises(ReelError) as caught:
        probe(path, LOC)
    assert caught.value.loc == LOC
    assert f'"{path.name}"' in caught.value.message
    assert caught.value.hint
    return caught.value


@pytest.mark.parametrize(
    ("name", "format", "codec", "time_base"),
    [
        ("plain.mp4", "mov", "h264", Fraction(1, 15360)),
        ("plain.mkv", "matroska", "h264", Fraction(1, 1000)),
        ("plain.ts", "mpegts", "h264", Fraction(1, 90000)),
        ("plain.avi", "avi", "mpeg4", Fraction(1, 30)),
    ],
)
def test_the_picture_of_every_container(made: Made, name: str, format: str, codec: str, time_base: Fraction) -> None:
    media = probe(made(name))
    video = media.video
    assert (media.path, media.format, media.size) == (str(made(name)), format, made(name).stat().st_size)
    assert (video.codec, video.width, video.height, video.pix_fmt) == (codec, 64, 64, "yuv420p")
    assert (video.rate, video.time_base) == (Fraction(30), time_base)
    assert (video.end, video.frames) == (Fraction(2), 60)
    assert not video.variable
    assert not video.interlaced
    assert (video.sar, video.rotation) == (Fraction(1), 0)


def test_the_sound(made: Made) -> None:
    audio = probe(made("plain.mp4")).audio
    assert audio
    assert (audio.codec, audio.sample_rate, audio.channels, audio.layout) == ("aac", 48000, 1, "mono")
    assert (audio.index, audio.time_base, audio.first, audio.end) == (1, Fraction(1, 48000), Fraction(0), Fraction(2))
    assert probe(made("silent.mp4")).audio is None


def test_a_transport_stream_starts_late_and_source_time_does_not(made: Made) -> None:
    media = probe(made("plain.ts"))
    assert media.audio
    assert media.start == min(media.video.first, media.audio.first)
    assert media.video.first > 1
    assert media.video.end == 2


def test_ntsc_with_reordered_frames_is_exact(made: Made) -> None:
    video = probe(made("ntsc.mp4")).video
    assert (video.rate, video.first) == (Fraction(30000, 1001), Fraction(0))
    assert (video.end, video.frames) == (60 / video.rate, 60)
    assert not video.variable


def test_sound_that_starts_late_is_on_the_pictures_clock(made: Made) -> None:
    exact, primed = probe(made("late_sound.mkv")).audio, probe(made("late_sound.mp4")).audio
    assert exact
    assert primed
    assert (exact.first, exact.end, primed.end) == (Fraction(1, 2), Fraction(1499, 1000), Fraction(3, 2))
    # After an empty edit ffmpeg presents the encoder's priming too, and the probe must agree.
    assert primed.first == Fraction(1, 2) - Fraction(1024, 48000)


@pytest.mark.parametrize(
    ("name", "sar", "displayed"), [("sar.mp4", Fraction(4, 3), (85, 64)), ("tall_sar.mkv", Fraction(1, 2), (64, 128))]
)
def test_pixels_that_are_not_square(made: Made, name: str, sar: Fraction, displayed: tuple[int, int]) -> None:
    video = probe(made(name)).video
    assert (video.sar, video.displayed) == (sar, displayed)


@pytest.mark.parametrize("name", ["vfr.mp4", "late_change.mkv"])
def test_uneven_frames_are_seen_wherever_they_are(made: Made, name: str) -> None:
    video = probe(made(name)).video
    assert video.variable
    assert len(video.ticks) == video.frames


@pytest.mark.further
@pytest.mark.parametrize("name", ["long.mp4", "long.mkv", "long.avi"])
def test_the_end_of_a_long_file_is_found_from_a_seek(made: Made, name: str) -> None:
    video = probe(made(name)).video
    assert abs(video.end - 24) <= Fraction(1, 1000)
    assert not video.variable


@pytest.mark.further
def test_sound_that_ends_or_starts_far_from_the_picture(made: Made) -> None:
    short, long, late = (probe(made(f"{name}_sound.{kind}")) for name, kind in SOUNDS)
    assert late.audio
    assert late.audio.first == 12
    assert late.video.first == 0  # sound that is late changes no time
    assert short.audio
    assert long.audio
    assert (short.video.end, short.audio.end) == (Fraction(24), Fraction(3))
    assert (short.audio.first, long.audio.first) == (Fraction(0), Fraction(0))
    assert long.video.shown
    assert (abs(long.video.shown - 8) <= Fraction(1, 1000), round(long.audio.end)) == (True, 40)
    assert long.video.end == long.audio.end  # the last frame is held as long as there is sound


def test_one_frame_lasts_one_frame(made: Made) -> None:
    video = probe(made("one_frame.mp4")).video
    assert (video.frames, video.end) == (1, Fraction(1, 30))


def test_the_smallest_picture(made: Made) -> None:
    assert probe(made("dot.mkv")).video.displayed == (1, 1)


def test_interlacing_and_colour(made: Made) -> None:
    assert probe(made("interlaced.mp4")).video.fields == "auto"
    tagged, jpeg = probe(made("tagged.mp4")).video, probe(made("jpeg.avi")).video
    assert (tagged.color_range, tagged.color_space) == ("tv", "bt709")
    assert (tagged.color_primaries, tagged.color_transfer) == ("bt709", "smpte2084")
    assert (jpeg.color_range, jpeg.color_primaries) == ("pc", None)


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_rotation_is_what_ffmpeg_applies(made: Made, ffmpeg: Callable[..., bytes], tmp_path: Path, turn: int) -> None:
    turned = tmp_path / "turned.mp4"
    ffmpeg("-display_rotation", str(turn), "-i", made("corner.mp4"), "-c", "copy", turned)
    video = probe(turned).video
    width, height = video.displayed
    decoded = ffmpeg("-i", turned, "-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "gray", "-")
    assert len(decoded) == width * height
    corners = {(x, y): decoded[y * (height - 1) * width + x * (width - 1)] for x in (0, 1) for y in (0, 1)}
    clockwise = {0: (0, 0), 90: (1, 0), 180: (1, 1), 270: (0, 1)}
    assert max(corners, key=lambda at: corners[at]) == clockwise[video.rotation]


def test_cover_art_is_no_picture(made: Made, ffmpeg: Callable[..., bytes], tmp_path: Path) -> None:
    covered, filmed = tmp_path / "song.m4a", tmp_path / "filmed.mp4"
    cover = ("-i", made("cover.png"), "-map", "0", "-map", "1", "-c", "copy")
    ffmpeg("-i", made("sound.m4a"), *cover, "-disposition:v:0", "attached_pic", covered)
    assert refusal(covered).code == "RC605"
    ffmpeg("-i", made("plain.mp4"), *cover, "-disposition:v:1", "attached_pic", filmed)
    assert probe(filmed).video.codec == "h264"


def test_a_film_larger_than_the_memory_of_its_reader(made: Made, tmp_path: Path) -> None:
    path = tmp_path / "hours.mp4"
    path.write_bytes(made("plain.mp4").read_bytes() + struct.pack(">I4sQ", 1, b"free", LARGE))
    os.truncate(path, path.stat().st_size + LARGE - 16)
    assert probe(path).video.frames == 60


def test_an_image_larger_than_the_memory_of_its_reader(tmp_path: Path) -> None:
    path = tmp_path / "hours.gif"
    path.write_bytes(b"GIF89a" + bytes(32))
    os.truncate(path, LARGE)
    assert refusal(path).code == "RC606"


def test_sound_alone_is_refused(made: Made) -> None:
    assert refusal(made("sound.m4a")).code == "RC605"


@pytest.mark.parametrize("name", ["long.mp4", "long.mkv", "long.avi"])
def test_a_file_cut_short_says_so(made: Made, tmp_path: Path, name: str) -> None:
    short = tmp_path / name
    whole = made(name).read_bytes()
    short.write_bytes(whole[: len(whole) // 2])
    media = probe(short)
    assert "cut short" in media.cut_short
    assert media.notices == (f"the file {media.cut_short}",)
    assert 9 < media.video.end < 15
    assert media.video.straightened == ("it is damaged",)


def test_a_file_cut_short_says_where(made: Made, tmp_path: Path) -> None:
    short = tmp_path / "short.mp4"
    whole = made("long.mp4").read_bytes()
    short.write_bytes(whole[: len(whole) // 2])
    media = probe(short)
    assert "it states 24.0 s" in media.cut_short
    assert media.cut_short.endswith(f"end at {float(media.video.end):.1f} s")


def test_a_file_without_its_index(made: Made, tmp_path: Path) -> None:
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(made("plain.mp4").read_bytes()[:20_000])
    error = refusal(cut)
    assert (error.code, error.detail) == ("RC604", "moov atom not found")


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("", "RC604", "empty"),
        ("once upon a time", "RC604", "not a video file"),
        ("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nplain.ts\n#EXT-X-ENDLIST\n", "RC606", "HLS playlist"),
        ("\ufeff#EXTM3U\n#EXTINF:2,\nfile:///etc/passwd\n", "RC606", "HLS playlist"),
        ("ffconcat version 1.0\nfile plain.mp4\n", "RC606", "concat script"),
        (";FFMETADATA1\ntitle=x\n", "RC606", "metadata"),
        ("v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nm=video 5004 RTP/AVP 96\n", "RC606", "SDP"),
        ("<?xml version='1.0'?><MPD></MPD>", "RC606", "XML"),
    ],
)
def test_texts_that_call_themselves_films(tmp_path: Path, text: str, code: str, said: str) -> None:
    path = tmp_path / "film.mp4"
    path.write_text(text)
    error = refusal(path)
    assert error.code == code
    assert said in error.message


def test_formats_and_codecs_are_a_list_of_what_is_allowed(made: Made) -> None:
    still, exotic = refusal(made("drawing.bmp")), refusal(made("magic.mkv"))
    assert (still.code, exotic.code) == ("RC606", "RC606")
    assert "format" in still.message
    assert "MagicYUV" in exotic.message


@pytest.mark.parametrize("honest", [True, False], ids=["stated by the container", "hidden in the picture"])
def test_too_many_pixels_are_refused_before_they_are_decoded(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, honest: bool
) -> None:
    claimed = made("still.mkv").read_bytes()
    header = claimed.index(b"IHDR")
    grown = b"IHDR" + struct.pack(">II", 16000, 16000) + claimed[header + 12 : header + 17]
    claimed = claimed[:header] + grown + struct.pack(">I", zlib.crc32(grown)) + claimed[header + 21 :]
    if honest:
        for name in (b"\xb0\x82", b"\xba\x82"):  # PixelWidth, PixelHeight
            claimed = claimed.replace(name + struct.pack(">H", 1000), name + struct.pack(">H", 16000), 1)
    huge = tmp_path / "huge.mkv"
    huge.write_bytes(claimed)
    # The decoded picture has 768 MB: the probe refuses it within less than half of that.
    monkeypatch.setattr(probing, "LIMITS", ChildLimits(memory=350 << 20, file=0, files=64, cpu=60))
    error = refusal(huge)
    assert error.code == "RC606"
    assert "16000x16000" in error.message


def test_what_is_not_a_file(tmp_path: Path, made: Made) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    assert refusal(tmp_path / "missing.mp4").code == "RC603"
    assert refusal(made("plain.mp4") / "inside.mp4").code == "RC603"
    assert refusal(tmp_path).code == "RC604"
    assert refusal(tmp_path / "pipe.mp4").code == "RC604"


@pytest.mark.skipif(os.geteuid() == 0, reason="root can read everything")
def test_a_file_that_may_not_be_read(tmp_path: Path) -> None:
    path = tmp_path / "secret.mp4"
    path.touch(mode=0)
    assert refusal(path).code == "RC604"


@pytest.mark.parametrize(
    "name",
    [
        "-i.mp4",
        "concat:a|b.mp4",
        "http:x.mp4",
        "a\nb.mp4",
        "%d.mp4",
        "[0:v] ;'\\.mp4",
        "фильм ☃.mp4",
        "\udcff.mp4",
        "a\x1b[2J.mp4",
    ],
)
def test_a_name_is_only_a_name(made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    Path(name).write_bytes(made("silent.mp4").read_bytes())
    assert probe(Path(name)).video.end == 2
    Path(name).write_bytes(b"")
    with pytest.raises(ReelError) as caught:
        probe(Path(name))
    assert caught.value.message.isprintable()


def test_every_error_is_reported_and_every_file_opened_once(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Path] = []
    ask = probing.question

    async def counted(name: str, path: Path, *rest: Fraction, loc: Loc) -> object:
        asked.append(path)
        return await ask(name, path, *rest, loc=loc)

    monkeypatch.setattr(probing, "question", counted)
    good, first, second = made("plain.mp4"), tmp_path / "1.mp4", tmp_path / "2.mp4"
    wanted = [good, first, good, second, first]
    with pytest.raises(ReelErrors) as caught:
        probe_all([(path, Loc(str(n))) for n, path in enumerate(wanted)])
    assert [(error.code, error.loc.clip) for error in caught.value.exceptions if isinstance(error, ReelError)] == [
        ("RC603", "1"),
        ("RC603", "3"),
    ]
    assert sorted(asked) == sorted([good, first, second])
    assert list(probe_all([(good, Loc()), (made("plain.mkv"), Loc())])) == [good, made("plain.mkv")]


@pytest.mark.parametrize(
    ("program", "code"),
    [
        ("import os; os.kill(os.getpid(), 11)", "RC606"),
        ("raise MemoryError", "RC606"),
        ("import time; time.sleep(60)", "RC604"),
        ("raise ValueError('a bug')", "RC901"),
        ("while True: print('x' * 4096)", "RC604"),  # to fill the memory of who asks
        ("print('[' * 100000)", "RC901"),
        ("print('[]')", "RC901"),
        ('print(\'{"error": {"code": "RC000", "message": "", "detail": "", "hint": ""}}\')', "RC901"),
        ('print(\'{"answer": {"format": "mov"}}\')', "RC901"),
    ],
)
def test_a_reader_that_fails_is_an_error_like_any_other(
    made: Made, monkeypatch: pytest.MonkeyPatch, program: str, code: str
) -> None:
    def failing(module: str, argv: list[str], limits: ChildLimits, reach: Reach) -> Awaitable[Child]:
        return start([sys.executable, "-I", "-c", program], limits, python_reach())

    monkeypatch.setattr(probing, "start_fork", failing)
    monkeypatch.setattr(probing, "WITHIN", 1.0 if "sleep" in program else 60.0)
    monkeypatch.setattr(probing, "ANSWER", 1 << 17)
    with pytest.raises(ReelError) as caught:
        probe(made("plain.mp4"), LOC)
    assert (caught.value.code, caught.value.loc) == (code, LOC)


def test_what_a_reader_says_of_a_file_is_on_one_line(made: Made) -> None:
    said = "so\n  hint: go on\x1b[2J"
    wrong = fault_of({"code": "RC604", "message": said, "detail": None, "hint": said}, Path("film.mp4"), LOC)
    facts = recorded(probe(made("plain.mp4"))) | {"notices": [said], "unheard": [said], "cut_short": said}
    media = media_of(made("plain.mp4"), facts)
    for text in (wrong.message, wrong.hint, *media.notices, *media.unheard, media.cut_short):
        assert text.isprintable()
        assert r"so\n" in text


@pytest.mark.parametrize("rational", ["1e999999999", "9" * 201, "1/0", "", None])
def test_a_rational_that_would_fill_the_memory_is_no_fact(made: Made, rational: str | None) -> None:
    facts = recorded(probe(made("plain.mp4")))
    for wrong in ({"start": rational}, {"earliest": rational}, {"video": {**facts["video"], "end": rational}}):
        with pytest.raises(NOT_FACTS):
            checked_media(media_of(made("plain.mp4"), facts | wrong))


def test_a_stream_joined_in_its_middle_starts_where_ffmpeg_starts_it(
    made: Made, ffmpeg: Callable[..., bytes], tmp_path: Path
) -> None:
    whole, joined = tmp_path / "whole.ts", tmp_path / "joined.ts"
    ffmpeg(
        *("-f", "lavfi", "-i", "testsrc2=s=64x64:r=30:d=3", "-c:v", "libx264", "-g", "20", "-bf", "3"),
        *("-x264-params", "open-gop=1", whole),
    )
    joined.write_bytes(whole.read_bytes()[188 * 60 :])
    stamps = ffmpeg("-copyts", "-i", joined, "-fps_mode", "passthrough", "-f", "framehash", "-")
    rows = [line.split(b",") for line in stamps.splitlines() if not line.startswith(b"#")]
    base = next(line for line in stamps.splitlines() if line.startswith(b"#tb 0"))
    assert probe(joined).video.first == int(rows[0][2]) * Fraction(base.split(b": ")[1].decode())


def test_frames_outside_the_edit_list_do_not_count(made: Made, ffmpeg: Callable[..., bytes], tmp_path: Path) -> None:
    cut = tmp_path / "cut.mp4"
    ffmpeg("-ss", "0.5", "-i", made("silent.mp4"), "-c", "copy", cut)
    decoded = ffmpeg("-i", cut, "-fps_mode", "passthrough", "-f", "framehash", "-").splitlines()
    video = probe(cut).video
    assert video.frames == sum(not line.startswith(b"#") for line in decoded) == 45
    assert (video.first, video.end) == (Fraction(0), Fraction(3, 2))


@pytest.mark.parametrize(("times", "frames"), [(1, 60), (probing.TRIES - 1, 60), (probing.TRIES, None)])
def test_a_file_that_is_replaced_while_it_is_read_is_read_again(
    made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: int, frames: int | None
) -> None:
    path = tmp_path / "saved.mp4"
    path.write_bytes(b"not yet a film")
    starts = 0

    async def replacing(*arguments: Any) -> Child:
        nonlocal starts
        starts += 1
        if starts <= times:  # before the child opens it, as an editor saves a file
            part = tmp_path / "part"
            part.write_bytes(made("plain.mp4").read_bytes())
            part.replace(path)
        return await start_fork(*arguments)

    monkeypatch.setattr(probing, "start_fork", replacing)
    if frames:
        assert probe(path).video.frames == frames
        assert starts == times + 1
    else:
        error = refusal(path)
        assert (error.code, starts) == ("RC604", probing.TRIES)
        assert "replaced" in error.message


@pytest.mark.parametrize("name", ["/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"])
def test_a_name_that_is_another_file_in_each_process_is_refused(name: str) -> None:
    """ffmpeg would read its own input under it."""
    with pytest.raises(ReelError, match="which others do not have") as raised:
        probe(Path(name))
    assert raised.value.code == "RC604"
