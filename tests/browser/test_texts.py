"""The page's texts: true, in people's words, and of what is selected."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Route, WebSocketRoute, expect

from tests.browser.conftest import Watch
from tests.browser.desk import GREY, Desk, Open, luma_of, opened, until
from tests.browser.person import Person
from tests.server import waiting
from tests.server.editing import trim

Json = dict[str, Any]

LANE = f"""async () => {{
  const now = await import("/static/studio/playback/now.js");
  const {{ video, shownFrame }} = await import("/static/studio/playback/player.js");
  const {{ view }} = await import("/static/studio/playback/window.js");
  const {{ playhead }} = await import("/static/studio/edit/store.js");
  if (shownFrame.value !== now.frame.value || video.value.seeking) return null;
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  const lane = document.querySelector(".pictures");
  const dense = lane.width / lane.clientWidth;
  const x = (playhead.value - view.value.start) * view.value.scale;
  const tile = new OffscreenCanvas(60, 36);
  tile.getContext("2d").drawImage(lane, (x - 30) * dense, 0, 60 * dense, 36 * dense, 0, 0, 60, 36);
  const whole = new OffscreenCanvas(106, 60);
  whole.getContext("2d").drawImage(video.value, 0, 0, 106, 60);
  const part = new OffscreenCanvas(60, 36);
  const high = 50.8, wide = (high * 106) / 60;
  part.getContext("2d").drawImage(video.value, 30 - wide / 2, 0, wide, high);
  const grey = {GREY};
  if (!lane.getContext("2d").getImageData(x * dense, 10, 1, 1).data[3]) return null; // the filmstrip is not there yet
  return [grey(tile, 60, 36), grey(part, 60, 36)];
}}"""
"""The lane's picture around the playhead, and the same part of the video's picture."""


@pytest.fixture
def pair(open_page: Open, person: Person, game: Path) -> Desk:
    """The editor of two clips of 4 s; the second is dissolved into for a second."""
    project = person.project("Derby")
    raw = person.uploaded(game)
    person.clip(project, raw, name="Dunk")
    person.clip(
        project, raw, name="Bench", transition_data={"type": "dissolve", "duration": 1}, segments_data=trim(0, 3)
    )
    return opened(open_page, project)


def test_a_field_of_numbers_refuses_what_is_none(pair: Desk) -> None:
    field = pair.page.get_by_label("Width", exact=True)
    for wrong in ("abc", "", "12abc"):
        field.fill(wrong)
        field.press("Enter")
        expect(pair.page.locator(".numbers .wrong")).to_have_text(f"Not a number: “{wrong}”")
        assert pair.frames() == [0]
        assert pair.state()["clip"]["crop_data"][0]["width"] == 200


def test_the_lanes_picture_at_the_playhead_is_the_frame_there(pair: Desk, watch: Watch) -> None:
    watch.expect("willReadFrequently")
    for key in ("Shift+ArrowRight", "Shift+ArrowRight", *["+"] * 8):
        pair.page.keyboard.press(key)
    pair.settle()

    def alike() -> bool:
        lane, video = (luma_of(each, (60, 36)).astype(int) for each in until(pair.page, LANE))
        return bool(np.abs(lane[:30] - video[:30]).mean() < 6)

    waiting.until(alike, "the lane shows another picture")  # it is drawn when the filmstrip is there at this scale


def test_a_first_export_that_is_cancelled_speaks_of_no_film(pair: Desk, watch: Watch) -> None:
    page = pair.page
    state: Json = {"export_id": "e_1", "state": "running", "stage": "rendering", "progress": 0.5, "attempt": 1}
    state |= {"created_at": "2026-01-01T00:00:00Z", "started_at": "2026-01-01T00:00:00Z", "done": False, "error": None}

    def answer(route: Route) -> None:
        ended = route.request.method == "DELETE"
        route.fulfill(status=200, json={**state, "state": "cancelled" if ended else "running"})

    def socket(route: WebSocketRoute) -> None:
        route.send(json.dumps(state))

    page.route("**/api/export/**", answer)
    page.route_web_socket("**/ws/export/*", socket)
    page.get_by_role("button", name="Export", exact=True).click()
    page.get_by_role("button", name="Cancel export").click()
    expect(page.get_by_label("Export", exact=True).locator(".quiet")).to_have_text("The export was cancelled.")


def test_a_transition_without_room_names_the_one_in_its_way(open_page: Open, person: Person, game: Path) -> None:
    project = person.project("Derby")
    raw = person.uploaded(game)
    person.clip(project, raw, name="Dunk")
    person.clip(project, raw, name="Bench", transition_data={"type": "wipeleft", "duration": 0.5})
    person.clip(project, raw, name="Bow", transition_data={"type": "dissolve", "duration": 9})
    page = open_page(f"/projects/{project}")
    first, second = (page.locator(".problem").nth(k) for k in (0, 1))
    expect(first).to_contain_text("Bench")
    expect(first).to_contain_text("Shorten the transition after it")
    expect(second).to_contain_text("Make it at most 3.5 s")
    expect(page.locator(".problems")).not_to_contain_text("wipeleft")


def test_the_state_of_saving_stays_when_another_clip_is_selected(pair: Desk) -> None:
    state = pair.page.locator(".save-state")
    pair.page.get_by_label("Damaged parts").select_option(label="Refuse the clip")
    pair.page.keyboard.press("Control+s")
    expect(pair.page.locator(".saving .state")).to_have_attribute("title", re.compile("version 2$"))
    expect(state).to_have_text("Saved")
    pair.page.keyboard.press("PageDown")
    assert pair.state()["clip"]["name"] == "Bench"
    expect(state).to_have_text("Saved")


def test_a_dissolve_is_named_by_the_other_clip_alone(pair: Desk) -> None:
    reading = pair.page.locator(".reading")
    pair.page.keyboard.press("PageDown")
    pair.settle()
    pair.page.evaluate("async () => (await import('/static/studio/playback/player.js')).showFilm(15)")
    expect(reading).to_contain_text("Dissolving from “Dunk” (50 %)")
    expect(reading).to_contain_text("Clip frame 30")
    assert len(re.findall(r"\bframe\b", reading.inner_text())) == 1
    pair.page.keyboard.press("PageUp")
    pair.settle()
    pair.page.keyboard.press("End")
    expect(reading).to_contain_text("Dissolving to “Bench” (97 %)")
