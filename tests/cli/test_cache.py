"""`reelc render` with a cache: only what changed is made, and the film is that of a render from scratch."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import pytest

import compiler.render
from compiler.cli.loading import load
from compiler.film_identity import contents_by, states_of_program
from compiler.ir.build import Build
from compiler.render import known_film, render_reel
from compiler.supervise import unit_cache
from compiler.supervise.ffmpeg import find_build
from compiler.supervise.films.identity_tag import read_tag
from compiler.supervise.films.kept import Kept
from compiler.supervise.films.render import render
from compiler.supervise.films.step import RenderStep
from compiler.supervise.unit_cache import UnitCache
from tests.cli.desk import Desk, Ended
from tests.server.waiting import until

CUTS = [(0, 0.5), (0.4, 1.5), (0.1, 1.2), (0.8, 1.9), (0.3, 1.4), (0.6, 1.7), (0.2, 1.3), (0.5, 1.6)]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the cache, for this process and for those that the desk starts."""
    for name, value in (("XDG_CACHE_HOME", str(tmp_path / "cache")), ("REELC_UNIT_CACHE", "1G")):
        monkeypatch.setenv(name, value)
        desk.environment[name] = value
    return tmp_path / "cache" / "reelc" / "units"


def reel(desk: Desk, **fields: Any) -> str:
    """Eight clips, the fourth with other fields."""
    clips = [{"segments_data": {"version": 2, "trimRange": {"start": a, "end": b}, "spans": []}} for a, b in CUTS]
    clips[3] = {**clips[3], **fields}
    return desk.reel(*clips)


def rendered(desk: Desk, path: str, *options: str) -> dict[str, Any]:
    ended = desk.run("render", path, "-o", "film.mp4", "--overwrite", "--json", "--progress", "none", *options)
    assert ended.exit_code == 0, ended.stderr
    printed: dict[str, Any] = json.loads(ended.stdout)
    return printed


Fill = Callable[[], dict[str, Any]]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the first render with an empty cache leaves."""
    return tmp_path_factory.mktemp("kept")


@pytest.fixture
def fill(desk: Desk, folder: Path, kept: Path) -> Fill:
    """Render the reel, or take it from the cache that an earlier render left; the answer of the first."""

    def filled() -> dict[str, Any]:
        answer = kept / "answer.json"
        if answer.exists():
            shutil.copytree(kept / "units", folder)
            rendered(desk, reel(desk))  # which notes the contents of this desk's files
        else:
            answer.write_text(json.dumps(rendered(desk, reel(desk))))
            shutil.copytree(folder, kept / "units")
        printed: dict[str, Any] = json.loads(answer.read_text())
        return printed

    return filled


def test_what_did_not_change_is_taken_from_the_cache(desk: Desk) -> None:
    first = rendered(desk, reel(desk))
    assert first["frames_from_cache"] == 0
    again = rendered(desk, reel(desk))
    assert (again["frames_from_cache"], again["sha256"]) == (first["frames"], first["sha256"])


def test_one_changed_clip_is_made_and_the_film_is_that_from_scratch(desk: Desk, fill: Fill) -> None:
    fill()
    crop = [{"frame": 0, "x": 4, "y": 4, "width": 40, "height": 40}]
    changed = rendered(desk, reel(desk, crop_data=crop))
    scratch = rendered(desk, reel(desk, crop_data=crop), "--no-cache")
    assert scratch["frames_from_cache"] == 0
    assert changed["sha256"] == scratch["sha256"]
    units = changed["plan"]["units"]
    touched = next(until - first for first, until in units if first <= 15 + 2 * 33 < until)
    assert changed["frames_from_cache"] == changed["frames"] - touched


def cached(desk: Desk, path: str) -> dict[str, Any]:
    """What plan.json says of the cache."""
    assert desk.run("compile", path, "-o", "compiled").exit_code == 0
    plan: dict[str, Any] = json.loads((desk.folder / "compiled/plan.json").read_text())
    printed: dict[str, Any] = json.loads(desk.run("compile", path, "--format", "json").stdout)["plan"]
    assert plan == printed
    found: dict[str, Any] = plan["cached"]
    return found


def test_the_plan_says_which_units_are_in_the_cache(desk: Desk, fill: Fill) -> None:
    nothing = cached(desk, reel(desk))
    assert (nothing["film"], {*nothing["units"]}, nothing["sounds"]) == (False, {False}, [False, False])
    fill()
    everything = cached(desk, reel(desk))
    assert (everything["film"], {*everything["units"]}, everything["sounds"]) == (True, {True}, [True, True])
    changed = cached(desk, reel(desk, mirror=True))
    assert (changed["film"], changed["units"].count(False), changed["sounds"]) == (False, 1, [True, True])


def test_a_dry_run_ends_with_the_units(desk: Desk, fill: Fill) -> None:
    """The graph, the script and the command stand before them, as without a cache."""
    whole = desk.run("compile", reel(desk), "--dry-run").stdout
    fill()
    lines = desk.run("compile", reel(desk, mirror=True), "--dry-run").stdout.splitlines()
    footer = [line for line in lines if line.startswith("#")]
    assert footer == lines[-len(footer) :]
    assert footer[0].startswith("# film: ")
    assert footer[0].endswith(" frames, to be made")
    assert sum(line.endswith("to be made") for line in footer if " unit " in line) == 1
    assert footer[-1] == "#   sound 2: clips 7 to 8, in the cache"
    assert whole.partition("\n\n# film")[0].startswith("%c")


def test_a_compile_reads_no_media_for_the_cache(desk: Desk, folder: Path) -> None:
    cached(desk, reel(desk))
    assert not folder.exists()


def test_the_film_is_the_same_however_many_ffmpegs_run_at_once(desk: Desk) -> None:
    films = {rendered(desk, reel(desk), "--no-cache", "--jobs", jobs)["sha256"] for jobs in ("1", "3")}
    assert len(films) == 1


def test_a_killed_render_goes_on_from_its_units(desk: Desk, folder: Path) -> None:
    child = desk.started("render", reel(desk), "-o", "film.mp4", "--progress", "none")
    until(lambda: len(list(folder.glob("??/*-*"))) >= 3, "no unit is kept")
    child.send_signal(signal.SIGKILL)
    child.communicate(timeout=60)
    ended = rendered(desk, reel(desk))
    assert ended["frames_from_cache"] > 0
    assert ended["sha256"] == rendered(desk, reel(desk), "--no-cache")["sha256"]


def test_a_damaged_entry_is_made_again_and_said(desk: Desk, folder: Path, fill: Fill) -> None:
    first = fill()
    for entry in folder.glob("??/*-*"):
        entry.write_bytes(entry.read_bytes()[:-1])
    again = rendered(desk, reel(desk))
    assert (again["frames_from_cache"], again["sha256"]) == (0, first["sha256"])
    assert any("was damaged" in warning for warning in again["warnings"])


def test_a_unit_that_is_wrong_costs_no_film(desk: Desk, folder: Path, fill: Fill) -> None:
    """Entries of too few frames: the film that they make fails its verification, and is made anew."""
    first = fill()
    largest = sorted(folder.glob("??/*-*"), key=lambda entry: entry.stat().st_size)
    film = next(entry for entry in largest if entry.name.endswith(first["sha256"]))
    film.unlink()
    units = [entry for entry in largest if entry != film and entry.read_bytes()[4:8] == b"ftyp"]
    one, *others = units
    for entry in others:
        key = entry.name.partition("-")[0]
        entry.unlink()
        os.link(one, entry.with_name(f"{key}-{one.name.rpartition('-')[2]}"))
    assert rendered(desk, reel(desk))["sha256"] == first["sha256"]
    assert rendered(desk, reel(desk))["frames_from_cache"] == first["frames"]


def entries(folder: Path) -> dict[str, int]:
    """The numbers of the files of the cache, by their names."""
    return {entry.name: entry.stat().st_ino for entry in folder.glob("??/*-*")}


def test_a_unit_of_too_few_frames_is_named_and_the_others_are_kept(
    desk: Desk, folder: Path, fill: Fill, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a filter leaves it that loses frames each time, while ffmpeg ends well."""
    frames, made = fill()["frames"], list[int]()

    async def losing(steps: Sequence[RenderStep], *given: Any, **options: Any) -> Any:
        unit = next(step for step in steps if step.frames and step.origins.inputs[0].clip == "clip4")
        graph = {
            name: re.sub(r"(?=\n\[\w+\]\s*$)", ", trim=end_frame=5", str(text)) for name, text in unit.files.items()
        }
        made.append(unit.frames)
        lost = [replace(step, files=graph) if step is unit else step for step in steps]
        return await render(lost, *given, **options)

    changed, before = reel(desk, mirror=True), entries(folder)
    with monkeypatch.context() as patched:
        patched.setattr(compiler.render, "render", losing)
        ended = desk.run("render", changed, "-o", "film.mp4", "--overwrite")
    assert (ended.codes, 'clip "clip4"' in ended.stderr) == (["RC610"], True), ended.stderr
    assert f"has 5 of {made[0]} frames" in ended.stderr
    assert before.items() <= entries(folder).items()
    assert rendered(desk, changed)["frames_from_cache"] == frames - made[0]


def test_a_unit_that_cannot_be_read_costs_no_film(desk: Desk, folder: Path, fill: Fill) -> None:
    """As a disk leaves it that lost what ffmpeg wrote, before it was hashed: every later film would fail at it."""
    first = fill()
    film, unit, *_ = sorted(
        (entry for entry in folder.glob("??/*-*") if entry.read_bytes()[4:8] == b"ftyp"),
        key=lambda entry: not entry.name.endswith(first["sha256"]),
    )
    film.unlink()
    lost = unit.read_bytes()[:1000]
    key = unit.name.partition("-")[0]
    unit.unlink()
    unit.with_name(f"{key}-{hashlib.sha256(lost).hexdigest()}").write_bytes(lost)
    assert rendered(desk, reel(desk))["sha256"] == first["sha256"]
    assert rendered(desk, reel(desk))["frames_from_cache"] == first["frames"]


def test_a_folder_that_cannot_be_used_is_said_and_costs_no_film(desk: Desk, folder: Path) -> None:
    folder.parent.mkdir(parents=True)
    folder.write_text("a file")
    printed = rendered(desk, reel(desk))
    assert [warning for warning in printed["warnings"] if "goes on without it" in warning]


def test_reelc_cache_tells_what_is_kept_and_clears_it(desk: Desk, folder: Path, fill: Fill) -> None:
    fill()
    told = json.loads(desk.run("cache", "--json").stdout)
    assert (told["folder"], told["limit"]) == (str(folder), 10**9)
    assert told["units"] == len(list(folder.glob("??/*"))) > 3
    assert told["size"] == sum(path.stat().st_size for path in folder.glob("??/*"))
    assert desk.run("cache").stdout.splitlines()[0] == str(folder)
    assert json.loads(desk.run("cache", "--clear", "--json").stdout)["units"] == 0


@pytest.mark.parametrize("stated", ["much", "-1", "1.5G", "10X", ""])
def test_a_limit_that_is_no_size_is_a_usage_error(desk: Desk, monkeypatch: pytest.MonkeyPatch, stated: str) -> None:
    monkeypatch.setenv("REELC_UNIT_CACHE", stated)
    ended: Ended = desk.run("cache")
    assert ended.exit_code == 2
    assert "500M or 20G" in ended.stderr


def test_a_limit_of_nothing_keeps_nothing(desk: Desk, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REELC_UNIT_CACHE", "0")
    rendered(desk, reel(desk))
    assert not folder.exists()


Hook = Callable[[], None]


@pytest.fixture
def first_kept(monkeypatch: pytest.MonkeyPatch) -> Callable[[Hook], None]:
    """Has something done when the first unit of a picture has been made, before it is kept."""

    def at(hook: Hook) -> None:
        plain, hooks = Kept.keep, [hook]

        async def keep(self: Kept, number: int, made: Path) -> None:
            if made.name.startswith("unit") and hooks:
                hooks.pop()()
            await plain(self, number, made)

        monkeypatch.setattr(Kept, "keep", keep)

    return at


@pytest.fixture
def read_late(first_kept: Callable[[Hook], None], monkeypatch: pytest.MonkeyPatch) -> Callable[[Hook], None]:
    """Has footage read when the first unit of a picture has been made, and something done before that."""

    def at(hook: Hook) -> None:
        made, plain = Event(), unit_cache.content_of

        def content_of(path: str) -> str:
            assert made.wait(60), "nothing is made before the footage has been read"
            return plain(path)

        def then() -> None:
            hook()
            made.set()

        monkeypatch.setattr(unit_cache, "content_of", content_of)
        first_kept(then)

    return at


def test_footage_is_read_beside_the_first_units_which_are_kept(desk: Desk, read_late: Callable[[Hook], None]) -> None:
    read_late(lambda: None)
    first = rendered(desk, reel(desk))
    again = rendered(desk, reel(desk, mirror=True))
    touched = next(until - first for first, until in again["plan"]["units"] if first <= 15 + 2 * 33 < until)
    assert (first["frames_from_cache"], again["frames_from_cache"]) == (0, again["frames"] - touched)


def other_footage(desk: Desk) -> Hook:
    """Puts other footage of the same shape in place of the desk's, as a program does that saves a file."""
    clip, other = desk.folder / "clip.mp4", desk.folder / "other.mp4"
    command = [find_build().path, "-v", "error", "-i", str(clip), "-vf", "negate", "-af", "volume=0.5", str(other)]
    subprocess.run(command, check=True)
    return lambda: os.replace(other, clip)


def test_units_of_footage_that_is_replaced_before_it_is_read_are_not_kept(
    desk: Desk, read_late: Callable[[Hook], None]
) -> None:
    read_late(other_footage(desk))
    rendered(desk, reel(desk))
    again = rendered(desk, reel(desk))
    assert again["sha256"] == rendered(desk, reel(desk), "--no-cache")["sha256"]


def test_what_depends_on_replaced_footage_by_other_steps_is_not_kept(
    desk: Desk, first_kept: Callable[[Hook], None]
) -> None:
    """The film, its loudness, and the sound that is encoded from units."""
    rendered(desk, desk.reel())  # now the content of the footage is known
    footage = (desk.folder / "clip.mp4").read_bytes()
    first_kept(other_footage(desk))
    path = reel(desk)
    edit = json.loads((desk.folder / path).read_text())
    (desk.folder / path).write_text(json.dumps({**edit, "audio": {"loudness": {"target": -20}}}))
    mixed = rendered(desk, path, "--jobs", "1")
    (desk.folder / "clip.mp4").write_bytes(footage)
    again = rendered(desk, path)
    assert mixed["sha256"] != again["sha256"] == rendered(desk, path, "--no-cache")["sha256"]
    taken = rendered(desk, path)  # now that the content of the footage is known again
    assert (taken["frames_from_cache"], taken["sha256"]) == (taken["frames"], again["sha256"])


def test_footage_that_changed_while_it_was_read_is_read_once(
    desk: Desk, read_late: Callable[[Hook], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = desk.folder / "clip.mp4"
    read_late(clip.touch)
    read, plain = list[str](), unit_cache.content_of

    def content_of(path: str) -> str:
        read.append(path)
        return plain(path)

    monkeypatch.setattr(unit_cache, "content_of", content_of)
    rendered(desk, reel(desk))
    assert read.count(str(clip)) == 1


class OfAServer(UnitCache):
    """A cache that takes media for unchanging, as the server's does."""

    def unchanged(self, paths: Sequence[str]) -> bool:
        return True


@pytest.mark.parametrize("replaced", [False, True])
@pytest.mark.parametrize("is_known", [False, True])
def test_nothing_is_kept_of_an_ffmpeg_that_is_replaced_while_its_contents_count(
    desk: Desk, tmp_path: Path, replaced: bool, is_known: bool
) -> None:
    """Where the contents of media are known, ffmpeg's files are watched all the same."""
    library, cache = tmp_path / "libx264.so", OfAServer(tmp_path / "units")
    library.write_text("a release")
    building: Future[Build] = Future()
    building.set_result(replace(find_build(), libraries=(str(library),)))
    compiled = load(str(desk.folder / reel_of_one(desk)), building=building)
    states, content = states_of_program(compiled.build), contents_by(None)
    known = known_film(compiled, content) if is_known else None
    if replaced:
        content(str(library))
        library.write_text("the next release")
    film = asyncio.run(
        render_reel(compiled, tmp_path / "f.mp4", cache=cache, content=content, known=known, program=states)
    )
    assert (film.identity is None, len(cache.entries())) == ((True, 0) if replaced else (False, 1))
    assert (read_tag(film.path) is None) == replaced


def reel_of_one(desk: Desk) -> str:
    """A short clip, made in one go from its sound."""
    return desk.reel({"segments_data": {"version": 2, "trimRange": {"start": 0, "end": 0.2}, "spans": []}})
