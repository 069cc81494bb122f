"""`reelc scrub` reads all that is stored and finds what is damaged or missing."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.server.editing import export
from tests.server.site import add_user, serving
from tests.server.test_commands import reelc
from tests.server.test_integrity import edited, flip


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, game: Path) -> Path:
    """A folder with the data of a server that made a film and a strip."""
    folder = tmp_path_factory.mktemp("whole")
    with serving(folder / "data") as site, site.client(add_user(folder / "data", "ann")) as ann:
        project_id, raw, _ = edited(ann, game)
        assert export(ann, project_id).status_code == 200
        assert ann.get(f"/api/raw-clips/{raw}/filmstrip").status_code == 200
    return folder


@pytest.fixture
def folder(whole: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    shutil.copytree(whole / "data" / "objects", tmp_path / "data" / "objects")
    return tmp_path


def stored(folder: Path, kind: str) -> Path:
    """The one object of a kind, or the newest snapshot."""
    objects = folder / "data" / "objects"
    if kind == "accounts":
        return objects / "accounts" / "ann"
    if kind == "snapshots":
        return max((objects / "users" / "ann" / "db").iterdir())
    begins, dots = {"films": ("v_", 0), "footage": ("r_", 0), "facts": ("r_", 1)}[kind]
    media = (objects / "users" / "ann" / "media").iterdir()
    (found,) = [path for path in media if path.name.startswith(begins) and path.name.count(".") == dots]
    return found


def with_content(folder: Path) -> list[Path]:
    """The objects of a store, without the empty ones, which are nothing but their keys, and those of leases, which end
    with their server."""
    objects = folder / "data" / "objects"
    files = [path for path in objects.rglob("*") if path.is_file() and path.stat().st_size]
    return [path for path in files if path.relative_to(objects).parts[0] not in ("leases", "servers")]


@pytest.mark.further
def test_what_is_whole_is_counted(folder: Path) -> None:
    ended = reelc(folder, "scrub")
    assert ended.returncode == 0, ended.stdout
    assert not (folder / "data" / "local").exists()
    table = {tuple(line.split()[:2]): line.split()[2:] for line in ended.stdout.splitlines()}
    assert table["user", "kind"] == ["objects", "bytes", "unchecked", "damaged", "missing"]
    size = stored(folder, "films").stat().st_size
    assert table["ann", "films"] == ["1", str(size), "0", "0", "0"]
    assert table["ann", "footage"][0::2] == ["1", "0", "0"]
    assert table["ann", "facts"][0::2] == ["1", "0", "0"]
    assert table["ann", "previews"][0::2] == ["2", "2", "0"]
    assert sum(int(row[0]) for key, row in table.items() if key != ("user", "kind")) == len(with_content(folder))


@pytest.mark.parametrize(
    ("kind", "how", "remedy"),
    [
        ("films", "damaged", "export the project again"),
        ("films", "missing", "export the project again"),
        ("footage", "damaged", "upload it again"),
        ("footage", "missing", "upload it again"),
        ("facts", "damaged", "probed anew"),
        ("facts", "missing", "upload it again"),
        ("snapshots", "damaged", "newer snapshot"),
        ("accounts", "damaged", "reelc user add"),
    ],
)
def test_damage_is_found(folder: Path, kind: str, how: str, remedy: str) -> None:
    path = stored(folder, kind)
    if how == "damaged":
        flip(path, 0 if kind == "accounts" else path.stat().st_size // 2)
    else:
        path.unlink()
    ended = reelc(folder, "scrub", "--json")
    assert ended.returncode == 6
    (found,) = json.loads(ended.stdout)["findings"]
    assert (found["state"], found["kind"]) == (how, kind)
    assert found["key"] == path.relative_to(folder / "data" / "objects").as_posix()
    assert remedy in found["remedy"]
    assert f"{how}: {found['key']} ({kind}" in reelc(folder, "scrub").stdout


def test_a_limit_ends_it_and_the_next_one_goes_on(folder: Path) -> None:
    flip(stored(folder, "films"), 100)
    seen, after, rounds = 0, "", 0
    findings: list[str] = []
    while rounds == 0 or after:
        report = json.loads(reelc(folder, "scrub", "--json", "--limit", "1000", "--after", after).stdout)
        seen += sum(row["objects"] for row in report["rows"])
        findings += [each["kind"] for each in report["findings"]]
        after, rounds = report["stopped_after"] or "", rounds + 1
    assert seen == len(with_content(folder))
    assert (findings, rounds > 4) == (["films"], True)


def test_footage_of_before_gets_its_checksum(folder: Path) -> None:
    facts = stored(folder, "facts")
    new = facts.read_bytes()
    old = {name: value for name, value in json.loads(new).items() if name not in ("sha256", "blocks", "seal")}
    facts.write_text(json.dumps(old))
    assert reelc(folder, "scrub").returncode == 0
    assert facts.read_bytes() == new


def test_one_user_alone_is_read(folder: Path) -> None:
    flip(stored(folder, "films"), 100)
    assert reelc(folder, "user", "add", "bob").returncode == 0
    assert reelc(folder, "scrub", "--user", "bob").returncode == 0
    assert reelc(folder, "scrub", "--user", "ann").returncode == 6


def test_a_store_that_is_away_is_exit_code_5(tmp_path: Path) -> None:
    away = {"store": "s3", "s3_bucket": "b", "s3_access_key": "k", "s3_secret_key": "s"}
    assert reelc(tmp_path, "scrub", s3_endpoint="http://127.0.0.1:9", **away).returncode == 5


def proved(folder: Path) -> subprocess.CompletedProcess[str]:
    """deploy/prove_restore.sh, with the store of this folder."""
    search = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    variables = {**os.environ, "PATH": search, "REELC_DATA": str(folder / "data"), "TMPDIR": str(folder)}
    script = Path(__file__).parents[2] / "deploy" / "prove_restore.sh"
    return subprocess.run([script, "ann"], env=variables, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.further
def test_a_backup_is_proved_by_a_restore_elsewhere(folder: Path) -> None:
    before = {path: path.read_bytes() for path in with_content(folder)}
    ended = proved(folder)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.splitlines()[-1].startswith("restored and read back: ann ")
    assert {path: path.read_bytes() for path in with_content(folder)} == before
    assert [path.name for path in folder.iterdir()] == ["data"]


@pytest.mark.further
def test_a_backup_with_damage_is_not_proved(folder: Path) -> None:
    stored(folder, "footage").write_bytes(b"something else")
    ended = proved(folder)
    assert ended.returncode == 6
    assert "restored and read back" not in ended.stdout
