"""The atomic save of a project: everything that one request changes is stored, or nothing."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.server.site import add_user, serving
from tests.server.test_http import BOX, project, refused, uploaded

Json = dict[str, Any]


class Film:
    """A project of three clips of one footage, named a, b and c."""

    def __init__(self, user: httpx.Client, game: Path) -> None:
        self.user, self.raw, self.id = user, uploaded(user, game), project(user)
        self.clips = f"/api/clips/projects/{self.id}/clips"
        self.ids = [self.added(name) for name in "abc"]

    def added(self, name: str) -> str:
        answer = self.user.post(self.clips, json={"raw_clip_id": self.raw, "name": name, "crop_data": [BOX]})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["clip_id"])

    def post(self, *, key: str | None = None, **body: Any) -> httpx.Response:
        headers = {"Idempotency-Key": key} if key else {}
        return self.user.post(f"/api/projects/{self.id}/changes", json=body, headers=headers)

    def changed(self, **body: Any) -> Json:
        answer = self.post(**body)
        assert answer.status_code == 200, answer.text
        saved: Json = answer.json()
        assert {name: saved[name] for name in saved if name != "warnings"} == self.stored()
        return saved

    def stored(self) -> Json:
        stored: Json = self.user.get(f"/api/projects/{self.id}").json()
        return stored

    def names(self) -> list[str]:
        return [clip["name"] for clip in self.stored()["clips"]]

    def versions(self, clip_id: str) -> list[int]:
        return [each["version"] for each in self.user.get(f"{self.clips}/{clip_id}/versions").json()["versions"]]


@pytest.fixture
def film(user: httpx.Client, game: Path) -> Film:
    return Film(user, game)


def test_one_request_changes_adds_removes_orders_and_sets(film: Film) -> None:
    a, b, c = film.ids
    new = str(uuid.uuid4())
    saved = film.changed(
        clips=[{"clip_id": a, "version": 1, "rotation": 3, "name": "first"}],
        add=[{"clip_id": new, "raw_clip_id": film.raw, "name": "new", "crop_data": [BOX]}],
        remove=[{"clip_id": b, "version": 1}],
        order=[new, c, a],
        project={"name": "Cup", "aspect_ratio": "1:1", "settings": {"canvas": {"fps": "25"}}},
    )
    assert [(each["id"], each["version"]) for each in saved["clips"]] == [(new, 1), (c, 1), (a, 2)]
    assert [each["sort_order"] for each in saved["clips"]] == [0, 1, 2]
    assert (saved["clips"][2]["rotation"], saved["clips"][2]["name"]) == (3, "first")
    assert (saved["name"], saved["aspect_ratio"], saved["settings"]) == ("Cup", "1:1", {"canvas": {"fps": "25"}})
    assert saved["warnings"] == []


def test_a_clip_is_added_at_its_place(film: Film) -> None:
    film.changed(add=[{"raw_clip_id": film.raw, "name": "x", "place": 1}, {"raw_clip_id": film.raw, "name": "y"}])
    assert film.names() == ["a", "x", "b", "c", "y"]


@pytest.mark.parametrize(
    ("wrong", "status", "error", "pointer"),
    [
        ({"clips": [{"clip_id": "A", "version": 1, "rotation": 90}]}, 422, "out_of_range", "/clips/0/rotation"),
        ({"clips": [{"clip_id": "A", "version": 2}]}, 412, "version_conflict", "/clips/0/version"),
        ({"clips": [{"clip_id": "c_nobody", "version": 1}]}, 404, "clip_not_found", "/clips/0/clip_id"),
        ({"remove": [{"clip_id": "A", "version": 9}]}, 412, "version_conflict", "/remove/0/version"),
        (
            {"remove": [{"clip_id": "A", "version": 1}, {"clip_id": "A", "version": 1}]},
            422,
            "invalid_request",
            "/remove/1/clip_id",
        ),
        ({"add": [{"raw_clip_id": "r_nobody"}]}, 404, "raw_clip_not_found", "/add/0/raw_clip_id"),
        ({"add": [{"raw_clip_id": "R", "clip_id": "A"}]}, 412, "version_conflict", "/add/0/clip_id"),
        ({"add": [{"raw_clip_id": "R", "clip_id": "short"}]}, 422, "invalid_request", "/add/0/clip_id"),
        (
            {"add": [{"raw_clip_id": "R", "crop_data": [{**BOX, "x": "left"}]}]},
            422,
            "wrong_type",
            "/add/0/crop_data/0/x",
        ),
        ({"order": ["A"]}, 422, "invalid_request", "/order"),
        ({"project": {"settings": {"encode": {"crf": "x"}}}}, 422, "wrong_type", "/project/settings/encode/crf"),
        ({"project": {"aspect_ratio": "2:1"}}, 422, "invalid_request", "/project/aspect_ratio"),
    ],
)
def test_a_refused_part_leaves_nothing_changed(film: Film, wrong: Json, status: int, error: str, pointer: str) -> None:
    """Each request has right parts too, which alone would be stored."""
    a, b, c = film.ids
    text = json.dumps(wrong).replace('"A"', f'"{a}"').replace('"R"', f'"{film.raw}"')
    body = json.loads(text)
    right = {"clips": [{"clip_id": b, "version": 1, "rotation": 1}], "remove": [{"clip_id": c, "version": 1}]}
    before = film.stored()
    body = {"project": {"name": "new"}} | body
    for name, several in right.items():
        body[name] = [*body.get(name, []), *several]
    assert refused(film.post(**body), status, error)["pointer"] == pointer
    assert film.stored() == before
    assert [film.versions(each) for each in film.ids] == [[1], [1], [1]]


def test_a_conflict_names_the_clip_and_its_version(film: Film) -> None:
    a, b, _ = film.ids
    film.changed(clips=[{"clip_id": b, "version": 1, "rotation": 1}])
    both = [{"clip_id": a, "version": 1, "rotation": 2}, {"clip_id": b, "version": 1, "rotation": 2}]
    problem = refused(film.post(clips=both), 412, "version_conflict")
    assert (problem["clip_id"], problem["current_version"], problem["pointer"]) == (b, 2, "/clips/1/version")
    assert film.versions(a) == [1]


def test_the_errors_of_all_clips_are_listed(film: Film) -> None:
    a, b, _ = film.ids
    wrong = [
        {"clip_id": a, "version": 1, "rotation": 90, "crop_data": [{**BOX, "x": "left"}]},
        {"clip_id": b, "version": 1, "rotation": -90},
    ]
    problem = refused(film.post(clips=wrong), 422, "wrong_type")
    found = {(each["clip_id"], each["pointer"]) for each in problem["errors"]}
    assert found == {(a, "/clips/0/crop_data/0/x"), (a, "/clips/0/rotation"), (b, "/clips/1/rotation")}


def test_warnings_name_their_clips(film: Film) -> None:
    a, b, _ = film.ids
    film.changed(clips=[{"clip_id": b, "version": 1, "segments_data": {"trimRange": [0, 2]}}])
    saved = film.changed(
        clips=[
            {"clip_id": a, "version": 1, "rotation": 1},
            {"clip_id": b, "version": 2, "timing_data": {"trimRange": [0, 3]}},
        ]
    )
    (warning,) = saved["warnings"]
    assert warning["clip_id"] == b
    assert "/timing_data" in warning["message"]


def test_a_removed_clip_comes_back_with_its_versions(film: Film) -> None:
    a = film.ids[0]
    film.changed(clips=[{"clip_id": a, "version": 1, "rotation": 1}])
    film.changed(remove=[{"clip_id": a, "version": 2}])
    refused(film.user.get(f"{film.clips}/{a}"), 404, "clip_not_found")
    saved = film.changed(add=[{"clip_id": a, "raw_clip_id": film.raw, "place": 0}])
    back = saved["clips"][0]
    assert (back["id"], back["version"], back["rotation"], back["name"], back["crop_data"]) == (a, 3, 1, "a", [BOX])
    assert film.versions(a) == [3, 2, 1]


def test_a_clip_that_was_deleted_for_good_does_not_come_back(film: Film) -> None:
    a = film.ids[0]
    film.changed(clips=[{"clip_id": a, "version": 1, "rotation": 1}])
    film.user.delete(f"{film.clips}/{a}")
    saved = film.changed(add=[{"clip_id": a, "raw_clip_id": film.raw}])
    assert (saved["clips"][-1]["version"], saved["clips"][-1]["rotation"]) == (1, 0)


def test_the_same_changes_again_are_made_once(film: Film) -> None:
    a, _, c = film.ids
    body = {"clips": [{"clip_id": a, "version": 1, "rotation": 1}], "remove": [{"clip_id": c, "version": 1}]}
    first, second = (film.post(key="once", **body) for _ in range(2))
    assert first.status_code == second.status_code == 200
    assert first.json() == second.json()
    assert film.versions(a) == [2, 1]
    refused(film.post(key="once", **{**body, "clips": []}), 422, "idempotency_mismatch")


def test_footage_of_removed_clips_can_be_deleted(film: Film) -> None:
    film.changed(remove=[{"clip_id": each, "version": 1} for each in film.ids])
    assert film.user.delete(f"/api/raw-clips/{film.raw}").status_code == 204
    assert film.user.delete(f"/api/projects/{film.id}").status_code == 204


@pytest.mark.parametrize(("later", "version"), [(3, 2), (4, 1)])
def test_removed_clips_are_kept_as_long_as_the_states_that_name_them(film: Film, later: int, version: int) -> None:
    """This server keeps five states; the first of these names the clip."""
    a = film.ids[0]
    film.changed(remove=[{"clip_id": a, "version": 1}])
    for turn in range(later):
        film.changed(project={"name": f"film {turn}"})
    saved = film.changed(add=[{"clip_id": a, "raw_clip_id": film.raw}])
    assert saved["clips"][-1]["version"] == version


def test_the_states_before_and_after_changes_are_kept(film: Film) -> None:
    a, b, c = film.ids
    film.changed(remove=[{"clip_id": b, "version": 1}], order=[c, a], project={"aspect_ratio": "1:1"})
    film.changed(project={"aspect_ratio": "1:1"})
    film.user.put(f"{film.clips}/{a}", json={"rotation": 1})
    film.changed(clips=[{"clip_id": a, "version": 2, "name": "first"}])
    answer = film.user.get(f"/api/projects/{film.id}/versions").json()
    found = [
        (each["version"], each["aspect_ratio"], [(clip["name"], clip["version"]) for clip in each["clips"]])
        for each in answer["versions"]
    ]
    assert found == [
        (4, "1:1", [("c", 1), ("first", 3)]),
        (3, "1:1", [("c", 1), ("a", 2)]),
        (2, "1:1", [("c", 1), ("a", 1)]),
        (1, "9:16", [("a", 1), ("b", 1), ("c", 1)]),
    ]
    assert answer["next"] is None
    page = film.user.get(f"/api/projects/{film.id}/versions", params={"before": 3}).json()
    assert [each["version"] for each in page["versions"]] == [2, 1]
    refused(film.user.get(f"/api/projects/{film.id}/versions", params={"before": "x"}), 422, "invalid_request")


def test_a_state_is_restored_as_changes(film: Film) -> None:
    """The clips of an earlier state have the fields that they had, also those that were removed since."""
    a, b, _ = film.ids
    before = film.stored()
    crop = [{**BOX, "x": 99}]
    film.changed(
        clips=[{"clip_id": a, "version": 1, "crop_data": crop}],
        remove=[{"clip_id": b, "version": 1}],
        project={"name": "Cup"},
    )
    was = film.user.get(f"/api/projects/{film.id}/versions/1").json()
    assert (was["name"], was["clips"]) == (before["name"], before["clips"])
    saved = film.changed(
        clips=[{"clip_id": a, "version": 2, "crop_data": was["clips"][0]["crop_data"]}],
        add=[{"clip_id": b, "raw_clip_id": film.raw}],
        order=[clip["id"] for clip in was["clips"]],
        project={"name": was["name"]},
    )
    fields = ("id", "name", "crop_data", "sort_order")
    assert [[clip[each] for each in fields] for clip in saved["clips"]] == [
        [clip[each] for each in fields] for clip in before["clips"]
    ]
    assert [clip["version"] for clip in saved["clips"]] == [3, 2, 1]
    refused(film.user.get(f"/api/projects/{film.id}/versions/9"), 404, "version_not_found")
    refused(film.user.get(f"/api/projects/{film.id}/versions/0"), 422, "invalid_request")


def test_a_clip_that_is_deleted_for_good_leaves_the_states(film: Film) -> None:
    a, b, c = film.ids
    film.changed(clips=[{"clip_id": a, "version": 1, "name": "first"}])
    film.user.delete(f"{film.clips}/{a}")
    (*_, oldest) = film.user.get(f"/api/projects/{film.id}/versions").json()["versions"]
    assert [clip["clip_id"] for clip in oldest["clips"]] == [b, c]


def test_a_full_database_still_takes_removals(tmp_path: Path, game: Path) -> None:
    token = add_user(tmp_path / "data", "ann")
    with serving(tmp_path / "data", edits_per_user="200000") as site, site.client(token) as ann:
        film = Film(ann, game)
        keys = [{**BOX, "frame": frame} for frame in range(200)]
        version = 1
        while (answer := film.post(clips=[{"clip_id": film.ids[0], "version": version, "crop_data": keys}])).is_success:
            version += 1
            keys[0]["x"] = version
            assert version < 100
        refused(answer, 507, "quota_exceeded")
        removed = [{"clip_id": film.ids[0], "version": version}]
        refused(film.post(remove=removed, project={"name": "x"}), 507, "quota_exceeded")
        film.changed(remove=removed)
        film.changed(project={"name": "there is room again"})
