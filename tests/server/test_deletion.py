"""Deleted footage: where it is used, what its clips are meanwhile, how it is restored, until when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from tests.server.editing import RENDER, add_clip, long_project, new_export, one_clip, standing
from tests.server.site import Site, add_user, serving
from tests.server.test_http import project, refused, uploaded

Json = dict[str, object]


def listed(client: httpx.Client, *, deleted: bool = False) -> list[Json]:
    answer = client.get("/api/raw-clips", params={"deleted": "true"} if deleted else {})
    assert answer.status_code == 200, answer.text
    found: list[Json] = answer.json()["raw_clips"]
    return found


def test_a_list_of_uploads_names_the_clips_of_each(user: httpx.Client, game: Path) -> None:
    raw, other = uploaded(user, game), uploaded(user, game)
    one, two = project(user, name="Derby"), project(user, name="Cup")
    first = add_clip(user, one, raw, name="Goal")
    second, third = add_clip(user, two, raw, name="Start"), add_clip(user, two, raw, name="End")
    uses = {each["id"]: each["used_in"] for each in listed(user)}
    of = [(two, "Cup", second, "Start"), (two, "Cup", third, "End"), (one, "Derby", first, "Goal")]
    names = ("project_id", "project", "clip_id", "clip")
    assert uses == {raw: [dict(zip(names, each, strict=True)) for each in of], other: []}
    user.delete(f"/api/clips/projects/{one}/clips/{first}")
    assert [each["project"] for each in listed(user)[1]["used_in"]] == ["Cup", "Cup"]  # type: ignore[attr-defined]


def test_footage_in_use_is_deleted_if_the_request_says_so_and_its_clips_say_why_they_have_none(
    site: Site, user: httpx.Client, game: Path
) -> None:
    project_id = one_clip(user, game)
    (raw,) = (str(each["id"]) for each in listed(user))
    refused(user.delete(f"/api/raw-clips/{raw}"), 409, "raw_clip_in_use")
    refused(user.delete(f"/api/raw-clips/{raw}", params={"used": "yes"}), 422, "invalid_request")
    assert user.delete(f"/api/raw-clips/{raw}", params={"used": "true"}).status_code == 204
    assert listed(user) == []
    for path in ("", "/media", "/filmstrip.json", "/proxy"):
        refused(user.get(f"/api/raw-clips/{raw}{path}"), 404, "raw_clip_not_found")
    refused(user.delete(f"/api/raw-clips/{raw}", params={"used": "true"}), 404, "raw_clip_not_found")
    (error,) = user.post(f"/api/projects/{project_id}/draft", json={"clips": []}).json()["errors"]
    assert (error["error"], error["hint"]) == ("raw_clip_deleted", "restore it, or remove the clip")
    refused(user.post(RENDER, json={"project_id": project_id, "export_id": new_export()}), 422, "raw_clip_deleted")
    answer = user.post(f"/api/clips/projects/{project_id}/clips", json={"raw_clip_id": raw})
    refused(answer, 404, "raw_clip_not_found")


def test_deleted_footage_is_restored_with_everything_that_belongs_to_it(
    site: Site, user: httpx.Client, game: Path
) -> None:
    project_id = one_clip(user, game)
    (raw,) = (str(each["id"]) for each in listed(user))
    whole = user.get(f"/api/raw-clips/{raw}/media").content
    assert user.get(f"/api/raw-clips/{raw}/peaks").status_code == 200
    user.delete(f"/api/raw-clips/{raw}", params={"used": "true"})
    trash = f"objects/users/*/trash/{raw}*"
    assert len(list(site.data.glob(trash))) == 3
    (there,) = listed(user, deleted=True)
    left = datetime.fromisoformat(str(there["kept_until"])) - datetime.now(UTC)
    assert timedelta(days=6, hours=23) < left <= timedelta(days=7)
    assert [each["project_id"] for each in there["used_in"]] == [project_id]  # type: ignore[attr-defined]
    answer = user.post(f"/api/raw-clips/{raw}/restore")
    assert (answer.status_code, answer.json()["id"]) == (200, raw)
    assert list(site.data.glob(trash)) == []
    assert [each["id"] for each in listed(user)] == [raw]
    assert listed(user, deleted=True) == []
    assert user.get(f"/api/raw-clips/{raw}/media").content == whole
    assert user.post(f"/api/projects/{project_id}/draft", json={"clips": []}).json()["errors"] == []
    assert user.post(RENDER, json={"project_id": project_id, "export_id": new_export()}).status_code == 200
    assert user.post(f"/api/raw-clips/{raw}/restore").status_code == 200, "a lost answer is asked for again"


def test_others_do_not_restore_it(user: httpx.Client, another: httpx.Client, game: Path) -> None:
    raw = uploaded(user, game)
    user.delete(f"/api/raw-clips/{raw}")
    refused(another.post(f"/api/raw-clips/{raw}/restore"), 404, "raw_clip_not_found")
    assert listed(another, deleted=True) == []
    refused(user.post("/api/raw-clips/r_none/restore"), 404, "raw_clip_not_found")


def test_footage_that_was_deleted_for_good_is_not_restored(site: Site, user: httpx.Client, game: Path) -> None:
    raw = uploaded(user, game)
    user.delete(f"/api/raw-clips/{raw}")
    (facts,) = site.data.glob(f"objects/users/*/media/{raw}.json")
    facts.unlink()
    assert listed(user, deleted=True) == [], "footage without its facts is useless"
    refused(user.post(f"/api/raw-clips/{raw}/restore"), 410, "raw_clip_gone")
    assert listed(user) == []


def test_footage_that_an_export_renders_stays(site: Site, user: httpx.Client, game: Path) -> None:
    project_id = long_project(user, game)
    (raw,) = (str(each["id"]) for each in listed(user))
    export = standing(user, site.data, project_id)
    refused(user.delete(f"/api/raw-clips/{raw}", params={"used": "true"}), 409, "export_in_progress")
    user.delete(f"/api/export/{export}")
    assert user.delete(f"/api/raw-clips/{raw}", params={"used": "true"}).status_code == 204


def test_rows_of_deleted_footage_go_after_its_time_unless_clips_name_it(tmp_path: Path, game: Path) -> None:
    data = tmp_path / "data"
    with serving(data, trash_for="0.001") as site, site.client(add_user(data, "ann")) as client:
        project_id = one_clip(client, game)
        (used,) = (str(each["id"]) for each in listed(client))
        unused, last = uploaded(client, game), uploaded(client, game)
        for raw in (used, unused, last):
            client.delete(f"/api/raw-clips/{raw}", params={"used": "true"})
        refused(client.post(f"/api/raw-clips/{unused}/restore"), 404, "raw_clip_not_found")
        (error,) = client.post(f"/api/projects/{project_id}/draft", json={"clips": []}).json()["errors"]
        assert error["error"] == "raw_clip_deleted"
