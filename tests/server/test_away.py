"""Answers to clients when the store fails or holds its answers, or ffmpeg dies, hangs or makes another film."""

from __future__ import annotations

import os
import signal
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.server.editing import (
    OTHER,
    begin,
    decided,
    drawn,
    export,
    ffmpegs_of,
    film,
    long_project,
    new_export,
    one_clip,
)
from tests.server.saving import stored
from tests.server.site import PLAIN, Fresh, Site, add_somebody, add_user, serving
from tests.server.switches import SWITCHED, held, switched
from tests.server.test_http import added, refused
from tests.server.test_progress import heard, socket
from tests.server.waiting import until

pytestmark = pytest.mark.fault

WRONG = Fresh(
    """
from dataclasses import replace
from compiler.supervise.films import render
plain = render.verify_film
async def another(path, expected, made):
    await plain(path, replace(expected, frames=expected.frames + 1), made)
render.verify_film = another
"""
    + PLAIN
)
"""A server that expects one frame more than each film has."""

BROKEN = Fresh(
    """
from server.tables import raw_clips
def broken(reader):
    raise LookupError("a secret reason")
raw_clips.pages = broken
from compiler.errors import Loc, ReelError
from server.routes import raw_clips as uploads
async def failing(media):
    raise ReelError("RC901", Loc(), "the media reader failed", detail="a secret reason")
uploads.probing = failing
"""
    + PLAIN
)
"""A server with two planted mistakes."""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with serving(tmp_path_factory.mktemp("away") / "data", program=SWITCHED, durable_within="0.5") as running:
        yield running


@pytest.fixture
def ann(place: Site) -> Iterator[httpx.Client]:
    with place.client(add_somebody(place.data)) as client:
        yield client


@pytest.mark.parametrize("how", ["fail-put", "hold-put"])
def test_a_save_that_cannot_be_stored_is_503_until_it_is(place: Site, ann: httpx.Client, game: Path, how: str) -> None:
    clip = added(ann, game)
    key = {"Idempotency-Key": "one"}
    with switched(place, how):
        for method, address, body in (("PUT", clip, {"rotation": 1}), ("POST", "/api/projects", {"name": "x"})):
            answer = ann.request(method, address, json=body)
            refused(answer, 503, "storage_error")
            assert int(answer.headers["retry-after"]) > 0
        refused(ann.put(clip, json={"rotation": 2}, headers=key), 503, "storage_error")
        read = ann.get(clip)
        assert (read.status_code, read.headers["x-sync-pending"]) == (200, "1")
    answers = [stored(lambda: ann.put(clip, json={"rotation": 2}, headers=key))]
    answers.append(ann.put(clip, json={"rotation": 2}, headers=key))
    assert [(answer.status_code, answer.json()["version"]) for answer in answers] == [(200, 3)] * 2
    assert "x-sync-pending" not in ann.get(clip).headers


@pytest.mark.parametrize("how", ["fail-put", "hold-put", "fail-head", "fail-put_file"])
def test_an_export_that_cannot_be_stored_is_500(place: Site, ann: httpx.Client, game: Path, how: str) -> None:
    project_id, export_id = one_clip(ann, game), new_export()
    before = export(ann, project_id)
    settings = OTHER if how == "fail-put_file" else None  # a film that is there already is not put again
    with switched(place, how):
        refused(export(ann, project_id, export_id, settings=settings), 500, "storage_error")
        assert ann.get(f"/api/projects/{project_id}").json()["working_video_id"] == before.json()["working_video_id"]
    answer = decided(ann, project_id, export_id, settings)
    if how == "fail-put_file":  # this export has failed, and stays failed
        refused(answer, 500, "storage_error")
        answer = export(ann, project_id)
    assert film(ann, answer) == film(ann, before)


def test_complete_is_said_only_when_film_row_and_snapshot_are_safe(place: Site, ann: httpx.Client, game: Path) -> None:
    uid = ann.get("/api/me").json()["id"]
    project_id, export_id = one_clip(ann, game), new_export()
    with switched(place, "hold-put_file"), ThreadPoolExecutor(1) as side:
        begin(ann, project_id, export_id)
        until(lambda: held(place, "put_file"), "the film is not put away")
        heard_all = side.submit(_heard, ann, export_id)
        with switched(place, "hold-put"):
            (place.data.parent / "hold-put_file").rename(place.data.parent / "gone")
            until(lambda: _state(place, uid, export_id) == "complete", "the row is not written")
            description = ann.get(f"/api/export/{export_id}").json()
            assert (description["state"], description["stage"], description["result"]) == ("running", "storing", None)
            assert not heard_all.done()
            snapshots = _snapshots(place, uid)
        last = heard_all.result()[-1]
        (place.data.parent / "gone").rename(place.data.parent / "hold-put_file")
    assert (last["state"], last["done"]) == ("complete", True)
    assert len(_snapshots(place, uid)) > len(snapshots)
    film(ann, export(ann, project_id, export_id))


def _heard(client: httpx.Client, export_id: str) -> list[dict[str, Any]]:
    with socket(client, export_id) as listening:
        return heard(listening)


def _state(place: Site, uid: str, export_id: str) -> str:
    database = sqlite3.connect(place.data / "local" / "users" / uid / "edit.sqlite")
    ((state,),) = database.execute("SELECT state FROM exports WHERE export_id = ?", (export_id,)).fetchall()
    database.close()
    return str(state)


def _snapshots(place: Site, uid: str) -> list[Path]:
    return [*(place.data / "objects" / "users" / uid / "db").iterdir()]


@pytest.mark.parametrize(
    ("number", "named", "settings"), [(signal.SIGKILL, "ffmpeg", {}), (signal.SIGSTOP, "frame", {"stall_after": "3"})]
)
def test_ffmpeg_that_dies_or_hangs_is_a_render_error(
    tmp_path: Path, game: Path, number: signal.Signals, named: str, settings: dict[str, str]
) -> None:
    token = add_user(tmp_path / "data", "ann")
    with serving(tmp_path / "data", **settings) as site, site.client(token) as ann:
        project_id = long_project(ann, game)
        export_id = begin(ann, project_id)
        drawn(ann, export_id)
        until(lambda: _struck(ann, site, export_id, number), "the export goes on")
        error = refused(export(ann, project_id, export_id), 500, "render_error")
        assert named in error["message"]
        assert ffmpegs_of(site.data) == []
        until(lambda: export(ann, one_clip(ann, game)).status_code == 200)


def _struck(ann: httpx.Client, place: Site, export_id: str, number: signal.Signals) -> bool:
    """Send a signal to every ffmpeg, also to those that make again what another was killed at; whether the export has
    ended."""
    for pid in ffmpegs_of(place.data):
        with suppress(ProcessLookupError):
            os.kill(pid, number)
    return ann.get(f"/api/export/{export_id}").json()["state"] in ("complete", "error")


def test_a_film_that_fails_its_verification_is_a_render_error(tmp_path: Path, game: Path) -> None:
    data = tmp_path / "data"
    token = add_user(data, "ann")
    with serving(data, program=WRONG) as site, site.client(token) as ann:
        project_id, export_id = one_clip(ann, game), new_export()
        problem = refused(export(ann, project_id, export_id), 500, "render_error")
        assert "predicted" in problem["message"]
        assert ann.get(f"/api/projects/{project_id}").json()["working_video_id"] is None
        assert [path for path in (data / "objects").rglob("v_*")] == []
        refused(export(ann, project_id, export_id), 500, "render_error")


def test_a_server_whose_store_does_not_answer_is_not_ready(place: Site, ann: httpx.Client) -> None:
    assert ann.get("/readyz").status_code == 200
    with switched(place, "fail-head"):
        until(lambda: ann.get("/readyz").status_code == 503)  # an answer is up to a second old
        refused(ann.get("/readyz"), 503, "storage_error")
        assert ann.get("/healthz").status_code == 200
    until(lambda: ann.get("/readyz").status_code == 200)


def test_a_failure_of_the_server_itself_is_told_and_tells_nothing(tmp_path: Path, game: Path) -> None:
    data = tmp_path / "data"
    token = add_user(data, "ann")
    with serving(data, program=BROKEN) as site, site.client(token) as ann:
        sent = ann.post("/api/raw-clips", content=game.read_bytes(), headers={"Content-Type": "video/mp4"})
        for answer in (ann.get("/api/raw-clips"), sent):
            refused(answer, 500, "internal_error")
            assert "secret" not in answer.text
        assert ann.get("/api/projects").status_code == 200
    assert Path(site.log.name).read_text().count("a secret reason") == 2
