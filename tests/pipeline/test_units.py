"""Units: however many clips a reel has, no ffmpeg opens more than a few files, and together they make all of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from compiler.emit.argv import SOUNDS
from compiler.model import read_reel
from compiler.pipeline import Compiled, compile_reel
from compiler.steps import steps
from compiler.supervise.films.step import RenderStep
from tests.golden.media import MEDIA, NINE
from tests.server.editing import trim

MOST = 8
"""The most inputs of one ffmpeg."""

CLIPS = 60
WAYS: tuple[dict[str, Any], ...] = ({}, {"type": "fade", "duration": 0.3}, {"type": "dissolve", "duration": 0.5})


def long_reel(**fields: Any) -> Compiled:
    """Clips of half a second, one in three of them covered by its dissolve, one slowed down."""
    clips = [
        {
            "media": "game.mp4",
            "segments_data": trim(k / 10, k / 10 + 0.5, {"start": k / 10, "end": k / 10 + 0.25, "speed": 0.5}),
            "transition_data": WAYS[k % 3] or {"type": "cut"},
        }
        for k in range(CLIPS)
    ]
    canvas = {"width": 360, "height": 640, "fps": "30000/1001"}
    return compile_reel(read_reel(json.dumps({"reel": 1, "canvas": canvas, "clips": clips, **fields})), MEDIA, NINE)


def inputs(step: RenderStep) -> int:
    return step.command(Path("folder"), Path("folder/film.part")).count("-i")


@pytest.mark.parametrize("codec", ["h264", "prores", "m4a", "wav"])
@pytest.mark.parametrize("audio", [{}, {"loudness": {"target": -16}}], ids=["as it is", "at a loudness"])
def test_no_ffmpeg_opens_more_than_a_few_files(codec: str, audio: dict[str, Any]) -> None:
    found = steps(long_reel(encode={"codec": codec}, audio=audio))
    assert max(inputs(step) for step in found) <= MOST
    assert len(found) > CLIPS // MOST


def test_the_units_of_sound_are_all_of_it() -> None:
    film = long_reel()
    assert sum(unit.samples for unit in film.sound_units) == film.plan.samples
    (heard,) = (step for step in steps(film) if step.made == "sound.mp4")
    listed = heard.files[SOUNDS]
    assert isinstance(listed, str)
    assert listed.count("file sound-") == len(film.sound_units) > 1


def test_a_film_of_several_pictures_has_a_sound_apart_and_its_join_reads_no_footage() -> None:
    clips = [{"media": "game.mp4", "segments_data": trim(k, k + 1)} for k in range(3)]
    film = compile_reel(read_reel(json.dumps({"reel": 1, "clips": clips})), MEDIA, NINE)
    *made, join = steps(film)
    assert [step.unit_samples for step in made if step.sound_alone] == [film.plan.samples, None]
    assert [step.samples for step in made if step.sound_alone] == [film.plan.samples] * 2
    assert (inputs(join), join.reads) == (2, ())


def test_a_film_without_sound_has_no_sound_apart() -> None:
    clips = [{"media": "game.mp4", "segments_data": trim(k, k + 1)} for k in range(3)]
    silent = compile_reel(read_reel(json.dumps({"reel": 1, "clips": clips, "audio": {"include": False}})), MEDIA, NINE)
    assert [step.sound_alone for step in steps(silent)] == [False] * 4


def test_a_short_reel_is_made_in_one_go() -> None:
    clips = [{"media": "game.mp4", "segments_data": trim(k, k + 1)} for k in range(2)]
    film = compile_reel(read_reel(json.dumps({"reel": 1, "clips": clips})), MEDIA, NINE)
    assert (len(steps(film)), film.sound_units) == (1, ())


@pytest.mark.parametrize("codec", ["h264", "prores"])
def test_the_film_is_written_twice_for_its_index_and_its_parts_are_not(codec: str) -> None:
    """A file of the whole sound, without loss, may be large: no frame is made while it is moved."""
    *made, join = (step.command(Path("folder"), Path("film")) for step in steps(long_reel(encode={"codec": codec})))
    assert ["+faststart" in words for words in (*made, join)] == [False] * len(made) + [True]
