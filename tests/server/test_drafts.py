"""Drafts over HTTP: the film of an unsaved edit, and all of its errors at once."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.server.site import Site
from tests.server.test_explain import DISSOLVE, SEGMENTS, Reel, reel
from tests.server.test_http import BOX, project, refused

__all__ = ["reel"]

Json = dict[str, Any]


def drafted(reel: Reel, *clips: Json, **more: Any) -> Json:
    answer = reel.user.post(f"/api/projects/{reel.id}/draft", json={"clips": list(clips), **more})
    assert answer.status_code == 200, answer.text
    draft: Json = answer.json()
    return draft


def value(poly: list[float], x: float) -> float:
    return float(sum(c * x**power for power, c in enumerate(poly)))


def test_a_draft_of_what_is_stored_is_what_is_explained(reel: Reel) -> None:
    draft, plan = drafted(reel), reel.explained().json()["plan"]
    assert (draft["errors"], draft["warnings"], draft["fps"]) == ([], [], "30")
    assert (draft["frames"], draft["duration"]) == (plan["frames"], float(plan["duration"]))
    assert draft["canvas"]["width"] == 270
    for clip, planned in zip(draft["clips"], plan["clips"], strict=True):
        assert clip["clip_id"] == planned["id"]
        assert (clip["first_frame"], clip["frames"]) == (planned["first_frame"], planned["frames"])
        assert clip["crop_error_px"] == planned["crop"]["max_error_px"] or clip["crop_error_px"] <= 0.02


def test_pieces_give_source_time_and_box_of_every_frame(reel: Reel) -> None:
    """A pan in slow motion: 1 s at real time, 1 s at half speed, and the rest."""
    clip = drafted(reel)["clips"][0]
    assert [piece["frame"] for piece in clip["source"]] == [0, 15, 75]
    assert value(clip["source"][1]["poly"], 30) == pytest.approx(1.5)
    first, last = 10, 40.5
    x = [value(piece["x"], 30) for piece in clip["crop"] if piece["frame"] == 15]
    share = 1.5 * float(clip["source_fps"]) / 100
    spline = share / 2 + 1.5 * share**2 - share**3
    assert x == [pytest.approx(first + (last - first) * spline)]
    piece = clip["path"][0]
    assert (piece["start"], value(piece["x"], 0)) == (0, first)
    assert value(piece["x"], 100 / float(clip["source_fps"])) == pytest.approx(last)


def test_nothing_is_saved(reel: Reel) -> None:
    before = reel.user.get(reel.clips).json()
    half = {"version": 2, "trimRange": {"start": 0, "end": 2}, "spans": []}
    draft = drafted(reel, {"clip_id": reel.ids[0], "segments_data": half, "crop_data": [BOX]})
    assert [each["clips"][0]["frames"] for each in (draft, drafted(reel))] == [60, 120]
    assert reel.user.get(reel.clips).json() == before


def test_clips_in_another_order(reel: Reel) -> None:
    draft = drafted(reel, order=reel.ids[::-1])
    assert [clip["clip_id"] for clip in draft["clips"]] == reel.ids[::-1]
    assert draft["clips"][0]["transition"] is None
    answer = reel.user.post(f"/api/projects/{reel.id}/draft", json={"order": reel.ids[:1]})
    assert refused(answer, 422, "invalid_request")["pointer"] == "/order"


def test_an_overlap_that_is_too_long_is_told_with_the_longest(reel: Reel) -> None:
    long = {"clip_id": reel.ids[1], "transition_data": {"type": "dissolve", "duration": 60}}
    draft = drafted(reel, long)
    (error,) = draft["errors"]
    assert (error["error"], error["clip_id"]) == ("overlap_too_long", reel.ids[1])
    assert draft["frames"] is None
    longest = draft["clips"][1]["transition"]["longest"]
    assert f"{longest:g}" in error["hint"]
    legal = {**long, "transition_data": {**DISSOLVE, "duration": longest}}
    assert drafted(reel, legal)["errors"] == []
    more = {**long, "transition_data": {**DISSOLVE, "duration": longest + 1 / 30}}
    assert len(drafted(reel, more)["errors"]) == 1


@pytest.mark.parametrize(
    ("way", "mixed"),
    [
        ({"type": "cut"}, None),
        (
            {"type": "dissolve", "duration": 0.5, "audio_curve": "qsin"},
            ("dissolve", None, (15, [1.0, -1 / 15]), (15, [0.0, 1 / 15])),
        ),
        (
            {"type": "fade", "duration": 0.5, "colour": "#102030"},
            ("fade", "#102030", (7, [1.0, -1 / 7]), (8, [0.0, 1 / 8])),
        ),
    ],
)
def test_how_pictures_are_mixed_is_told(reel: Reel, way: dict[str, Any], mixed: Any) -> None:
    shown = drafted(reel, {"clip_id": reel.ids[1], "transition_data": way})["clips"][1]["transition"]["mixed"]
    if mixed is None:
        assert shown is None
        return
    kind, colour, leaving, entering = mixed
    assert (shown["kind"], shown["colour"], shown["curve"]) == (kind, colour, way.get("audio_curve", "tri"))
    assert (shown["leaving"]["frames"], shown["leaving"]["share"]) == leaving
    assert (shown["entering"]["frames"], shown["entering"]["share"]) == entering


def test_every_error_is_told_and_right_clips_stand(reel: Reel) -> None:
    third = reel.add(crop_data=None)
    draft = drafted(
        reel,
        {"clip_id": reel.ids[0], "crop_data": [{**BOX, "width": -1}]},
        {"clip_id": reel.ids[1], "crop_data": [{**BOX, "x": 5000}]},
    )
    assert {error["clip_id"] for error in draft["errors"]} == {*reel.ids, third}
    assert all(error["message"] and error["error"] for error in draft["errors"])
    assert [clip["source"] is None for clip in draft["clips"]] == [True, True, False]
    assert [clip["first_frame"] for clip in draft["clips"]] == [None] * 3
    assert draft["errors"][-1]["pointer"] == "/clips/1/crop_data/0"


def test_a_clip_without_framing_is_shown_as_the_largest_box(user: httpx.Client, reel: Reel) -> None:
    clip = reel.add(crop_data=None, segments_data=SEGMENTS)
    draft = drafted(reel)
    assert [(error["error"], error["clip_id"]) for error in draft["errors"]] == [("missing_crop_data", clip)]
    box = draft["clips"][2]["crop"][0]
    assert value(box["height"], 0) == draft["clips"][2]["picture"]["height"]


def test_footage_that_is_gone_and_an_empty_project(site: Site, reel: Reel) -> None:
    (path,) = [
        path for path in (site.data / "objects").rglob("*") if path.name.startswith(reel.raw) and not path.suffix
    ]
    kept = path.read_bytes()
    path.unlink()
    draft = drafted(reel)
    path.write_bytes(kept)
    assert {error["error"] for error in draft["errors"]} == {"video_not_found"}
    assert draft["clips"][0]["source"] is None
    empty = project(reel.user)
    answer = reel.user.post(f"/api/projects/{empty}/draft", json={}).json()
    assert [error["error"] for error in answer["errors"]] == ["no_clips"]


def test_what_is_not_there(reel: Reel) -> None:
    refused(reel.user.post("/api/projects/p_none/draft", json={}), 404, "project_not_found")
    unknown = {"clips": [{"clip_id": "c_none", "crop_data": [BOX]}]}
    refused(reel.user.post(f"/api/projects/{reel.id}/draft", json=unknown), 404, "clip_not_found")


def test_clips_that_are_not_saved_are_drafted_and_others_left_out(reel: Reel) -> None:
    first, second = reel.ids
    raw = reel.user.get(f"{reel.clips}/{first}").json()["raw_clip_id"]
    new = {"clip_id": "new", "raw_clip_id": raw, "crop_data": [BOX], "segments_data": SEGMENTS}
    draft = drafted(reel, new, remove=[second, "c_gone"], order=["new", first])
    assert draft["errors"] == []
    assert [clip["clip_id"] for clip in draft["clips"]] == ["new", first]
    assert draft["clips"][0]["frames"] == draft["clips"][1]["frames"] == drafted(reel)["clips"][0]["frames"]
    answer = reel.user.post(f"/api/projects/{reel.id}/draft", json={"clips": [{"clip_id": "new"}]})
    refused(answer, 404, "clip_not_found")
    (lost,) = drafted(reel, {**new, "raw_clip_id": "r_nobody"})["errors"]
    assert (lost["error"], lost["clip_id"]) == ("video_not_found", "new")


def test_settings_that_are_not_saved_are_drafted(reel: Reel) -> None:
    draft = drafted(reel, project={"aspect_ratio": "1:1", "settings": {"canvas": {"fps": "25"}}})
    assert (draft["fps"], draft["canvas"]["width"]) == ("25", draft["canvas"]["height"])
    wrong = drafted(reel, project={"settings": {"canvas": {"fps": 1000}}})
    assert wrong["errors"][0]["pointer"] == "/canvas/fps"
    assert drafted(reel)["fps"] == "30"
