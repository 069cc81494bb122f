"""Bounds of films and of footage: a save, an upload and an export beyond them are refused, and drafts say so."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.server.editing import RENDER, SMALL, add_clip, new_export, trim
from tests.server.site import add_user, serving
from tests.server.test_http import project, refused, uploaded

pytestmark = pytest.mark.further

HELD = {"at": 1, "freeze": 100}


def test_footage_beyond_the_settings_is_refused(tmp_path: Path, game: Path) -> None:
    for name, part in (("footage_seconds", "lasts"), ("footage_frames", "frames")):
        with serving(tmp_path / name, **{name: "1"}) as site, site.client(add_user(site.data, "ann")) as ann:
            answer = ann.post("/api/raw-clips", files={"file": ("game.mp4", game.read_bytes())})
            assert part in refused(answer, 422, "footage_too_long")["message"]
            assert ann.get("/api/raw-clips").json() == {"raw_clips": []}


def test_a_clip_that_alone_is_too_long_a_film_is_not_saved(tmp_path: Path, game: Path) -> None:
    with serving(tmp_path / "data", film_seconds="60") as site, site.client(add_user(site.data, "ann")) as ann:
        project_id = project(ann, settings=SMALL)
        clip = f"/api/clips/projects/{project_id}/clips/{add_clip(ann, project_id, uploaded(ann, game))}"
        problem = refused(ann.put(clip, json={"segments_data": trim(0, 2, HELD)}), 422, "film_too_long")
        assert problem["code"] == "RC209"
        assert ann.get(clip).json()["version"] == 1
        assert ann.put(clip, json={"segments_data": trim(0, 2, {**HELD, "freeze": 50})}).status_code == 200


def test_an_edit_beyond_a_new_bound_opens_is_not_exported_and_can_be_mended(tmp_path: Path, game: Path) -> None:
    token = add_user(tmp_path / "data", "ann")
    with serving(tmp_path / "data") as site, site.client(token) as ann:
        project_id = project(ann, settings=SMALL)
        clip_id = add_clip(ann, project_id, uploaded(ann, game), segments_data=trim(0, 2, HELD))
    with serving(tmp_path / "data", film_seconds="60") as site, site.client(token) as ann:
        clip = f"/api/clips/projects/{project_id}/clips/{clip_id}"
        draft = ann.post(f"/api/projects/{project_id}/draft", json={}).json()
        assert [each["error"] for each in draft["errors"]] == ["film_too_long"]
        assert draft["clips"][0]["frames"] == 102 * 30
        asked = {"project_id": project_id, "export_id": new_export()}
        refused(ann.post(RENDER, json=asked), 422, "film_too_long")
        assert ann.put(clip, json={"rotation": 1}).status_code == 200
        assert ann.put(clip, json={"segments_data": trim(0, 1.5, HELD)}).status_code == 200  # shorter than it was
        refused(ann.put(clip, json={"segments_data": trim(0, 2, HELD)}), 422, "film_too_long")
        assert ann.put(clip, json={"segments_data": trim(0, 2)}).status_code == 200
