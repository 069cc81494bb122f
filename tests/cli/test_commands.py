"""Every command as a separate process: its help, its output and its exit code."""

from __future__ import annotations

import json
import re
from importlib.metadata import entry_points

import pytest

from compiler.cli import app, main
from compiler.model.schema_forms import schema
from tests.cli.conftest import Make
from tests.cli.desk import Desk

COMMANDS = ["compile", "render", "frame", "verify", "probe", "straighten", "cache", "schema", "doctor"]
ANSI = re.compile(r"\x1b\[")


def test_the_program_is_called_reelc() -> None:
    (script,) = entry_points(group="console_scripts", name="reelc")
    assert script.load() is main


def test_the_commands_are_all_there() -> None:
    """Where the server package was loaded, its commands are among them."""
    ours = [
        each for each in app.registered_commands if each.callback and each.callback.__module__.startswith("compiler.")
    ]
    assert [command.name for command in ours] == COMMANDS


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str, desk: Desk) -> None:
    ended = desk.run(command, "--help")
    assert (ended.exit_code, ended.stderr) == (0, "")
    assert f"Usage: reelc {command}" in ended.stdout
    assert re.search(rf"Examples?:\s+reelc {command}", ended.stdout)
    assert desk.run(command, "-h").stdout == ended.stdout


def test_without_a_command_there_is_help(desk: Desk) -> None:
    ended = desk.run()
    assert ended.exit_code == 2
    assert "reelc render reel.json -o film.mp4" in ended.stdout
    assert "Exit codes: 0 done" in ended.stdout


@pytest.mark.further
def test_compile(desk: Desk) -> None:
    ended = desk.apart("compile", desk.reel({"id": "dunk"}), "--dry-run")
    assert (ended.exit_code, ended.stderr) == (0, "")
    assert ended.stdout.startswith("%dunk.video  = source")


@pytest.mark.further
def test_render(desk: Desk) -> None:
    ended = desk.apart("render", desk.reel(), "-o", "film.mp4")
    assert (ended.exit_code, ended.stdout) == (0, "")
    assert ended.stderr.splitlines()[-1].startswith("film.mp4  60 frames, 2.000 s")
    assert sorted(desk.listing()) == ["clip.mp4", "film.mp4", "reel.json"]


@pytest.mark.further
def test_frame(desk: Desk) -> None:
    ended = desk.apart("frame", desk.reel(), "--at", "1.5", "-o", "frame.png")
    assert (ended.exit_code, ended.stdout, ended.stderr) == (0, "", "frame.png  frame 45 of 60\n")
    assert (desk.folder / "frame.png").read_bytes()[:4] == b"\x89PNG"
    printed = desk.run("frame", "reel.json", "--at", "3/2", "-o", "other.png", "--json")
    assert json.loads(printed.stdout) == {"still": 1, "path": "other.png", "frame": 45, "frames": 60}
    assert (desk.folder / "other.png").read_bytes() == (desk.folder / "frame.png").read_bytes()


def test_probe(desk: Desk) -> None:
    ended = desk.apart("probe", "clip.mp4")
    assert (ended.exit_code, ended.stderr) == (0, "")
    assert re.search(r"^  rate +30$", ended.stdout, re.MULTILINE)
    printed = json.loads(desk.run("probe", "clip.mp4", "--json").stdout)
    assert (printed["probe"], printed["video"]["width"], printed["video"]["end"], printed["audio"]["channels"]) == (
        1,
        64,
        "2",
        1,
    )


def test_probe_has_a_value_for_every_fact_and_no_reel_in_its_hints(desk: Desk) -> None:
    lines = desk.run("probe", "clip.mp4").stdout.splitlines()
    assert [line for line in lines if line != line.rstrip()] == []
    assert desk.run("probe", "gone.mp4").stderr.endswith("\n  hint: check the path\n")


def test_probe_names_the_speakers(desk: Desk, make: Make) -> None:
    sound = ("-f", "lavfi", "-i", "testsrc2=s=64x64:d=0.2", "-f", "lavfi", "-i", "anullsrc=cl=5.1:d=0.2")
    make("mono.mp4", *sound, "-ac", "1")
    make("surround.mp4", *sound)
    mono, surround = (desk.run("probe", name).stdout for name in ("mono.mp4", "surround.mp4"))
    assert re.search(r"^  speakers +FC$", mono, re.MULTILINE)
    assert re.search(r"^  speakers +FL, FR, FC, LFE, BL, BR$", surround, re.MULTILINE)
    assert re.search(r"^  ticks +even$", mono, re.MULTILINE)


def test_schema(desk: Desk) -> None:
    ended = desk.apart("schema")
    assert (ended.exit_code, ended.stderr) == (0, "")
    assert ended.stdout == json.dumps(schema(), indent=2) + "\n", "the model has changed: run make schema"


@pytest.mark.further
def test_doctor(desk: Desk) -> None:
    ended = desk.apart("doctor")
    assert (ended.exit_code, ended.stderr) == (0, "")
    assert re.search(r"^ok +ffmpeg ", ended.stdout, re.MULTILINE)
    printed = json.loads(desk.run("doctor", "--json").stdout)
    assert (printed["doctor"], printed["state"]) == (1, "ok") or printed["state"] == "warn"
    assert {"name", "state", "value", "remedy"} == set(printed["rows"][0])


def test_the_version(desk: Desk) -> None:
    ended = desk.run("--version")
    assert (ended.exit_code, ended.stderr) == (0, "")
    assert re.fullmatch(r"reelc \d+\.\d+\.\d+\n", ended.stdout)
    assert desk.run("-V").stdout == ended.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["bake"],
        ["render"],
        ["render", "reel.json"],
        ["render", "reel.json", "-o", "film.mp4", "--fast"],
        ["render", "reel.json", "-o", "film.mp4", "--progress", "loud"],
        ["render", "reel.json", "-o", "film.mp4", "--stall", "0"],
        ["render", "reel.json", "-o", "film.mp4", "--stall", "nan"],
        ["render", "reel.json", "-o", "film.mp4", "--deadline", "-1"],
        ["render", "reel.json", "-o", "film.mp4", "--deadline", "soon"],
        ["frame", "reel.json", "-o", "frame.png"],
        ["compile", "reel.json", "more.json"],
        ["compile", "reel.json", "--format", "pdf"],
        ["compile", "reel.json", "-o", "compiled", "--dry-run"],
        ["compile", "reel.json", "-o", "compiled", "--format", "svg"],
        ["compile", "reel.json", "-o", "compiled", "--at", "0"],
        ["compile", "reel.json", "--explain", "--format", "json"],
        ["compile", "reel.json", "--explain", "--at", "1"],
        ["compile", "reel.json", "--at", "1", "--format", "svg"],
        ["compile", "reel.json", "--at", "1", "--source", "clip1:1"],
        ["compile", "reel.json", "--source", "clip1"],
        ["compile", "reel.json", "--source", "clip1:soon"],
        ["compile", "reel.json", "--source", "clip1:1", "--format", "dot"],
        ["probe"],
        ["schema", "reel.json"],
    ],
    ids=" ".join,
)
def test_what_cannot_be_meant_is_a_usage_error(arguments: list[str], desk: Desk) -> None:
    desk.reel()
    ended = desk.refused(*arguments)
    assert ended.exit_code == 2
    assert "Usage: reelc" in ended.stderr


@pytest.mark.parametrize("time", ["soon", "", "1e9999999", "nan", "inf", "1/0", "1_0", "0x1", "1:30", "9" * 99])
@pytest.mark.parametrize("command", [["compile"], ["frame", "-o", "frame.png"]], ids=["compile", "frame"])
def test_what_is_no_time_is_a_usage_error(command: list[str], time: str, desk: Desk) -> None:
    ended = desk.refused(*command, desk.reel({"media": "missing.mp4"}), "--at", time)
    assert ended.exit_code == 2
    assert "is not a time" in ended.stderr


@pytest.mark.parametrize("time", ["-1", "-0.001", "2", "2.0", "999999999"])
@pytest.mark.parametrize("command", [["compile"], ["frame", "-o", "frame.png"]], ids=["compile", "frame"])
def test_a_time_outside_the_reel_is_rc206(command: list[str], time: str, desk: Desk) -> None:
    ended = desk.refused(*command, desk.reel(), "--at", time)
    assert (ended.codes, ended.exit_code) == (["RC206"], 3)
    assert "it lasts 2 s (60 frames)" in ended.stderr


@pytest.mark.further
def test_a_reel_comes_through_stdin(desk: Desk) -> None:
    text = (desk.folder / desk.reel({"id": "dunk"})).read_text()
    ended = desk.apart("compile", "-", "--format", "text", stdin=text)
    assert (ended.exit_code, ended.stderr) == (0, "")
    assert ended.stdout.startswith("%dunk.video  = source")
    assert desk.apart("compile", "-").codes == ["RC101"]


def test_a_reel_may_be_called_like_an_option(desk: Desk) -> None:
    (desk.folder / desk.reel()).rename(desk.folder / "-r.json")
    assert desk.run("compile", "--format", "script", "--", "-r.json").exit_code == 0
    assert desk.run("compile", "-r.json").exit_code == 2


def test_media_are_found_beside_the_reel(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.reel()
    monkeypatch.chdir("/")
    assert desk.run("compile", str(desk.folder / "reel.json")).exit_code == 0


def test_colours_are_for_terminals_only(desk: Desk) -> None:
    """Help is coloured on request, and never when NO_COLOR is set."""
    plain = {**desk.environment, "TERM": "xterm-256color"}
    for extra, coloured in (({}, False), ({"FORCE_COLOR": "1"}, True), ({"NO_COLOR": "1"}, False)):
        desk.environment.clear()
        desk.environment.update(plain | extra)
        assert bool(ANSI.search(desk.apart("--help").stdout)) == coloured


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_complete_commands_and_options(shell: str, desk: Desk) -> None:
    desk.environment.update(_REELC_COMPLETE=f"complete_{shell}", COMP_WORDS="reelc ren", COMP_CWORD="1")
    desk.environment.update(_TYPER_COMPLETE_ARGS="reelc ren", _TYPER_COMPLETE_FISH_ACTION="get-args")
    ended = desk.apart()
    assert ended.exit_code == 0
    assert "render" in ended.stdout
    assert "probe" not in ended.stdout
    assert {"--install-completion", "--show-completion"} <= set(desk.run("--help").stdout.split())


def test_an_unexpected_exception_is_rc901(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: object) -> None:
        raise ZeroDivisionError("what nobody foresaw")

    monkeypatch.setattr("compiler.cli.loading.read_reel", fail)
    ended = desk.run("compile", desk.reel())
    assert (ended.codes, ended.exit_code) == (["RC901"], 1)
    assert "ZeroDivisionError: what nobody foresaw" in ended.stderr
    assert "please report this" in ended.stderr
