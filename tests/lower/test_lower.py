"""A reel as definitions: the definitions of each clip, their joins, and refusals."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.errors import ReelError, ReelErrors
from compiler.ir import ops
from compiler.ir.graph import Graph
from compiler.ir.infer import infer
from compiler.ir.ops import Value
from compiler.ir.verify import verify
from compiler.lower import lower
from compiler.timeline.instant import frame_count, sample_at
from tests.golden.media import FIVE, MEDIA, NINE, heard, picture
from tests.lower.reels import Stored, into, key, lowered, placed, play, reel


def listed(graph: Graph) -> list[str]:
    return [f"{define.name} {type(define.op).__name__} {define.loc.pointer}" for define in graph]


def test_a_clip_is_said_plainly_each_step_from_its_field() -> None:
    clip = {**play(1, 3, (1, 2, 0.5)), "id": "dunk", "crop_data": [key(0, 0, 0, 1920, 1080)], "rotation": 2}
    at = "/clips/0"
    assert listed(lowered(clip).graph) == [
        f"dunk.video Source {at}/media",
        f"dunk.whole Deinterlace {at}/media",
        f"dunk.trim Trim {at}/segments_data/trimRange",
        f"dunk.warp Retime {at}/segments_data/spans/0",
        f"dunk.tonemap Tonemap {at}/media",
        f"dunk.colour Colour {at}/media",
        f"dunk.turn Turn {at}/media",
        f"dunk.square Scale {at}/media",
        f"dunk.rotate Rotate {at}/rotation",
        f"dunk.crop Reframe {at}/crop_data",
        f"dunk.bars Pad {at}/crop_data",
        "dunk.fade Fade /transition",
        f"dunk Conform {at}",
        f"dunk.audio Source {at}/media",
        f"dunk.stereo Downmix {at}/media",
        f"dunk.even Resample {at}/media",
        f"dunk.tempo Stretch {at}/segments_data/spans/0",
        "dunk.sound Fade /transition",
    ]


def test_an_untouched_clip_comes_from_its_media() -> None:
    pointers = {define.name: define.loc.pointer for define in lowered({"id": "x"}).graph}
    assert [pointers[Value(f"x.{step}")] for step in ("trim", "warp", "crop")] == ["/clips/0/media"] * 2 + ["/clips/0"]
    assert pointers[Value("x.tempo")] == "/clips/0"


def test_a_trimmed_clips_warp_comes_from_its_trim() -> None:
    locs = lowered({"id": "x", **play(1, 3)}).graph.locs
    assert locs[Value("x.warp")].pointer == "/clips/0/segments_data/trimRange"
    assert locs[Value("x.warp")].clip == "x"


def test_joins_come_from_the_transition_and_cuts_from_the_clip() -> None:
    clips = {"id": "a", **play(1, 3)}, {"id": "b", **play(1, 3)}, {"id": "c", **play(1, 3), **into("dissolve", 0.5)}
    locs = lowered(*clips).graph.locs
    assert locs[Value("reel.2")].pointer == "/clips/1"
    assert locs[Value("reel")].pointer == "/clips/2/transition_data"


def test_a_reels_default_transition_is_its_own_field() -> None:
    made = lowered(play(1, 3), play(1, 3), transition={"type": "dissolve", "duration": 0.5})
    assert made.graph.locs[Value("reel")].pointer == "/transition"
    assert made.clips[0].join.kind == "cut"


def test_one_clip_is_the_film() -> None:
    graph = lowered({"id": "only"}).graph
    assert (graph.video, graph.audio) == ("only", "only.sound")


JOINED = play(1, 3), {**play(5, 6), **into("dissolve", 0.5)}, {**play(8, 9), **into("fade", 0.5)}, play(2, 3)


def test_sounds_overlap_by_the_samples_of_the_frames() -> None:
    graph = lowered(*JOINED, canvas={"fps": "30000/1001"}).graph
    blend = graph.ops[Value("reel.sound.2")]
    assert blend == ops.Xfade(Value("clip1.sound"), Value("clip2.sound"), "tri", 75_075 - 51_051)
    assert graph.ops[Value("reel.2")] == ops.Xfade(Value("clip1"), Value("clip2"), "dissolve", 15)
    assert graph.ops[Value("reel.3")] == ops.Concat((Value("reel.2"), Value("clip3")))
    verify(graph)


def test_a_fade_darkens_both_sides_in_picture_and_sound() -> None:
    graph = lowered(*JOINED).graph
    fades = {
        name: (fade.entering, fade.leaving)
        for name in ("clip1.fade", "clip2.fade", "clip3.fade", "clip2.sound", "clip3.sound")
        if isinstance(fade := graph.ops[Value(name)], ops.Fade)
    }
    assert fades == {
        **{"clip1.fade": (0, 0), "clip2.fade": (0, 7), "clip3.fade": (8, 0)},
        **{"clip2.sound": (0, 7 * 1600), "clip3.sound": (8 * 1600, 0)},
    }


RATES = st.sampled_from(["24", "25", "30000/1001", "30", "60"])
LENGTHS = st.lists(st.integers(100, 2500), min_size=1, max_size=6)


@given(LENGTHS, RATES, st.sampled_from(["cut", "fade", "dissolve"]))
def test_picture_and_sound_are_one_length_on_any_grid(lengths: list[int], fps: str, kind: str) -> None:
    default = {"type": "cut"} if kind == "cut" else {"type": kind, "duration": 0.04}
    made = lowered(*(play(1, 1 + length / 1000) for length in lengths), canvas={"fps": fps}, transition=default)
    verify(made.graph)
    rate = Fraction(fps)
    shapes = infer(made.graph)
    for clip in made.clips:
        last = clip.first + clip.frames
        assert shapes[clip.picture].frames == clip.frames == frame_count(clip.timing.warp.total, rate)  # type: ignore
        assert shapes[clip.sound].samples == sample_at(last, rate) - sample_at(clip.first, rate)  # type: ignore


@pytest.mark.parametrize(
    ("clip", "top", "sound"),
    [
        *(({}, {}, "Fade"), ({"stretch": "mute"}, {}, "Silence"), ({}, {"audio": {"stretch": "mute"}}, "Silence")),
        *(({"media": "silent.mp4"}, {}, "Silence"), ({"media": "late.mkv", **play(0, 0.5)}, {}, "Silence")),
        *(
            ({"media": "late.mkv", **play(0, 0.6)}, {}, "Fade"),
            ({"media": "short_sound.mp4", **play(4, 6)}, {}, "Silence"),
        ),
        ({"media": "short_sound.mp4", **play(3.9, 6)}, {}, "Fade"),
    ],
)
def test_where_nothing_is_heard_there_is_silence(clip: Stored, top: dict[str, Stored], sound: str) -> None:
    made = lowered({"id": "x", **clip}, **top)
    assert type(made.graph.ops[Value("x.sound")]).__name__ == sound
    assert sum(isinstance(define.op, ops.Source) for define in made.graph) == (2 if sound == "Fade" else 1)


def test_a_film_without_sound_builds_none() -> None:
    graph = lowered(play(1, 2), play(1, 2), audio={"include": False}).graph
    assert graph.audio is None
    assert not any(name.endswith(("sound", "audio")) for name in graph.ops)


def test_the_engine_is_the_builds_best() -> None:
    def engine(build: object, **audio: object) -> object:
        made = lower(reel({"id": "x", **play(1, 2)}, audio=audio), MEDIA, build)  # type: ignore[arg-type]
        stretch = made.graph.ops[Value("x.tempo")]
        assert isinstance(stretch, ops.Stretch)
        return stretch.engine

    assert engine(NINE) == "rubberband"
    assert engine(FIVE) == "atempo"
    assert engine(NINE, stretch="varispeed") == "varispeed"


def test_a_clips_own_stretch_counts() -> None:
    made = lowered({"id": "a", **play(1, 2)}, {"id": "b", "stretch": "varispeed", **play(1, 2)})
    engines = [op.engine for op in made.graph.ops.values() if isinstance(op, ops.Stretch)]
    assert engines == ["rubberband", "varispeed"]


# ---- refusals


def codes(*clips: Stored, **top: object) -> list[tuple[str, str]]:
    try:
        lowered(*clips, **top)  # type: ignore[arg-type]
    except ReelErrors as several:
        return [(error.code, error.loc.pointer) for error in several.errors]
    except ReelError as error:
        return [(error.code, error.loc.pointer)]
    return []


def test_every_clips_error_is_told_at_once() -> None:
    assert codes({"media": "odd_matrix.mkv"}, play(99, None), {"crop_data": [key(0, 1900, 0, 99, 99)]}, play(1, 2)) == [
        *(("RC205", "/clips/0/media"), ("RC201", "/clips/1/segments_data/trimRange")),
        ("RC202", "/clips/2/crop_data/0"),
    ]


@pytest.mark.parametrize(
    "tags", [{"color_space": "ycgco"}, {"color_transfer": "arib-std-b67", "color_space": "smpte170m"}]
)
def test_a_source_that_would_come_out_wrong_is_refused(tags: dict[str, str]) -> None:
    with pytest.raises(ReelError) as caught:
        placed({}, media={"game.mp4": picture(MEDIA["game.mp4"], **tags)})
    assert caught.value.code == "RC205"


def test_colours_that_the_film_cannot_have_are_told() -> None:
    wide = picture(MEDIA["game.mp4"], color_primaries="smpte432")
    (notice,) = placed({}, media={"game.mp4": wide}).notices
    assert "Display P3" in notice.message


def test_notices_of_reading_and_of_placing_are_kept_together() -> None:
    clip = {"media": "silent.mp4", **play(1, 99), "timing_data": {"trimRange": [2, 3]}}
    assert [notice.loc.pointer for notice in placed(clip).notices] == [
        *("/clips/0/timing_data/trimRange", "/clips/0/segments_data/trimRange")
    ]


@pytest.mark.parametrize(
    ("kind", "lengths", "seconds", "most"),
    [
        *(
            ("dissolve", (2, 1, 2), 1.5, "1"),
            ("dissolve", (0.5, 2, 2), 0.6, "0.5"),
            ("fade", (2, 0.1, 2), 0.9, "0.2"),
        ),
        *(("fade", (0.1, 2, 2), 0.9, "0.23"), ("dissolve", (0.01, 0.01, 2), 9, "0.03")),
    ],
)
def test_a_join_that_is_too_long_says_the_longest(
    kind: str, lengths: tuple[float, ...], seconds: float, most: str
) -> None:
    clips = [play(1, 1 + length) for length in lengths]
    with pytest.raises(ReelError) as caught:
        lowered(clips[0], {**clips[1], **into(kind, seconds)}, clips[2])
    error = caught.value
    assert (error.code, error.loc.pointer) == ("RC203", "/clips/1/transition_data/duration")
    assert error.hint == f"make it at most {most} s"
    assert codes(clips[0], {**clips[1], **into(kind, float(most))}, clips[2]) == []
    one_more = float(Fraction(most) + Fraction(1, 30) + Fraction(1, 1000))
    assert codes(clips[0], {**clips[1], **into(kind, one_more)}, clips[2]) == [error_at(error)]


def error_at(error: ReelError) -> tuple[str, str]:
    return error.code, error.loc.pointer


@given(RATES, st.integers(30, 900), st.integers(30, 900), st.sampled_from(["fade", "dissolve"]))
def test_the_longest_legal_value_is_legal_as_it_is_written(fps: str, a: int, b: int, kind: str) -> None:
    first, second = play(1, 1 + a / 1000), play(1, 1 + b / 1000)
    with pytest.raises(ReelError) as caught:
        lowered(first, {**second, **into(kind, 99)}, canvas={"fps": fps})
    longest = caught.value.hint.removeprefix("make it at most ").removesuffix(" s")
    lowered(first, {**second, **into(kind, json.loads(longest))}, canvas={"fps": fps})


def test_of_two_joins_that_fill_a_clip_the_other_is_shortened() -> None:
    clips = play(1, 2), {**play(1, 1.5), **into("dissolve", 0.5)}, {**play(1, 2), **into("dissolve", 0.5)}
    with pytest.raises(ReelErrors) as caught:
        lowered(*clips)
    hints = ["shorten the transition after it", "shorten the transition before it"]
    assert [error.hint for error in caught.value.errors] == hints
    assert codes(clips[0], clips[1], play(1, 2)) == []


def test_a_short_join_beside_one_that_is_too_long_is_not_to_blame() -> None:
    clips = play(1, 3), {**play(1, 3), **into("wipeleft", 0.5)}, {**play(1, 3), **into("dissolve", 9)}
    with pytest.raises(ReelErrors) as caught:
        lowered(*clips)
    assert [error.hint for error in caught.value.errors] == ["shorten the transition after it", "make it at most 1.5 s"]
    assert all(error.message.startswith("the transition into the clip is longer") for error in caught.value.errors)


def test_a_join_between_two_that_are_too_long_waits_for_both() -> None:
    long, short = into("dissolve", 9), into("dissolve", 0.5)
    with pytest.raises(ReelErrors) as caught:
        lowered(play(1, 3), {**play(1, 3), **long}, {**play(1, 3), **short}, {**play(1, 3), **long})
    assert caught.value.errors[1].hint == "shorten the transitions before and after it"


def test_a_join_of_less_than_a_frame_lasts_one() -> None:
    assert lowered(play(1, 2), {**play(1, 2), **into("dissolve", 0.0001)}).clips[1].join.frames == 1


def test_sound_that_is_late_or_early_is_on_the_pictures_clock() -> None:
    media = heard(MEDIA["silent.mp4"], first=Fraction(3), end=7)
    for trim, sources in ((play(0, 3), 1), (play(0, 3.1), 2), (play(6.9, 9), 2), (play(7, 9), 1)):
        graph = lowered(trim, media={"game.mp4": replace(media, path="x.mp4")}).graph
        assert sum(isinstance(define.op, ops.Source) for define in graph) == sources
