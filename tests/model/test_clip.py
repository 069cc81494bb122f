"""The other fields of a clip, and the consistency of its stored fields."""

from __future__ import annotations

from fractions import Fraction
from types import MappingProxyType
from typing import Any

import pytest

from compiler.errors import ReelError, ReelErrors
from compiler.model import Transition, canonical, read_clip
from compiler.transitions import BLENDS
from tests.model.reading import F, faults, plain, read, read_top, times

V2 = {"version": 2, "trimRange": {"start": 1, "end": 6}, "spans": [{"start": 3, "end": 4, "speed": 0.5}]}


@pytest.mark.parametrize(
    ("stored", "trim", "speed"),
    [
        (None, None, None),
        ("", None, None),
        ({}, None, None),
        ({"trimRange": [0.5, 12.3]}, ("1/2", "123/10"), None),
        ({"trimRange": {"start": 0.5, "end": 12.3}}, ("1/2", "123/10"), None),
        ({"trimRange": [0.5, 12.3], "playbackRate": 1.0}, ("1/2", "123/10"), None),
        ({"trimRange": None, "playbackRate": 2}, None, "2"),
        ({"speed": 1.5, "trim_start": 2.0, "trim_end": 15.0}, ("2", "15"), "3/2"),
        ('{"speed": 1.5}', None, "3/2"),
    ],
)
def test_timing_data(stored: object, trim: tuple[str, str] | None, speed: str | None) -> None:
    clip = read(timing_data=stored)
    assert times(clip) == trim
    assert plain(clip.spans) == ([] if speed is None else [(0, None, F(speed))])


@pytest.mark.parametrize(
    ("stored", "code", "at"),
    [
        ([0.5, 12.3], "RC107", ""),
        (1.5, "RC107", ""),
        ("{", "RC107", ""),
        ({"speed": 0}, "RC106", "/speed"),
        ({"speed": 1, "playbackRate": 1}, "RC107", "/playbackRate"),
        ({"playbackrate": 1}, "RC103", "/playbackrate"),
        ({"trimRange": [5, 2]}, "RC111", "/trimRange"),
        ({"trim_start": 5, "trim_end": 2}, "RC111", ""),
    ],
)
def test_wrong_timing_data(stored: object, code: str, at: str) -> None:
    assert faults(timing_data=stored) == [(code, f"timing_data{at}")]


def test_segments_data_wins_with_notices() -> None:
    clip = read(segments_data=V2, timing_data={"trimRange": [0, 3], "speed": 2})
    assert times(clip) == ("1", "6")
    assert plain(clip.spans) == [(3, 4, Fraction(1, 2))]
    assert [notice.loc.pointer for notice in clip.notices] == [
        "/clips/0/timing_data/trimRange",
        "/clips/0/timing_data/speed",
    ]


def test_what_agrees_needs_no_notice() -> None:
    assert read(segments_data=V2, timing_data={"trimRange": [1, 6], "playbackRate": 1}).notices == ()
    clip = read(segments_data={"trimRange": {"end": 6}}, timing_data={"trimRange": [0, 6], "speed": 2})
    assert (clip.notices, plain(clip.spans)) == ((), [(0, None, 2)])


@pytest.mark.parametrize(
    ("stored", "degrees"), [(None, 0), (0, 0), (-2.5, "-2.5"), (20, 20), (9e-7, 0), (1e-6, "1e-6")]
)
def test_rotation(stored: object, degrees: Any) -> None:
    assert read(rotation=stored).rotation == Fraction(degrees)


@pytest.mark.parametrize(
    ("stored", "code"), [(20.001, "RC106"), (-21, "RC106"), ("3", "RC104"), (True, "RC104"), ([1], "RC104")]
)
def test_wrong_rotation(stored: object, code: str) -> None:
    assert faults(rotation=stored) == [(code, "rotation")]


@pytest.mark.parametrize("kind", ["fade", "dissolve"])
def test_transitions(kind: str) -> None:
    entered = read(transition_data={"type": kind, "duration": 0.5}).transition
    assert (entered.type, entered.duration, entered.inherited) == (kind, Fraction(1, 2), False)
    assert entered.loc.pointer == "/clips/0/transition_data"


@pytest.mark.parametrize("duration", [{}, {"duration": 0.5}, {"duration": None}, {"duration": 0}])
def test_a_cut_has_no_duration(duration: dict[str, object]) -> None:
    entered = read(transition_data={"type": "cut", **duration}).transition
    assert (entered.type, entered.duration, entered.inherited) == ("cut", Fraction(0), False)


@pytest.mark.parametrize(
    ("stored", "found"),
    [
        ({"type": "disolve", "duration": 1}, [("RC113", "/type")]),
        ({"type": "custom", "duration": 1}, [("RC113", "/type")]),
        ({"type": "fade", "duration": 1, "colour": "red"}, [("RC106", "/colour")]),
        ({"type": "fade", "duration": 1, "colour": 0}, [("RC104", "/colour")]),
        ({"type": "dissolve", "duration": 1, "colour": "#ffffff"}, [("RC106", "/colour")]),
        ({"type": "cut", "audio_curve": "tri"}, [("RC106", "/audio_curve")]),
        ({"type": "dissolve", "duration": 1, "audio_curve": "nofade"}, [("RC106", "/audio_curve")]),
        ({"duration": 1}, [("RC105", "/type")]),
        ({"type": 5, "duration": 1}, [("RC104", "/type")]),
        ({"type": "fade"}, [("RC105", "/duration")]),
        ({"type": "fade", "duration": 0}, [("RC106", "/duration")]),
        ({"type": "fade", "duration": -1}, [("RC106", "/duration")]),
        ({"type": "fade", "duration": "1"}, [("RC104", "/duration")]),
        ({"type": "fade", "duration": 1, "offset": 2}, [("RC103", "/offset")]),
        ({"type": "cut", "duration": "long"}, [("RC104", "/duration")]),
        ("fade", [("RC107", "")]),
        ([], [("RC104", "")]),
    ],
)
def test_wrong_transitions(stored: object, found: list[tuple[str, str]]) -> None:
    assert faults(transition_data=stored) == [(code, f"transition_data{at}") for code, at in found]


@pytest.mark.parametrize("name", BLENDS)
def test_every_blend_is_read(name: str) -> None:
    stored = {"type": name, "duration": 0.5, "audio_curve": "qsin"}
    clip = read(transition_data=stored)
    assert (clip.transition.type, clip.transition.curve) == (name, "qsin")
    assert canonical(clip)["transition_data"] == stored


def test_a_fade_goes_through_a_colour() -> None:
    clip = read(transition_data={"type": "fade", "duration": 1, "colour": "#FF8800"})
    assert clip.transition.colour == "#ff8800"
    assert canonical(clip)["transition_data"] == {"type": "fade", "duration": 1, "colour": "#ff8800"}
    assert read(transition_data={"type": "fade", "duration": 1}).transition.colour == "#000000"


def test_the_nearest_transition_is_the_hint() -> None:
    with pytest.raises(ReelError, match="type is not known") as caught:
        read(transition_data={"type": "disolve", "duration": 1})
    assert caught.value.hint == "did you mean dissolve?"


def test_the_reels_default_transition_and_stretch() -> None:
    reel = read_top(
        transition={"type": "fade", "duration": 0.4},
        audio={"stretch": "varispeed"},
        clips=[
            {"id": "a", "media": "a.mp4"},
            {"media": "b.mp4", "transition_data": {"type": "cut"}, "stretch": "mute"},
        ],
    )
    first, second = reel.clips
    assert (first.transition.type, first.transition.duration, first.transition.inherited) == ("fade", F("0.4"), True)
    assert (first.transition.loc.clip, first.transition.loc.pointer) == ("a", "/transition")
    assert (second.transition.type, second.transition.inherited) == ("cut", False)
    assert (first.stretch, second.stretch) == ("varispeed", "mute")


def test_damage_is_the_clips_own_or_the_reels_or_concealed() -> None:
    own = {"media": "b.mp4", "damage": "conceal"}
    first, second = read_top(damage="refuse", clips=[{"media": "a.mp4"}, own]).clips
    assert (first.damage, first.damage_inherited) == ("refuse", True)
    assert (second.damage, second.damage_inherited) == ("conceal", False)
    assert (read().damage, read(damage="refuse").damage) == ("conceal", "refuse")


def test_a_moving_image_plays_once_unless_it_loops() -> None:
    assert (read().loop, read(loop=True).loop, read(loop=False).loop) == (False, True, False)


def test_turn_mirror_volume_and_mute_change_nothing_where_they_are_left_out() -> None:
    def edit(**fields: object) -> tuple[int, bool, Fraction, bool]:
        clip = read(**fields)
        return clip.turn, clip.mirror, clip.volume, clip.mute

    assert edit() == edit(turn=None, mirror=None, volume=None, mute=None) == (0, False, Fraction(0), False)
    assert edit(turn=270.0, mirror=True, volume=-4.5, mute=True) == (270, True, F("-4.5"), True)


def test_names_and_ids() -> None:
    reel = read_top(clips=[{"media": "a"}, {"media": "b", "id": "dunk"}, {"media": "c", "id": "x", "name": "Great"}])
    assert [(clip.id, clip.name) for clip in reel.clips] == [("clip1", "clip1"), ("dunk", "dunk"), ("x", "Great")]
    assert [(clip.loc.clip, clip.loc.pointer) for clip in reel.clips][1] == ("dunk", "/clips/1")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"id": ""}, "RC106"),
        ({"id": "x" * 65}, "RC106"),
        ({"id": "a\x1b[31m"}, "RC106"),
        ({"id": 5}, "RC104"),
        ({"name": 5}, "RC104"),
        ({"media": None}, "RC105"),
        ({"media": ""}, "RC106"),
        ({"media": "a\0b"}, "RC106"),
        ({"media": 5}, "RC104"),
        ({"media": "x" * 5000}, "RC106"),
        ({"stretch": "chipmunk"}, "RC106"),
        ({"damage": "ignore"}, "RC106"),
        ({"loop": 1}, "RC104"),
        ({"loop": "true"}, "RC104"),
        ({"turn": 45}, "RC106"),
        ({"turn": 360}, "RC106"),
        ({"turn": -90}, "RC106"),
        ({"turn": 22.5}, "RC104"),
        ({"turn": "90"}, "RC104"),
        ({"mirror": "left"}, "RC104"),
        ({"volume": 20.1}, "RC106"),
        ({"volume": -61}, "RC106"),
        ({"volume": "loud"}, "RC104"),
        ({"mute": 0}, "RC104"),
        ({"crop": []}, "RC103"),
    ],
)
def test_wrong_fields(change: dict[str, object], code: str) -> None:
    (field,) = change
    assert faults(**change) == [(code, field)]


def test_a_row_of_the_database() -> None:
    row = MappingProxyType(
        {
            "id": "17",
            "media": "users/1/media/17.mp4",
            "crop_data": '[{"frame": 0, "x": 857, "y": 357, "width": 205, "height": 365}]',
            "segments_data": '{"boundaries": [0, 3, 6], "segmentSpeeds": {"1": 0.5}, "trimRange": null}',
            "timing_data": None,
            "rotation": 0.1,
            "transition_data": "",
        }
    )
    fade = Transition("fade", Fraction(1, 2), read().transition.loc)
    clip = read_clip(row, 4, transition=fade, stretch="mute")
    assert (clip.rotation, clip.stretch, clip.transition.type) == (Fraction(1, 10), "mute", "fade")
    assert clip.spans[0].loc.pointer == "/clips/4/segments_data/segmentSpeeds/1"


@pytest.mark.parametrize("rotation", [float("nan"), float("inf"), 10**400, object()])
def test_a_row_of_impossible_numbers(rotation: object) -> None:
    with pytest.raises(ReelError, match="rotation"):
        read_clip({"media": "a", "rotation": rotation})


def test_a_rows_errors_come_together() -> None:
    with pytest.raises(ReelErrors) as caught:
        read_clip({"rotation": 90, "crop_data": "{"}, 2)
    found = [error for error in caught.value.exceptions if isinstance(error, ReelError)]
    assert [(error.code, error.loc.pointer) for error in found] == [
        ("RC105", "/clips/2/media"),
        ("RC107", "/clips/2/crop_data"),
        ("RC106", "/clips/2/rotation"),
    ]


def test_clips_are_values() -> None:
    assert hash(read(segments_data=V2)) == hash(read(segments_data=V2))
