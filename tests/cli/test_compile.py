"""The output and the files of `compile`."""

from __future__ import annotations

import json
import os
import subprocess
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from compiler.supervise.films.identity_tag import sha256_without_tag
from tests.cli.desk import Desk, Ended
from tests.cli.test_refusals import into, trim

EDIT = (
    {"id": "dunk", **trim(0.2, 1, {"start": 0.4, "end": 0.6, "speed": 0.5})},
    {"id": "jump", "crop_data": [{"frame": 0, "x": 0, "y": 0, "width": 32, "height": 32}], **into("dissolve", 0.4)},
)
LATE = trim(1, 9)
"""A clip with an out point past the end, which gives a warning."""


def compiled(desk: Desk, *options: str) -> Ended:
    ended = desk.run("compile", desk.reel(*EDIT), *options)
    assert (ended.exit_code, ended.stderr) == (0, "")
    return ended


@pytest.mark.further
def test_a_dry_run_prints_graph_script_and_command(desk: Desk) -> None:
    before = {*desk.listing(), "reel.json"}
    whole = compiled(desk, "--dry-run").stdout
    parts = [compiled(desk, "--format", form).stdout for form in ("text", "script", "command")]
    assert whole == "\n".join(parts)
    assert whole == compiled(desk).stdout
    assert set(desk.listing()) == before


@pytest.mark.further
def test_the_command_runs_as_it_is_printed(desk: Desk) -> None:
    (desk.folder / "filtergraph.txt").write_text(compiled(desk, "--format", "script").stdout)
    subprocess.run(compiled(desk, "--format", "command").stdout, shell=True, check=True, capture_output=True)
    assert desk.run("render", "reel.json", "-o", "other.mp4").exit_code == 0
    assert sha256_without_tag(desk.folder / "film.mp4") == sha256_without_tag(desk.folder / "other.mp4")


def test_json_is_versioned_and_whole(desk: Desk) -> None:
    printed = json.loads(compiled(desk, "--format", "json").stdout)
    assert set(printed) == {"compile", "plan", "graph", "legal", "script"}
    assert printed["compile"] == 1
    assert printed["plan"]["frames"] == 30 + 60 - 12
    assert printed["script"] == compiled(desk, "--format", "script").stdout


def test_drawings(desk: Desk) -> None:
    assert compiled(desk, "--format", "dot").stdout.startswith("digraph")
    assert ElementTree.fromstring(compiled(desk, "--format", "svg").stdout).tag.endswith("svg")


def test_explaining_prints_the_graph_after_every_pass_that_changed_it(desk: Desk) -> None:
    graphs = compiled(desk, "--explain").stdout.split("# ")[1:]
    names = [graph.partition(":")[0] for graph in graphs]
    assert names[:2] == ["lower", "fold-identity"]
    assert "restamp-joins" in names
    assert all(graph.partition("\n")[2].startswith("%") for graph in graphs)
    bodies = [graph.partition("\n")[2] for graph in graphs]
    assert all(a != b for a, b in pairwise(bodies))


def test_a_moment_is_traced_back(desk: Desk) -> None:
    """Record time 0.8 s is in the middle of the overlap, after the slow motion: source time 0.8 - 0.2 + 0.2."""
    lines = compiled(desk, "--at", "0.8").stdout.splitlines()
    assert lines[0] == "record time 0.8 s is frame 24 of 78"
    assert lines[1] == 'clip "dunk" frame 24, seen at weight 0.5'
    assert lines[2] == "  source  0.8 s, showing source frame 24"
    assert 'clip "jump" frame 6, seen at weight 0.5' in lines
    assert "  crop    32x32 at 0,0" in lines


def test_a_traced_moment_as_json(desk: Desk) -> None:
    printed = json.loads(compiled(desk, "--at", "7/10", "--format", "json").stdout)
    assert (printed["trace"], printed["at"], printed["frame"]) == (1, "0.7", 21)
    assert [(seen["clip"], seen["weight"]) for seen in printed["seen"]] == [("dunk", "0.75"), ("jump", "0.25")]


def test_a_clips_own_time_is_traced_forward(desk: Desk) -> None:
    """The output equals that of `--at` for the record time at which it plays."""
    assert compiled(desk, "--source", "dunk:0.8").stdout == compiled(desk, "--at", "0.8").stdout
    ended = desk.refused("compile", "reel.json", "--source", "jmup:1")
    assert (ended.exit_code, ended.codes) == (3, ["RC206"])


def test_warnings_go_to_stderr(desk: Desk) -> None:
    for options in ([], ["--format", "json"], ["-o", "compiled"]):
        ended = desk.run("compile", desk.reel({"id": "late", **LATE}), *options)
        assert ended.exit_code == 0
        assert ended.stderr.startswith(
            'warning: clip "late" /clips/0/segments_data/trimRange: the out point is 7 s past'
        )
        assert "warning:" not in ended.stdout


def test_a_folder_holds_all_of_it(desk: Desk) -> None:
    before = set(desk.listing()) | {"reel.json"}
    assert compiled(desk, "-o", "new/compiled").stdout == ""
    written = {f"new/compiled/{name}" for name in ("graph.txt", "filtergraph.txt", "command.sh", "plan.json")}
    assert set(desk.listing()) == before | written | {"new", "new/compiled"}
    folder = desk.folder / "new/compiled"
    assert (folder / "graph.txt").read_text() == compiled(desk, "--format", "text").stdout
    assert (folder / "filtergraph.txt").read_text() == compiled(desk, "--format", "script").stdout
    plan = json.loads((folder / "plan.json").read_text())
    assert plan == json.loads(compiled(desk, "--format", "json").stdout)["plan"]
    assert os.access(folder / "command.sh", os.X_OK)


def test_the_plan_says_what_the_film_will_be(desk: Desk) -> None:
    compiled(desk, "-o", "compiled")
    plan = json.loads((desk.folder / "compiled/plan.json").read_text())
    assert {"frames", "fps", "duration", "samples", "clips", "warnings", "predicted"} <= set(plan)
    assert (plan["frames"], plan["fps"], plan["duration"], plan["samples"]) == (78, "30", "2.6", 124_800)
    members = {"id", "first_frame", "frames", "source_in", "source_out", "crop", "warnings"}
    assert all(members <= set(clip) for clip in plan["clips"])
    assert all(set(clip["crop"]) == {"class", "chain", "max_error_px"} for clip in plan["clips"])
    assert [clip["first_frame"] for clip in plan["clips"]] == [0, 18]


@pytest.mark.further
@pytest.mark.parametrize("cwd", ["compiled", "."])
def test_the_command_makes_the_film_from_anywhere(cwd: str, desk: Desk) -> None:
    compiled(desk, "-o", "compiled")
    subprocess.run(["sh", desk.folder / "compiled/command.sh"], cwd=cwd, check=True, capture_output=True, timeout=60)
    assert desk.run("render", "reel.json", "-o", "film.mp4").exit_code == 0
    assert sha256_without_tag(desk.folder / "compiled/film.mp4") == sha256_without_tag(desk.folder / "film.mp4")


def test_a_folder_is_written_anew(desk: Desk) -> None:
    compiled(desk, "-o", "compiled")
    desk.run("compile", desk.reel({"id": "other"}), "-o", "compiled")
    assert (desk.folder / "compiled/graph.txt").read_text().startswith("%other.video")


@pytest.mark.parametrize("output", ["reel.json", "reel.json/compiled", "n" * 256])
def test_a_folder_that_will_not_do(output: str, desk: Desk) -> None:
    ended = desk.refused("compile", desk.reel(), "-o", output)
    assert (ended.codes, ended.exit_code) == (["RC612"], 1)


def test_one_of_the_files_cannot_be_written(desk: Desk) -> None:
    (desk.folder / "compiled/plan.json").mkdir(parents=True)
    ended = desk.run("compile", desk.reel(), "-o", "compiled")
    assert (ended.codes, ended.exit_code) == (["RC612"], 1)
    assert not list(desk.folder.glob("compiled/.*"))


@pytest.mark.parametrize("name", ["plan.json", "film.mp4"])
def test_a_folder_is_not_written_over_what_the_film_is_made_from(name: str, desk: Desk) -> None:
    """No command that would write the file is left there either."""
    if name == "film.mp4":
        (desk.folder / "clip.mp4").rename(desk.folder / name)
        reel = desk.reel({"media": name})
    else:
        (desk.folder / desk.reel()).rename(desk.folder / name)
        reel = name
    ended = desk.refused("compile", reel, "-o", ".")
    assert (ended.codes, ended.exit_code) == (["RC612"], 1)
