"""The current stored form: a written edit reads back as the same edit."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass, replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.model import CLIP_FIELDS, TrimRange, canonical, read_clip
from compiler.model.limits import DAMAGES, MOTIONS, STRETCHES, TURNS, Damage, Stretch
from compiler.transitions import CURVES
from tests.model.test_crop import ANY_ORDER, DEFAULT_CROP, FIRST, SECOND
from tests.model.test_segments import EXPORTED, FULL, SPLITS_ONLY

DECIMALS = st.one_of(
    st.integers(0, 5000),
    st.floats(0, 5000, allow_nan=False).map(lambda x: round(x, 6)),
    st.floats(0.001, 5000, allow_nan=False),
)
SPEEDS = st.one_of(st.sampled_from([0.5, 1, 2]), st.floats(0.1, 16))
RAMPS = st.fixed_dictionaries({"from": SPEEDS, "to": SPEEDS, "ease": st.sampled_from(["linear", "smooth"])})
BOX = {"x": st.floats(-100, 5000), "y": DECIMALS, "width": st.floats(0.5, 5000), "height": st.integers(1, 5000)}
MORE = {"origin": st.sampled_from(["user", "trim", None]), "ease": st.sampled_from(["spline", "hold", "smooth"])}
BY_FRAME = st.fixed_dictionaries({"frame": st.integers(0, 400), **BOX}, optional=MORE)
BY_TIME = st.fixed_dictionaries({"time": DECIMALS, **BOX}, optional=MORE)
CROPS = st.one_of(st.none(), st.lists(BY_FRAME, max_size=6), st.lists(BY_TIME, max_size=6), st.fixed_dictionaries(BOX))
TRANSITIONS = st.one_of(
    st.none(),
    st.just({"type": "cut", "duration": 0.5}),
    st.fixed_dictionaries(
        {"type": st.just("fade"), "duration": st.floats(0.01, 9)},
        optional={"colour": st.sampled_from(["#ff8800", "#000000"]), "audio_curve": st.sampled_from(CURVES)},
    ),
    st.fixed_dictionaries(
        {"type": st.just("dissolve"), "duration": st.floats(0.01, 9)}, optional={"audio_curve": st.sampled_from(CURVES)}
    ),
)


@st.composite
def trims(draw: st.DrawFn) -> Any:
    """A trim in any of its shapes."""
    start, end = sorted(draw(st.lists(DECIMALS, min_size=2, max_size=2, unique=True)))
    pair = {"start": start, "end": end}
    return draw(st.sampled_from([None, pair, [start, end], {"start": start}, {"end": end}, {}]))


@st.composite
def segments(draw: st.DrawFn) -> Any:
    """Trim and speeds, in any of the shapes that hold both."""
    edges = sorted(draw(st.lists(DECIMALS, max_size=6, unique=True)))
    trim = draw(trims())
    spans = [
        {"start": start, "end": end, "speed": draw(SPEEDS | RAMPS)}
        for start, end in zip(edges[::2], [*edges[1::2], None], strict=False)
    ]
    freezes = [
        {"at": at, "freeze": draw(st.floats(0.01, 9))} for at in draw(st.lists(DECIMALS, max_size=2, unique=True))
    ]
    full = [0, *(edge for edge in edges if edge > 1)]
    indexed = {str(index): draw(SPEEDS) for index in range(len(full) - 1)}
    return draw(
        st.sampled_from(
            [
                None,
                {"version": 2, "trimRange": trim, "spans": [*freezes, *spans]},
                {"boundaries": full, "segmentSpeeds": indexed, "trimRange": trim},
                {"boundaries": full[1:], "speeds": indexed, "trimRange": trim},
                {"segments": spans},
            ]
        )
    )


@pytest.mark.further
@given(
    crop=CROPS,
    spans=segments(),
    timing=st.one_of(st.none(), st.fixed_dictionaries({"trimRange": trims(), "playbackRate": SPEEDS})),
    transition=TRANSITIONS,
    rotation=st.floats(-20, 20),
    duration=st.one_of(st.none(), st.integers(1, 6000).map(Fraction)),
)
def test_canonical_of_canonical_is_canonical(
    crop: Any, spans: Any, timing: Any, transition: Any, rotation: float, duration: Fraction | None
) -> None:
    row = {"crop_data": crop, "segments_data": spans, "timing_data": timing, "transition_data": transition}
    rate = Fraction(30000, 1001)
    once = canonical(read_clip({"media": "a", "rotation": rotation, **row}), rate=rate, duration=duration)
    nested = {name for field in CLIP_FIELDS if field.nested for name in field.names}
    again = read_clip({"media": "a", **{n: json.dumps(v) if n in nested else v for n, v in once.items()}})
    assert canonical(again) == once
    assert again.notices == ()


@pytest.mark.further
@given(
    crop=st.lists(BY_FRAME, max_size=6, unique_by=lambda key: key["frame"]), spans=segments(), transition=TRANSITIONS
)
def test_the_canonical_form_is_the_same_edit(crop: Any, spans: Any, transition: Any) -> None:
    stored = {"crop_data": crop, "segments_data": spans, "transition_data": transition}
    clip = read_clip({"media": "a", **stored})
    again = read_clip({"media": "a", **canonical(clip)})
    assert [(k.at, k.x, k.y, k.width, k.height, k.ease, k.origin) for k in clip.crop or ()] == [
        (k.at, k.x, k.y, k.width, k.height, k.ease, k.origin) for k in again.crop or ()
    ]
    assert [(s.start, s.end, s.speed) for s in clip.spans] == [(s.start, s.end, s.speed) for s in again.spans]
    assert (clip.transition.type, clip.transition.duration) == (again.transition.type, again.transition.duration)
    if clip.trim:
        assert again.trim is not None
        assert (clip.trim.start or 0, clip.trim.end) == (again.trim.start, again.trim.end)


@pytest.mark.parametrize(
    ("stored", "spans", "trim"),
    [
        (FULL, [(3.882329, 8.029739, 0.5)], {"start": 0, "end": 10.042697}),
        (SPLITS_ONLY, [(2.182804, 5.340262, 0.5)], {"start": 0, "end": 19.528168}),
        (EXPORTED, [(2, 6, 0.5)], {"start": 2, "end": 15}),
        ([{"type": "keep", "start": 0, "end": 10}], [], {"start": 0, "end": 10}),
    ],
)
def test_real_stored_segments(stored: Any, spans: list[tuple[float, float, float]], trim: Any) -> None:
    assert canonical(read_clip({"media": "a", "segments_data": stored}))["segments_data"] == {
        "version": 2,
        "trimRange": trim,
        "spans": [{"start": start, "end": end, "speed": speed} for start, end, speed in spans],
    }


@pytest.mark.parametrize("stored", [[FIRST, SECOND], ANY_ORDER, DEFAULT_CROP])
def test_real_stored_crops_are_canonical_already(stored: Any) -> None:
    assert canonical(read_clip({"media": "a", "crop_data": stored}))["crop_data"] == stored


def test_an_untouched_clip() -> None:
    assert canonical(read_clip({"media": "a", "segments_data": {"boundaries": [0, 9], "segmentSpeeds": {}}})) == {
        "crop_data": None,
        "segments_data": None,
        "timing_data": None,
        "transition_data": None,
        "rotation": 0,
        "stretch": None,
        "motion": "repeat",
        "damage": None,
        "loop": False,
        "turn": 0,
        "mirror": False,
        "volume": 0,
        "mute": False,
    }


def test_the_reels_default_transition_is_not_written_into_the_clip() -> None:
    default = read_clip({"media": "a", "transition_data": {"type": "fade", "duration": 1}}).transition
    assert canonical(read_clip({"media": "a"}, transition=default))["transition_data"] is None
    assert canonical(read_clip({"media": "a", "transition_data": {"type": "cut"}}))["transition_data"] == {
        "type": "cut"
    }


def test_keyframes_by_time_take_the_medias_rate() -> None:
    box = {"x": 0, "y": 0, "width": 9, "height": 16}
    clip = read_clip({"media": "a", "crop_data": [{"time": 1.01, **box}, {"time": 1, **box}, {"time": 2, **box}]})
    crop: Any = canonical(clip, rate=Fraction(25))["crop_data"]
    assert [key["frame"] for key in crop] == [25, 50]
    with pytest.raises(ValueError, match="/clips/0/crop_data/1 is stored by time"):
        canonical(clip)


def test_a_duration_closes_open_ends() -> None:
    stored = {"boundaries": [2, 5, 9], "segmentSpeeds": {"2": 2, "3": 4}, "trimRange": {"start": 1}}
    clip = read_clip({"media": "a", "segments_data": stored})
    for seconds, spans in ((12, [(5, 9), (9, 12)]), (9, [(5, 9)])):
        written: Any = canonical(clip, duration=Fraction(seconds))["segments_data"]
        assert written["trimRange"] == {"start": 1, "end": seconds}
        assert [(span["start"], span["end"]) for span in written["spans"]] == spans
    assert (
        canonical(read_clip({"media": "a", "segments_data": {**stored, "trimRange": None}}), duration=Fraction(5))[
            "segments_data"
        ]
        is None
    )
    left_open: Any = canonical(clip)["segments_data"]
    assert left_open["spans"][1]["end"] is None


def edit(value: Any) -> Any:
    """A clip as plain values, without its source locations: a trim from the start equals one from 0."""
    if isinstance(value, TrimRange):
        value = replace(value, start=value.start or Fraction(0))
    if is_dataclass(value):
        return {each.name: edit(getattr(value, each.name)) for each in fields(value) if each.name not in ABOUT}
    return [edit(item) for item in value] if isinstance(value, tuple) else value


ABOUT = ("loc", "notices")
"""Fields of a clip that describe its reading, and not the edit."""


@pytest.mark.further
@given(
    crop=st.lists(BY_FRAME, max_size=6, unique_by=lambda key: key["frame"]),
    segments=segments(),
    transition=TRANSITIONS,
    rotation=st.floats(-20, 20),
    stretch=st.sampled_from([None, *STRETCHES]),
    motion=st.sampled_from([None, *MOTIONS]),
    damage=st.sampled_from([None, *DAMAGES]),
    loop=st.sampled_from([None, False, True]),
    turn=st.sampled_from([None, *TURNS]),
    mirror=st.sampled_from([None, False, True]),
    volume=st.floats(-60, 20),
    mute=st.sampled_from([None, False, True]),
    default=st.sampled_from(STRETCHES),
    kept=st.sampled_from(DAMAGES),
)
def test_what_is_written_reads_as_the_same_clip(
    default: Stretch, kept: Damage, crop: Any, segments: Any, **rest: Any
) -> None:
    named = {f"{name}_data" if name == "transition" else name: value for name, value in rest.items()}
    row = {"media": "a", "crop_data": crop, "segments_data": segments, **named}
    clip = read_clip(row, stretch=default, damage=kept)
    again = read_clip({"media": "a", **canonical(clip)}, stretch=default, damage=kept)
    assert edit(again) == edit(clip)


def test_a_reels_default_stretch_is_not_written_into_the_clip() -> None:
    inherited = canonical(read_clip({"media": "a"}, stretch="mute"))
    assert (inherited["stretch"], read_clip({"media": "a", **inherited}, stretch="varispeed").stretch) == (
        None,
        "varispeed",
    )
    assert canonical(read_clip({"media": "a", "stretch": "mute"}, stretch="mute"))["stretch"] == "mute"


def test_a_reels_default_damage_is_not_written_into_the_clip() -> None:
    inherited = canonical(read_clip({"media": "a"}, damage="refuse"))
    assert (inherited["damage"], read_clip({"media": "a", **inherited}, damage="conceal").damage) == (None, "conceal")
    assert canonical(read_clip({"media": "a", "damage": "refuse"}, damage="refuse"))["damage"] == "refuse"
