"""Projects are copied; exports are listed in pages and removed; films are shared by links that expire."""

from __future__ import annotations

import asyncio
import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from server.problem import Problem
from server.storage.folder import FolderStore
from server.web.shares import KEY, Shares
from tests.server.editing import (
    BOX,
    OTHER,
    PAN,
    RENDER,
    Json,
    add_clip,
    awaited,
    long_project,
    new_export,
    one_clip,
    standing,
    trim,
)
from tests.server.site import Site
from tests.server.test_http import project, refused, uploaded
from tests.server.waiting import until


def exported(client: httpx.Client, project_id: str, settings: Json | None = None) -> tuple[str, str]:
    """The id of a new export, and of its film."""
    export = new_export()
    answer = client.post(RENDER, json={"project_id": project_id, "export_id": export, "settings": settings})
    assert answer.status_code == 200, answer.text
    return export, answer.json()["working_video_id"]


def listed(client: httpx.Client, **query: str) -> list[str]:
    return [each["export_id"] for each in client.get("/api/export", params=query).json()["exports"]]


def test_a_project_is_copied_with_its_clips_and_settings_in_one_step(user: httpx.Client, game: Path) -> None:
    raw = uploaded(user, game)
    origin = project(user, name="Derby", aspect_ratio="1:1", settings={"canvas": {"fps": 25}})
    first = add_clip(user, origin, raw, name="Goal", crop_data=PAN, rotation=3, segments_data=trim(0.5, 2))
    add_clip(user, origin, raw, name="End", transition_data={"type": "dissolve", "duration": 0.5})
    user.put(f"/api/clips/projects/{origin}/clips/{first}", json={"name": "Own goal"})
    answer = user.post(f"/api/projects/{origin}/duplicate", json={}, headers={"Idempotency-Key": "once"})
    assert (answer.status_code, answer.json()["name"], answer.json()["aspect_ratio"]) == (201, "Derby copy", "1:1")
    again = user.post(f"/api/projects/{origin}/duplicate", json={}, headers={"Idempotency-Key": "once"})
    assert again.json()["id"] == answer.json()["id"]
    one, other = (user.get(f"/api/projects/{each}").json() for each in (origin, answer.json()["id"]))
    assert other["settings"] == one["settings"]
    own = {"id", "project_id", "version", "saved_at"}
    edits = [[{name: clip[name] for name in clip.keys() - own} for clip in each["clips"]] for each in (one, other)]
    assert edits[0] == edits[1]
    assert [clip["name"] for clip in other["clips"]] == ["Own goal", "End"]
    assert {clip["version"] for clip in other["clips"]} == {1}
    assert not {clip["id"] for clip in one["clips"]} & {clip["id"] for clip in other["clips"]}
    user.put(f"/api/clips/projects/{other['id']}/clips/{other['clips'][0]['id']}", json={"crop_data": BOX})
    assert user.get(f"/api/projects/{origin}").json()["clips"] == one["clips"], "the copy is a project of its own"


def test_a_copy_has_the_name_that_is_given_and_nobody_copies_anothers(
    user: httpx.Client, another: httpx.Client
) -> None:
    origin = project(user, name="n" * 200)
    made = user.post(f"/api/projects/{origin}/duplicate", json={"name": "Cup"})
    assert made.json()["name"] == "Cup"
    long = user.post(f"/api/projects/{origin}/duplicate", json={})
    assert long.json()["name"] == "n" * 195 + " copy"
    refused(user.post(f"/api/projects/{origin}/duplicate", json={"name": " "}), 422, "invalid_request")
    refused(another.post(f"/api/projects/{origin}/duplicate", json={}), 404, "project_not_found")


def test_exports_come_in_pages(user: httpx.Client, another: httpx.Client, game: Path) -> None:
    project_id = one_clip(user, game)
    made = [exported(user, project_id)[0] for _ in range(3)][::-1]
    first = user.get("/api/export", params={"limit": "2"}).json()
    assert ([each["export_id"] for each in first["exports"]], first["next"]) == (made[:2], made[1])
    last = user.get("/api/export", params={"limit": "2", "before": first["next"], "project_id": project_id}).json()
    assert ([each["export_id"] for each in last["exports"]], last["next"]) == (made[2:], None)
    assert user.get("/api/export", params={"limit": "3"}).json()["next"] is None
    for wrong in ("0", "101", "-1", "two"):
        refused(user.get("/api/export", params={"limit": wrong}), 422, "invalid_request")
    refused(another.get("/api/export", params={"before": made[0]}), 404, "export_not_found")


def test_a_removed_export_leaves_the_list_and_its_film_goes(site: Site, user: httpx.Client, game: Path) -> None:
    project_id = one_clip(user, game)
    (old, older), (new, newer) = exported(user, project_id), exported(user, project_id, OTHER)
    assert user.post(f"/api/export/{new}/remove").status_code == 204
    assert listed(user) == [old]
    refused(user.get(f"/api/working-videos/{newer}"), 410, "working_video_gone")
    assert user.get(f"/api/projects/{project_id}").json()["working_video_id"] == older
    assert len(list(site.data.glob(f"objects/users/*/trash/{newer}*"))) == 1
    assert user.post(f"/api/export/{new}/remove").status_code == 204, "a lost answer is asked for again"
    answer = user.post(RENDER, json={"project_id": project_id, "export_id": new, "settings": OTHER})
    assert answer.json()["working_video_id"] == newer, "the id stays that export's"
    user.post(f"/api/export/{old}/remove")
    assert user.get(f"/api/projects/{project_id}").json()["working_video_id"] is None
    assert listed(user, project_id=project_id) == []


def test_an_export_that_runs_is_not_removed(site: Site, user: httpx.Client, another: httpx.Client, game: Path) -> None:
    export = standing(user, site.data, long_project(user, game))
    refused(user.post(f"/api/export/{export}/remove"), 409, "export_in_progress")
    refused(another.post(f"/api/export/{export}/remove"), 404, "export_not_found")
    user.delete(f"/api/export/{export}")
    assert awaited(user, export)["state"] == "cancelled"
    assert user.post(f"/api/export/{export}/remove").status_code == 204
    assert listed(user) == []


def test_a_film_is_shared_by_a_link_until_it_is_deleted(
    site: Site, user: httpx.Client, another: httpx.Client, game: Path
) -> None:
    export, film = exported(user, one_clip(user, game))
    refused(another.post(f"/api/working-videos/{film}/link", json={}), 404, "working_video_not_found")
    made = user.post(f"/api/working-videos/{film}/link", json={"seconds": 3600})
    assert made.status_code == 201
    left = datetime.fromisoformat(made.json()["expires_at"]) - datetime.now(UTC)
    assert timedelta(minutes=59) < left <= timedelta(hours=1)
    with site.client() as stranger:
        answer = stranger.get(made.json()["path"])
        assert (answer.status_code, answer.headers["content-type"]) == (200, "video/mp4")
        assert answer.headers["content-disposition"].startswith("inline")
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.content == user.get(f"/api/working-videos/{film}/media").content
        part = stranger.get(made.json()["path"], headers={"Range": "bytes=0-9"})
        assert (part.status_code, part.content) == (206, answer.content[:10])
        refused(stranger.get(f"/api/working-videos/{film}/media"), 401, "unauthorized")
        user.post(f"/api/export/{export}/remove")
        refused(stranger.get(made.json()["path"]), 410, "working_video_gone")


def test_a_link_that_was_changed_is_none(site: Site, user: httpx.Client, another: httpx.Client, game: Path) -> None:
    (_, film), (_, theirs) = exported(user, one_clip(user, game)), exported(another, one_clip(another, game))
    token = user.post(f"/api/working-videos/{film}/link", json={}).json()["path"].removeprefix("/shared/")
    payload, _, signature = token.partition(".")
    named = json.loads(base64.urlsafe_b64decode(payload + "=="))
    forged = base64.urlsafe_b64encode(json.dumps([named[0], theirs, named[2] + 9]).encode()).decode().rstrip("=")
    with site.client() as stranger:
        assert stranger.get(f"/shared/{token}").status_code == 200
        wrong = (f"{forged}.{signature}", payload, f"{payload}.", f".{signature}", f"{token}A", "ü.ä", "A" * 600)
        for each in wrong:
            refused(stranger.get(f"/shared/{each}"), 404, "link_not_found")
    for seconds in (0, 31 * 86_400, "x"):
        answer = user.post(f"/api/working-videos/{film}/link", json={"seconds": seconds})
        refused(answer, 422, "invalid_request")


def test_the_log_tells_no_link(site: Site) -> None:
    with site.client() as stranger:
        for method in ("GET", "HEAD", "POST"):
            stranger.request(method, "/shared/payload.the-signature")
    log = Path(site.log.name)
    until(lambda: log.read_text().count("/shared/") >= 3)
    assert "the-signature" not in log.read_text()


def test_a_link_ends_at_its_time_and_with_the_servers_key(tmp_path: Path) -> None:
    async def scene() -> None:
        store, times = FolderStore(tmp_path / "objects"), [datetime(2026, 11, 1, tzinfo=UTC)]
        shares = Shares(store, lambda: times[-1])
        token, share = await shares.make("ann", "v_one", timedelta(hours=1))
        assert share.expires_at == "2026-11-01T01:00:00+00:00"
        times.append(times[0] + timedelta(minutes=59, seconds=59))
        assert await Shares(store, lambda: times[-1]).read(token) == share, "another server with the same store"
        times.append(times[0] + timedelta(hours=1))
        with pytest.raises(Problem) as late:
            await shares.read(token)
        assert (late.value.status, late.value.error) == (410, "link_expired")
        times.append(times[0])
        await store.delete(KEY)
        with pytest.raises(Problem) as unknown:
            await Shares(store, lambda: times[-1]).read(token)
        assert (unknown.value.status, unknown.value.error) == (404, "link_not_found")
        await store.close()

    asyncio.run(scene())


def test_a_link_of_a_user_who_is_gone_is_none(site: Site, user: httpx.Client, game: Path) -> None:
    _, film = exported(user, one_clip(user, game))
    path = user.post(f"/api/working-videos/{film}/link", json={}).json()["path"]
    uid = user.get("/api/me").json()["id"]
    (site.data / "objects" / "accounts" / uid).unlink()
    with site.client() as stranger:
        refused(stranger.get(path), 404, "working_video_not_found")
