"""Windows of an upload in the studio: clips of their own, whose pictures, strip and times are the window's."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Watch
from tests.browser.desk import Desk, Open, opened, until
from tests.browser.person import Person
from tests.browser.test_preview import SHOW, SHOWN
from tests.footage import read
from tests.footage.pool import POOL

FIRST, RATE = 30, 60
"""The file's frame with which the window begins, and its frames a second."""


@pytest.fixture
def desk(open_page: Open, person: Person, game: Path) -> Desk:
    """An editor with a clip of a window of two seconds."""
    project, raw = person.project("Derby"), person.uploaded(game)
    asked = {"windows": [{"start_time": FIRST / RATE, "end_time": FIRST / RATE + 2, "name": "Goal"}]}
    answer = person.api.post(f"/api/raw-clips/{raw}/windows", json=asked)
    assert answer.status_code == 201, answer.text
    (window,) = answer.json()["raw_clips"]
    whole = [{"frame": 0, "x": 0, "y": 0, "width": 640, "height": 360}]
    person.clip(project, window["id"], name="Goal", crop_data=whole)
    return opened(open_page, project)


def test_frames_of_a_window_are_counted_from_its_first(desk: Desk) -> None:
    page = desk.page
    for number in (0, 47, 59):
        page.evaluate(SHOW, number)
        seen = until(page, SHOWN, number)
        picture = np.frombuffer(base64.b64decode(seen["picture"]), np.uint8).reshape(360, 640)
        assert read.codes(picture)[POOL["short60.mp4"].lane] == FIRST + seen["frame"]
    page.keyboard.press("End")
    assert desk.settle()["frame"] == 119


def test_a_project_that_begins_with_a_window_has_its_first_picture_as_poster(
    open_page: Open, person: Person, game: Path, watch: Watch
) -> None:
    watch.expect("404 (Not Found)")  # it has no proxy to play yet
    project, raw = person.project("Derby"), person.uploaded(game)
    answer = person.api.post(f"/api/raw-clips/{raw}/windows", json={"windows": [{"start_time": 1}]})
    (window,) = answer.json()["raw_clips"]
    person.clip(project, window["id"], name="Goal")
    still = open_page("/").locator(".poster .still")
    expect(still).to_have_css("background-image", re.compile(f"/{window['id']}/filmstrip"))
    expect(still).to_have_css("height", "190px")


def test_a_window_is_listed_as_a_clip_of_its_own(desk: Desk, game: Path) -> None:
    page = desk.page
    page.get_by_role("button", name="Add clips").click()
    uploads = page.get_by_role("list", name="Your uploads")
    expect(uploads.locator(".clip-name")).to_have_text(["Goal", game.name])
    expect(uploads.get_by_role("listitem").first).to_contain_text("0:02.00 · h264 · from 0:00.50 of its file")
    expect(uploads.locator(".thumb .thumb").first).to_have_css("background-image", re.compile("/filmstrip"))


def test_a_part_of_an_upload_is_made_and_added(desk: Desk, person: Person, game: Path, watch: Watch) -> None:
    watch.expect("422 (Unprocessable Entity)")
    page = desk.page
    page.get_by_role("button", name="Add clips").click()
    page.get_by_role("button", name=f"Make a part of {game.name}").click()
    asked = page.get_by_role("dialog", name=f"A part of “{game.name}”")
    expect(asked.get_by_label("To")).to_have_value("0:04.00")
    for start, end, wrong in (("soon", "0:03", "Write times as"), ("0:03", "0:09", "not within the media")):
        asked.get_by_label("From").fill(start)
        asked.get_by_label("To").fill(end)
        asked.get_by_role("button", name="Make part").click()
        expect(asked.get_by_role("alert")).to_contain_text(wrong)
    asked.get_by_label("From").fill("1.5")
    asked.get_by_label("To").fill("0:03")
    asked.get_by_label("Name").fill("Corner")
    asked.get_by_role("button", name="Make part").click()
    expect(asked).to_have_count(0)
    uploads = page.get_by_role("list", name="Your uploads")
    expect(uploads.locator(".clip-name")).to_have_text(["Corner", "Goal", game.name])
    expect(uploads.get_by_role("listitem").first).to_contain_text("0:01.50 · h264 · from 0:01.50 of its file")
    page.get_by_role("button", name="Add Corner").click()
    page.get_by_role("button", name="Done").click()
    assert desk.state()["order"] == ["Goal", "Corner"]
    newest = person.api.get("/api/raw-clips").json()["raw_clips"][0]
    assert (newest["name"], newest["start_time"], newest["end_time"]) == ("Corner", 1.5, 3)
