"""Explanations of a stored project over HTTP: for programs, as on the command line, and as a page for people."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest

from tests.server.editing import reelc
from tests.server.site import Site
from tests.server.test_http import BOX, project, refused, uploaded

ADDRESS = "/api/export/framing/explain"
HALF = {"start": 1, "end": 2, "speed": 0.5}
SEGMENTS = {"version": 2, "trimRange": {"start": 0.5, "end": 3.5}, "spans": [HALF]}
DISSOLVE = {"type": "dissolve", "duration": 0.5}
PAN = [BOX, {**BOX, "frame": 100, "x": 40.5}]
HOSTILE = "</pre><script>alert(1)</script>{{ 7*7 }} \"'& \u202e\u2028"


class Reel:
    """A stored project of two clips."""

    def __init__(self, user: httpx.Client, game: Path, name: str = "game.mp4", **settings: Any) -> None:
        self.user = user
        self.id = project(user, settings={"canvas": {"width": 270, "height": 480}, **settings})
        self.raw = uploaded(user, game, name)
        self.clips = f"/api/clips/projects/{self.id}/clips"
        slow, last = {"segments_data": SEGMENTS}, {"transition_data": DISSOLVE}
        self.ids = [self.add(crop_data=PAN, **slow), self.add(crop_data=[BOX], **last)]

    def add(self, **fields: Any) -> str:
        answer = self.user.post(self.clips, json={"raw_clip_id": self.raw, **fields})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["clip_id"])

    def explained(self, **fields: Any) -> httpx.Response:
        return self.user.post(ADDRESS, json={"project_id": self.id, **fields})

    def page(self, **query: str) -> httpx.Response:
        return self.user.get(f"/projects/{self.id}/explain", params=query, headers={"Accept": "text/html"})


def dry_run(folder: Path, form: str, *more: str) -> str:
    """The command line's explanation of the reel in a folder."""
    return reelc(folder, "compile", "reel.json", "--format", form, *more)


@pytest.fixture
def reel(user: httpx.Client, game: Path) -> Reel:
    return Reel(user, game)


def test_it_says_what_a_dry_run_says(reel: Reel, tmp_path: Path, game: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same edit in a file, with the footage under the names of the server's command."""
    monkeypatch.setenv(
        "XDG_CACHE_HOME", str(tmp_path / "cache")
    )  # the user's may hold costs that this machine measured
    explanation = reel.explained().json()
    footage = tmp_path / reel.raw / "game.mp4"
    footage.parent.mkdir()
    footage.symlink_to(game)
    stored = [reel.user.get(f"{reel.clips}/{each}").json() for each in reel.ids]
    fields = ("id", "name", "crop_data", "segments_data", "transition_data", "rotation")
    clips = [{"media": f"{reel.raw}/game.mp4", **{name: clip[name] for name in fields}} for clip in stored]
    canvas = {"aspect_ratio": "9:16", "width": 270, "height": 480}
    (tmp_path / "reel.json").write_text(json.dumps({"reel": 1, "canvas": canvas, "clips": clips}))
    assert dry_run(tmp_path, "text") == explanation["graph"]
    assert dry_run(tmp_path, "script") == explanation["script"]
    assert json.loads(dry_run(tmp_path, "json"))["plan"] == explanation["plan"]
    assert explanation["success"]
    assert explanation["stages"][0] == {"name": "lower", "law": "the edit as ops, including those that change nothing"}


def test_it_opens_no_media_and_tells_no_paths(site: Site, user: httpx.Client, game: Path) -> None:
    """Footage with facts but without a file is explained; the answer hides the server's paths."""
    reel = Reel(user, game)
    me = user.get("/api/me").json()["id"]
    footage = site.data / "objects" / "users" / me / "media" / reel.raw
    footage.write_bytes(bytes(footage.stat().st_size))
    answer = reel.explained()
    assert answer.status_code == 200
    assert str(site.data) not in answer.text
    command = answer.json()["command"]
    assert command.startswith("ffmpeg ")
    assert f"file:{reel.raw}/game.mp4" in command


@pytest.mark.parametrize(
    ("form", "media_type", "begins"),
    [
        ("text", "text/plain; charset=utf-8", "%c_"),
        ("json", "application/json", "{"),
        ("dot", "text/vnd.graphviz; charset=utf-8", "digraph"),
        ("svg", "image/svg+xml", "<svg"),
        ("script", "text/plain; charset=utf-8", "[0:"),
        ("command", "text/plain; charset=utf-8", "ffmpeg"),
    ],
)
def test_every_form_alone(reel: Reel, form: str, media_type: str, begins: str) -> None:
    posted, got = reel.explained(format=form), reel.page(format=form)
    assert (posted.status_code, posted.headers["content-type"]) == (200, media_type)
    assert posted.text.startswith(begins)
    assert got.text == posted.text
    assert ("sandbox" in posted.headers["content-security-policy"]) == (form == "svg")


def test_every_error_of_an_export_that_comes_before_rendering(site: Site, user: httpx.Client, game: Path) -> None:
    refused(user.post(ADDRESS, json={"project_id": "p_nobody"}), 404, "project_not_found")
    empty = project(user)
    refused(user.post(ADDRESS, json={"project_id": empty}), 400, "no_clips")
    reel = Reel(user, game)
    refused(reel.explained(format="pdf"), 422, "invalid_request")

    unframed = reel.add()
    problem = refused(reel.explained(), 400, "missing_crop_data")
    assert problem["clip_id"] == unframed
    assert "game.mp4" in problem["message"]

    long = {"type": "dissolve", "duration": 9}
    user.put(f"{reel.clips}/{unframed}", json={"crop_data": [BOX], "transition_data": None})
    user.put(f"{reel.clips}/{reel.ids[1]}", json={"transition_data": long})
    problem = refused(reel.explained(), 422, "overlap_too_long")
    assert (problem["clip_id"], problem["code"]) == (reel.ids[1], "RC203")
    assert problem["pointer"] == "/clips/1/transition_data/duration"
    assert problem["hint"]
    assert [each["error"] for each in problem["errors"]] == ["overlap_too_long"]

    user.put(f"{reel.clips}/{reel.ids[1]}", json={"transition_data": None})
    user.put(f"{reel.clips}/{unframed}", json={"crop_data": [{**BOX, "x": 9000}]})
    user.put(f"{reel.clips}/{reel.ids[0]}", json={"crop_data": [{**BOX, "y": 9000}]})
    problem = refused(reel.explained(), 422, "crop_off_picture")
    assert [each["clip_id"] for each in problem["errors"]] == [reel.ids[0], unframed]

    me = user.get("/api/me").json()["id"]
    (site.data / "objects" / "users" / me / "media" / reel.raw).unlink()
    assert refused(reel.explained(), 500, "video_not_found")["clip_id"] == reel.ids[0]


def test_the_page_shows_every_stage_with_what_changed(reel: Reel) -> None:
    whole = reel.explained(format="json").json()
    stages = reel.explained().json()["stages"]
    for number, stage in enumerate(stages):
        page = reel.page(stage=str(number))
        assert page.status_code == 200
        assert f"{number} · {stage['name']}" in page.text
        assert page.text.count("<svg") == 1
        assert ("line new" in page.text or "line changed" in page.text or "line gone" in page.text) == (number > 0)
    last = reel.page(stage=str(len(stages) - 1)).text
    assert all(f"%{define['name']} " in last for define in whole["legal"]["defs"])
    assert "trim@" in last
    assert reel.page(stage=str(len(stages))).status_code == reel.page(stage="-1").status_code == 404


def test_the_drawing_labels_clips_by_their_names(reel: Reel) -> None:
    for each, name in zip(reel.ids, ("Dunk", "Bench & coach"), strict=True):
        assert reel.user.put(f"{reel.clips}/{each}", json={"name": name}).status_code == 200
    drawing = reel.page().text
    assert re.findall(r'class="band">.*?<text[^>]*>(.*?)</text>', drawing) == ["Dunk", "Bench &amp; coach"]
    assert [each for each in reel.ids if f'clip "{each}"' in html.unescape(drawing)] == []


def test_a_definition_is_looked_at_without_a_script(reel: Reel) -> None:
    """The address selects a clip; the page marks its box's line and its filters, and shows the stored field."""
    crop = f"{reel.ids[0]}.crop"
    for stage in ("0", "1"):
        page = reel.page(stage=stage, node=crop, side="both").text
        shown = page.split('<aside id="definition"')[1].split("</aside>")[0]
        assert "/clips/0/crop_data" in shown
        assert "&#34;x&#34;: 40.5" in shown
        assert f"crop@{crop}" in shown
        assert len(re.findall(rf'class="line \w+ lit" data-value="{crop}"', page)) == 1
        assert len(re.findall(rf'class="part lit" data-value="{crop}"', page)) >= 2
        assert page.count("<svg") == 1 + int(stage)
        assert not re.search(r'<g id="', page), "two drawings on one page share no ids"
    script = re.findall(r'<pre id="filters">(.*?)</pre>', page, re.DOTALL)
    assert html.unescape(re.sub(r"</?span[^>]*>", "", script[0])) == reel.explained(format="script").text
    missing = {"node": "nobody"}, {"side": "inside"}, {"stage": "99"}
    assert [reel.page(**each).status_code for each in missing] == [404, 404, 404]


def test_every_view_is_there_as_json(reel: Reel) -> None:
    address = f"/projects/{reel.id}/explain.json"
    view, explained = reel.user.get(address).json(), reel.explained().json()
    assert [{"name": each["name"], "law": each["law"]} for each in view["stages"]] == explained["stages"]
    assert "".join(part["text"] for part in view["script"]) == explained["script"]
    assert [line["text"] for line in view["lines"] if line["mark"] != "gone"] == explained["graph"].splitlines()[:-1]
    assert (view["command"], view["plan"], view["node"]) == (explained["command"], explained["plan"], None)
    speed = f"{reel.ids[0]}.warp"
    node = reel.user.get(address, params={"stage": "0", "node": speed}).json()["node"]
    assert (node["since"], node["until"], node["clip_id"]) == ("lower", None, reel.ids[0])
    assert (node["pointer"], json.loads(node["stored"])) == ("/clips/0/segments_data/spans/0", HALF)
    refused(reel.user.get(address, params={"node": "nobody"}), 404, "not_found")
    refused(reel.user.get("/projects/p_none/explain.json"), 404, "project_not_found")


def test_a_time_is_traced_as_the_command_line_traces_it(reel: Reel, tmp_path: Path, game: Path) -> None:
    stored = [reel.user.get(f"{reel.clips}/{each}").json() for each in reel.ids]
    fields = ("id", "name", "crop_data", "segments_data", "transition_data", "rotation")
    clips = [{"media": str(game), **{name: clip[name] for name in fields}} for clip in stored]
    canvas = {"aspect_ratio": "9:16", "width": 270, "height": 480}
    (tmp_path / "reel.json").write_text(json.dumps({"reel": 1, "canvas": canvas, "clips": clips}))
    for at in ("0", "1.25", "3.6"):
        explanation = reel.user.get(f"/projects/{reel.id}/explain/at.json", params={"at": at}).json()
        assert explanation == json.loads(dry_run(tmp_path, "json", "--at", at))
        page = reel.page(at=at).text
        assert f"Frame <b>{explanation['frame']}</b>" in page
    late = reel.user.get(f"/projects/{reel.id}/explain/at.json", params={"at": "99"})
    refused(late, 422, "time_out_of_reel")
    assert "outside the reel" in reel.page(at="99").text
    refused(reel.user.get(f"/projects/{reel.id}/explain/at.json", params={"at": "-1"}), 422, "invalid_request")


def test_a_saved_change_is_seen_at_once(reel: Reel) -> None:
    """Compiled reels are cached by their contents, not by their owner."""
    assert "40.50" in reel.explained().json()["graph"]
    reel.user.put(f"{reel.clips}/{reel.ids[0]}", json={"crop_data": [BOX]})
    assert "40.50" not in reel.explained().json()["graph"]


def test_the_page_runs_only_our_modules_and_its_one_style_sheet_is_allowed_by_its_hash(reel: Reel) -> None:
    page = reel.page()
    policy = page.headers["content-security-policy"]
    assert "unsafe" not in policy
    scripts = re.findall(r"<script[^>]*>", page.text)
    modules = [each for each in scripts if each != '<script src="/static/theme.js">']
    assert len(scripts) == len(modules) + 1
    assert all(re.fullmatch(r'<script type="module" src="/static/studio/\w+\.js">', each) for each in modules)
    assert not re.search(r"\son\w+=|\sstyle=|javascript:", page.text)
    (sheet,) = re.findall(r"<style>(.*?)</style>", page.text, re.DOTALL)
    assert f"'sha256-{base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode()}'" in policy


def test_hostile_names_are_shown_and_do_nothing(user: httpx.Client, game: Path) -> None:
    plain = "".join(c for c in HOSTILE if c.isprintable())
    reel = Reel(user, game, f"{plain.replace('/', '')}.mp4")
    user.patch(f"/api/projects/{reel.id}", json={"name": plain})
    user.put(f"{reel.clips}/{reel.ids[0]}", json={"name": plain})
    page = reel.page()
    assert page.status_code == 200
    assert "<script>" not in page.text
    assert "{{ 7*7 }}" in page.text
    assert page.text.count("&lt;script&gt;") >= 4
    ElementTree.fromstring(reel.explained(format="svg").text)
    assert "alert(1)" in reel.explained(format="dot").text


def test_errors_are_pages_for_browsers_and_problems_for_programs(user: httpx.Client, game: Path) -> None:
    address = f"/projects/{project(user)}/explain"
    page = user.get(address, headers={"Accept": "text/html"})
    assert (page.status_code, page.headers["content-type"]) == (400, "text/html; charset=utf-8")
    assert "no_clips" in page.text
    refused(user.get(address), 400, "no_clips")


def test_another_users_project_is_not_there(reel: Reel, another: httpx.Client) -> None:
    foreign, nobodys = (another.post(ADDRESS, json={"project_id": each}) for each in (reel.id, "p_nobody"))
    assert refused(foreign, 404, "project_not_found") == nobodys.json()
    foreign = another.get(f"/projects/{reel.id}/explain")
    nobodys = another.get("/projects/p_nobody/explain")
    assert refused(foreign, 404, "project_not_found") == nobodys.json()
