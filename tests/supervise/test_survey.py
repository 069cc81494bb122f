from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from av.container import InputContainer
from av.stream import Stream

from compiler.errors import ReelError
from compiler.supervise.facts import probe_child, survey
from compiler.supervise.facts.picture import PictureFacts
from compiler.supervise.facts.whole import Whole
from compiler.supervise.media.admit import opened
from tests.supervise.conftest import Made

LONG = ("long.mp4", "long.mkv", "long.avi", "late_change.mkv", "short_sound.mp4", "long_sound.mkv")


def streams(container: InputContainer) -> list[Stream]:
    return [*container.streams.video, *container.streams.audio]


@pytest.mark.parametrize(
    "name",
    [
        "long.mp4",
        "long.mkv",
        "long.avi",
        "late_change.mkv",
        "long_sound.mkv",
        "plain.mp4",
        "plain.ts",
        "vfr.mp4",
        "late_sound.mp4",
    ],
)
def test_tables_tell_what_reading_everything_finds(made: Made, name: str) -> None:
    with opened(made(name)) as (container, _):
        reading = survey.read(container, streams(container), made(name))
    with opened(made(name)) as (container, _):
        whole = survey.read_whole(container, streams(container))
    for by_table, by_packet in zip(reading.heads, whole.heads, strict=True):
        assert sorted(by_table.ticks) == sorted(by_packet.ticks)
        assert (by_table.first, by_table.last, by_table.uneven()) == (
            by_packet.first,
            by_packet.last,
            by_packet.uneven(),
        )
        if by_table.keys and by_packet.keys:
            assert [entry.tick for entry in by_table.keys.entries] == [entry.tick for entry in by_packet.keys.entries]


def test_media_of_a_file_with_tables_are_not_read(made: Made, tmp_path: Path) -> None:
    whole = bytearray(made("long.mp4").read_bytes())
    begin = whole.index(b"mdat") + 4
    size = int.from_bytes(whole[begin - 8 : begin - 4], "big") - 8
    whole[begin + size // 2 : begin + size] = bytes(size - size // 2)
    hollow = tmp_path / "hollow.mp4"
    hollow.write_bytes(whole)
    with opened(hollow) as (container, _):
        reading = survey.read(container, streams(container), hollow)
    assert len(reading.heads[0].ticks) == 1440


def test_a_grid_of_whole_milliseconds_is_even(made: Made) -> None:
    with opened(made("long.mkv")) as (container, _):
        assert not survey.read_whole(container, streams(container)).heads[0].uneven()


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """The output of the probe child, called in this process."""

    def ask(*question: object) -> Any:
        monkeypatch.setattr("sys.argv", ["probe", *map(str, question)])
        probe_child.main()
        return json.loads(capsys.readouterr().out)

    return ask


@pytest.mark.further
def test_every_recipe_has_an_answer(made: Made, answer: Callable[..., Any]) -> None:
    facts = answer("media", made("plain.mp4"))["answer"]
    assert (facts["format"], facts["start"], facts["video"]["rate"]) == ("mov", "0", "30")
    for name in (*LONG, "tagged.mp4", "jpeg.avi", "sar.mp4", "one_frame.mp4"):
        assert answer("media", made(name))["answer"]["video"]["pix_fmt"].startswith("yuv")


def test_the_other_question(made: Made, answer: Callable[..., Any]) -> None:
    film = answer("film", made("plain.mp4"), "30")["answer"]
    assert (film["frames"], film["off_grid"], film["samples"]) == (60, None, "96000")
    assert answer("film", made("plain.mp4"), "25")["answer"]["off_grid"] == 1


@pytest.mark.parametrize(
    ("name", "code"),
    [("sound.m4a", "RC605"), ("magic.mkv", "RC606"), ("drawing.bmp", "RC606")],
)
def test_a_refusal_is_an_answer_too(made: Made, answer: Callable[..., Any], name: str, code: str) -> None:
    assert answer("media", made(name))["error"]["code"] == code


def test_a_picture_turned_by_an_odd_angle(
    made: Made, ffmpeg: Callable[..., bytes], answer: Callable[..., Any], tmp_path: Path
) -> None:
    turned = tmp_path / "turned.mp4"
    ffmpeg("-display_rotation", "30", "-i", made("corner.mp4"), "-c", "copy", turned)
    error = answer("media", turned)["error"]
    assert error["code"] == "RC606"
    assert error["message"].startswith("states a rotation of 33")


def test_pictures_that_cannot_be_decoded(made: Made, answer: Callable[..., Any], tmp_path: Path) -> None:
    whole = made("silent.mp4").read_bytes()
    start, end = whole.index(b"mdat") + 4, whole.index(b"moov") - 4
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(whole[:start] + bytes(end - start) + whole[end:])
    error = answer("media", broken)["error"]
    assert (error["code"], error["message"]) == ("RC604", "has no picture that can be decoded")


def test_a_picture_of_which_no_packet_was_read_is_refused_and_off_no_grid(made: Made) -> None:
    """Damaged files have such streams."""
    with opened(made("plain.mp4")) as (container, _):
        none = survey.StreamSurvey(container.streams.video[0])
        assert not none.uneven()
        with pytest.raises(ReelError, match="no picture that can be decoded"):
            PictureFacts(container, none, None, Whole())
        none.frame = next(container.decode(video=0))  # a frame from packets that were not counted
        with pytest.raises(ReelError, match="no picture that can be decoded"):
            PictureFacts(container, none, None, Whole())
