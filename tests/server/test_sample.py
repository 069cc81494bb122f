"""The sample project: each new user gets it once, at sign-in; other users do not, and nothing depends on it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from html import escape
from pathlib import Path
from typing import Any

import httpx
import pytest

from server.sample import read_sample
from tests.cases import cases
from tests.server.editing import BOX, PAN, SMALL, export, film, rendered, trim
from tests.server.site import ROOT, Site, add_user, new_link, serving, sign_in
from tests.server.test_http import project

Json = dict[str, Any]


@pytest.fixture
def clips(game: Path, footage: Path) -> list[Json]:
    """A moving crop in slow motion that dissolves into the next clip; a clip of another file; a window of the first."""
    slow = trim(0.5, 1, {"start": 0.5, "end": 1, "speed": 0.5})
    dissolve = {"type": "dissolve", "duration": 0.2}
    return [
        {
            "id": "run",
            "name": "A run",
            "media": str(game),
            "crop_data": PAN,
            "segments_data": slow,
            "stretch": "varispeed",
            "motion": "blend",
        },
        {
            "media": str(footage / "pal25.mp4"),
            "crop_data": BOX,
            "segments_data": trim(0, 1),
            "transition_data": dissolve,
        },
        {
            "media": str(game),
            "window": {"start": 1, "end": 3},
            "crop_data": BOX,
            "segments_data": trim(1, 1.5),
        },
    ]


@pytest.fixture
def reel(tmp_path: Path, clips: list[Json]) -> Path:
    """The same edit as a reel file."""
    settings: Json = {**SMALL}
    canvas = {"aspect_ratio": "9:16", **settings.pop("canvas")}
    text = {"reel": 1, "canvas": canvas, **settings, "clips": clips}
    (tmp_path / "first steps.json").write_text(json.dumps(text))
    return tmp_path / "first steps.json"


@contextmanager
def signed_in(site: Site) -> Iterator[httpx.Client]:
    """A browser that followed a sign-in link."""
    with site.client() as browser:
        answer = sign_in(browser, new_link(site.data))
        assert answer.status_code == 303, answer.text
        yield browser


def projects(client: httpx.Client) -> list[Json]:
    listed: list[Json] = client.get("/api/projects").json()["projects"]
    return listed


@pytest.mark.further
def test_a_new_user_finds_it_and_can_export_it(tmp_path: Path, reel: Path, clips: list[Json]) -> None:
    with serving(tmp_path / "data", sample=str(reel)) as site, signed_in(site) as me:
        (found,) = projects(me)
        assert (found["name"], found["aspect_ratio"], found["clips"]) == ("Sample: first steps", "9:16", 3)
        stored = me.get(f"/api/projects/{found['id']}").json()["clips"]
        assert [clip["name"] for clip in stored] == ["A run", "pal25.mp4", "short60.mp4"]
        assert (stored[0]["stretch"], stored[0]["motion"]) == ("varispeed", "blend")
        assert [each["start_time"] for each in me.get("/api/raw-clips").json()["raw_clips"]] == [1, None, None]
        made = film(me, export(me, found["id"], Origin=site.url))
    assert made == rendered(tmp_path, SMALL, clips)


@pytest.mark.further
def test_it_is_given_once_and_deleting_it_holds(tmp_path: Path, reel: Path) -> None:
    data = tmp_path / "data"
    with serving(data, sample=str(reel)) as site, signed_in(site) as me:
        (found,) = projects(me)
        assert me.delete(f"/api/projects/{found['id']}", headers={"Origin": site.url}).status_code == 204
        with signed_in(site) as other:
            assert projects(other) == []
    with serving(data, sample=str(reel)) as site, signed_in(site) as me:
        assert projects(me) == []


@pytest.mark.further
def test_two_who_sign_in_at_once_find_one(tmp_path: Path, reel: Path) -> None:
    with serving(tmp_path / "data", sample=str(reel)) as site:

        def signed(token: str) -> int:
            with site.client() as browser:
                return sign_in(browser, token).status_code

        with ThreadPoolExecutor(4) as side:
            links = [new_link(site.data) for _ in range(4)]
            assert [each.result() for each in [side.submit(signed, link) for link in links]] == [303] * 4
        with signed_in(site) as me:
            assert len(projects(me)) == 1
            listed = me.get("/api/raw-clips").json()["raw_clips"]
            kept = {raw["id"] for raw in listed if raw["start_time"] is None}
    media = {
        path.name.partition(".")[0] for path in (tmp_path / "data" / "objects" / "users" / "me" / "media").iterdir()
    }
    assert media == kept


def test_who_has_something_does_not_find_it(tmp_path: Path, reel: Path) -> None:
    data = tmp_path / "data"
    token = add_user(data, "me")
    with serving(data, sample=str(reel)) as site, site.client(token) as program:
        assert projects(program) == []  # programs, which use a token, get no sample project
        mine = project(program)
        with signed_in(site) as me:
            assert [each["id"] for each in projects(me)] == [mine]


@pytest.mark.parametrize("what", cases(["no file", "no footage", "no reel", "no video"], slow=["no file", "no reel"]))
def test_without_it_the_server_is_as_before(what: str, tmp_path: Path, reel: Path) -> None:
    match what:
        case "no file":
            reel.unlink()
        case "no footage":
            reel.write_text(reel.read_text().replace("short60", "gone"))
        case "no reel":
            reel.write_text("{")
        case "no video":
            (tmp_path / "text.mp4").write_text("not a film")
            reel.write_text(json.dumps({"reel": 1, "clips": [{"media": "text.mp4", "crop_data": BOX}]}))
    with serving(tmp_path / "data", sample=str(reel)) as site, signed_in(site) as me:
        assert projects(me) == []
        assert me.get("/api/raw-clips").json()["raw_clips"] == []
    assert "no sample project" in (tmp_path / "data.log").read_text()


def test_make_serve_gives_the_example(tmp_path: Path, game: Path) -> None:
    """The example has all features that a first look should show; `make` fetches its footage."""
    assert "REELC_SAMPLE=$${REELC_SAMPLE-examples/bunny.json}" in (ROOT / "Makefile").read_text()
    (tmp_path / ".footage").mkdir()
    (tmp_path / ".footage" / "bigbuckbunny.mp4").symlink_to(game)
    (tmp_path / "examples").mkdir()
    example = tmp_path / "examples" / "bunny.json"
    example.write_text((ROOT / "examples" / "bunny.json").read_text())
    sample = read_sample(example)
    assert len(sample.clips) == 3
    assert any(len(clip["crop_data"]) > 1 for clip in sample.clips)
    assert any(span["speed"] < 1 for clip in sample.clips for span in clip["segments_data"]["spans"])
    assert any(clip.get("transition_data", {}).get("type") == "dissolve" for clip in sample.clips)


@pytest.mark.further
@pytest.mark.parametrize("text", ["A river <b>by</b> & of Ann, CC BY 4.0", None])
def test_whose_footage_it_is_is_told(tmp_path: Path, reel: Path, text: str | None) -> None:
    if text:
        reel.with_suffix(".txt").write_text(text + "\n")
    with serving(tmp_path / "data", sample=str(reel)) as site, signed_in(site) as me:
        page = me.get("/about").text
    assert ("In the sample project" in page) == (text is not None)
    assert text is None or escape(text) in page
