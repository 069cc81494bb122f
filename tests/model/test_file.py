"""The fields of a reel file outside of its clips."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest

from compiler.model import CANVASES, AudioSettings, Canvas, Encode, LoudnessTarget, read_reel
from tests.model.reading import errors_of, faults_top, read_top

EXAMPLE = """
{"reel": 1,
 "canvas": {"aspect_ratio": "9:16", "width": 1080, "height": 1920, "fps": "30", "fit": "contain"},
 "audio": {"stretch": "pitch", "include": true},
 "encode": {"codec": "h264", "preset": "medium", "crf": 20, "audio_bitrate": "192k"},
 "transition": {"type": "cut"},
 "clips": [
   {"id": "dunk", "name": "Great dunk", "media": "game.mp4",
    "crop_data": [{"frame": 0, "x": 100, "y": 0, "width": 607.5, "height": 1080}],
    "segments_data": {"version": 2, "trimRange": {"start": 1.5, "end": 6}, "spans": [
        {"start": 3, "end": 4, "speed": 0.5}]},
    "timing_data": null, "rotation": 0, "transition_data": {"type": "dissolve", "duration": 0.5}}]}
"""


@pytest.mark.parametrize("text", [EXAMPLE, EXAMPLE.encode()])
def test_the_example(text: str | bytes) -> None:
    reel = read_reel(text)
    assert reel.canvas == Canvas(1080, 1920, Fraction(30), "contain")
    assert reel.audio == AudioSettings("pitch", include=True)
    assert reel.encode == Encode("h264", "medium", Fraction(20), "192k")
    assert [(clip.id, clip.name, clip.media) for clip in reel.clips] == [("dunk", "Great dunk", "game.mp4")]


def test_only_the_media_is_required_and_the_rest_is_the_example() -> None:
    bare, full = read_top(), read_reel(EXAMPLE)
    assert (bare.canvas, bare.audio, bare.encode) == (full.canvas, full.audio, full.encode)
    assert bare.clips[0].transition.type == "cut"
    assert (read_top(canvas=None, audio=None, encode={}, transition=None)) == bare


@pytest.mark.parametrize(("aspect", "size"), CANVASES.items())
def test_aspect_ratios_have_a_size(aspect: str, size: tuple[int, int]) -> None:
    canvas = read_top(canvas={"aspect_ratio": aspect}).canvas
    assert (canvas.width, canvas.height) == size


def test_bars_show_a_colour_or_a_blur() -> None:
    fills = [read_top(canvas=canvas).canvas.fill for canvas in ({}, {"fill": "#AABBCC"}, {"fill": "blur"})]
    assert fills == ["#000000", "#aabbcc", "blur"]


def test_the_rate_may_be_left_to_the_first_clip() -> None:
    canvas = read_top(canvas={"fps": "source"}).canvas
    assert canvas.rate is None
    with pytest.raises(TypeError, match="no rate yet"):
        _ = canvas.fps


@pytest.mark.parametrize(
    ("stored", "found"),
    [
        ({"codec": "h264", "quality": "draft"}, ("veryfast", 28, None)),
        ({"codec": "h265"}, ("medium", 23, None)),
        ({"codec": "av1", "crf": 25}, ("6", 25, None)),
        ({"codec": "av1", "quality": "draft", "preset": "13"}, ("13", 40, None)),
        ({"codec": "h265", "bitrate": "8M"}, ("medium", None, "8M")),
        ({"codec": "prores", "quality": "draft"}, (None, None, None)),
        ({"codec": "wav"}, (None, None, None)),
    ],
)
def test_what_is_not_said_of_the_encoding_is_its_qualitys(stored: dict[str, object], found: tuple[object, ...]) -> None:
    encode = read_top(encode=stored).encode
    assert (encode.preset, encode.crf, encode.bitrate) == found
    assert encode.quality == stored.get("quality", "final")


def test_a_loudness_is_a_target_and_a_peak() -> None:
    stored: list[dict[str, object]] = [{}, {"loudness": {}}, {"loudness": {"target": -23}}]
    loudness = [read_top(audio=audio).audio.loudness for audio in stored]
    assert loudness == [None, LoudnessTarget(Fraction(-16), Fraction(-1)), LoudnessTarget(Fraction(-23), Fraction(-1))]


def test_a_film_of_sound_alone_has_sound() -> None:
    assert faults_top(encode={"codec": "m4a"}, audio={"include": False}) == [("RC106", "/audio/include")]


def test_a_size_needs_no_aspect_ratio() -> None:
    assert read_top(canvas={"width": 320, "height": 180}).canvas.width == 320
    assert read_top(canvas={"width": 1366, "height": 768, "aspect_ratio": "16:9"}).canvas.height == 768


@pytest.mark.parametrize(
    ("stored", "rate"),
    [
        ("30000/1001", Fraction(30000, 1001)),
        ("240000/1001", Fraction(240000, 1001)),
        ("29.97", Fraction(30000, 1001)),
        (29.97, Fraction(30000, 1001)),
        ("2997/100", Fraction(2997, 100)),
        (29.9, Fraction(299, 10)),
        (24.98, Fraction(1249, 50)),
        (25, Fraction(25)),
        ("240", Fraction(240)),
        (1, Fraction(1)),
    ],
)
def test_rates(stored: object, rate: Fraction) -> None:
    assert read_top(canvas={"fps": stored}).canvas.fps == rate


@pytest.mark.parametrize("nominal", [24, 30, 48, 60, 96, 120, 240])
def test_decimals_of_ntsc_rates_are_the_rates(nominal: int) -> None:
    """In any number of digits from hundredths on, rounded, or cut from thousandths on; as a number and as text."""
    rate = Fraction(nominal * 1000, 1001)
    rounded = [round(float(rate), places) for places in range(2, 16)]
    cut = [int(rate * 10**places) / 10**places for places in range(3, 14)]
    for decimal in (*rounded, *cut, float(rate)):
        for stored in (decimal, repr(decimal)):
            assert read_top(canvas={"fps": stored}).canvas.fps == rate, stored


def test_the_hint_of_an_inexact_rate_is_the_nearest_exact_one() -> None:
    (error,) = errors_of('{"reel": 1, "canvas": {"fps": 12.3456789012}, "clips": [{"media": "a"}]}')
    assert (error.detail, error.hint) == ("it is 12.3456789012", 'write "1000/81", the nearest rate that it keeps')


@pytest.mark.parametrize(
    "stored",
    [
        "",
        "0",
        "30/0",
        "30/1/2",
        "-30",
        "3e1",
        " 30",
        "NaN",
        "1/2",
        "241",
        0.5,
        241,
        29.9701234567,
        "29,97",
        "30 fps",
        "٣٠",
        "9" * 5000,
    ],
)
def test_wrong_rates(stored: object) -> None:
    assert faults_top(canvas={"fps": stored}) == [("RC106", "/canvas/fps")]


@pytest.mark.parametrize(
    ("field", "value", "code", "at"),
    [
        ("canvas", {"width": 1081, "height": 1920}, "RC106", "/canvas/width"),
        ("canvas", {"width": 1080, "height": 14}, "RC106", "/canvas/height"),
        ("canvas", {"width": 8194, "height": 1080}, "RC106", "/canvas/width"),
        ("canvas", {"width": 1080.5, "height": 1080}, "RC104", "/canvas/width"),
        ("canvas", {"width": True, "height": 1080}, "RC104", "/canvas/width"),
        ("canvas", {"width": 1080}, "RC105", "/canvas/height"),
        ("canvas", {"width": 1080, "height": 1080, "aspect_ratio": "9:16"}, "RC106", "/canvas"),
        ("canvas", {"aspect_ratio": "9:61"}, "RC106", "/canvas/aspect_ratio"),
        ("canvas", {"aspect_ratio": 1.78}, "RC104", "/canvas/aspect_ratio"),
        ("canvas", {"fps": True}, "RC104", "/canvas/fps"),
        ("canvas", {"fps": "native"}, "RC106", "/canvas/fps"),
        ("canvas", {"fill": "teal"}, "RC106", "/canvas/fill"),
        ("canvas", {"fill": "#12345"}, "RC106", "/canvas/fill"),
        ("canvas", {"fill": 0}, "RC104", "/canvas/fill"),
        ("canvas", {"fps": {}}, "RC104", "/canvas/fps"),
        ("canvas", {"fit": "stretch"}, "RC106", "/canvas/fit"),
        ("canvas", {"heigth": 1080}, "RC103", "/canvas/heigth"),
        ("canvas", [], "RC104", "/canvas"),
        ("damage", "hide", "RC106", "/damage"),
        ("damage", True, "RC104", "/damage"),
        ("audio", {"include": 1}, "RC104", "/audio/include"),
        ("audio", {"stretch": "none"}, "RC106", "/audio/stretch"),
        ("audio", {"mute": True}, "RC103", "/audio/mute"),
        ("audio", True, "RC104", "/audio"),
        ("audio", {"loudness": -16}, "RC104", "/audio/loudness"),
        ("audio", {"loudness": {"target": -4}}, "RC106", "/audio/loudness/target"),
        ("audio", {"loudness": {"true_peak": 1}}, "RC106", "/audio/loudness/true_peak"),
        ("audio", {"loudness": {"lra": 7}}, "RC103", "/audio/loudness/lra"),
        ("audio", {"loudness": {}, "include": False}, "RC106", "/audio/loudness"),
        ("encode", {"codec": "hevc"}, "RC106", "/encode/codec"),
        ("encode", {"preset": "fastest"}, "RC106", "/encode/preset"),
        ("encode", {"crf": 51.5}, "RC106", "/encode/crf"),
        ("encode", {"crf": "20"}, "RC104", "/encode/crf"),
        ("encode", {"audio_bitrate": "192"}, "RC106", "/encode/audio_bitrate"),
        ("encode", {"audio_bitrate": "31k"}, "RC106", "/encode/audio_bitrate"),
        ("encode", {"audio_bitrate": "513k"}, "RC106", "/encode/audio_bitrate"),
        ("encode", {"audio_bitrate": 192}, "RC104", "/encode/audio_bitrate"),
        ("encode", {"vbr": True}, "RC103", "/encode/vbr"),
        ("encode", {"quality": "best"}, "RC106", "/encode/quality"),
        ("encode", {"bitrate": "1G"}, "RC106", "/encode/bitrate"),
        ("encode", {"bitrate": "49k"}, "RC106", "/encode/bitrate"),
        ("encode", {"bitrate": "501M"}, "RC106", "/encode/bitrate"),
        ("encode", {"bitrate": 8}, "RC104", "/encode/bitrate"),
        ("encode", {"bitrate": "8M", "crf": 20}, "RC106", "/encode/bitrate"),
        ("encode", {"codec": "av1", "crf": 30.5}, "RC104", "/encode/crf"),
        ("encode", {"codec": "av1", "crf": 64}, "RC106", "/encode/crf"),
        ("encode", {"codec": "av1", "preset": "medium"}, "RC106", "/encode/preset"),
        ("encode", {"codec": "prores", "crf": 20}, "RC106", "/encode/crf"),
        ("encode", {"codec": "prores", "bitrate": "8M"}, "RC106", "/encode/bitrate"),
        ("encode", {"codec": "prores", "audio_bitrate": "192k"}, "RC106", "/encode/audio_bitrate"),
        ("encode", {"codec": "gif", "quality": "draft"}, "RC106", "/encode/quality"),
        ("encode", {"codec": "gif", "audio_bitrate": "192k"}, "RC106", "/encode/audio_bitrate"),
        ("encode", {"codec": "wav", "preset": "fast"}, "RC106", "/encode/preset"),
        ("encode", "h264", "RC104", "/encode"),
        ("transition", {"type": "wipe", "duration": 1}, "RC113", "/transition/type"),
        ("clips", [], "RC109", "/clips"),
        ("clips", None, "RC105", "/clips"),
        ("clips", {"media": "a"}, "RC104", "/clips"),
        ("clips", [{"media": "a"}, None], "RC105", "/clips/1"),
        ("clips", ["a.mp4"], "RC104", "/clips/0"),
        ("reel", 2, "RC110", "/reel"),
        ("reel", "1", "RC104", "/reel"),
        ("reel", None, "RC105", "/reel"),
        ("reel", True, "RC104", "/reel"),
        ("clip", [], "RC103", "/clip"),
    ],
)
def test_wrong_fields(field: str, value: object, code: str, at: str) -> None:
    assert faults_top(**{field: value}) == [(code, at)]


def test_the_fields_of_another_version_are_not_judged() -> None:
    assert faults_top(reel=7, clips=5, tracks=[]) == [("RC110", "/reel")]


def test_the_nearest_name_is_the_hint() -> None:
    (error,) = errors_of('{"reel": 1, "clips": [{"media": "a", "segment_data": null}]}')
    assert error.hint == "did you mean segments_data?"


def test_an_unknown_field_like_no_other_lists_the_known() -> None:
    (error,) = errors_of('{"reel": 1, "audio": {"zzz": 1}, "clips": [{"media": "a"}]}')
    assert error.hint == "known here: include, loudness, stretch"


def test_two_clips_of_one_id() -> None:
    clips = [{"id": "a", "media": "x"}, {"id": "b", "media": "x"}, {"id": "a", "media": "x"}]
    assert faults_top(clips=clips) == [("RC108", "/clips/2/id")]
    assert faults_top(clips=[{"id": "clip2", "media": "x"}, {"media": "x"}]) == [("RC108", "/clips/1/id")]


def test_every_error_of_every_clip_in_order() -> None:
    found = faults_top(
        canvas={"fps": 0},
        clips=[{"rotation": 90}, {"media": "a", "id": "x", "crop_data": [{"frame": -1}]}, 5],
    )
    assert found == [
        ("RC106", "/canvas/fps"),
        ("RC105", "/clips/0/media"),
        ("RC106", "/clips/0/rotation"),
        ("RC106", "/clips/1/crop_data/0/frame"),
        ("RC105", "/clips/1/crop_data/0/x"),
        ("RC105", "/clips/1/crop_data/0/y"),
        ("RC105", "/clips/1/crop_data/0/width"),
        ("RC105", "/clips/1/crop_data/0/height"),
        ("RC104", "/clips/2"),
    ]


def test_errors_name_their_clip() -> None:
    text = json.dumps({"reel": 1, "clips": [{"media": "a", "id": "dunk", "rotation": 90}, {"rotation": 0}]})
    assert [error.loc.clip for error in errors_of(text)] == ["dunk", "clip2"]


def test_notices_stay_with_their_clip() -> None:
    box = {"frame": 3, "x": 0, "y": 0, "width": 9, "height": 16}
    reel = read_top(clips=[{"media": "a", "crop_data": [box, box]}, {"media": "b"}])
    assert [len(clip.notices) for clip in reel.clips] == [1, 0]


def test_a_thousand_clips() -> None:
    reel = read_top(clips=[{"media": "a.mp4", "rotation": number / 100} for number in range(1000)])
    assert [clip.id for clip in reel.clips[::999]] == ["clip1", "clip1000"]
