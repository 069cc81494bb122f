"""Identities of units: a change of any field changes the keys of the units that it touches, and no others."""

from __future__ import annotations

import json
import platform
import re
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from compiler.film_identity import contents_by
from compiler.ir.build import Build
from compiler.model import CLIP_FIELDS, read_reel
from compiler.pipeline import compile_reel, identity
from compiler.steps import steps
from compiler.supervise import unit_cache
from compiler.supervise.films.kept import keys_of
from compiler.timeline.media import Media
from tests.golden.media import FIVE, MEDIA, NINE, film, picture
from tests.server.editing import trim

BOX = {"x": 100, "y": 0, "width": 400, "height": 700}
Json = dict[str, Any]


def clip(number: int, **fields: Any) -> Json:
    """Five seconds, so that each clip is a unit of its own."""
    usual = {"media": "game.mp4", "segments_data": trim(number, number + 5), "crop_data": [{"frame": 0, **BOX}]}
    return {"id": f"c{number}", "name": f"clip {number}", **usual, **fields}


def keys(clips: list[Json], build: Build = NINE, media: Mapping[str, Media] = MEDIA, **top: Any) -> dict[str, str]:
    """The key of everything that is made, by its file's name; the film's is `film`."""
    canvas = {"width": 360, "height": 640, "fps": "30", **top.pop("canvas", {})}
    reel = read_reel(json.dumps({"reel": 1, "canvas": canvas, "clips": clips, **top}))
    found = steps(compile_reel(reel, media, build))
    return {found[number].made or "film": key for number, key in keys_of(found, content).items()}


def content(path: str) -> str:
    return f"content of {path.rpartition('/')[2]}"


CLIPS: list[Json] = [clip(number) for number in range(8)]
LOUD: dict[str, Any] = {"audio": {"loudness": {"target": -16}}}
USUAL = keys(CLIPS, **LOUD)
PICTURES = {f"unit-{number}.mp4" for number in range(1, 9)}
SOUNDS = {"sound-1.nut", "sound-2.nut"}


def changed(found: Mapping[str, str]) -> set[str]:
    return {name for name in USUAL.keys() | found.keys() if USUAL.get(name) != found.get(name)} - {"film"}


def one(**fields: Any) -> list[Json]:
    """The third clip with other fields."""
    return [*CLIPS[:2], clip(2, **fields), *CLIPS[3:]]


MEASURED, HEARD = "loudness.txt", "sound.mp4"
OF_CLIPS: dict[str, tuple[list[Json], set[str]]] = {
    "id": (one(id="other"), set()),
    "name": (one(name="other"), set()),
    "media": (one(media="match.mp4"), {"unit-3.mp4", "sound-1.nut", MEASURED, HEARD}),
    "crop_data": (one(crop_data=[{"frame": 0, **BOX, "x": 101}]), {"unit-3.mp4"}),
    "segments_data": (one(segments_data=trim(2.5, 7.5)), {"unit-3.mp4", "sound-1.nut", MEASURED, HEARD}),
    "rotation": (one(rotation=1), {"unit-3.mp4"}),
    "turn": (one(turn=180), {"unit-3.mp4"}),
    "mirror": (one(mirror=True), {"unit-3.mp4"}),
    "volume": (one(volume=-6), {"sound-1.nut", MEASURED, HEARD}),
    "mute": (one(mute=True), {"sound-1.nut", MEASURED, HEARD}),
    "motion": (one(motion="blend", segments_data=trim(2, 7, {"start": 2, "end": 3, "speed": 1})), {"unit-3.mp4"}),
    "window": (one(window={"start": 0.5}), {"unit-3.mp4", "sound-1.nut", MEASURED, HEARD}),
    "window of the whole": (one(window={"start": 0}), set()),
    "transition_data": (
        one(transition_data={"type": "fade", "duration": 0.5}),
        {"unit-2.mp4", "unit-3.mp4", "sound-1.nut", MEASURED, HEARD},
    ),
}
"""Changes of the third clip, and what each changes besides the film."""


@pytest.mark.parametrize("field", OF_CLIPS)
def test_a_change_of_a_clip_changes_the_units_that_it_touches(field: str) -> None:
    clips, touched = OF_CLIPS[field]
    found = keys(clips, **LOUD)
    assert changed(found) == touched
    assert (found["film"] != USUAL["film"]) == bool(touched)


BLENDED = [{**each, "transition_data": {"type": "dissolve", "duration": 0.5}} for each in CLIPS]
"""Each clip is two units: the blend into it, and the rest."""


def pictures(clips: list[Json]) -> list[str]:
    """The keys of the units of pictures, in order."""
    found = keys(clips)
    return [found[f"unit-{number}.mp4"] for number in range(1, len(found)) if f"unit-{number}.mp4" in found]


def test_a_changed_clip_changes_the_blends_at_its_ends_and_no_other_clip() -> None:
    other = [*BLENDED[:2], {**BLENDED[2], "mirror": True}, *BLENDED[3:]]
    before, after = pictures(BLENDED), pictures(other)
    assert [n for n, (one, two) in enumerate(zip(before, after, strict=True)) if one != two] == [3, 4, 5]
    assert len(before) == 15


def test_a_transition_changes_what_it_shows() -> None:
    """The end of the clip before, the blend, and the rest of its own clip."""
    blended = [*CLIPS[:2], BLENDED[2], *CLIPS[3:]]
    before, after = pictures(CLIPS), pictures(blended)
    assert (len({*after} - {*before}), len({*before} - {*after})) == (3, 2)
    sounds = {name for name, key in keys(blended, **LOUD).items() if key != USUAL.get(name)} - PICTURES
    assert sounds == {"sound-1.nut", MEASURED, HEARD, "unit-9.mp4", "film"}


OF_FILMS: dict[str, tuple[Json, set[str]]] = {
    "size": ({**LOUD, "canvas": {"width": 720, "height": 1280}}, PICTURES),
    "rate": ({**LOUD, "canvas": {"fps": "25"}}, {*PICTURES, HEARD}),
    "crf": ({**LOUD, "encode": {"crf": 30}}, PICTURES),
    "preset": ({**LOUD, "encode": {"preset": "fast"}}, PICTURES),
    "bitrate of the sound": ({**LOUD, "encode": {"audio_bitrate": "96k"}}, {HEARD}),
    "target of the loudness": ({"audio": {"loudness": {"target": -20}}}, {MEASURED, HEARD}),
    "limit of the peak": ({"audio": {"loudness": {"target": -16, "true_peak": -3}}}, {MEASURED, HEARD}),
}


@pytest.mark.parametrize("field", OF_FILMS)
def test_a_change_of_the_film_changes_what_depends_on_it(field: str) -> None:
    top, touched = OF_FILMS[field]
    found = keys(CLIPS, **top)
    assert changed(found) == touched
    assert found["film"] != USUAL["film"]


def test_a_clip_that_comes_before_changes_no_other_unit() -> None:
    """Pictures are the same wherever they are in the film."""
    found = keys([clip(20), *CLIPS], **LOUD)
    assert {USUAL[name] for name in PICTURES} <= {key for name, key in found.items() if name.startswith("unit")}


def test_paths_decide_nothing_and_contents_do() -> None:
    moved = {name: replace(media, path=f"/elsewhere/{media.path}") for name, media in MEDIA.items()}
    assert changed(keys(CLIPS, media=moved, **LOUD)) == set()
    copied = {name: replace(media, path=f"/elsewhere/other-{name}") for name, media in MEDIA.items()}
    assert changed(keys(CLIPS, media=copied, **LOUD)) == {*PICTURES, *SOUNDS, MEASURED, HEARD}


@pytest.mark.parametrize(
    "build", [FIVE, replace(NINE, version="9.0.3"), replace(NINE, path="/usr/bin/another"), replace(NINE, avx512=True)]
)
def test_another_ffmpeg_makes_other_units(build: Build) -> None:
    assert changed(keys(CLIPS, build, **LOUD)) >= PICTURES


def test_another_library_of_ffmpeg_makes_other_units() -> None:
    """Codecs and filters stand in libraries, which are replaced without the program."""
    shared = replace(NINE, libraries=("/lib/libx264.so", "/lib/libavcodec.so"))
    before = keys(CLIPS, shared, **LOUD)
    moved = replace(shared, libraries=tuple(f"/usr{path}" for path in shared.libraries))
    assert keys(CLIPS, moved, **LOUD) == before
    other = keys(CLIPS, replace(shared, libraries=("/lib/libx264-later.so", *shared.libraries[1:])), **LOUD)
    assert {name for name in before if before[name] != other[name]} == {*before}
    watched = steps(compile_reel(read_reel(json.dumps({"reel": 1, "clips": CLIPS, **LOUD})), MEDIA, shared))
    assert all({*step.runs} >= {*shared.files} for step in watched)


def test_other_code_makes_other_units(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity, "maker", lambda: "other code")
    assert changed(keys(CLIPS, **LOUD)) == {*PICTURES, *SOUNDS, MEASURED, HEARD}


def test_another_processor_makes_other_units(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    assert changed(keys(CLIPS, **LOUD)) == {*PICTURES, *SOUNDS, MEASURED, HEARD}


def test_another_decoder_makes_other_straightened_units_only(monkeypatch: pytest.MonkeyPatch) -> None:
    odd = picture(MEDIA["match.mp4"], straightened=("its clock jumps",))
    media = {**MEDIA, "match.mp4": odd}
    before = keys(one(media="match.mp4"), media=media)
    monkeypatch.setattr(identity, "decoding", lambda: "0.1")
    after = keys(one(media="match.mp4"), media=media)
    assert {name for name in before if before[name] != after[name]} == {"unit-3.mp4", "film"}


def test_the_code_that_makes_units_is_all_counted() -> None:
    counted = {*identity.maker_files()}
    folders = ("emit", "passes", "passes/crops", "supervise/straighten", "supervise/images", "supervise/media")
    assert counted >= {path for folder in folders for path in (identity.COMPILER / folder).glob("*.py")}


PLUMBING = ("errors", "supervise.children.", "supervise.remedy", "timeline.")
"""What straightened inputs need besides: errors, processes; facts of media, which are in their specs."""


def test_no_code_of_straightened_inputs_is_left_out() -> None:
    """The code imports nothing else of the compiler that could decide a byte."""
    texts = [path.read_text() for path in identity.maker_files() if "supervise" in path.parts]
    used = {name for text in texts for name in re.findall(r"^from compiler\.(\S+) import", text, re.MULTILINE)}
    counted = {".".join(path.relative_to(identity.COMPILER).with_suffix("").parts) for path in identity.maker_files()}
    others = {name for name in used - counted if not name.startswith(PLUMBING)}
    assert others == {"supervise.images", "supervise.media"}, "the modules of these folders are counted"


def test_texts_are_told_apart() -> None:
    assert len({identity.digest(*texts) for texts in (("ab", "c"), ("a", "bc"), ("abc",), ("abc", ""))}) == 4


ODD = {
    "odd.mp4": picture(replace(MEDIA["match.mp4"], path="odd.mp4"), straightened=("its clock jumps",)),
    "sticker.gif": picture(
        film("sticker.gif", 10, 4, (640, 480), base=Fraction(1, 100), container="gif"),
        codec="gif",
        ticks=tuple(range(0, 400, 10)),
        straightened=("it is a moving image",),
    ),
}
SLOW = trim(2, 7, {"start": 2, "end": 3, "speed": 0.5})
ENDS = {"segments_data": trim(0, 5)}
OF_SOME_CLIPS: dict[str, tuple[Json, Json, set[str]]] = {
    "stretch": ({"segments_data": SLOW}, {"stretch": "varispeed"}, {"sound-1.nut", HEARD}),
    "damage": ({"media": "odd.mp4"}, {"damage": "refuse"}, {"unit-3.mp4"}),
    "loop": ({"media": "sticker.gif", "crop_data": None, **ENDS}, {"loop": True}, {"unit-3.mp4", "sound-1.nut", HEARD}),
}
"""Fields that have an effect on some clips only: the clip, a change of it, and what that changes besides the film."""


@pytest.mark.parametrize("field", OF_SOME_CLIPS)
def test_a_change_that_some_clips_feel_changes_the_units_that_it_touches(field: str) -> None:
    clip, change, touched = OF_SOME_CLIPS[field]
    before, after = (keys(one(**fields), media={**MEDIA, **ODD}) for fields in (clip, {**clip, **change}))
    assert {name for name in before if before[name] != after[name]} == {*touched, "film"}


def test_every_field_of_a_clip_is_tried() -> None:
    """A field that is new must be tried here: whatever decides bytes is in the script or the command."""
    assert {field.names[0] for field in CLIP_FIELDS} <= {*OF_CLIPS, *OF_SOME_CLIPS}


def test_a_file_is_read_once_for_several_films_and_again_when_it_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, place = list[str](), tmp_path / "program"

    def noted(path: str) -> str:
        read.append(Path(path).read_text())
        return read[-1]

    monkeypatch.setattr(unit_cache, "content_of", noted)
    for words in ("one", "another"):
        place.write_text(words)
        assert [contents_by(None)(str(place)) for _ in range(2)] == [words] * 2
    assert read == ["one", "another"]
