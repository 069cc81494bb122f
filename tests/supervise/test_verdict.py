from __future__ import annotations

import asyncio
import signal
import subprocess
from pathlib import Path
from time import monotonic

import pytest

from compiler.errors import Loc, ReelError
from compiler.ir.build import Build
from compiler.supervise.children.reach import Reach
from compiler.supervise.children.sandbox import ChildLimits
from compiler.supervise.films.progress import ProgressMeter
from compiler.supervise.films.run import run
from compiler.supervise.films.verdict import Origins, explain, spent
from tests.supervise.conftest import Made

CROP, JOIN, FIRST, SECOND = Loc("dunk", "/clips/1/crop_data"), Loc("dunk", "/clips/1/x"), Loc("a", "/0"), Loc("b", "/1")
OUT = ["-c:v", "libx264", "-preset", "ultrafast", "-f", "mp4"]


def verdict(build: Build, *arguments: object, origins: Origins, limits: ChildLimits | None = None) -> ReelError:
    """The error for an ffmpeg that fails."""
    command = [build.path, "-nostdin", "-y", "-v", "error", "-xerror", "-progress", "pipe:1", *map(str, arguments)]
    paths = [str(each).removeprefix("file:") for each in arguments if str(each).removeprefix("file:").startswith("/")]
    with pytest.raises(ReelError) as caught:
        asyncio.run(
            run(
                command,
                ProgressMeter(60, monotonic()),
                reach=Reach([build.path], paths, [Path(str(arguments[-1])).parent]),
                on_progress=lambda _: None,
                origins=origins,
                limits=limits or ChildLimits(),
            )
        )
    assert "0x" not in caught.value.detail
    return caught.value


def test_a_filter_that_fails_names_its_clip_and_field(any_build: Build, made: Made, tmp_path: Path) -> None:
    graph = "[0:v]null[a];[1:v]crop@dunk.crop=500:500[b];[a][b]xfade@dunk.x=fade:duration=1:offset=1"
    origins = Origins({"dunk.crop": CROP, "dunk.x": JOIN}, (FIRST, SECOND))
    inputs = ("-i", made("plain.mp4"), "-i", made("plain.mkv"))
    error = verdict(any_build, *inputs, "-filter_complex", graph, *OUT, tmp_path / "o.part", origins=origins)
    assert (error.code, error.loc) == ("RC607", CROP)
    assert "Invalid too big" in error.detail


def test_pictures_that_do_not_match_name_the_join(any_build: Build, made: Made, tmp_path: Path) -> None:
    graph = "[0:v]null[a];[1:v]scale=32:32[b];[a][b]xfade@dunk.x=fade:duration=1:offset=1"
    inputs = ("-i", made("plain.mp4"), "-i", made("plain.mkv"))
    origins = Origins({"dunk.x": JOIN}, (FIRST, SECOND))
    error = verdict(any_build, *inputs, "-filter_complex", graph, *OUT, tmp_path / "o.part", origins=origins)
    assert (error.code, error.loc) == ("RC607", JOIN)


@pytest.mark.parametrize(
    "graph",
    [
        "[0:v]scale=64:64:wat=1[b]",
        "[0:v]nofilter[b]",
        "[0:7]null[b]",
        "[0:v]null[b];[0:v]xfade[c]",
        "[0:v]crop=no(:1[b]",
    ],
)
def test_a_graph_that_is_refused_is_ours_to_mend(any_build: Build, made: Made, tmp_path: Path, graph: str) -> None:
    command = ("-i", made("plain.mp4"), "-filter_complex", graph, "-map", "[b]", *OUT, tmp_path / "o.part")
    error = verdict(any_build, *command, origins=Origins(inputs=(FIRST,)))
    assert (error.code, error.message) == ("RC607", "ffmpeg refused the graph")


@pytest.mark.parametrize(("content", "code"), [(None, "RC603"), (b"once upon a time", "RC604")])
def test_media_that_went_away_or_broke_name_the_clip(
    any_build: Build, made: Made, tmp_path: Path, content: bytes | None, code: str
) -> None:
    lost = tmp_path / "lost.mp4"
    if content is not None:
        lost.write_bytes(content)
    origins = Origins(inputs=(FIRST, SECOND), paths={str(lost): SECOND, str(made("plain.mp4")): FIRST})
    command = ("-i", f"file:{made('plain.mp4')}", "-i", f"file:{lost}", *OUT, tmp_path / "o.part")
    error = verdict(any_build, *command, origins=origins)
    assert (error.code, error.loc) == (code, SECOND)
    assert str(tmp_path) not in error.detail


def test_media_cut_short_name_the_clip(any_build: Build, made: Made, tmp_path: Path) -> None:
    short = tmp_path / "short.mp4"
    short.write_bytes(made("long.mp4").read_bytes()[:200_000])
    origins = Origins(inputs=(FIRST,), paths={str(short): FIRST})
    error = verdict(any_build, "-i", f"file:{short}", *OUT, tmp_path / "o.part", origins=origins)
    assert (error.code, error.loc) == ("RC604", FIRST)


def test_a_film_that_has_no_place(any_build: Build, made: Made, tmp_path: Path) -> None:
    lost = tmp_path / "no folder" / "o.part"
    error = verdict(any_build, "-i", made("plain.mp4"), *OUT, lost, origins=Origins(inputs=(FIRST,)))
    assert (error.code, error.loc) == ("RC612", Loc())


def test_a_full_disk(any_build: Build, made: Made) -> None:
    command = ("-i", made("plain.mp4"), "-c:v", "libx264", "-f", "matroska", "/dev/full")
    assert verdict(any_build, *command, origins=Origins(inputs=(FIRST,))).code == "RC611"


def test_a_film_past_its_size_limit(any_build: Build, made: Made, tmp_path: Path) -> None:
    command = ("-i", made("plain.mp4"), "-c:v", "rawvideo", "-f", "nut", tmp_path / "o.part")
    assert verdict(any_build, *command, origins=Origins(), limits=ChildLimits(file=20_000)).code == "RC611"


def test_too_little_memory(any_build: Build, made: Made, tmp_path: Path) -> None:
    command = ("-i", made("plain.mp4"), "-vf", "scale=8000:8000", *OUT, tmp_path / "o.part")
    for limits in (ChildLimits(memory=700 << 20), ChildLimits(data=300 << 20)):
        error = verdict(any_build, *command, origins=Origins(), limits=limits)
        assert (error.code, error.message) == ("RC607", "ffmpeg ran out of memory")


@pytest.mark.further
def test_too_much_processor_time(any_build: Build, tmp_path: Path) -> None:
    command = ("-f", "lavfi", "-i", "testsrc2=s=320x180:d=9999", "-f", "null", tmp_path / "o.part")
    error = verdict(any_build, *command, origins=Origins(), limits=ChildLimits(cpu=1))
    assert (error.code, error.message) == ("RC609", "ffmpeg used more than 1 s of processor time and was stopped")


@pytest.mark.parametrize(
    ("exit_code", "stderr", "expected"),
    [
        (-signal.SIGXCPU, "", True),
        (255, "", True),
        (255, "[out#0/mp4] Error muxing a packet: Immediate exit requested\n", True),
        (123, "Received > 3 system signals, hard exiting\n", True),
        (255, "film.mp4: Operation not permitted\n", False),
        (1, "", False),
        (-signal.SIGKILL, "", False),
    ],
)
def test_an_end_at_the_limit_of_processor_time_is_told_from_others(exit_code: int, stderr: str, expected: bool) -> None:
    assert spent(exit_code, stderr) == expected


def test_an_encoder_that_is_not_there(any_build: Build, made: Made, tmp_path: Path) -> None:
    command = ("-i", made("plain.mp4"), "-c:v", "none_such", "-f", "mp4", tmp_path / "o.part")
    assert verdict(any_build, *command, origins=Origins()).code == "RC602"


@pytest.mark.parametrize(
    ("exit_code", "stderr", "code", "said"),
    [
        (-9, "", "RC607", "killed"),
        (-11, "", "RC607", "crashed"),
        (1, "", "RC607", "failed"),
        (1, "Error while decoding stream #1:0: Invalid data found when processing input", "RC604", "damaged"),
        (1, "[in#1/mov @ 0x5f] Error during demuxing: Input/output error", "RC604", "damaged"),
        (1, "o.part: Permission denied", "RC612", "cannot be written"),
        (127, "launcher: ffmpeg: Permission denied", "RC601", "cannot be run"),
    ],
)
def test_what_is_said_without_a_clip(exit_code: int, stderr: str, code: str, said: str) -> None:
    error = explain(exit_code, stderr, Origins(inputs=(FIRST, SECOND)))
    assert error.code == code
    assert said in error.message
    assert error.hint
    assert error.loc == (SECOND if "1" in stderr else Loc())


def test_how_it_ended_is_told() -> None:
    assert explain(-9, "", Origins()).detail == "ffmpeg ended with SIGKILL"
    assert explain(234, "", Origins()).detail == "ffmpeg ended with exit code 234"


def test_the_longer_of_two_names_is_meant() -> None:
    origins = Origins(paths={"/media/a.mp4": FIRST, "/media/a.mp4.mkv": SECOND})
    error = explain(1, "file:/media/a.mp4.mkv: Invalid data found when processing input", origins)
    assert (error.loc, error.detail.splitlines()[0]) == (SECOND, "a.mp4.mkv: Invalid data found when processing input")


def test_only_what_tells_something_is_quoted() -> None:
    noise = ["[x @ 0x1] again", "[x @ 0x2] again", "[y @ 0x3] Task finished with error code: -22 (Invalid argument)"]
    error = explain(1, "\n".join(noise + [f"line {n} \x1b[31m" for n in range(20)]), Origins())
    assert error.detail.splitlines() == [
        "[x] again",
        *(rf"line {n} \x1b[31m" for n in (0, 1, 2, 18, 19)),
        "ffmpeg ended with exit code 1",
    ]


SUBTITLED = """\
[dvbsub @ 0x55] Codec (dvbsub) not on whitelist 'h264,aac'
    Last message repeated 1 times
[dca @ 0x56] Codec (dca) not on whitelist 'h264,aac'
"""


def test_streams_that_are_not_used_are_not_quoted() -> None:
    error = explain(
        1, SUBTITLED + "Error while decoding stream #1:0: Invalid data found when processing input", Origins()
    )
    assert error.code == "RC604"
    assert error.detail.splitlines()[0].startswith("Error while decoding stream #1:0")
    assert "whitelist" not in error.detail


@pytest.mark.parametrize(
    "opening",
    [
        "[aist#0:1/dts @ 0x7] [dec:dca @ 0x8] Error while opening decoder: Invalid argument",
        "Error while opening decoder for input stream #0:1 : Invalid argument",
    ],
)
def test_a_decoder_that_a_film_needs_and_is_not_allowed_is_quoted(opening: str) -> None:
    error = explain(1, SUBTITLED + opening, Origins())
    assert "[dca] Codec (dca) not on whitelist" in error.detail
    assert ("dvbsub" in error.detail) is ("dec:" not in opening)


def test_a_subtitle_does_not_point_the_wrong_way(any_build: Build, made: Made, tmp_path: Path) -> None:
    """A damaged picture beside subtitles whose decoder is not allowed."""
    words, film = tmp_path / "words.srt", tmp_path / "film.mkv"
    words.write_text("1\n00:00:00,000 --> 00:00:01,000\nhi\n")
    inputs = ("-i", str(words), "-i", str(made("silent.mp4")), "-map", "0", "-map", "1")
    subprocess.run([any_build.path, "-v", "error", "-y", *inputs, "-c", "copy", "-c:s", "ass", str(film)], check=True)
    whole = film.read_bytes()
    broken = whole.index(b"x264 - core") + 1200  # in the first picture, behind the encoder's name
    film.write_bytes(whole[:broken] + b"\xff" * 100 + whole[broken + 100 :])
    origins = Origins(inputs=(FIRST,), paths={str(film): FIRST})
    allowed = ("-codec_whitelist", "h264", "-i", f"file:{film}", "-map", "0:v")
    error = verdict(any_build, *allowed, *OUT, tmp_path / "o.part", origins=origins)
    assert error.loc == FIRST
    assert "whitelist" not in error.detail
