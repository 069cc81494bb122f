"""Guarantees of the API beyond its plain answers, over HTTP."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.server.editing import RENDER, add_clip, export, film, new_export, one_clip
from tests.server.site import Site, new_link, sign_in
from tests.server.test_http import BOX, added, project, refused, uploaded

COLUMNS = {
    "projects": {"id", "name", "aspect_ratio", "settings", "working_video_id", "created_at"},
    "raw_clips": {
        *("id", "name", "object_key", "etag", "size", "media_info", "start_time", "end_time", "created_at"),
    },
    "working_clips": {
        *("id", "project_id", "raw_clip_id", "uploaded_filename", "name", "crop_data", "timing_data", "segments_data"),
        *("transition_data", "rotation", "sort_order", "version", "clip_key", "created_at"),
    },
    "working_videos": {
        *("id", "project_id", "filename", "object_key", "version", "duration", "frames", "sha256"),
        *("render_identity", "created_at"),
    },
    "exports": {
        *("export_id", "project_id", "state", "stage", "attempt", "boot_id", "request_hash", "error"),
        *("working_video_id", "created_at", "started_at", "completed_at"),
    },
    "idempotency": set(),
    "sync_head": set(),
    "schema_version": set(),
}
"""Fields that clients rely on; there may be more."""


def database_of(site: Site, user: httpx.Client) -> sqlite3.Connection:
    return sqlite3.connect(site.data / "local" / "users" / user.get("/api/me").json()["id"] / "edit.sqlite")


def test_the_database_has_the_tables_that_others_rely_on(site: Site, user: httpx.Client) -> None:
    project(user)
    database = database_of(site, user)
    for table, columns in COLUMNS.items():
        found = {row[1] for row in database.execute(f"PRAGMA table_info({table})")}
        assert found
        assert columns <= found, table
    database.close()


def test_every_save_is_a_row_and_the_highest_version_is_the_clip(site: Site, user: httpx.Client, game: Path) -> None:
    clip = added(user, game, crop_data=[BOX])
    for turned in (1, 2):
        assert user.put(clip, json={"rotation": turned}).status_code == 200
    database = database_of(site, user)
    rows = database.execute("SELECT version, rotation, clip_key FROM working_clips ORDER BY version").fetchall()
    database.close()
    assert [(version, rotation) for version, rotation, _ in rows] == [(1, 0), (2, 1), (3, 2)]
    assert {key for _, _, key in rows} == {clip.rpartition("/")[2]}
    assert user.get(clip).json()["version"] == 3


def test_what_a_film_was_rendered_from_is_kept_for_ever(user: httpx.Client, game: Path) -> None:
    project_id = one_clip(user, game)
    assert export(user, project_id).status_code == 200
    clips = f"/api/clips/projects/{project_id}/clips"
    clip = f"{clips}/{user.get(clips).json()['clips'][0]['id']}"
    for turned in range(8):
        assert user.put(clip, json={"rotation": turned}).status_code == 200
    versions = user.get(f"{clip}/versions").json()["versions"]
    assert [each["version"] for each in versions] == [9, 8, 7, 6, 5, 1]
    assert user.post(f"{clip}/restore", json={"version": 1}).json()["clip"]["crop_data"] == versions[-1]["crop_data"]


def test_a_clip_is_put_to_a_place_with_a_save(user: httpx.Client, game: Path) -> None:
    raw, clips = uploaded(user, game), f"/api/clips/projects/{project(user)}/clips"
    ids = [user.post(clips, json={"raw_clip_id": raw}).json()["clip_id"] for _ in range(3)]
    saved = user.put(f"{clips}/{ids[0]}", json={"sort_order": 9}).json()
    assert (saved["version"], saved["clip"]["sort_order"]) == (2, 9)
    assert [each["id"] for each in user.get(clips).json()["clips"]] == [*ids[1:], ids[0]]


@pytest.mark.parametrize("more", ["segments_data", "keyframes", "crop_data", "settings"])
def test_an_export_takes_nothing_to_render_from_its_client(user: httpx.Client, game: Path, more: str) -> None:
    """For its clips, an export request accepts only ids and versions."""
    body: dict[str, Any] = {"project_id": one_clip(user, game), "export_id": new_export(), more: []}
    assert refused(user.post(RENDER, json=body), 422, "invalid_request")["pointer"] == f"/{more}"
    clips = {"clips": [{"clip_id": "c_1", "version": 1, more: []}]}
    body = {"project_id": body["project_id"], "export_id": body["export_id"], **clips}
    assert refused(user.post(RENDER, json=body), 422, "invalid_request")["pointer"] == f"/clips/0/{more}"
    refused(user.get(f"/api/export/{body['export_id']}"), 404, "export_not_found")


@pytest.mark.parametrize("empty", [None, "", [], "[]", "null"])
def test_framing_that_is_empty_is_none(user: httpx.Client, game: Path, empty: Any) -> None:
    project_id = project(user)
    clip = add_clip(user, project_id, uploaded(user, game), crop_data=empty)
    shown = user.get(f"/api/clips/projects/{project_id}/clips/{clip}").json()
    assert shown["crop_data"] is None
    assert refused(export(user, project_id), 400, "missing_crop_data")["clip_id"] == clip


def test_stored_data_that_cannot_be_read_is_told_whole_and_stays(site: Site, user: httpx.Client, game: Path) -> None:
    """Clip, pointer, hint, every error; an export, an explanation and another save leave it unchanged."""
    project_id = project(user)
    clip = add_clip(user, project_id, uploaded(user, game))
    broken = '{"version": 2, "trimRange": {"start": 1, "end": 2}, "spans": [], "sapns": 1}'
    database = database_of(site, user)
    with database:
        database.execute("UPDATE working_clips SET segments_data = ?, rotation = 400", (broken,))
    explained = user.post("/api/export/framing/explain", json={"project_id": project_id})
    for answer in (export(user, project_id), explained):
        problem = refused(answer, 422, "unknown_field")
        assert (problem["clip_id"], problem["pointer"]) == (clip, "/clips/0/segments_data/sapns")
        assert "spans" in problem["hint"]
        assert [each["pointer"] for each in problem["errors"]] == ["/clips/0/segments_data/sapns", "/clips/0/rotation"]
    saved = user.put(f"/api/clips/projects/{project_id}/clips/{clip}", json={"crop_data": [{**BOX, "x": 7}]})
    assert saved.status_code == 200
    stored = database.execute("SELECT segments_data, rotation FROM working_clips ORDER BY version").fetchall()
    database.close()
    assert stored == [(broken, 400)] * 2


def test_a_project_takes_its_films_with_it_and_leaves_its_footage(site: Site, user: httpx.Client, game: Path) -> None:
    project_id = one_clip(user, game)
    answer = export(user, project_id)
    film(user, answer)
    objects = site.data / "objects" / "users" / user.get("/api/me").json()["id"]
    (made,) = (objects / "media").glob("v_*")
    assert user.delete(f"/api/projects/{project_id}").status_code == 204
    assert [path.name for path in (objects / "trash").iterdir()] == [made.name]
    refused(user.get(f"/api/working-videos/{answer.json()['working_video_id']}"), 404, "working_video_not_found")
    assert len(user.get("/api/raw-clips").json()["raw_clips"]) == 1


@pytest.mark.further
def test_a_session_may_do_what_a_token_may(site: Site) -> None:
    with site.client() as browser:
        assert sign_in(browser, new_link(site.data)).status_code == 303
        assert browser.post("/api/projects", json={"name": "x"}, headers={"Origin": site.url}).status_code == 201
        given = {"Cookie": f"reelc_session={browser.cookies['reelc_session']}", "Origin": site.url}
        with pytest.raises(InvalidStatus, match="404"):  # accepted, and then told that the export does not exist
            connect(f"{site.url.replace('http', 'ws')}/ws/export/none", additional_headers=given, proxy=None)


def test_the_description_is_there_to_read(site: Site) -> None:
    with site.client() as anybody:
        page, described = anybody.get("/docs"), anybody.get("/openapi.json")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert (described.status_code, described.json()["openapi"]) == (200, "3.1.0")
