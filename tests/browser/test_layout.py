"""The layout stays: no element moves when the editor's state changes, at a desktop's, a laptop's and a phone's size."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route, WebSocketRoute, expect

from tests.browser.conftest import Watch
from tests.browser.desk import Desk, Open, opened
from tests.browser.person import Person
from tests.server.editing import trim

Json = dict[str, Any]

MOST = 1
"""Pixels by which an element may move."""

PLACES = """() => Object.fromEntries([
  ...document.querySelectorAll(`.bar, .bar .saving, .bar .history, .bar .lamp, .rail, .stage, .side, .lane, .fitted,
    .numbers, .screen-room, .reading, .tools, .transport, .times, .zooming, .lanes, .tracks, .details, .reel, .pieces,
    .film-head, .exporting`),
].map((each) => {
  const { x, y } = each.getBoundingClientRect();
  return [each.className, [x + scrollX, y + scrollY]];
}))"""


def places(page: Page) -> dict[str, list[float]]:
    found: dict[str, list[float]] = page.evaluate(PLACES)
    return {name.split()[0]: place for name, place in found.items()}


def moved(before: dict[str, list[float]], after: dict[str, list[float]]) -> dict[str, Any]:
    """The elements that are at another place."""
    there = before.keys() & after.keys()
    assert len(there) > 15
    far = {name for name in there if max(abs(a - b) for a, b in zip(before[name], after[name], strict=True)) > MOST}
    return {name: (before[name], after[name]) for name in sorted(far)}


OUT_OF_VIEW = """(selectors) => selectors.filter((selector) => {
  const { top, bottom, left, right } = document.querySelector(selector).getBoundingClientRect();
  return top < 0 || left < 0 || bottom > innerHeight || right > innerWidth;
})"""

SMALL_TARGETS = """() => [...document.querySelectorAll(`button, a[href], summary, select, .switch, .key, .keys, .handle,
    .grip, .grip-edge, .held, input:not([type=checkbox], [type=file])`)]
  .filter((each) => each.checkVisibility() && !each.closest(".unseen"))
  .map((each) => [each.textContent.trim() || each.getAttribute("aria-label") || each.className, seen(each)])
  .filter(([, { width, height }]) => Math.min(width, height) < 43.5)
  .map(([name, { width, height }]) => `${name}: ${width}x${height}`);

  function seen(element) {
    const { left, top, right, bottom } = element.getBoundingClientRect();
    const stage = element.closest(".fitted")?.getBoundingClientRect();
    if (!stage) return { width: right - left, height: bottom - top };
    const within = (low, high, from, to) => Math.min(high, to) - Math.max(low, from);
    const width = within(left, right, stage.left, stage.right);
    return { width, height: within(top, bottom, stage.top, stage.bottom) };
  }"""
"""The names and sizes of targets that are smaller than 44 pixels in view: the stage hides what is outside of it."""

TYPES = """() => [...new Set([...document.querySelectorAll("body *")]
  .filter((each) => each.checkVisibility())
  .filter((each) => [...each.childNodes].some((node) => node.nodeType === 3 && node.data.trim()))
  .map((each) => getComputedStyle(each)).map(({ fontSize, fontWeight }) => `${fontSize} ${fontWeight}`))].sort()"""

STATE: Json = {
    **{"export_id": "e_1", "state": "running", "stage": "rendering", "progress": 0.5, "attempt": 1, "frame": 40},
    **{"created_at": "2026-01-01T00:00:00Z", "started_at": "2026-01-01T00:00:00Z", "done": False, "error": None},
    **{"frames": 210, "fps": 30, "eta_s": 3},
}


@pytest.fixture
def pair(open_page: Open, person: Person, game: Path) -> Desk:
    project = person.project("Derby")
    raw = person.uploaded(game)
    person.clip(project, raw, name="Dunk")
    dissolve = {"type": "dissolve", "duration": 1}
    person.clip(project, raw, name="Bench", transition_data=dissolve, segments_data=trim(0, 3))
    return opened(open_page, project)


def exporting(page: Page, held: list[Route]) -> None:
    """Answer exports with one that runs, and hold saves."""

    def answer(route: Route) -> None:
        route.fulfill(status=200, json=STATE)

    def socket(route: WebSocketRoute) -> None:
        route.send(json.dumps(STATE))

    page.route("**/api/export/**", answer)
    page.route_web_socket("**/ws/export/*", socket)
    page.route("**/changes", lambda route: held.append(route))


@pytest.mark.parametrize("size", [(1440, 900), (1280, 720), (390, 844)], ids=lambda size: str(size[0]))
def test_nothing_moves_when_the_state_changes(pair: Desk, size: tuple[int, int], watch: Watch) -> None:
    watch.expect("422 (Unprocessable")
    page, held = pair.page, list[Route]()
    page.set_viewport_size({"width": size[0], "height": size[1]})
    exporting(page, held)
    pair.settle()
    still = places(page)
    found: dict[str, dict[str, Any]] = {}

    def look(state: str) -> None:
        found[state] = moved(still, places(page))

    page.get_by_label("Width", exact=True).fill("abc")
    page.keyboard.press("Enter")
    expect(page.locator(".numbers .wrong")).to_be_visible()
    look("field error")
    page.keyboard.press("Escape")
    page.keyboard.press("Space")
    look("playing")
    page.keyboard.press("k")
    page.keyboard.press("Home")
    pair.settle()
    page.keyboard.press("End")
    expect(page.locator(".reading")).to_contain_text("Dissolving")
    look("dissolve")
    page.keyboard.press("w")
    expect(page.locator(".film-screen")).to_have_attribute("data-exact", "true")
    look("the whole video")
    page.keyboard.press("Space")
    look("the whole video playing")
    page.keyboard.press("w")
    pair.settle()
    page.keyboard.press("c")
    expect(page.locator(".save-state")).to_have_text("Unsaved")
    pair.settle()
    page.keyboard.press("Escape")
    look("unsaved")
    with page.expect_request(lambda request: request.url.endswith("/changes")):
        page.keyboard.press("Control+s")
    expect(page.locator(".save-state")).to_have_text("Saving…")
    look("saving")
    held[0].fulfill(status=422, json={"error": "film_too_long", "message": "the clip lasts 90 s", "hint": "trim it"})
    expect(page.locator(".save-state")).to_have_text("Not saved")
    look("error")
    page.unroute("**/changes")
    page.keyboard.press("Control+s")
    expect(page.locator(".save-state")).to_have_text("Saved")
    page.get_by_role("button", name="Export", exact=True).click()
    expect(page.get_by_role("button", name="Cancel export")).to_be_visible()
    look("exporting")
    assert [f"{state}: {name} {way}" for state, what in found.items() for name, way in what.items()] == []


@pytest.mark.parametrize("size", [(1440, 900), (1280, 720)], ids=lambda size: str(size[0]))
def test_all_of_the_desk_is_in_view(pair: Desk, size: tuple[int, int]) -> None:
    pair.page.set_viewport_size({"width": size[0], "height": size[1]})
    pair.settle()
    whole = [".bar", ".rail", ".fitted", ".numbers", ".screen", ".reading", ".tools", ".tracks", ".details", ".pieces"]
    assert pair.page.evaluate(OUT_OF_VIEW, whole) == []
    assert pair.page.evaluate("() => document.documentElement.scrollHeight <= innerHeight")
    stage = pair.page.locator(".picture").bounding_box()
    assert stage is not None
    assert stage["height"] > 150
    assert len(pair.page.evaluate(TYPES)) <= 8


def test_on_a_phone_the_preview_is_beside_the_crop_and_targets_are_large(pair: Desk) -> None:
    page = pair.page
    page.set_viewport_size({"width": 390, "height": 844})
    pair.settle()
    assert page.evaluate(OUT_OF_VIEW, [".crop", ".screen", ".reading", ".numbers", ".transport"]) == []
    assert page.evaluate(SMALL_TARGETS) == []
    for dx, dy in ((-200, -100), (200, 100)):  # to two corners of the picture
        pair.drag(page.locator(".crop"), dx, dy)
        assert page.evaluate(SMALL_TARGETS) == []
    page.keyboard.press("s")  # a speed, whose ends are grips
    pair.settle()
    assert page.evaluate(SMALL_TARGETS) == []


def test_on_a_phone_the_menu_has_what_the_bar_has(pair: Desk) -> None:
    page = pair.page
    ways = page.get_by_role("navigation", name="site").get_by_role("link")
    wide = ways.all_text_contents()
    page.set_viewport_size({"width": 390, "height": 844})
    menu = page.get_by_role("button", name="Menu")
    assert ways.count() == 0
    menu.click()
    assert ways.all_text_contents() == wide == ["Under the hood", "Exports"]
    assert page.evaluate(SMALL_TARGETS) == []
    page.keyboard.press("Escape")
    expect(ways).to_have_count(0)
    expect(menu).to_be_focused()
