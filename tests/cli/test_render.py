"""The progress of `render` while it renders, and its report on the film."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import av
import pytest

from compiler.cli import rendering
from compiler.cli.meters import Mode
from compiler.supervise import machine
from compiler.supervise.probe import probe
from tests.cli.desk import Desk, Ended
from tests.cli.test_refusals import LONG, trim

SHORT = {"id": "dunk", "segments_data": [{"type": "keep", "start": 0, "end": 0.2}]}

EVENT = {
    **{"type": str, "seq": int, "state": str, "stage": str, "progress": float | int, "frame": int, "frames": int},
    **{"fps": float | None, "speed": float | None, "eta_s": float | None, "message": str, "done": bool},
    "error": dict | None,
}
"""A progress event, as the WebSocket's, which has an `export_id` too."""


def rendered(desk: Desk, *options: str, clip: dict[str, Any] = SHORT) -> Ended:
    ended = desk.run("render", desk.reel(clip), "-o", "film.mp4", "--overwrite", *options)
    assert ended.exit_code == 0
    return ended


def events(stderr: str) -> list[dict[str, Any]]:
    """Every line of the output, each a JSON object."""
    return [json.loads(line) for line in stderr.splitlines()]


def test_clips_of_one_and_two_frames_are_joined_with_others(desk: Desk) -> None:
    """With frames that x264 reorders: each is decoded a frame after the one before."""
    clips = [trim(0, length / 30) for length in (2, 20, 9, 1)]
    ended = desk.run("render", desk.reel(*clips, encode={"preset": "superfast"}), "-o", "film.mp4")
    assert ended.exit_code == 0, ended.stderr
    with av.open(desk.folder / "film.mp4") as film:
        decoded = [packet.dts for packet in film.demux(video=0) if packet.size]
        assert decoded == [*range(-2, 30)]
        assert film.streams.video[0].average_rate == 30


def test_a_webp_of_one_picture_throughout_is_rendered(desk: Desk) -> None:
    """The encoder makes a still one of equal frames."""
    frozen = {"version": 2, "trimRange": {"start": 0.5, "end": 0.51}, "spans": [{"at": 0.5, "freeze": 0.3}]}
    reel = desk.reel({"segments_data": frozen}, encode={"codec": "webp"})
    ended = desk.run("render", reel, "-o", "film.webp", "--json")
    assert ended.exit_code == 0, ended.stderr
    assert json.loads(ended.stdout)["frames"] == 9
    assert desk.run("verify", "film.webp", reel).exit_code == 0


def test_json_describes_the_film(desk: Desk) -> None:
    printed = json.loads(rendered(desk, "--json").stdout)
    content = (desk.folder / "film.mp4").read_bytes()
    assert set(printed) == {
        "render",
        "path",
        "frames",
        "duration",
        "size",
        "sha256",
        "warnings",
        "frames_from_cache",
        "plan",
    }
    assert (printed["render"], printed["path"], printed["frames"], printed["duration"]) == (1, "film.mp4", 6, 0.2)
    assert (printed["size"], printed["sha256"]) == (len(content), hashlib.sha256(content).hexdigest())
    assert printed["plan"]["clips"][0]["id"] == "dunk"
    assert probe(desk.folder / "film.mp4").video.frames == 6


@pytest.mark.further
def test_plain_lines_are_a_line_a_stage(desk: Desk) -> None:
    ended = rendered(desk, "--progress", "plain")
    assert ended.stdout == ""
    *lines, last = ended.stderr.splitlines()
    assert [line.partition(":")[0] for line in lines] == ["rendering", "verifying", "complete"]
    assert lines[2].startswith("complete: 100%  frame 6/6  0:0")
    assert last.startswith("film.mp4  6 frames, 0.200 s, ")
    assert rendered(desk).stderr.splitlines()[0].startswith("rendering:"), "without a terminal, auto means plain"


@pytest.mark.further
def test_a_terminal_has_a_bar(desk: Desk) -> None:
    ours, theirs = os.openpty()
    desk.environment["TERM"] = "xterm"
    child = desk.started("render", desk.reel(SHORT), "-o", "film.mp4", stderr=theirs)
    os.close(theirs)
    seen = b""
    try:
        while piece := os.read(ours, 4096):
            seen += piece
    except OSError:  # close the terminal's other end
        pass
    assert child.communicate(timeout=60)[0] == ""
    assert child.returncode == 0
    assert b"rendering" in seen
    assert b"frame 6/6" in seen
    assert b"\x1b[2Kfilm.mp4  6 frames" in seen, "the bar is erased"
    os.close(ours)


def test_a_bar_asked_for_without_a_terminal_leaves_the_last_line(desk: Desk) -> None:
    assert rendered(desk, "--progress", "bar").stderr.splitlines()[-1].startswith("film.mp4  6 frames")


@pytest.mark.further
def test_no_progress_is_the_film_alone(desk: Desk) -> None:
    assert len(rendered(desk, "--progress", "none").stderr.splitlines()) == 1
    assert rendered(desk, "--progress", "none", "--json").stderr == ""


def test_events_are_an_object_a_line(desk: Desk) -> None:
    ended = rendered(desk, "--progress", "json", clip={})
    assert ended.stdout == ""
    printed = events(ended.stderr)
    for event in printed:
        assert list(event) == list(EVENT)
        assert all(isinstance(event[name], kind) for name, kind in EVENT.items())
    assert [event["seq"] for event in printed] == list(range(1, len(printed) + 1))
    assert [event["progress"] for event in printed] == sorted(event["progress"] for event in printed)
    assert list(dict.fromkeys(event["stage"] for event in printed)) == ["rendering", "verifying", "complete"]
    assert [event["done"] for event in printed] == [False] * (len(printed) - 1) + [True]
    last = printed[-1]
    assert (last["state"], last["progress"], last["frame"], last["frames"]) == ("complete", 1, 60, 60)
    assert printed[-2]["progress"] < 1, "the render is not done before its verification"
    assert {event["state"] for event in printed[:-1]} == {"running"}


def test_events_end_with_the_error(desk: Desk) -> None:
    reel = desk.reel({"rotation": "a lot"}, trim(1, 0.5))
    ended = desk.run("render", reel, "-o", "film.mp4", "--progress", "json")
    assert ended.exit_code == 3
    (event,) = events(ended.stderr)
    assert list(event) == list(EVENT)
    assert (event["state"], event["stage"], event["done"], event["progress"]) == ("error", "queued", True, 0)
    error = event["error"]
    assert (error["code"], error["error"], error["clip_id"]) == ("RC104", "wrong_type", "clip1")
    assert (error["pointer"], error["message"]) == ("/clips/0/rotation", "rotation is not a number")
    assert [one["code"] for one in error["errors"]] == ["RC104", "RC111"]


@pytest.mark.parametrize("prepare", ["missing", "existing"])
def test_every_error_is_an_event(prepare: str, desk: Desk) -> None:
    if prepare == "existing":
        (desk.folder / "film.mp4").touch()
    reel = desk.reel({"media": "missing.mp4"})
    ended = desk.run("render", reel, "-o", "film.mp4", "--progress", "json")
    (event,) = events(ended.stderr)
    code, exit_code = {"missing": ("RC603", 6), "existing": ("RC613", 1)}[prepare]
    assert (event["error"]["code"], ended.exit_code) == (code, exit_code)


def test_a_warning_is_an_event_of_its_own(desk: Desk) -> None:
    printed = events(rendered(desk, "--progress", "json", clip={"id": "late", **trim(1.9, 9)}).stderr)
    assert printed[0] == {
        "type": "warning",
        "clip_id": "late",
        "pointer": "/clips/0/segments_data/trimRange",
        "message": "the out point is 7 s past the end of the media and was moved to 2 s",
    }
    assert printed[-1]["state"] == "complete"


def test_a_warning_is_printed_before_the_film(desk: Desk) -> None:
    lines = rendered(desk, "--progress", "none", clip={"id": "late", **trim(1.9, 9)}).stderr.splitlines()
    assert lines[0].startswith('warning: clip "late" /clips/0/segments_data/trimRange: the out point')
    assert lines[1].startswith("film.mp4  3 frames")


@pytest.mark.further
def test_overwriting_is_asked_for(desk: Desk) -> None:
    reel = desk.reel(SHORT)
    assert desk.run("render", reel, "-o", "film.mp4").exit_code == 0
    first = (desk.folder / "film.mp4").read_bytes()
    assert desk.refused("render", reel, "-o", "film.mp4").codes == ["RC613"]
    assert (desk.folder / "film.mp4").read_bytes() == first
    other = desk.reel({**SHORT, "rotation": 5})
    assert desk.run("render", other, "-o", "film.mp4", "-y").exit_code == 0
    assert (desk.folder / "film.mp4").read_bytes() != first


@pytest.mark.further
def test_a_reader_that_leaves_stops_the_render_without_a_word(desk: Desk) -> None:
    reel = desk.reel(*[LONG] * 9, canvas={"width": 1080, "height": 1080})
    child = desk.started("render", reel, "-o", "film.mp4", "--progress", "json")
    assert child.stderr
    assert json.loads(child.stderr.readline())["stage"] == "rendering"
    child.stderr.close()
    assert child.wait(60) == 1
    assert sorted(desk.listing()) == ["clip.mp4", "reel.json"]
    assert child.stdout
    assert child.stdout.read() == ""
    child.stdout.close()


@pytest.mark.further
@pytest.mark.parametrize("command", [["compile", "reel.json", "--format", "json"], ["schema"], ["doctor", "--json"]])
def test_a_reader_that_has_heard_enough(command: list[str], desk: Desk) -> None:
    desk.reel(*[{}] * 50)
    out, into = os.pipe()
    child = desk.started(*command, stdout=into)
    os.close(into)
    os.close(out)
    assert child.communicate(timeout=60)[1] == ""
    assert child.returncode == 1


def test_a_full_disk_under_stdout_is_reported(desk: Desk) -> None:
    with open("/dev/full", "w") as full:
        child = desk.started("schema", stdout=full)
        said = child.communicate(timeout=60)[1]
    assert child.returncode == 1
    assert said.startswith("error[RC611]: the disk is full")


def test_a_forecast_beyond_the_machine_is_a_warning(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(machine, "machine_memory", lambda: 50 << 20)
    monkeypatch.setattr(rendering, "_render", Mock(side_effect=RuntimeError("not rendered")))
    monkeypatch.chdir(desk.folder)
    with pytest.raises(RuntimeError, match="not rendered"):
        rendering.render_command(desk.reel(SHORT), Path("film.mp4"), Mode.plain)
    assert "MiB of memory; the machine has 50 MiB" in capfd.readouterr().err
