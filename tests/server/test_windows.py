"""Windows of footage over HTTP: raw clips that share a file, each with previews, lengths and frames of its own."""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from server.footage.facts import media_key
from server.settings import Settings
from server.storage.folder import FolderStore
from server.storage.tenants import Databases
from server.tables import raw_clips
from server.tables.raw_clips import RawClipRow
from tests.footage import read
from tests.footage.pool import POOL
from tests.server.editing import SMALL, add_clip, export, film, trim
from tests.server.site import Site
from tests.server.test_http import project, refused, uploaded
from tests.server.test_views import kept, state_of
from tests.server.waiting import until

Json = dict[str, Any]


def windows(client: httpx.Client, raw: str, *asked: tuple[float | None, float | None], **named: str) -> list[Json]:
    body = {"windows": [{"start_time": start, "end_time": end, **named} for start, end in asked]}
    answer = client.post(f"/api/raw-clips/{raw}/windows", json=body)
    assert answer.status_code == 201, answer.text
    made: list[Json] = answer.json()["raw_clips"]
    return made


def window(client: httpx.Client, raw: str, start: float | None, end: float | None) -> str:
    return str(windows(client, raw, (start, end))[0]["id"])


def ids(client: httpx.Client, **asked: str) -> list[str]:
    return [each["id"] for each in client.get("/api/raw-clips", params=asked).json()["raw_clips"]]


def test_windows_are_raw_clips_of_their_own_and_share_a_file(site: Site, user: httpx.Client, game: Path) -> None:
    raw = uploaded(user, game)
    one, two = windows(user, raw, (0.5, 1.5), (3, None))
    assert [(each["start_time"], each["end_time"]) for each in (one, two)] == [(0.5, 1.5), (3.0, None)]
    assert [each["media_info"]["video"]["end"] for each in (one, two)] == ["1", "1"]
    assert [each["playable"] for each in (one, two)] == [False, False]
    assert (one["size"], one["name"]) == (game.stat().st_size, "game.mp4")
    assert ids(user) == [two["id"], one["id"], raw]
    assert user.get(f"/api/raw-clips/{one['id']}").json() == one
    assert kept(site, raw) == {"", ".json"}
    assert kept(site, one["id"]) == set()
    (named,) = windows(user, one["id"], (0.5, 1), name="Goal")
    assert (named["name"], named["start_time"]) == ("Goal", 0.5), "times are the file's, also for a window of a window"


def test_the_same_request_makes_no_further_windows(user: httpx.Client, game: Path) -> None:
    raw = uploaded(user, game)
    asked, once = {"windows": [{"start_time": 1}]}, {"Idempotency-Key": "once"}
    answers = [user.post(f"/api/raw-clips/{raw}/windows", json=asked, headers=once) for _ in range(2)]
    assert answers[0].json() == answers[1].json()
    assert len(ids(user)) == 2


def test_windows_that_the_file_has_not_are_refused_all_at_once(user: httpx.Client, game: Path, footage: Path) -> None:
    raw = uploaded(user, game)
    asked = [{"start_time": 1, "end_time": 2}, {"start_time": 3, "end_time": 9}, {"start_time": 2, "end_time": 1}]
    body = refused(user.post(f"/api/raw-clips/{raw}/windows", json={"windows": asked}), 422, "window_unfit")
    assert [error["pointer"] for error in body["errors"]] == ["/windows/1", "/windows/2"]
    assert body["hint"] == "choose it within 0 .. 4 s"
    refused(user.post(f"/api/raw-clips/{raw}/windows", json={"windows": []}), 422, "invalid_request")
    refused(user.post(f"/api/raw-clips/{raw}/windows", json={"windows": [{"start_time": -1}]}), 422, "invalid_request")
    assert ids(user) == [raw]


def test_nobody_else_makes_windows_of_it(user: httpx.Client, another: httpx.Client, game: Path) -> None:
    raw = uploaded(user, game)
    asked = {"windows": [{"start_time": 1}]}
    refused(another.post(f"/api/raw-clips/{raw}/windows", json=asked), 404, "raw_clip_not_found")
    user.delete(f"/api/raw-clips/{raw}")
    refused(user.post(f"/api/raw-clips/{raw}/windows", json=asked), 404, "raw_clip_not_found")


def test_a_window_is_drafted_and_exported_as_a_file_of_its_own(user: httpx.Client, game: Path) -> None:
    """The film is that of the whole file with the same frames, so that it is not even rendered again."""
    raw = uploaded(user, game)
    whole, part = (project(user, settings=SMALL, name=name) for name in ("Whole", "Part"))
    add_clip(user, whole, raw, segments_data=trim(1.5, 2))
    add_clip(user, part, window(user, raw, 1, 3), segments_data=trim(0.5, 1))
    (clip,) = user.post(f"/api/projects/{part}/draft", json={"clips": []}).json()["clips"]
    assert (clip["source_duration"], clip["frames"]) == (2, 15)
    first, second = export(user, whole), export(user, part)
    assert film(user, first) == film(user, second)
    assert first.json()["identity"] == second.json()["identity"]


def test_a_reel_file_of_a_project_states_its_windows(user: httpx.Client, game: Path) -> None:
    part = project(user, settings=SMALL)
    add_clip(user, part, window(user, uploaded(user, game), 1, 3), segments_data=trim(0.5, 1))
    answer = user.post("/api/export/framing/explain", json={"project_id": part, "format": "json"})
    assert answer.status_code == 200, answer.text
    (planned,) = answer.json()["plan"]["clips"]
    assert (planned["window"], planned["source_in"]) == (["1", "3"], "0.5")


@pytest.mark.further
def test_previews_are_the_windows(site: Site, user: httpx.Client, game: Path, tmp_path: Path) -> None:
    raw = uploaded(user, game)
    one = window(user, raw, 0.5, 1.5)
    assert user.get(f"/api/raw-clips/{one}/filmstrip.json").json()["step_s"] == 0.125
    assert user.get(f"/api/raw-clips/{one}/filmstrip").status_code == 200
    peaks, whole = (user.get(f"/api/raw-clips/{each}/peaks").json() for each in (one, raw))
    assert peaks["peaks"] == pytest.approx(whole["peaks"][25:75], abs=0.02)
    assert state_of(user, one)["state"] == "absent"
    refused(user.get(f"/api/raw-clips/{one}/media"), 404, "proxy_not_found")
    user.post(f"/api/raw-clips/{one}/proxy")
    until(lambda: state_of(user, one)["state"] == "ready")
    played = user.get(f"/api/raw-clips/{one}/media")
    assert played.content == user.get(f"/api/raw-clips/{one}/proxy/media").content
    part = user.get(f"/api/raw-clips/{one}/media", headers={"Range": "bytes=4-7"})
    assert (part.status_code, part.content) == (206, b"ftyp")
    (tmp_path / "proxy.mp4").write_bytes(played.content)
    recipe = POOL["short60.mp4"]
    frames = read.frames(tmp_path / "proxy.mp4")
    assert [(frame.pts, frame.codes[recipe.lane]) for frame in frames] == [(k / recipe.rate, 30 + k) for k in range(60)]


@pytest.mark.further
def test_a_file_stays_as_long_as_a_window_shows_it(site: Site, user: httpx.Client, game: Path) -> None:
    raw = uploaded(user, game)
    one, same, other = (window(user, raw, *times) for times in ((0.5, 1.5), (0.5, 1.5), (2, None)))
    for each in (raw, one, other):
        assert user.get(f"/api/raw-clips/{each}/peaks").status_code == 200
    assert len(kept(site, raw)) == 5
    assert user.delete(f"/api/raw-clips/{raw}").status_code == 204
    assert len(kept(site, raw)) == 4, "the previews of the whole file are gone, the file and its facts are not"
    assert {"", ".json"} < kept(site, raw)
    assert user.delete(f"/api/raw-clips/{one}").status_code == 204
    assert len(kept(site, raw)) == 4, "another window of the same times has the same previews"
    assert user.delete(f"/api/raw-clips/{same}").status_code == 204
    assert len(kept(site, raw)) == 3
    assert user.get(f"/api/raw-clips/{other}/filmstrip").status_code == 200
    assert set(ids(user, deleted="true")) == {raw, one, same}
    assert user.delete(f"/api/raw-clips/{other}").status_code == 204
    assert kept(site, raw) == set()
    assert user.post(f"/api/raw-clips/{one}/restore").status_code == 200
    assert {"", ".json"} < kept(site, raw)
    assert ids(user) == [one]
    assert user.get(f"/api/raw-clips/{one}/filmstrip").status_code == 200


def test_a_shared_file_counts_once(tmp_path: Path) -> None:
    async def whole() -> int:
        store, settings = FolderStore(tmp_path / "objects"), Settings(data=tmp_path)
        databases = Databases(store, settings.local)
        async with databases.use("ann") as database:
            for name, key in (("r_1", "r_1"), ("r_2", "r_1"), ("r_3", "r_3")):
                await database.write(partial(raw_clips.add, row=row(name, key)))
            size = await database.read(raw_clips.total_size)
        await databases.close(10)
        return size

    assert asyncio.run(whole()) == 2 * 50


def row(name: str, key: str) -> RawClipRow:
    return {
        "id": name,
        "name": name,
        "object_key": media_key("ann", key),
        "etag": "e",
        "size": 50,
        "media_info": {},
        "start_time": None if name == key else 1.0,
        "end_time": None,
        "created_at": "2026-01-01T00:00:00.000+00:00",
    }
