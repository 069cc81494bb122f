"""A reel compiled: its stages, its plan, its command, and one frame of it."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest

from compiler.errors import Loc, ReelError, ReelErrors
from compiler.ir import ops
from compiler.pipeline import Compiled, compile_reel, compile_still, slice_legal
from tests.golden.compiling import FILMS, compile_case
from tests.golden.media import FIVE, MEDIA, NINE
from tests.lower.reels import Stored, into, key, play, reel


def compiled(*clips: Stored, **top: object) -> Compiled:
    return compile_reel(reel(*clips, **top), MEDIA, NINE, checked=True)


THREE = (
    {"id": "a", **play(1, 3)},
    {"id": "b", **play(5, 6, (5, 6, 0.5)), **into("dissolve", 0.5)},
    {"id": "c", "media": "silent.mp4", **play(6, 10), **into("fade", 0.5)},
)


def test_stages_begin_as_lowered_and_end_legal() -> None:
    stages = compiled(*THREE).stages
    assert [stage.name for stage in stages] == [
        *("lower", "fold-identity", "seek-sources", "choose-crops", "fold-identity", "commute-still"),
        *("part-overlaps", "cut-sound", "insert-splits", "widen-blends", "restamp-joins"),
    ]
    assert all(stage.law for stage in stages)
    assert all(a.graph.defs != b.graph.defs for a, b in pairwise(stages))


@pytest.mark.parametrize("case", FILMS)
def test_the_graph_people_read_says_what_and_not_how(case: str) -> None:
    kinds = {type(define.op) for define in compile_case(case).graph}
    assert ops.Reframe in kinds
    assert not kinds & {ops.Crop, ops.Perspective, ops.Smear, ops.Tempo, ops.Split, ops.Restamp, ops.Widen}


def test_folding_twice_is_not_mistaken_for_folding_first() -> None:
    """Where the first folding changes nothing, the graph for people equals the lowered one."""
    film = compile_case("everything_has_something_to_do")
    names = [stage.name for stage in film.stages]
    assert names.index("fold-identity") > names.index("choose-crops")
    assert film.graph is film.stages[0].graph


def test_every_name_in_the_script_leads_back_to_a_field() -> None:
    film = compiled(*THREE)
    assert film.locs["b.crop"].clip == "b"
    assert film.locs["c.crop.once"] == Loc("c", "/clips/2")
    assert [(loc.clip, loc.pointer) for loc in film.inputs] == [
        *(("a", "/clips/0/media"), ("b", "/clips/1/media"), ("c", "/clips/2/media")),
        *(("a", "/clips/0/media"), ("b", "/clips/1/media")),
    ]
    assert film.command("s.txt", "o.mp4").count("-i") == len(film.inputs)


def test_the_same_reel_compiles_to_the_same_bytes() -> None:
    assert compiled(*THREE).script == compiled(*THREE).script
    assert compiled(*THREE).shell("s", "o") == compiled(*THREE).shell("s", "o")


def test_every_filter_that_is_missing_is_told_at_its_field() -> None:
    bare = replace(NINE, filters=NINE.filters - {"rotate", "xfade", "rubberband"})
    with pytest.raises(ReelErrors) as caught:
        compile_reel(reel(*THREE[:2], {**THREE[2], "rotation": 3}), MEDIA, bare)
    assert [(error.code, error.loc.pointer) for error in caught.value.errors] == [
        *(("RC401", "/clips/2/rotation"), ("RC401", "/clips/1/transition_data"))
    ]
    assert compile_reel(reel(*THREE), MEDIA, replace(NINE, filters=NINE.filters - {"rubberband", "rotate"}))


# ---- the plan


def test_the_plan_foretells_every_clip() -> None:
    plan = compiled(*THREE).plan
    assert (plan.frames, plan.fps, plan.duration) == (60 + 60 + 120 - 15, Fraction(30), Fraction(15, 2))
    assert (plan.width, plan.height, plan.samples, plan.inputs) == (1920, 1080, 360_000, 5)
    assert [(clip.placed.first, clip.placed.frames) for clip in plan.clips] == [(0, 60), (45, 60), (105, 120)]


def test_the_plan_as_json() -> None:
    clip = {"id": "x", "media": "city.mpg", **play(1, 99), "crop_data": [key(0, 0, 0, 1024, 576)]}
    plan: dict[str, Any] = dict(compiled(clip, canvas={"fps": "30000/1001"}).plan.as_json())
    assert {name: plan[name] for name in ("plan", "frames", "fps", "duration", "width", "height", "samples")} == {
        **{"plan": 1, "frames": 210, "fps": "30000/1001", "duration": "7.007", "width": 1920, "height": 1080},
        **{"samples": 336_336},
    }
    (planned,) = plan["clips"]
    assert planned == {
        "id": "x",
        "first_frame": 0,
        "frames": 210,
        "record_in": "0",
        "source_in": "1",
        "source_out": "8",
        "transition": {"type": "cut", "frames": 0},
        "colour": "as tagged",
        "crop": {"class": "static", "chain": "crop", "max_error_px": 0.0},
        "motion": {"kind": "repeat", "mixed_frames": 0, "processor_s": 0.0},
        "warnings": planned["warnings"],
    }
    assert [line.split(": ")[0] for line in planned["warnings"]] == ['clip "x" /clips/0/segments_data/trimRange']
    assert plan["warnings"] == planned["warnings"]
    assert plan["predicted"]["inputs"] == 2


def test_the_plan_says_what_was_assumed_of_colours() -> None:
    plan = compiled({"media": "film24.mkv", **play(1, 2)}, audio={"include": False}).plan
    assert plan.clips[0].as_json(plan.fps)["colour"] == "untagged: read as BT.709"
    small = compiled({"media": "untagged_sd.avi"}).plan
    assert small.clips[0].as_json(small.fps)["colour"] == "untagged: read as BT.601"
    assert plan.samples is None
    assert plan.as_json()["fps"] == "30"


@pytest.mark.parametrize(
    ("keys", "kind", "chain"),
    [
        *(([], "static", "scale"), ([key(0, 0, 0, 960, 540)], "static", "crop")),
        ([key(30, 0, 0, 960, 540), key(60, 600, 0, 960, 540)], "pan", "vernier"),
        ([key(30, 0, 0, 960, 540), key(60, 0, 0, 1920, 1080)], "zoom", "perspective"),
    ],
)
def test_the_plan_says_how_each_crop_is_drawn(keys: list[Stored], kind: str, chain: str) -> None:
    clip = compiled({**play(1, 3), "crop_data": keys} if keys else play(1, 3)).plan.clips[0]
    assert clip.crop.kind == kind
    assert chain in clip.crop.chain
    assert 0 <= clip.crop.error < 0.7


# ---- one frame


def test_a_still_is_one_rgb_frame_of_the_clips_it_shows() -> None:
    film = compiled(*THREE)
    alone, blended = compile_still(film, 0), compile_still(film, 50)
    assert [loc.clip for loc in alone.inputs] == ["a"]
    assert [loc.clip for loc in blended.inputs] == ["a", "b"]
    assert alone.script.endswith("format=rgb24\n[still]\n")
    assert set(blended.locs) == {str(name) for name in blended.graph.ops}
    assert alone.command("s.txt", "o.png")[-1] == "file:o.png"
    assert (
        compile_still(compile_reel(reel(*THREE), MEDIA, FIVE), 0).command("s", "o").count("-filter_complex_script") == 1
    )


@pytest.mark.parametrize("frame", [-1, 225, 10**9])
def test_a_frame_outside_the_reel_is_an_error(frame: int) -> None:
    with pytest.raises(ReelError) as caught:
        slice_legal(compiled(*THREE), frame)
    assert (caught.value.code, caught.value.detail) == ("RC206", "it has 225")


@pytest.mark.parametrize(("codec", "bytes_a_pixel"), [("h264", 0), ("gif", 1), ("webp", 4)])
def test_the_forecast_of_memory_counts_the_frames_of_a_held_picture(codec: str, bytes_a_pixel: int) -> None:
    held = {"version": 2, "trimRange": {"start": 1, "end": 3}, "spans": [{"at": 2, "freeze": 30}]}
    clips = {"id": "a", "segments_data": held}, {"id": "a", **play(1, 3)}
    plan, without = (compiled(clip, encode={"codec": codec}).plan for clip in clips)
    kept = 30 * plan.fps * plan.width * plan.height * bytes_a_pixel / 2**20
    assert plan.memory - without.memory == pytest.approx(float(kept), abs=1)
