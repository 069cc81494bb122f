"""Projects, raw clips and clips over HTTP: every row of the tables in docs/server.md."""

from __future__ import annotations

import json
import struct
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest

BOX = {"frame": 0, "x": 10, "y": 0, "width": 200, "height": 350}


def project(client: httpx.Client, **fields: Any) -> str:
    answer = client.post("/api/projects", json={"name": "A film", **fields})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def uploaded(client: httpx.Client, path: Path, name: str = "game.mp4") -> str:
    with path.open("rb") as file:
        answer = client.post("/api/raw-clips", files={"file": (name, file, "video/mp4")})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def added(client: httpx.Client, path: Path, **fields: Any) -> str:
    """The address of a clip in a new project."""
    clips = f"/api/clips/projects/{project(client)}/clips"
    answer = client.post(clips, json={"raw_clip_id": uploaded(client, path), **fields})
    assert answer.status_code == 201, answer.text
    return f"{clips}/{answer.json()['clip_id']}"


def refused(answer: httpx.Response, status: int, error: str) -> dict[str, Any]:
    """The members of an error, after a check of those that every error has."""
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    body: dict[str, Any] = answer.json()
    assert body["error"] == error
    assert body["status"] == status
    assert body["type"]
    assert body["title"]
    assert body["detail"] == body["message"] != ""
    return body


def test_a_project_is_made_shown_changed_deleted(user: httpx.Client) -> None:
    made = user.post("/api/projects", json={"name": "Höhepunkte 🏀", "aspect_ratio": "16:9"})
    assert made.status_code == 201
    address = f"/api/projects/{made.json()['id']}"
    shown = user.get(address).json()
    assert (shown["name"], shown["aspect_ratio"], shown["clips"]) == ("Höhepunkte 🏀", "16:9", [])
    settings = {
        "canvas": {"fps": "30000/1001"},
        "transition": {"type": "dissolve", "duration": 0.5},
        "damage": "refuse",
    }
    changed = user.patch(address, json={"settings": settings})
    assert changed.status_code == 200
    assert changed.json()["settings"] == settings
    assert changed.json()["name"] == "Höhepunkte 🏀"
    assert [each["id"] for each in user.get("/api/projects").json()["projects"]] == [made.json()["id"]]
    assert user.delete(address).status_code == 204
    refused(user.get(address), 404, "project_not_found")
    refused(user.delete(address), 404, "project_not_found")


@pytest.mark.parametrize("name", ["canvas", "audio", "encode", "transition", "damage"])
def test_settings_of_another_shape_are_refused_and_null_is_the_default(user: httpx.Client, name: str) -> None:
    address = f"/api/projects/{project(user, settings={name: None})}"
    if name != "damage":  # which is a word
        wrongs: tuple[Any, ...] = ("x", 3, True, [{}], [])
        for wrong in wrongs:
            answer = user.patch(address, json={"settings": {name: wrong}})
            assert (answer.status_code, answer.json()["pointer"]) == (422, f"/settings/{name}"), answer.text
    assert user.get(address).json()["settings"] == {name: None}


@pytest.mark.parametrize("name", ["reel", "clips"])
def test_the_rest_of_a_reel_file_is_no_setting(user: httpx.Client, name: str) -> None:
    refused(user.post("/api/projects", json={"name": "x", "settings": {name: 1}}), 422, "invalid_request")


def test_settings_that_no_reel_has_are_refused_all_at_once(user: httpx.Client) -> None:
    settings = {"canvas": {"fps": 1000, "wdith": 3}, "encode": {"crf": "x"}}
    problem = refused(user.post("/api/projects", json={"name": "x", "settings": settings}), 422, "unknown_field")
    pointers = {each["pointer"] for each in problem["errors"]}
    assert pointers == {"/settings/canvas/fps", "/settings/canvas/wdith", "/settings/encode/crf"}
    address = f"/api/projects/{project(user)}"
    refused(user.patch(address, json={"settings": {"transition": {"type": "wipe"}}}), 422, "unknown_transition")
    assert user.get(address).json()["settings"] == {}


@pytest.mark.parametrize(
    ("body", "status", "error", "pointer"),
    [
        (b"{", 400, "invalid_json", None),
        (b"\xff", 400, "invalid_json", None),
        (b"[" * 5000, 400, "invalid_json", None),
        (b"[]", 422, "invalid_request", ""),
        (b"{}", 422, "invalid_request", "/name"),
        (b'{"name": 3}', 422, "invalid_request", "/name"),
        (b'{"name": ""}', 422, "invalid_request", "/name"),
        (b'{"name": "a\\u0000b"}', 422, "invalid_request", "/name"),
        (b'{"name": "\\ud800"}', 422, "invalid_request", "/name"),
        (b'{"name": "x", "nmae": 1}', 422, "invalid_request", "/nmae"),
        (b'{"name": "x", "name": "y"}', 422, "invalid_request", "/name"),
        (b'{"name": "x", "aspect_ratio": "2:1"}', 422, "invalid_request", "/aspect_ratio"),
        (b'{"name": "x", "settings": {"canvas": {"fps": 1e999}}}', 422, "invalid_request", "/settings/canvas/fps"),
    ],
)
def test_what_is_no_request_is_refused(
    user: httpx.Client, body: bytes, status: int, error: str, pointer: str | None
) -> None:
    answer = user.post("/api/projects", content=body, headers={"Content-Type": "application/json"})
    assert refused(answer, status, error).get("pointer") == pointer


def test_a_body_that_is_not_said_to_be_json_is_refused(user: httpx.Client) -> None:
    answer = user.post("/api/projects", content=b'{"name": "x"}', headers={"Content-Type": "text/plain"})
    refused(answer, 415, "unsupported_media_type")


def test_a_body_that_is_too_long_is_refused(user: httpx.Client) -> None:
    refused(user.post("/api/projects", json={"name": "x" * 9_000_000}), 413, "too_large")


def test_footage_is_uploaded_looked_at_and_played(user: httpx.Client, game: Path) -> None:
    raw = uploaded(user, game, "../../Ünterhaching.mp4")
    shown = user.get(f"/api/raw-clips/{raw}").json()
    assert shown["name"] == "Ünterhaching.mp4"
    assert shown["size"] == game.stat().st_size
    video = shown["media_info"]["video"]
    assert (video["rate"], video["end"], video["frames"], video["variable"]) == ("60", "4", 240, False)
    body = game.read_bytes()
    whole = user.get(f"/api/raw-clips/{raw}/media")
    assert whole.content == body
    assert whole.headers["content-type"] == "video/mp4"
    assert whole.headers["x-content-type-options"] == "nosniff"
    for asked, start, stop in (("0-9", 0, 10), ("100-", 100, len(body)), ("-5", len(body) - 5, len(body))):
        part = user.get(f"/api/raw-clips/{raw}/media", headers={"Range": f"bytes={asked}"})
        assert (part.status_code, part.content) == (206, body[start:stop])
        assert part.headers["content-range"] == f"bytes {start}-{stop - 1}/{len(body)}"
    past = user.get(f"/api/raw-clips/{raw}/media", headers={"Range": f"bytes={len(body)}-"})
    refused(past, 416, "range_not_satisfiable")
    several = user.get(f"/api/raw-clips/{raw}/media", headers={"Range": "bytes=0-1,4-5"})
    assert (several.status_code, several.content) == (200, body)
    same = user.get(f"/api/raw-clips/{raw}/media", headers={"If-None-Match": whole.headers["etag"]})
    assert (same.status_code, same.content) == (304, b"")
    changed = {"Range": "bytes=0-9", "If-Range": '"another"'}
    assert user.get(f"/api/raw-clips/{raw}/media", headers=changed).status_code == 200


def test_a_moving_image_is_footage(user: httpx.Client, embedded: str, tmp_path: Path) -> None:
    path = tmp_path / "wave.gif"
    draw = [embedded, "-v", "error", "-f", "lavfi", "-i", "testsrc=s=64x36:r=10:d=1", str(path)]
    subprocess.run(draw, check=True)
    headers = {"Content-Type": "image/gif"}
    answer = user.post("/api/raw-clips", params={"name": "wave.gif"}, content=path.read_bytes(), headers=headers)
    assert answer.status_code == 201, answer.text
    raw = answer.json()
    video = raw["media_info"]["video"]
    assert (raw["media_info"]["format"], video["end"], video["frames"]) == ("gif", "1", 10)
    sent = user.get(f"/api/raw-clips/{raw['id']}/media")
    assert (sent.headers["content-type"], sent.content) == ("image/gif", path.read_bytes())
    clips = f"/api/clips/projects/{project(user)}/clips"
    trim = {"version": 2, "trimRange": {"start": 0, "end": 2.5}, "spans": []}
    added = user.post(clips, json={"raw_clip_id": raw["id"], "loop": True, "segments_data": trim})
    assert added.status_code == 201, added.text
    assert user.get(f"{clips}/{added.json()['clip_id']}").json()["loop"] is True


def test_footage_may_be_the_body_itself(user: httpx.Client, game: Path) -> None:
    headers = {"Content-Type": "video/mp4"}
    answer = user.post("/api/raw-clips", params={"name": "dunk.mp4"}, content=game.read_bytes(), headers=headers)
    assert (answer.status_code, answer.json()["name"]) == (201, "dunk.mp4")
    assert [each["id"] for each in user.get("/api/raw-clips").json()["raw_clips"]] == [answer.json()["id"]]


def test_footage_that_cannot_be_read_is_refused(user: httpx.Client, game: Path) -> None:
    headers = {"Content-Type": "video/mp4"}
    playlist = b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"
    for body in (b"", b"no film", playlist, game.read_bytes()[:2000]):
        refused(user.post("/api/raw-clips", content=body, headers=headers), 422, "unreadable_media")
    assert user.get("/api/raw-clips").json() == {"raw_clips": []}


def test_the_command_for_footage_that_is_not_read_has_its_own_name(user: httpx.Client) -> None:
    headers, frame = (
        {"Content-Type": "video/x-anything"},
        b"BM" + struct.pack("<IIIIiiHHIIiiII", 58, 0, 54, 40, 1, 1, 1, 24, 0, 4, 1, 1, 0, 0),
    )
    answer = user.post("/api/raw-clips", params={"name": "a b.bmp"}, content=frame + bytes(4), headers=headers)
    problem = refused(answer, 422, "unreadable_media")
    assert problem["message"].startswith("the file is an image in the format BMP")
    assert problem["hint"] == "convert it: ffmpeg -i 'a b.bmp' 'a b.png'"


def test_footage_that_is_too_long_or_of_another_kind_is_refused(user: httpx.Client) -> None:
    headers = {"Content-Type": "video/mp4"}
    refused(user.post("/api/raw-clips", content=b"x" * 3_300_000, headers=headers), 413, "too_large")
    pieces = (b"x" * 100_000 for _ in range(33))  # without a Content-Length
    refused(user.post("/api/raw-clips", content=pieces, headers=headers), 413, "too_large")
    refused(user.post("/api/raw-clips", files={"file": ("a", b"x" * 3_100_000, "video/mp4")}), 413, "too_large")
    refused(user.post("/api/raw-clips", json={}), 415, "unsupported_media_type")
    refused(user.post("/api/raw-clips", files={"flie": ("a", b"x", "video/mp4")}), 422, "invalid_request")


def test_uploads_leave_no_files_behind(site: Any, user: httpx.Client, game: Path) -> None:
    uploaded(user, game)
    user.post("/api/raw-clips", content=b"no film", headers={"Content-Type": "video/mp4"})
    assert [*(site.data / "local" / "temporary").iterdir()] == []


def test_a_clip_is_saved_in_the_one_current_form(user: httpx.Client, game: Path) -> None:
    clip = added(user, game)
    assert user.get(clip).json()["crop_data"] is None
    crop = [
        {"x": 5, "time": 1, "y": 0, "width": 200, "height": 350},
        {"time": 0.5, **{k: BOX[k] for k in BOX if k != "frame"}},
    ]
    segments = {"boundaries": [1, 3], "segmentSpeeds": {"1": 0.5}, "trimRange": [0.5, 3.5]}
    answer = user.put(clip, json={"crop_data": json.dumps(crop), "segments_data": segments, "rotation": 1.5})
    assert answer.status_code == 200
    saved = answer.json()
    assert (saved["success"], saved["version"], saved["clip_id"]) == (True, 2, clip.rpartition("/")[2])
    stored = user.get(clip).json()
    assert stored == saved["clip"]
    assert [key["frame"] for key in stored["crop_data"]] == [30, 60]
    spans = [{"start": 1, "end": 3, "speed": 0.5}]
    assert stored["segments_data"] == {"version": 2, "trimRange": {"start": 0.5, "end": 3.5}, "spans": spans}
    assert stored["rotation"] == 1.5


@pytest.mark.further
def test_what_speed_does_to_sound_and_pictures_is_saved(user: httpx.Client, game: Path) -> None:
    clip = added(user, game)
    assert (user.get(clip).json()["stretch"], user.get(clip).json()["motion"]) == (None, None)
    saved = user.put(clip, json={"stretch": "mute", "motion": "blend"}).json()["clip"]
    assert (saved["stretch"], saved["motion"]) == ("mute", "blend")
    renamed = user.put(clip, json={"name": "Dunk"}).json()["clip"]
    assert (renamed["stretch"], renamed["motion"]) == ("mute", "blend")
    cleared = user.put(clip, json={"stretch": None, "motion": None}).json()["clip"]
    assert (cleared["stretch"], cleared["motion"]) == (None, "repeat")
    refused(user.put(clip, json={"motion": "smear"}), 422, "out_of_range")


def test_damage_and_loop_are_saved(user: httpx.Client, game: Path) -> None:
    clip = added(user, game)
    assert (user.get(clip).json()["damage"], user.get(clip).json()["loop"]) == (None, None)
    user.put(clip, json={"damage": "refuse", "loop": True})
    stored = user.get(clip).json()
    assert (stored["damage"], stored["loop"]) == ("refuse", True)
    assert stored["loop"] is True
    cleared = user.put(clip, json={"damage": None, "loop": None}).json()["clip"]
    assert (cleared["damage"], cleared["loop"]) == (None, False)
    refused(user.put(clip, json={"damage": "ignore"}), 422, "out_of_range")
    refused(user.put(clip, json={"loop": 1}), 422, "wrong_type")


def test_turn_mirror_volume_and_mute_are_saved(user: httpx.Client, game: Path) -> None:
    clip, names = added(user, game), ("turn", "mirror", "volume", "mute")
    assert [user.get(clip).json()[name] for name in names] == [None] * 4
    edit = {"turn": 270, "mirror": True, "volume": -6, "mute": True}
    saved = user.put(clip, json=edit)
    assert {name: saved.json()["clip"][name] for name in names} == edit
    stored = user.get(clip)
    assert {name: stored.json()[name] for name in names} == edit
    assert '"turn":270,' in stored.text.replace(" ", ""), "a whole number"
    cleared = user.put(clip, json=dict.fromkeys(names)).json()["clip"]
    assert [cleared[name] for name in names] == [0, False, 0, False]
    problem = refused(user.put(clip, json={"turn": 45}), 422, "out_of_range")
    assert problem["pointer"] == "/turn"
    assert "0, 90, 180 or 270" in problem["hint"]
    refused(user.put(clip, json={"volume": 40}), 422, "out_of_range")


def test_absent_fields_stay_and_null_clears(user: httpx.Client, game: Path) -> None:
    clip = added(user, game, crop_data=[BOX], rotation=2, transition_data={"type": "fade", "duration": 1})
    kept = user.put(clip, json={"name": "Dunk"}).json()["clip"]
    assert (kept["name"], kept["crop_data"], kept["rotation"]) == ("Dunk", [BOX], 2)
    cleared = user.put(clip, json={"crop_data": None, "rotation": None, "transition_data": None}).json()["clip"]
    assert (cleared["crop_data"], cleared["rotation"], cleared["transition_data"]) == (None, 0, None)
    assert cleared["name"] == "Dunk"


def test_a_trim_in_timing_data_is_taken_over_and_a_contradiction_told(user: httpx.Client, game: Path) -> None:
    clip = added(user, game)
    saved = user.put(clip, json={"timing_data": {"trimRange": [1, 2]}}).json()
    assert saved["clip"]["segments_data"]["trimRange"] == {"start": 1, "end": 2}
    assert saved["clip"]["timing_data"] is None
    again = user.put(clip, json={"timing_data": {"trimRange": [0, 3]}}).json()
    assert again["clip"]["segments_data"]["trimRange"] == {"start": 1, "end": 2}
    (warning,) = again["warnings"]
    assert "/timing_data" in warning


def test_unreadable_data_is_refused_with_every_error_and_nothing_saved(user: httpx.Client, game: Path) -> None:
    clip = added(user, game, crop_data=[BOX])
    bad = {"crop_data": [{**BOX, "x": "left"}, {**BOX, "frame": 1.5}], "rotation": 90, "segments_data": "{broken"}
    problem = refused(user.put(clip, json=bad), 422, "unreadable_stored_data")
    assert problem["clip_id"] == clip.rpartition("/")[2]
    assert problem["pointer"] == problem["errors"][0]["pointer"] == "/segments_data"
    pointers = {each["pointer"] for each in problem["errors"]}
    assert pointers == {"/crop_data/0/x", "/crop_data/1/frame", "/rotation", "/segments_data"}
    assert user.get(clip).json()["version"] == 1


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999", "1" * 400])
def test_numbers_that_are_none_are_refused(user: httpx.Client, game: Path, number: str) -> None:
    clip = added(user, game)
    body = f'{{"crop_data": [{{"frame": 0, "x": {number}, "y": 0, "width": 9, "height": 9}}]}}'
    answer = user.put(clip, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["pointer"] == "/crop_data/0/x"


def test_every_save_is_a_version_and_each_can_be_restored(user: httpx.Client, game: Path) -> None:
    clip = added(user, game)
    for x in range(1, 4):
        user.put(clip, json={"crop_data": [{**BOX, "x": x}]})
    versions = user.get(f"{clip}/versions").json()["versions"]
    assert [each["version"] for each in versions] == [4, 3, 2, 1]
    restored = user.post(f"{clip}/restore", json={"version": 2})
    assert restored.status_code == 200
    assert restored.json()["version"] == 5
    assert user.get(clip).json()["crop_data"] == [{**BOX, "x": 1}]
    refused(user.post(f"{clip}/restore", json={"version": 99}), 404, "version_not_found")


def test_only_the_newest_versions_are_kept(user: httpx.Client, game: Path) -> None:
    clip = added(user, game)
    for turn in range(8):
        user.put(clip, json={"rotation": turn})
    versions = user.get(f"{clip}/versions").json()["versions"]
    assert [each["version"] for each in versions] == [9, 8, 7, 6, 5]


def test_versions_of_large_edits_come_in_pages(user: httpx.Client, game: Path) -> None:
    clip = added(user, game)
    for x in range(4):
        user.put(clip, json={"crop_data": [{**BOX, "x": x, "frame": frame} for frame in range(8000)]})
    pages: list[list[tuple[int, int | None]]] = []
    before = None
    while not pages or before is not None:
        answer = user.get(f"{clip}/versions", params=None if before is None else {"before": before})
        assert len(answer.content) < 2 * 2**20
        page, before = answer.json()["versions"], answer.json()["next"]
        pages.append([(each["version"], each["crop_data"] and each["crop_data"][0]["x"]) for each in page])
    assert [version for page in pages for version in page] == [(5, 3), (4, 2), (3, 1), (2, 0), (1, None)]
    assert len(pages) > 1
    for wrong in ("0", "-1", "1.5", "x", "9" * 30):
        refused(user.get(f"{clip}/versions", params={"before": wrong}), 422, "invalid_request")


def test_a_save_of_what_is_not_newest_any_more_is_refused(user: httpx.Client, game: Path) -> None:
    clip = added(user, game)
    assert user.put(clip, json={"rotation": 1}, headers={"If-Match": '"1"'}).status_code == 200
    for call in (
        user.put(clip, json={"rotation": 2}, headers={"If-Match": '"1"'}),
        user.post(f"{clip}/restore", json={"version": 1}, headers={"If-Match": '"1"'}),
        user.delete(clip, headers={"If-Match": "nonsense"}),
    ):
        assert refused(call, 412, "version_conflict")["current_version"] == 2
    assert user.get(clip).json()["rotation"] == 1
    assert user.put(clip, json={"rotation": 2}, headers={"If-Match": "*"}).status_code == 200


def test_the_same_request_again_has_the_same_answer(user: httpx.Client, game: Path) -> None:
    clip = added(user, game)
    headers = {"Idempotency-Key": "one", "If-Match": '"1"'}
    first, second = (user.put(clip, json={"rotation": 1}, headers=headers) for _ in range(2))
    assert first.status_code == second.status_code == 200
    assert first.json() == second.json()
    assert user.get(clip).json()["version"] == 2
    refused(user.put(clip, json={"rotation": 3}, headers=headers), 422, "idempotency_mismatch")
    made = {user.post("/api/projects", json={"name": "x"}, headers={"Idempotency-Key": "p"}).json()["id"] for _ in "ab"}
    assert len(made) == 1


def test_clips_keep_their_order_and_are_reordered(user: httpx.Client, game: Path) -> None:
    raw, clips = uploaded(user, game), f"/api/clips/projects/{project(user)}/clips"
    ids = [user.post(clips, json={"raw_clip_id": raw, "name": name}).json()["clip_id"] for name in "abc"]
    assert [each["id"] for each in user.get(clips).json()["clips"]] == ids
    order = [ids[2], ids[0], ids[1]]
    assert user.put(f"{clips}/reorder", json={"clip_ids": order}).status_code == 200
    assert [each["id"] for each in user.get(clips).json()["clips"]] == order
    for wrong in ([], ids[:2], [*ids, ids[0]], [*ids[:2], "c_nobody"]):
        refused(user.put(f"{clips}/reorder", json={"clip_ids": wrong}), 422, "invalid_request")
    assert user.delete(f"{clips}/{ids[0]}").status_code == 200
    refused(user.get(f"{clips}/{ids[0]}"), 404, "clip_not_found")
    assert [each["id"] for each in user.get(clips).json()["clips"]] == [ids[2], ids[1]]


def test_two_clips_of_one_footage_are_two_clips(user: httpx.Client, game: Path) -> None:
    raw, clips = uploaded(user, game), f"/api/clips/projects/{project(user)}/clips"
    one, two = (user.post(clips, json={"raw_clip_id": raw}).json()["clip_id"] for _ in range(2))
    user.put(f"{clips}/{one}", json={"rotation": 5})
    assert user.get(f"{clips}/{two}").json()["rotation"] == 0


def test_footage_in_use_is_not_deleted(user: httpx.Client, game: Path) -> None:
    clip = added(user, game)
    raw = user.get(clip).json()["raw_clip_id"]
    refused(user.delete(f"/api/raw-clips/{raw}"), 409, "raw_clip_in_use")
    user.delete(clip)
    assert user.delete(f"/api/raw-clips/{raw}").status_code == 204
    refused(user.get(f"/api/raw-clips/{raw}/media"), 404, "raw_clip_not_found")


def test_footage_that_the_store_lost_is_told(site: Any, user: httpx.Client, game: Path) -> None:
    raw, me = uploaded(user, game), user.get("/api/me").json()["id"]
    (site.data / "objects" / "users" / me / "media" / raw).unlink()
    refused(user.get(f"/api/raw-clips/{raw}/media"), 500, "video_not_found")


def test_clips_of_nothing_are_refused(user: httpx.Client) -> None:
    clips = f"/api/clips/projects/{project(user)}/clips"
    refused(user.post(clips, json={"raw_clip_id": "r_nobody"}), 404, "raw_clip_not_found")
    refused(user.post("/api/clips/projects/p_no/clips", json={"raw_clip_id": "r"}), 404, "project_not_found")


def test_rendering_from_what_a_client_sends_is_over(user: httpx.Client) -> None:
    answer = user.post("/api/export/upscale", content=b"whatever")
    refused(answer, 410, "gone")
    assert answer.headers["deprecation"] == "true"
    assert answer.headers["link"] == '</api/export/framing/render>; rel="successor-version"'


def test_a_version_that_no_database_holds_is_refused(user: httpx.Client, game: Path) -> None:
    clip = added(user, game)
    refused(user.post(f"{clip}/restore", json={"version": 2**70}), 422, "invalid_request")
