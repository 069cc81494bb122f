"""A full disk: the store's, the databases', or both. Refusals name the cause, nothing is half stored, and the server
continues as soon as there is room. Needs permission to mount a small disk."""

from __future__ import annotations

import hashlib
import itertools
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.server.editing import decided, export, film, new_export, one_clip
from tests.server.saving import QUICK, Ledger, clips_of, save_surely
from tests.server.site import Site, add_user
from tests.server.test_export_kill import no_film_without_its_object
from tests.server.test_http import refused, uploaded

pytestmark = pytest.mark.fault

SIZE = 24 << 20
ROOMS = (0, 8 << 10, 64 << 10, 300 << 10)
"""Bytes left free, chosen so that each step of a save in turn is the one that fails."""


@dataclass(frozen=True)
class Disk:
    """A small disk that tests can fill."""

    folder: Path

    @property
    def filler(self) -> Path:
        return self.folder / "filler"

    def fill(self, room: int) -> None:
        """Leave this many bytes free."""
        self.free()
        left = os.statvfs(self.folder)
        with self.filler.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, max(1, left.f_bavail * left.f_frsize - room))

    def free(self) -> None:
        """Free the filled space."""
        self.filler.unlink(missing_ok=True)


@pytest.fixture(params=["", "local", "objects"], ids=["one disk", "databases", "store"])
def disk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Disk]:
    """On a small disk: the whole data folder, the local part of it, or the store."""
    folder = tmp_path / "data" / request.param
    folder.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "reelc-tests", str(folder)]
    mounted = subprocess.run(mount, capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"NOT TESTED: a full disk, because mounting fails here: {mounted.stderr.strip()}")
    try:
        yield Disk(folder)
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@dataclass(frozen=True)
class Scene:
    site: Site
    token: str


@pytest.fixture
def scene(disk: Disk, tmp_path: Path) -> Iterator[Scene]:
    data = tmp_path / "data"
    token = add_user(data, "ann")
    site = Site(data, durable_within="2", refuse_after="600", versions_kept="100000", room_kept="1")
    yield Scene(site, token)
    if site.process.poll() is None:
        assert site.stop() == 0
    assert "Traceback" not in Path(site.log.name).read_text()


def test_saves_are_refused_without_room_and_go_on_with_it(disk: Disk, scene: Scene, game: Path, tmp_path: Path) -> None:
    ledger, (clip,) = Ledger(), clips_of(scene.site, scene.token, game, 1)
    with scene.site.client(scene.token) as ann:
        for room in ROOMS:
            disk.fill(room)
            refused_before = ledger.refused
            for number in itertools.count():
                name = f"{room}-{number}"
                if not ledger.note(clip, name, ann.put(clip, json={"name": name})):
                    break
            assert ann.get(clip).status_code == 200
            disk.free()
            save_surely(ann, clip, f"after {room}", ledger)
            assert ledger.refused > refused_before
    wiped(scene, tmp_path, ledger)


def wiped(scene: Scene, tmp_path: Path, ledger: Ledger) -> None:
    """After a kill another machine restores every acknowledged save."""
    assert ledger.split == []
    scene.site.kill()
    another = tmp_path / "another"
    another.mkdir()
    (another / "objects").symlink_to(scene.site.data / "objects")
    site = Site(another, **QUICK)
    assert ledger.lost(site, scene.token) == []
    assert site.stop() == 0


def test_an_upload_without_room_is_refused_and_leaves_nothing(disk: Disk, scene: Scene, game: Path) -> None:
    data, stored = scene.site.data, 1
    with scene.site.client(scene.token) as ann:
        uploaded(ann, game)
        for room in (0, game.stat().st_size // 2):
            for _ in range(5):
                disk.fill(room)
                answer = ann.post("/api/raw-clips", content=game.read_bytes(), headers={"Content-Type": "video/mp4"})
                if answer.status_code != 201:  # else a database whose WAL was emptied made room on its disk meanwhile
                    break
                stored += 1
            if answer.status_code != 503:  # a full disk of databases may already keep the request from being looked up
                refused(answer, 507, "no_room")
            assert int(answer.headers["retry-after"]) > 0
            assert list((data / "local" / "temporary").iterdir()) == []
            assert list((data / "objects" / ".coming").iterdir()) == []
            disk.free()
            assert len(ann.get("/api/raw-clips").json()["raw_clips"]) == stored
        uploaded(ann, game)


def test_an_export_without_room_is_an_error_and_leaves_the_old_film(disk: Disk, scene: Scene, game: Path) -> None:
    with scene.site.client(scene.token) as ann:
        project_id = one_clip(ann, game)
        old = export(ann, project_id)
        before, refusals = film(ann, old), 0
        for number, room in enumerate(ROOMS):
            settings = {"encode": {"crf": 30 + number}}  # a film that is there already takes no room
            disk.fill(room)
            export_id = new_export()
            refusals += not _made(ann, export(ann, project_id, export_id, settings=settings))
            assert film(ann, old) == before
            disk.free()
            _made(ann, decided(ann, project_id, export_id, settings))  # it may be stored and not yet durable
        assert refusals > 1
        assert film(ann, export(ann, project_id)) == before
        assert list((scene.site.data / "local" / "temporary").iterdir()) == []
    no_film_without_its_object(scene.site.data, "ann")


def _made(ann: httpx.Client, answer: httpx.Response) -> bool:
    """Whether there is a film, which must be whole; otherwise the answer is one that the API describes."""
    if answer.status_code == 200:
        described = ann.get(f"/api/working-videos/{answer.json()['working_video_id']}").json()
        assert hashlib.sha256(film(ann, answer)).hexdigest() == described["sha256"]
        return True
    assert answer.status_code == 500, answer.text
    assert answer.json()["error"] in ("storage_error", "render_error")
    return False
