"""Commands: the files that ffmpeg may open, its options, and that no name is read as an option or a protocol."""

from __future__ import annotations

import re
import shlex
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from compiler.emit.argv import DECODERS, film_command, quoted, still_command, words
from compiler.emit.encoders import Encoding
from compiler.emit.filters import spell
from compiler.emit.pictures import MARKED
from compiler.emit.script import script
from compiler.ir import ops
from compiler.ir.graph import Graph
from compiler.ir.ops import Op
from compiler.timeline.media import Media
from tests.golden.compiling import compile_case
from tests.golden.media import FIVE, MEDIA, NINE
from tests.ir.graphs import graph, v

ENCODING = Encoding(Fraction(30_000, 1001), "medium", Fraction(41, 2), "192k", sound=True)


def reading(media: Media, seek: Fraction | int = 0) -> Graph:
    made: dict[str, Op] = {
        "a": ops.Source(media, "video", Fraction(seek)),
        "b": ops.Source(media, "audio", Fraction(seek)),
    }
    return graph(made, "a", "b")


def command(media: Media = MEDIA["game.mp4"], encoding: Encoding = ENCODING, **changed: object) -> list[str]:
    build = replace(NINE, **changed)  # type: ignore[arg-type]
    return words(film_command(reading(media), encoding, build, "script.txt", "out.mp4"))


def values(argv: list[str], option: str) -> list[str]:
    return [value for name, value in pairwise(argv) if name == option]


def inputs(argv: list[str]) -> list[list[str]]:
    """The options of every input, its file last."""
    found: list[list[str]] = [[]]
    started = False
    for word in argv:
        started = started or word == "-protocol_whitelist"
        if started:
            found[-1].append(word)
            if len(found[-1]) > 1 and found[-1][-2] == "-i":
                found.append([])
    return found[:-1]


def test_it_asks_nothing_says_little_and_stops_at_the_first_error() -> None:
    assert command()[:6] == ["ffmpeg", "-nostdin", "-hide_banner", "-v", "error", "-xerror"]
    assert values(command(), "-progress") == ["pipe:1"]
    assert values(command(), "-stats_period") == ["0.1"]


def test_every_input_is_behind_its_allowlists() -> None:
    video, audio = inputs(command())
    for given_ in (video, audio):
        assert given_[:8] == [
            *("-protocol_whitelist", "file", "-f", "mov", "-codec_whitelist", "h264,aac", "-max_pixels", "40000000")
        ]
        assert given_[-2:] == ["-i", "file:game.mp4"]
        assert values(given_, "-threads") == ["1"]
    assert ("-an" in video, "-vn" in video) == (True, False)
    assert ("-an" in audio, "-vn" in audio) == (False, True)


def test_two_threads_decode_a_picture_that_is_larger_than_1080p() -> None:
    game = MEDIA["game.mp4"]
    for width, height, threads in ((1920, 1088, "1"), (1088, 1920, "1"), (1922, 1088, "2"), (3840, 2160, "2")):
        sized = replace(game, video=replace(game.video, width=width, height=height))
        assert [values(given_, "-threads") for given_ in inputs(command(sized))] == [[threads], ["1"]]


def test_a_codec_is_allowed_by_its_decoders_names() -> None:
    allowed = values(command(MEDIA["film24.mkv"]), "-codec_whitelist")
    assert allowed == ["h264,opus,libopus"] * 2
    silent = values(command(MEDIA["silent.mp4"]), "-codec_whitelist")
    assert silent == ["h264"] * 2
    assert all("," not in name for name in DECODERS)
    assert all(name and " " not in name for names in DECODERS.values() for name in names.split(","))


@pytest.mark.parametrize(("seek", "said"), [(0, []), (7, ["7"]), (Fraction(3, 8), ["0.375"])])
def test_a_seek_stands_before_its_file(seek: Fraction | int, said: list[str]) -> None:
    argv = words(film_command(reading(MEDIA["game.mp4"], seek), ENCODING, NINE, "s", "o"))
    for given_ in inputs(argv):
        assert values(given_, "-ss") == said
    assert "-copyts" not in argv


def test_the_script_option_is_the_releases() -> None:
    assert values(command(), "-/filter_complex") == ["script.txt"]
    assert values(command(release=(7, 0)), "-/filter_complex") == ["script.txt"]
    for old in ((5, 1), (6, 1)):
        assert values(command(release=old), "-filter_complex_script") == ["script.txt"]
        assert values(command(release=old), "-/filter_complex") == []


def test_the_film_is_pinned_tagged_and_says_nothing_of_its_sources() -> None:
    argv = command()
    said = {
        **{"-c:v": "libx264", "-preset": "medium", "-crf": "20.5", "-threads:v": "4", "-pix_fmt": "yuv420p"},
        **{"-color_range": "tv", "-colorspace": "bt709", "-color_primaries": "bt709", "-color_trc": "bt709"},
        **{"-fps_mode": "passthrough", "-video_track_timescale": "30000", "-flags:v": "+bitexact"},
        **{"-c:a": "aac", "-b:a": "192k", "-ar": "48000", "-ac": "2", "-flags:a": "+bitexact"},
        **{"-map_metadata": "-1", "-map_chapters": "-1", "-fflags": "+bitexact", "-movflags": "+faststart"},
    }
    assert {option: values(argv, option) for option in said} == {option: [value] for option, value in said.items()}
    assert values(argv, "-map") == ["[a]", "[b]"]
    assert argv[-3:] == ["-f", "mp4", "file:out.mp4"]


@pytest.mark.parametrize("fps", [Fraction(24), Fraction(30_000, 1001), Fraction(60)])
def test_the_movies_clock_counts_frames_and_samples_whole(fps: Fraction) -> None:
    (scale,) = values(command(encoding=replace(ENCODING, fps=fps)), "-movie_timescale")
    assert (int(scale) / fps).denominator == 1 or int(scale) % fps.numerator == 0
    assert int(scale) % 48_000 == 0


@pytest.mark.parametrize("fps", [Fraction(59_873, 1000), Fraction(239_999, 1000)])
def test_a_clock_that_would_be_too_fine_counts_samples(fps: Fraction) -> None:
    """ffmpeg takes 2**31 - 1 ticks a second at most."""
    assert values(command(encoding=replace(ENCODING, fps=fps)), "-movie_timescale") == ["48000"]


def test_without_sound_nothing_is_said_of_it() -> None:
    argv = command(encoding=replace(ENCODING, sound=False))
    assert not [word for word in argv if word in ("-c:a", "-b:a", "-ar", "-ac", "-flags:a")]


def test_a_still_is_one_png() -> None:
    argv = words(still_command(graph({"a": ops.Source(MEDIA["game.mp4"], "video")}), FIVE, "s", "o.png"))
    assert argv[argv.index("-map") :] == [
        *("-map", "[a]", "-frames:v", "1", "-c:v", "png", "-flags:v", "+bitexact", "-fflags", "+bitexact"),
        *("-f", "image2pipe", "file:o.png"),
    ]


HOSTILE = ["-i", "-y", "http://x", "concat:a|b", "a b", "a'b", 'a"b', "$(rm)", "a;b", "[0:v]", "a\nb", "%d.mp4", "a,b"]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_only_ever_a_file(name: str) -> None:
    plain = command()
    media = replace(MEDIA["game.mp4"], path=name)
    argv = words(film_command(reading(media), ENCODING, NINE, "script.txt", name))
    assert [a for a, b in zip(argv, plain, strict=True) if a != b] == [f"file:{name}"] * 3


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1))
@example(" \\\n")
def test_what_is_shown_is_what_is_run(name: str) -> None:
    media = replace(MEDIA["game.mp4"], path=name)
    groups = film_command(reading(media), ENCODING, NINE, "script.txt", name)
    assert shlex.split(one_line(quoted(groups))) == words(groups)


def one_line(command: str) -> str:
    """The command without the breaks of its lines; those within quotes belong to a name."""
    return re.sub(r"'[^']*'|\"[^\"]*\"| \\\n", lambda found: " " if found[0] == " \\\n" else found[0], command)


def test_groups_stand_on_lines_of_their_own() -> None:
    lines = compile_case("cuts").shell("s.txt", "f.mp4").splitlines()
    assert sum(" -i " in line for line in lines) == 6
    assert all(line.endswith(" \\") for line in lines[:-1])
    assert lines[-1] == "  -f mp4 file:f.mp4"


def test_no_name_gets_into_the_script() -> None:
    hostile = replace(MEDIA["game.mp4"], path="x'];[0:v]nullsink,movie=/etc/passwd")
    made = graph({"a": ops.Source(hostile, "video"), "b": ops.Conform(v("a"))}, "b")
    assert script(made, spell(made)) == f"[0:0]\n  setsar=1, format=yuv420p, {MARKED}\n[b]\n"


def test_the_encoder_keeps_off_avx_512() -> None:
    """Only on processors with AVX-512: x264's code for it lets bytes from outside the picture into the film."""
    given = {avx512: values(command(avx512=avx512), "-x264-params") for avx512 in (True, False)}
    assert given == {True: ["lookahead-threads=2:asm=AVX2"], False: ["lookahead-threads=2"]}
