"""Outputs: all errors of a path are reported before any work, and no path is taken for anything but a path."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from compiler.cli import loading
from compiler.supervise.films.identity_tag import sha256_without_tag
from compiler.supervise.plain import plain
from tests.cli.desk import Desk

ROOT_ONLY = pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount")


@pytest.fixture
def unprobed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Media that fail the test when they are opened."""

    def probing(_: object) -> object:
        raise AssertionError("a media file was opened")

    monkeypatch.setattr(loading, "probing", probing)


def commands(reel: str, output: str) -> list[list[str]]:
    return [["render", reel, "-o", output], ["frame", reel, "--at", "1", "-o", output]]


@pytest.mark.usefixtures("unprobed")
@pytest.mark.parametrize("which", [0, 1], ids=["render", "frame"])
@pytest.mark.parametrize(
    ("output", "code", "why"),
    [
        ("missing/film.mp4", "RC612", "its folder does not exist"),
        ("reel.json/film.mp4", "RC612", "its folder does not exist"),
        ("taken", "RC612", "it is a folder"),
        ("old.mp4", "RC613", "exists already"),
        ("pipe", "RC613", "exists already"),
        ("n" * 256, "RC612", "File name too long"),
        ("clip.mp4", "RC613", "exists already"),
    ],
)
def test_a_place_that_will_not_do(which: int, output: str, code: str, why: str, desk: Desk) -> None:
    (desk.folder / "taken").mkdir()
    (desk.folder / "old.mp4").write_text("old")
    os.mkfifo(desk.folder / "pipe")
    ended = desk.refused(*commands(desk.reel(), output)[which])
    assert (ended.codes, ended.exit_code) == ([code], 1)
    assert why in ended.stderr
    assert (desk.folder / "old.mp4").read_text() == "old"


@pytest.mark.usefixtures("unprobed")
@pytest.mark.parametrize("which", [0, 1], ids=["render", "frame"])
@pytest.mark.parametrize("output", ["clip.mp4", "./clip.mp4", "link.mp4", "second.mp4", "reel.json"])
def test_what_a_film_is_made_from_is_never_overwritten(which: int, output: str, desk: Desk) -> None:
    (desk.folder / "link.mp4").symlink_to("clip.mp4")
    (desk.folder / "second.mp4").write_bytes(b"second")
    reel = desk.reel({}, {"id": "dunk", "media": "second.mp4"})
    before = (desk.folder / output).read_bytes()
    ended = desk.refused(*commands(reel, output)[which], "--overwrite")
    assert (ended.codes, ended.exit_code) == (["RC612"], 1)
    assert "the film is made from it" in ended.stderr
    assert ('clip "dunk"  /clips/1/media' in ended.stderr) == (output == "second.mp4")
    assert (desk.folder / output).read_bytes() == before


@pytest.mark.usefixtures("unprobed")
def test_a_device_is_no_place_for_a_film(desk: Desk) -> None:
    ended = desk.refused("render", desk.reel(), "-o", "/dev/null", "--overwrite")
    assert (ended.codes, ended.exit_code) == (["RC612"], 1)


def test_stdout_is_no_place_for_a_film(desk: Desk) -> None:
    ended = desk.refused("render", desk.reel(), "-o", "-")
    assert (ended.exit_code, "cannot go to stdout" in ended.stderr) == (2, True)


@pytest.fixture
def small_disk(desk: Desk) -> Iterator[Path]:
    """A folder `disk` of 32 kB."""
    folder = desk.folder / "disk"
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=32k", "tmpfs", folder], capture_output=True, check=False)
    if done.returncode:
        pytest.skip("mounting is not allowed here")
    yield folder
    subprocess.run(["umount", folder], check=True)


@ROOT_ONLY
@pytest.mark.parametrize("which", [0, 1], ids=["render", "frame"])
def test_a_disk_that_fills_up(
    which: int, desk: Desk, small_disk: Path, ffmpegs: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REELC_FFMPEG", ffmpegs)
    reel = desk.reel(canvas={"width": 640, "height": 640})
    ended = desk.refused(*commands(reel, "disk/film.mp4")[which])
    assert (ended.codes, ended.exit_code) == (["RC611"], 1)


@ROOT_ONLY
def test_a_disk_that_is_full(desk: Desk, small_disk: Path) -> None:
    (small_disk / "ballast").write_bytes(bytes(32 << 10))
    for arguments in (*commands("reel.json", "disk/film.mp4"), ["compile", "reel.json", "-o", "disk/compiled"]):
        desk.reel()
        ended = desk.run(*arguments)
        assert (ended.codes, ended.exit_code) == (["RC611"], 1)
        assert not [path for path in small_disk.rglob("*") if path.is_file() and path.name != "ballast"]


@ROOT_ONLY
@pytest.mark.usefixtures("unprobed")
def test_a_folder_that_may_only_be_read(desk: Desk, small_disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    reel = desk.reel()
    for arguments in (*commands(reel, "disk/film.mp4"), ["compile", reel, "-o", "disk/compiled"]):
        ended = desk.refused(*arguments)
        assert (ended.codes, ended.exit_code) == (["RC612"], 1)


@pytest.mark.skipif(os.geteuid() == 0, reason="root can write anywhere")
@pytest.mark.usefixtures("unprobed")
def test_a_folder_without_permission(desk: Desk) -> None:
    (desk.folder / "locked").mkdir(mode=0o555)
    ended = desk.refused("render", desk.reel(), "-o", "locked/film.mp4")
    assert (ended.codes, ended.exit_code) == (["RC612"], 1)


def test_a_failure_keeps_the_old_film(desk: Desk) -> None:
    (desk.folder / "film.mp4").write_text("old")
    desk.refused("render", desk.reel({"media": "missing.mp4"}), "-o", "film.mp4", "--overwrite")
    assert (desk.folder / "film.mp4").read_text() == "old"


NAMES = [
    "-y.mp4",
    "-i",
    "a'b[c];d.mp4",
    "%d.mp4",
    "%03d",
    "ünï 影.mp4",
    "new\nline.mp4",
    'q"u$o`t\\e.mp4',
    "http:x.mp4",
]


@pytest.mark.further
@pytest.mark.parametrize("name", NAMES, ids=plain)
def test_a_name_is_only_a_name(name: str, desk: Desk) -> None:
    """The name as that of media, of the film and of the still; the written command contains it too."""
    shutil.copy(desk.folder / "clip.mp4", desk.folder / name)
    desk.reel({"media": name, "id": "a'b[c];d %d,=@:", "segments_data": [{"type": "keep", "start": 0, "end": 0.2}]})
    (desk.folder / "films").mkdir()
    assert desk.run("render", "reel.json", "-o", f"films/{name}").exit_code == 0
    assert desk.run("frame", "reel.json", "--at", "0.1", "-o", f"films/{name}.png").exit_code == 0
    assert desk.run("compile", "reel.json", "-o", "films/compiled").exit_code == 0
    subprocess.run(["sh", "films/compiled/command.sh"], check=True, capture_output=True, timeout=60)
    films = desk.folder / "films"
    assert sha256_without_tag(films / "compiled/film.mp4") == sha256_without_tag(films / name)
    assert (desk.folder / "films" / f"{name}.png").read_bytes()[:4] == b"\x89PNG"
    assert len(list((desk.folder / "films").iterdir())) == 3


def test_an_output_in_the_working_folder_may_look_like_an_option(desk: Desk) -> None:
    assert desk.run("render", desk.reel(), "-o", "-y.mp4").exit_code == 0
    assert (desk.folder / "-y.mp4").exists()


TITLE = "\x1b]2;mine\x07"
"""The name sets a terminal's title. Where there is no terminal, click removes cursor movements, but not this."""


@pytest.mark.further
def test_words_of_strangers_move_no_cursor(desk: Desk) -> None:
    (desk.folder / f"{TITLE}a.mp4").write_text("not a video")
    ended = desk.unrendered(desk.reel({"media": f"{TITLE}a.mp4"}))
    assert ended.codes == ["RC604"]
    shutil.copy(desk.folder / "clip.mp4", desk.folder / f"{TITLE}b.mp4")
    shown = desk.run("probe", f"{TITLE}b.mp4")
    made = desk.run("render", desk.reel({"media": f"{TITLE}b.mp4"}), "-o", f"{TITLE}\n.mp4")
    assert made.exit_code == 0
    assert "\x1b" not in ended.stderr + shown.stdout + made.stderr
    assert json.loads(desk.run("probe", f"{TITLE}b.mp4", "--json").stdout)["path"].endswith(f"{TITLE}b.mp4")
