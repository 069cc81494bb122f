"""Windows of an upload in the studio: clips of their own, whose pictures, strip and times are the window's."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect

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


def test_a_window_is_listed_as_a_clip_of_its_own(desk: Desk, game: Path) -> None:
    page = desk.page
    page.get_by_role("button", name="Add clips").click()
    uploads = page.get_by_role("list", name="Your uploads")
    expect(uploads.locator(".clip-name")).to_have_text(["Goal", game.name])
    expect(uploads.get_by_role("listitem").first).to_contain_text("0:02.00 · h264 · from 0:00.50 of its file")
    expect(uploads.locator(".thumb .thumb").first).to_have_css("background-image", re.compile("/filmstrip"))
