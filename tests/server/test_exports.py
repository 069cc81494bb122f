"""Exports over HTTP: films from stored edits, and every row of the table of errors in docs/server.md."""

from __future__ import annotations

import contextlib
import hashlib
import json
import sqlite3
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest

from server.exports.progress import estimated, predicted
from tests.server.editing import (
    BOX,
    PAN,
    RENDER,
    SMALL,
    add_clip,
    awaited,
    export,
    film,
    frozen,
    long_project,
    new_export,
    one_clip,
    rendered,
    trim,
)
from tests.server.site import Site
from tests.server.test_http import project, refused, uploaded
from tests.server.test_promises import database_of


@pytest.fixture(scope="session")
def other(footage: Path) -> Path:
    """A film of 4 s at 25 frames a second, with different colours and a different sound."""
    return footage / "pal25.mp4"


def test_single_clip_from_saved_data(user: httpx.Client, game: Path, tmp_path: Path) -> None:
    project_id = project(user, settings=SMALL, name="Höhepunkte / 1")
    fields = {"crop_data": PAN, "segments_data": trim(0.5, 1.5)}
    add_clip(user, project_id, uploaded(user, game), **fields)
    before = user.post(f"/api/projects/{project_id}/draft", json={}).json()["export"]
    assert before == {"seconds": round(estimated([], 30, (90, 160)), 1), "measured": False}
    answer = export(user, project_id)
    assert answer.json()["filename"] == "Höhepunkte / 1.mp4"
    assert user.post(f"/api/projects/{project_id}/draft", json={}).json()["export"]["measured"]
    assert film(user, answer) == rendered(tmp_path, SMALL, [{"media": str(game), **fields}])
    assert user.get(f"/api/projects/{project_id}").json()["working_video_id"] == answer.json()["working_video_id"]


@pytest.mark.further
def test_multi_clip_order(user: httpx.Client, game: Path, other: Path, tmp_path: Path) -> None:
    project_id = project(user, settings=SMALL)
    first = add_clip(user, project_id, uploaded(user, game), segments_data=trim(0.5, 1))
    second = add_clip(user, project_id, uploaded(user, other), segments_data=trim(2, 2.6))
    one = {"media": str(game), "crop_data": BOX, "segments_data": trim(0.5, 1)}
    two = {"media": str(other), "crop_data": BOX, "segments_data": trim(2, 2.6)}
    in_order = film(user, export(user, project_id))
    assert in_order == rendered(tmp_path, SMALL, [one, two])
    order = f"/api/clips/projects/{project_id}/clips/reorder"
    assert user.put(order, json={"clip_ids": [second, first]}).status_code == 200
    turned = film(user, export(user, project_id))
    assert turned == rendered(tmp_path, SMALL, [two, one]) != in_order


def test_an_estimate_is_the_forecast_corrected_by_the_median_of_earlier_exports() -> None:
    forecast = predicted(0, 900, (1080, 1920)).whole
    assert estimated([], 900, (1080, 1920)) == forecast
    assert estimated([0.5, 9, 0.7], 900, (1080, 1920)) == 0.7 * forecast


def test_settings_of_one_export_change_this_film_alone(user: httpx.Client, game: Path, tmp_path: Path) -> None:
    project_id = one_clip(user, game, crop_data=BOX)
    chosen = {"canvas": {"width": 72, "height": 128}, "encode": {"preset": None, "quality": "draft", "codec": "h265"}}
    export_id = new_export()
    answer = export(user, project_id, export_id, settings=chosen)
    canvas = {"width": 72, "height": 128, "fps": 30}
    settings = {"canvas": canvas, "encode": {"quality": "draft", "codec": "h265"}}
    reel = [{"media": str(game), "crop_data": BOX, "segments_data": trim(0.5, 1.0)}]
    assert film(user, answer) == rendered(tmp_path, settings, reel)
    assert user.get(f"/api/export/{export_id}").json()["settings"] == chosen
    assert user.get(f"/api/projects/{project_id}").json()["settings"] == SMALL
    assert export(user, project_id, export_id, settings=chosen).json() == answer.json()
    for other_settings in (None, {**chosen, "audio": {"include": False}}):
        refused(export(user, project_id, export_id, settings=other_settings), 422, "idempotency_mismatch")


def test_settings_of_one_export_are_checked_as_the_projects_are(user: httpx.Client, game: Path) -> None:
    project_id = one_clip(user, game)
    odd = export(user, project_id, settings={"canvas": {"width": 71}, "encode": {"codec": "mp3"}})
    assert odd.status_code == 422
    assert [each["pointer"] for each in odd.json()["errors"]] == ["/settings/canvas/width", "/settings/encode/codec"]
    wide = export(user, project_id, settings={"canvas": {"width": 160, "height": 90}})
    assert refused(wide, 422, "out_of_range")["pointer"] == "/settings/canvas"
    more = export(user, project_id, settings={"clips": {}})
    assert refused(more, 422, "invalid_request")["pointer"] == "/settings/clips"
    assert user.get("/api/export", params={"project_id": project_id}).json()["exports"] == []


def test_the_settings_of_an_export_are_kept_for_the_next_server(site: Site, user: httpx.Client, game: Path) -> None:
    project_id, export_id = long_project(user, game), new_export()
    body = {"project_id": project_id, "export_id": export_id, "settings": {"encode": {"codec": "h265"}}}
    assert user.post(RENDER, json=body, headers={"Prefer": "respond-async"}).status_code == 202
    frozen(site.data)
    with contextlib.closing(database_of(site, user)) as database:
        (kept,) = database.execute("SELECT edit FROM exports WHERE export_id = ?", (export_id,)).fetchone()
    assert json.loads(kept)["settings"]["encode"] == {"preset": "ultrafast", "codec": "h265"}
    assert json.loads(kept)["forecast_s"] > 30, "a film of 1,920 large frames is long at the next server, too"
    assert user.delete(f"/api/export/{export_id}").json()["state"] == "cancelled"


def test_missing_crop_data(user: httpx.Client, game: Path) -> None:
    project_id = one_clip(user, game)
    unframed = add_clip(user, project_id, uploaded(user, game, "Buzzer beater.mp4"), crop_data=None)
    problem = refused(export(user, project_id), 400, "missing_crop_data")
    assert problem["clip_id"] == unframed
    assert "Buzzer beater" in problem["message"]


def test_missing_source_video(site: Site, user: httpx.Client, game: Path) -> None:
    project_id = project(user, settings=SMALL)
    add_clip(user, project_id, uploaded(user, game))
    raw = uploaded(user, game)
    lost = add_clip(user, project_id, raw)
    (found,) = (site.data / "objects").rglob(raw)
    found.unlink()
    assert refused(export(user, project_id), 500, "video_not_found")["clip_id"] == lost


@pytest.mark.further
def test_export_after_save(user: httpx.Client, game: Path, tmp_path: Path) -> None:
    project_id = one_clip(user, game)
    before = film(user, export(user, project_id))
    clips = f"/api/clips/projects/{project_id}/clips"
    clip = user.get(clips).json()["clips"][0]["id"]
    changed = {"crop_data": PAN, "segments_data": trim(1, 2, {"start": 1, "end": 1.5, "speed": 0.5})}
    assert user.put(f"{clips}/{clip}", json=changed).status_code == 200
    after = film(user, export(user, project_id))
    assert after == rendered(tmp_path, SMALL, [{"media": str(game), **changed}]) != before


@pytest.mark.further
def test_edit_save_export_verify_output(user: httpx.Client, game: Path, other: Path, tmp_path: Path) -> None:
    project_id = project(user)
    dissolve = {"type": "dissolve", "duration": 0.4}
    settings = {**SMALL, "transition": dissolve}
    assert user.patch(f"/api/projects/{project_id}", json={"settings": settings}).status_code == 200
    edits: list[dict[str, Any]] = [
        {"crop_data": PAN, "segments_data": trim(0.25, 1.75, {"start": 0.5, "end": 1, "speed": 0.5}), "rotation": 2},
        {"crop_data": BOX, "segments_data": trim(1, 2), "transition_data": {"type": "wipeleft", "duration": 0.2}},
        {"crop_data": BOX, "timing_data": {"trimRange": [0, 1]}},
    ]
    clips = f"/api/clips/projects/{project_id}/clips"
    for path, edit in zip((game, other, game), edits, strict=True):
        clip = add_clip(user, project_id, uploaded(user, path), crop_data=None)
        assert user.put(f"{clips}/{clip}", json=edit).status_code == 200
    answer = export(user, project_id)
    made = film(user, answer)
    reel = [{"media": str(path), **edit} for path, edit in zip((game, other, game), edits, strict=True)]
    assert made == rendered(tmp_path, settings, reel)
    description = user.get(f"/api/working-videos/{answer.json()['working_video_id']}").json()
    assert description["sha256"] == hashlib.sha256(made).hexdigest()
    assert (description["size"], description["version"]) == (len(made), 1)
    assert (description["frames"], description["duration"]) == (60 + 30 - 6 + 30 - 12, pytest.approx(102 / 30))


def test_a_film_is_played_in_ranges_and_saved_under_its_name(user: httpx.Client, game: Path) -> None:
    answer = export(user, one_clip(user, game))
    made, media = film(user, answer), f"/api/working-videos/{answer.json()['working_video_id']}/media"
    part = user.get(media, headers={"Range": "bytes=4-7"})
    assert (part.status_code, part.content) == (206, made[4:8])
    assert part.headers["content-range"] == f"bytes 4-7/{len(made)}"
    assert part.headers["content-type"] == "video/mp4"
    assert part.headers["content-disposition"].startswith('attachment; filename="A film.mp4"')
    assert user.get(media, headers={"Range": f"bytes={len(made)}-"}).status_code == 416


def test_a_film_is_what_its_encoding_makes_it(user: httpx.Client, game: Path) -> None:
    project_id = project(user, settings={**SMALL, "encode": {"codec": "wav"}})
    fields = {"crop_data": BOX, "segments_data": trim(0.5, 1)}
    add_clip(user, project_id, uploaded(user, game), **fields)
    answer = export(user, project_id)
    assert answer.json()["filename"] == "A film.wav"
    media = user.get(f"/api/working-videos/{answer.json()['working_video_id']}/media")
    assert (media.headers["content-type"], media.content[:4]) == ("audio/wav", b"RIFF")


def test_a_project_that_is_not_there_is_told(user: httpx.Client) -> None:
    refused(export(user, "p_nothere"), 404, "project_not_found")


def test_a_project_without_clips_is_told(user: httpx.Client) -> None:
    refused(export(user, project(user)), 400, "no_clips")


def test_an_edit_that_cannot_be_is_told_with_every_error(user: httpx.Client, game: Path) -> None:
    project_id = project(user, settings=SMALL)
    raw = uploaded(user, game)
    first = add_clip(user, project_id, raw, segments_data=trim(50, 60))
    add_clip(user, project_id, raw, crop_data=[{"frame": 0, "x": 5000, "y": 0, "width": 90, "height": 160}])
    problem = refused(export(user, project_id), 422, "nothing_left")
    assert (problem["clip_id"], problem["pointer"]) == (first, "/clips/0/segments_data/trimRange")
    assert problem["hint"]
    assert [each["error"] for each in problem["errors"]] == ["nothing_left", "crop_off_picture"]


def test_stored_data_that_cannot_be_read_is_told(site: Site, user: httpx.Client, game: Path) -> None:
    project_id = one_clip(user, game)
    path = site.data / "local" / "users" / user.get("/api/me").json()["id"] / "edit.sqlite"
    with sqlite3.connect(path) as database:
        database.execute(
            "UPDATE working_clips SET segments_data = '{\"version\": 9' WHERE project_id = ?", [project_id]
        )
    database.close()
    problem = refused(export(user, project_id), 422, "unreadable_stored_data")
    assert problem["pointer"] == "/clips/0/segments_data"


def test_footage_that_turns_out_to_be_damaged_is_a_render_error_with_its_clip_and_log(
    user: httpx.Client, game: Path, tmp_path: Path
) -> None:
    """Where the clip does not want it concealed: what an upload reads of a file does not show it."""
    body = bytearray(game.read_bytes())
    middle = len(body) // 2
    body[middle : middle + 4096] = b"\xff" * 4096
    damaged = tmp_path / game.name
    damaged.write_bytes(body)
    project_id = project(user, settings=SMALL)
    clip = add_clip(user, project_id, uploaded(user, damaged), damage="refuse")
    problem = refused(export(user, project_id, "ruined"), 500, "render_error")
    assert problem["clip_id"] == clip
    assert problem["log"]
    described = user.get("/api/export/ruined").json()
    assert (described["state"], described["error"]["error"]) == ("error", "render_error")
    assert described["result"] is None


def test_the_same_export_has_the_same_answer_for_ever(user: httpx.Client, game: Path) -> None:
    project_id, export_id = one_clip(user, game), new_export()
    answers = [export(user, project_id, export_id) for _ in range(2)]
    clips = f"/api/clips/projects/{project_id}/clips"
    clip = user.get(clips).json()["clips"][0]["id"]
    assert user.put(f"{clips}/{clip}", json={"crop_data": None}).status_code == 200
    answers.append(export(user, project_id, export_id))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    assert len(user.get("/api/export", params={"project_id": project_id}).json()["exports"]) == 1
    refused(export(user, project(user), export_id), 422, "idempotency_mismatch")


@pytest.mark.further
def test_an_export_with_other_clips_is_another_one(user: httpx.Client, game: Path) -> None:
    project_id, export_id = one_clip(user, game), new_export()
    (clip,) = user.get(f"/api/clips/projects/{project_id}/clips").json()["clips"]
    body: dict[str, Any] = {"project_id": project_id, "export_id": export_id}
    named = body | {"clips": [{"clip_id": clip["id"], "version": clip["version"]}]}
    first = user.post(RENDER, json=named, timeout=60)
    assert user.post(RENDER, json=named).json() == first.json()
    for clips in (None, [], [{"clip_id": clip["id"], "version": 2}]):
        refused(user.post(RENDER, json=body | {"clips": clips}), 422, "idempotency_mismatch")
    with_all = new_export()
    film(user, export(user, project_id, with_all))
    refused(user.post(RENDER, json=named | {"export_id": with_all}), 422, "idempotency_mismatch")


def test_the_same_export_asked_for_at_once_is_one_job(user: httpx.Client, game: Path) -> None:
    project_id, export_id = one_clip(user, game), new_export()
    answers: list[httpx.Response] = []
    threads = [threading.Thread(target=lambda: answers.append(export(user, project_id, export_id))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    assert user.get(f"/api/working-videos/{answers[0].json()['working_video_id']}").json()["version"] == 1


def test_one_who_does_not_wait_is_told_where_to_look(user: httpx.Client, game: Path) -> None:
    project_id, export_id = one_clip(user, game), new_export()
    answer = export(user, project_id, export_id, Prefer="respond-async, wait=10")
    assert (answer.status_code, answer.json()) == (202, {"status": "accepted", "export_id": export_id})
    assert answer.headers["location"] == f"/api/export/{export_id}"
    job = awaited(user, export_id)
    assert (job["state"], job["stage"], job["progress"], job["attempt"]) == ("complete", "complete", 1.0, 1)
    assert job["result"] == export(user, project_id, export_id).json()
    assert [each["export_id"] for each in user.get("/api/export").json()["exports"]] == [export_id]
    refused(user.get("/api/export", params={"project_id": "p_x"}), 404, "project_not_found")


@pytest.mark.parametrize("export_id", ["", "../x", "a b", "x" * 65, "é"])
def test_an_id_that_is_none_is_refused(user: httpx.Client, export_id: str) -> None:
    body = {"project_id": "p", "export_id": export_id}
    assert refused(user.post(RENDER, json=body), 422, "invalid_request")["pointer"] == "/export_id"


def test_another_users_exports_and_films_are_not_there(user: httpx.Client, another: httpx.Client, game: Path) -> None:
    project_id, export_id = one_clip(user, game), new_export()
    working = export(user, project_id, export_id).json()["working_video_id"]
    refused(export(another, project_id, export_id), 404, "project_not_found")
    refused(another.get(f"/api/export/{export_id}"), 404, "export_not_found")
    refused(another.delete(f"/api/export/{export_id}"), 404, "export_not_found")
    refused(another.get(f"/api/working-videos/{working}"), 404, "working_video_not_found")
    refused(another.get(f"/api/working-videos/{working}/media"), 404, "working_video_not_found")


def test_versions_that_are_named_are_what_is_rendered_or_nothing_is(user: httpx.Client, game: Path) -> None:
    project_id = project(user, settings=SMALL)
    raw = uploaded(user, game)
    ids = [add_clip(user, project_id, raw, segments_data=trim(0.5, 0.7)) for _ in range(2)]

    def asked(*seen: tuple[str, int], export_id: str = "") -> httpx.Response:
        clips = [{"clip_id": clip_id, "version": version} for clip_id, version in seen]
        body = {"project_id": project_id, "export_id": export_id or new_export(), "clips": clips}
        return user.post(RENDER, json=body, timeout=60)

    first, second = ids
    user.put(f"/api/clips/projects/{project_id}/clips/{second}", json={"name": "again"})
    for other in ([(first, 1), (second, 1)], [(second, 2), (first, 1)], [(first, 1)], []):
        refused(asked(*other), 412, "version_conflict")
    assert user.get("/api/export", params={"project_id": project_id}).json()["exports"] == []
    made = asked((first, 1), (second, 2), export_id="these")
    assert made.status_code == 200, made.text
    user.put(f"/api/clips/projects/{project_id}/clips/{second}", json={"name": "and again"})
    assert asked((first, 1), (second, 2), export_id="these").json() == made.json()
