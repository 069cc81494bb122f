"""An ffmpeg that is missing, unfit, or fails while it renders: the error, and no files left behind."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.desk import Desk

StandIn = Callable[[str], None]


@pytest.fixture
def stand_in(desk: Desk, embedded: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> StandIn:
    """Put a shell script in ffmpeg's place.

    It may `exec "$real" "$@"`; `$clip` is the medium, and `$output` is the path in the last argument.
    """

    def place(body: str) -> None:
        path = tmp_path / "ffmpeg"
        known = f"real={embedded}\nclip={desk.folder}/clip.mp4"
        path.write_text(f'#!/bin/sh\n{known}\nfor last; do :; done\noutput="${{last#file:}}"\n{body}\n')
        path.chmod(0o755)
        monkeypatch.setenv("REELC_FFMPEG", str(path))
        monkeypatch.setenv("REELC_SANDBOX", "off")  # the script runs a shell and other programs

    return place


FAITHFUL = 'case "$*" in *-version|*-filters|*-encoders|*filter=*) exec "$real" "$@";; esac\n'


@pytest.mark.parametrize("path", ["/nonexistent", "reel.json", "."])
def test_no_ffmpeg(path: str, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REELC_FFMPEG", path)
    ended = desk.unrendered(desk.reel())
    assert (ended.codes, ended.exit_code) == (["RC601"], 4)
    assert desk.run("compile", "reel.json").exit_code == 4
    checked = desk.run("doctor", "--json")
    assert (checked.exit_code, json.loads(checked.stdout)["state"]) == (4, "fail")


UNFIT = {
    "too old": 'echo "ffmpeg version 4.4.2 Copyright (c)"',
    "of no known release": 'echo "ffmpeg version built-by-hand Copyright (c)"',
    "without x264": f"""{FAITHFUL.replace("|*-encoders", "")} "$real" -hide_banner -encoders | grep -v libx264""",
    "without crop": f"""{FAITHFUL.replace("|*-filters", "")} "$real" -hide_banner -filters | grep -v ' crop '""",
}


@pytest.mark.parametrize("case", UNFIT)
def test_an_ffmpeg_that_is_unfit(case: str, desk: Desk, stand_in: StandIn) -> None:
    stand_in(UNFIT[case])
    ended = desk.unrendered(desk.reel())
    assert (ended.codes, ended.exit_code) == (["RC602"], 4)
    assert "REELC_FFMPEG" in ended.stderr


FAILURES = {
    "dies": ('echo half > "$output"; kill -SEGV $$', "RC607", "ffmpeg crashed"),
    "is killed": ('echo half > "$output"; kill -KILL $$', "RC607", "ffmpeg was killed"),
    "says no": ('echo half > "$output"; echo "something new" >&2; exit 1', "RC607", "something new"),
    "runs out of memory": ('echo "Cannot allocate memory" >&2; exit 1', "RC607", "ran out of memory"),
    "runs out of space": (
        'echo half > "$output"; echo "No space left on device" >&2; exit 1',
        "RC611",
        "the disk is full",
    ),
    "writes nothing": ("exit 0", "RC610", "wrote no film"),
    "writes an empty file": (': > "$output"', "RC610", "wrote no film"),
    "writes half a film": ('"$real" "$@" || exit; truncate -s 2000 "$output"', "RC610", "not what was predicted"),
    "writes another film": ('cp "$clip" "$output"', "RC610", "frames: got 60, predicted 6"),
}
SHORT = {"id": "dunk", "segments_data": [{"type": "keep", "start": 0, "end": 0.2}]}


@pytest.mark.parametrize("case", FAILURES)
def test_an_ffmpeg_that(case: str, desk: Desk, stand_in: StandIn) -> None:
    body, code, words = FAILURES[case]
    stand_in(FAITHFUL + body)
    ended = desk.unrendered(desk.reel(SHORT))
    assert (ended.codes, ended.exit_code) == ([code], 1), ended.stderr
    assert words in ended.stderr


def test_an_error_in_a_filter_names_its_clip(desk: Desk, stand_in: StandIn) -> None:
    reel = desk.reel({}, {**SHORT, "crop_data": {"x": 0, "y": 0, "width": 32, "height": 32}})
    crops = re.findall(r"crop@[\w.]+", desk.run("compile", reel, "--format", "script").stdout)
    stand_in(FAITHFUL + f'echo "[{crops[-1]} @ 0x55d0] Invalid too big or non positive size" >&2; exit 1')
    ended = desk.unrendered(reel)
    assert (ended.codes, ended.exit_code) == (["RC607"], 1)
    assert 'clip "dunk"  /clips/1/crop_data\n' in ended.stderr


def test_an_error_in_a_file_names_its_clip(desk: Desk, stand_in: StandIn) -> None:
    stand_in(FAITHFUL + f'echo "[mov] {desk.folder}/clip.mp4: corrupt input packet in stream 0" >&2; exit 1')
    ended = desk.unrendered(desk.reel({"id": "dunk"}))
    assert (ended.codes, ended.exit_code) == (["RC604"], 6)
    assert 'clip "dunk"  /clips/0/media\n' in ended.stderr
    assert str(desk.folder) not in ended.stderr


def test_an_ffmpeg_that_stands_still_is_given_up(desk: Desk, stand_in: StandIn) -> None:
    stand_in(FAITHFUL + "exec sleep 600")
    reel = desk.reel()
    stalled = desk.refused("render", reel, "-o", "film.mp4", "--stall", "0.2")
    assert (stalled.codes, stalled.exit_code) == (["RC608"], 1)
    late = desk.refused("render", reel, "-o", "film.mp4", "--deadline", "0.2")
    assert (late.codes, late.exit_code) == (["RC609"], 1)


def test_a_still_that_is_not_drawn(desk: Desk, stand_in: StandIn) -> None:
    for body in ("exit 0", ': > "$output"'):
        stand_in(FAITHFUL + body)
        ended = desk.refused("frame", desk.reel(), "--at", "1", "-o", "frame.png")
        assert (ended.codes, ended.exit_code) == (["RC610"], 1)
