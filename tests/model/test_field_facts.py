"""The reader agrees with the schema and docs/reel-file.md on every field: its example, bounds and errors."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from compiler.codes import CODES
from compiler.errors import ReelError, ReelErrors
from compiler.model import read_reel
from compiler.model.schema_forms import annotated

Json = dict[str, Any]

SCHEMA = annotated()
FORMS: Json = {"ReelForm": SCHEMA, **SCHEMA["$defs"]}
FIELDS = [(form, name) for form, about in FORMS.items() for name in about["properties"]]

PLACES: dict[str, tuple[str | int, ...]] = {
    "ReelForm": (),
    "CanvasForm": ("canvas",),
    "AudioForm": ("audio",),
    "LoudnessForm": ("audio", "loudness"),
    "EncodeForm": ("encode",),
    "ClipForm": ("clips", 0),
    "KeyframeForm": ("clips", 0, "crop_data", 0),
    "SegmentsForm": ("clips", 0, "segments_data"),
    "TrimForm": ("clips", 0, "segments_data", "trimRange"),
    "WindowForm": ("clips", 0, "window"),
    "SpanForm": ("clips", 0, "segments_data", "spans", 0),
    "RampForm": ("clips", 0, "segments_data", "spans", 0, "speed"),
    "FreezeForm": ("clips", 0, "segments_data", "spans", 0),
    "TransitionForm": ("clips", 0, "transition_data"),
}

BESIDE: dict[tuple[str, str], Json] = {
    ("CanvasForm", "width"): {"height": 900},
    ("CanvasForm", "height"): {"width": 720},
    ("EncodeForm", "crf"): {"codec": "av1"},
    ("TransitionForm", "colour"): {"type": "fade", "duration": 1},
    ("TransitionForm", "type"): {"duration": 1},
    ("TransitionForm", "duration"): {"type": "fade"},
    ("TransitionForm", "audio_curve"): {"duration": 1},
    ("SpanForm", "start"): {"end": None},
    ("SpanForm", "end"): {"start": 0},
}
"""Other fields that a field needs in its object."""

AT_FAULT_BESIDE: dict[tuple[str, str], Json] = {("AudioForm", "loudness"): {"include": False}}
AT_FAULT_UNDER: dict[tuple[str, str], Json] = {("AudioForm", "include"): {"encode": {"codec": "m4a"}}}
"""Surroundings that make a correct value an error: in its object, and in the reel."""

WRONG: tuple[Any, ...] = (None, [], {}, True, False, "nobody knows this", "{", "", -(10**10), 10**11, 0.05, 1.5, 2)
OF_ANY = {"RC102", "RC103", "RC104"}
"""Codes that the page states once, for all fields."""
ALONE = {"RC105", "RC106", "RC110", "RC113"}
"""Codes that a field's own value can have, regardless of other fields."""


def example(form: str, name: str) -> Any:
    return FORMS[form]["properties"][name]["examples"][0]


def reel(form: str, holding: Json, **top: Any) -> Json:
    """The smallest reel in which the object of this form holds these fields, and its required ones."""
    required = {name: example(form, name) for name in FORMS[form].get("required", ())}
    return placed(form, {**required, **holding}, **top)


def placed(form: str, holding: Json, **top: Any) -> Json:
    """The smallest reel in which the object of this form holds these fields alone."""
    if form == "ReelForm":
        return holding
    whole: Json = {"reel": 1, "clips": [{"media": "game.mp4"}], **top}
    at: Any = whole
    for key, following in zip(PLACES[form], [*PLACES[form][1:], None], strict=True):
        if following is None:
            at[key] = holding
        elif isinstance(key, str):
            fresh: Any = {"version": 2} if key == "segments_data" else [{}] if following == 0 else {}
            fresh = {"start": 0, "end": 9} if following == "speed" else fresh
            at = at.setdefault(key, fresh)
        else:
            at[key] = at[key] or {"start": 0, "end": 9}
            at = at[key]
    return whole


def codes(stored: Json, pointer: str) -> set[str]:
    """The codes of the reading's errors at this place."""
    try:
        read_reel(json.dumps(stored))
    except ReelError as error:
        found: tuple[ReelError, ...] = (error,)
    except ReelErrors as errors:
        found = errors.errors
    else:
        return set()
    return {error.code for error in found if error.loc.pointer == pointer}


def pointer_of(form: str, name: str) -> str:
    return "".join(f"/{part}" for part in (*PLACES[form], name))


def provoked(form: str, name: str) -> Iterator[str]:
    """Every code that wrong values of the field can have."""
    key = (form, name)
    beside = {**BESIDE.get(key, {}), **AT_FAULT_BESIDE.get(key, {})}
    for value in (*WRONG, example(form, name)):
        yield from codes(reel(form, {**beside, name: value}, **AT_FAULT_UNDER.get(key, {})), pointer_of(form, name))
    without = {name: example(form, name) for name in FORMS[form].get("required", ())} | beside
    without.pop(name, None)
    yield from codes(placed(form, without), pointer_of(form, name))


def test_the_places_are_those_of_the_forms() -> None:
    assert PLACES.keys() == FORMS.keys()
    assert len(FIELDS) > 45


@pytest.mark.parametrize(("form", "name"), FIELDS)
def test_the_example_is_read(form: str, name: str) -> None:
    read_reel(json.dumps(reel(form, {**BESIDE.get((form, name), {}), name: example(form, name)})))


@pytest.mark.parametrize(("form", "name"), FIELDS)
def test_the_errors_are_those_of_the_reader(form: str, name: str) -> None:
    listed = set(FORMS[form]["properties"][name]["x-errors"])
    found = set(provoked(form, name))
    assert listed <= CODES.keys()
    assert found - OF_ANY <= listed
    assert listed & ALONE <= found


BOUNDED = [(form, name) for form, name in FIELDS if FORMS[form]["properties"][name]["x-unit"] or name in ("from", "to")]


def ends(about: Json) -> tuple[float, float, bool]:
    """The lowest and highest number of a field, and whether the lowest is itself too low."""
    number: Json = next((way for way in about.get("anyOf", ()) if "maximum" in way), about)
    beyond = "exclusiveMinimum" in number
    return number["exclusiveMinimum" if beyond else "minimum"], number["maximum"], beyond


@pytest.mark.parametrize(("form", "name"), BOUNDED)
def test_the_bounds_are_those_of_the_reader(form: str, name: str) -> None:
    low, high, beyond = ends(FORMS[form]["properties"][name])
    step = 2 if FORMS[form]["properties"][name].get("anyOf", [{}])[0].get("type") == "integer" else 1
    for value, sound in ((low, not beyond), (low - step, False), (high, True), (high + step, False)):
        beside = {"type": "cut"} if name == "duration" else BESIDE.get((form, name), {})  # others last more than 0
        found = codes(reel(form, {**beside, name: value}), pointer_of(form, name))
        assert ("RC106" not in found) is sound, value


def test_many_fields_are_bounded() -> None:
    assert len(BOUNDED) > 18
