"""Messages that say what is wrong with this file or field, and what to do: K14 and M14."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.field.desk import Desk
from tests.field.make import AAC, X264, Maker, recipe


@recipe("plain.mp4")
def plain(make: Maker, out: Path) -> None:
    make.numbered(out, range(60), *X264, *AAC, sound=make.beeps(2))


RATES = {23.976023976023978: "24000/1001", 29.97002997002997: "30000/1001", 59.94005994005994: "60000/1001"}


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("text", [False, True])
def test_a_rate_as_programs_print_it_is_taken(rate: float, text: bool, make: Maker, desk: Desk) -> None:
    canvas = {"width": 160, "height": 90, "fps": str(rate) if text else rate}
    assert desk.render(make("plain.mp4"), 0, 0.5, reel={"canvas": canvas}).plan["fps"] == RATES[rate]


@pytest.mark.parametrize(("rate", "near"), [(23.98, "24000/1001"), (59.95, "60000/1001"), (29.975, "30000/1001")])
def test_a_rate_that_is_none_is_answered_with_the_nearest(rate: float, near: str, make: Maker, desk: Desk) -> None:
    ended = desk.render(make("plain.mp4"), reel={"canvas": {"width": 160, "height": 90, "fps": rate}})
    assert ended.codes in ([], ["RC106"])
    assert not ended.codes or f'"{near}"' in ended.stderr


ADDRESSES = (
    "https://example.org/a.mp4",
    "http://example.org/a.mp4",
    "s3://bucket/a.mp4",
    "file:///tmp/a.mp4",
    "rtmp://x/a",
)


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_address_is_named_as_one(address: str, desk: Desk) -> None:
    ended = desk.render(address)
    assert ended.exit_code in (3, 6)
    assert "address" in ended.stderr
    assert "does not exist" not in ended.stderr
    hint = re.search(r"hint: (.+)", ended.stderr)
    assert hint
    assert ("path" if address.startswith("file:") else "download") in hint[1]


SPEEDS = {"0.5x": "0.5", "2x": "2", "50%": "0.5", "1/2": "0.5", "0,5": "0.5"}


@pytest.mark.parametrize("speed", SPEEDS)
def test_a_speed_in_words_is_answered_with_its_number(speed: str, make: Maker, desk: Desk) -> None:
    stored = {"version": 2, "trimRange": None, "spans": [{"start": 0, "end": 1, "speed": speed}]}
    ended = desk.render(make("plain.mp4"), segments_data=stored)
    assert ended.exit_code == 3
    assert re.search(rf"hint: .*\bwrite {re.escape(SPEEDS[speed])}(?![\d.])", ended.stderr), ended.stderr


KEY = ("-encryption_scheme", "cenc-aes-ctr", "-encryption_key", "0" * 31 + "1", "-encryption_kid", "0" * 31 + "2")


@recipe("encrypted.mp4")
def encrypted(make: Maker, out: Path) -> None:
    make.copy(make("plain.mp4"), out, *KEY)


@pytest.mark.both_builds
def test_an_encrypted_file_is_called_so(make: Maker, desk: Desk) -> None:
    ended = desk.render(make("encrypted.mp4"))
    assert ended.exit_code == 6
    assert "encrypted" in ended.stderr


def test_the_probe_calls_an_encrypted_file_so(make: Maker, desk: Desk) -> None:
    ended = desk.run("probe", str(make("encrypted.mp4")))
    assert ended.exit_code == 6
    assert "encrypted" in ended.stderr


@recipe("subtitled.nut")
def subtitled_nut(make: Maker, out: Path) -> None:
    make.numbered(out, range(30), *X264, "-f", "nut")


@recipe("pictures.yuv")
def raw_pictures(make: Maker, out: Path) -> None:
    make.numbered(out, range(3))


@recipe("notes.mp4")
def notes(make: Maker, out: Path) -> None:
    out.write_text("what is to be filmed\n" * 40)


def test_a_format_that_is_not_allowed_is_named(make: Maker, desk: Desk) -> None:
    ended = desk.render(make("subtitled.nut"))
    assert ended.codes == ["RC606"]
    assert "nut" in ended.stderr.replace("subtitled.nut", "").lower()


@pytest.mark.parametrize("name", ["pictures.yuv", "notes.mp4"])
def test_a_file_that_is_no_film_is_told_so(name: str, make: Maker, desk: Desk) -> None:
    ended = desk.render(make(name))
    assert ended.exit_code == 6
    assert "hint" in ended.stderr
    assert "whitelist" not in ended.stderr


@recipe("dvb-subtitles.ts")
def dvb_subtitles(make: Maker, out: Path) -> None:
    """A stream of subtitles that nobody asked for stands first."""
    text = out.with_name(f"{out.name}.srt")
    text.write_text("1\n00:00:00,000 --> 00:00:01,000\nhi\n")
    sub = ("-map", "1", "-map", "0", "-c:v", "copy", "-c:a", "copy", "-c:s", "dvbsub", "-s", "160x90")
    try:
        make.run("-i", make("plain.mp4"), "-i", text, *sub, out)
    except Exception:  # text is no picture: this build makes no pictures of it
        pytest.skip("no subtitles that are pictures can be made")


def test_subtitles_do_not_stand_in_the_way(make: Maker, desk: Desk) -> None:
    assert desk.render(make("dvb-subtitles.ts"), 0, 1).frames == list(range(30))
