"""The three hints of a first edit: each where it is about, one at a time, gone for good, and moving nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.desk import Desk, Open, opened
from tests.browser.person import Person
from tests.browser.test_layout import moved, places

FORGOTTEN = """if (!sessionStorage.getItem("hints")) {
  sessionStorage.setItem("hints", "wanted");
  localStorage.removeItem("reelc hints seen");
}"""
"""Wants hints, from the first page on."""
BLOCKED = """for (const area of ["localStorage", "sessionStorage"])
  Object.defineProperty(window, area, { get() { throw new DOMException("blocked", "SecurityError"); } });"""


@pytest.fixture
def new(open_page: Open, page: Page, person: Person, game: Path) -> Desk:
    """The editor of somebody who has seen no hint yet."""
    project = person.project("Derby")
    person.clip(project, person.uploaded(game), name="Dunk")
    page.add_init_script(FORGOTTEN)
    return opened(open_page, project)


def again(desk: Desk) -> Desk:
    desk.page.reload()
    desk.settle()
    return desk


def hinted(page: Page, number: int, place: str) -> None:
    """Check that one hint is shown, and where."""
    expect(page.locator(".hint")).to_have_count(1)
    expect(page.locator(f"{place} .hint")).to_contain_text(f"{number} of 3")


def test_a_hint_goes_when_what_it_says_is_done_and_never_comes_back(new: Desk) -> None:
    hinted(new.page, 1, ".stage")
    new.drag(new.page.locator(".crop"), 40)
    hinted(new.page, 2, ".lane")
    new.page.keyboard.press("Control+s")
    expect(new.page.locator(".save-state")).to_have_text("Saved")
    hinted(again(new).page, 2, ".lane")
    new.page.get_by_role("button", name="Got it").click()
    hinted(new.page, 3, ".side")
    new.page.get_by_role("button", name="Export", exact=True).click()
    expect(new.page.locator(".hint")).to_have_count(0)
    expect(again(new).page.locator(".hint")).to_have_count(0)


def test_nobody_has_to_read_hints(new: Desk) -> None:
    new.page.get_by_role("button", name="No hints").click()
    expect(new.page.locator(".hint")).to_have_count(0)
    expect(again(new).page.locator(".hint")).to_have_count(0)


@pytest.mark.parametrize("size", [(1440, 900), (1280, 720), (390, 844)], ids=lambda size: str(size[0]))
def test_a_hint_lies_in_view_over_the_page_and_moves_nothing(new: Desk, size: tuple[int, int]) -> None:
    page = new.page
    page.set_viewport_size({"width": size[0], "height": size[1]})
    new.settle()
    before = places(page)
    for _ in range(3):
        box = page.locator(".hint").bounding_box()
        assert box
        assert (box["x"] >= 0, box["y"] >= 0) == (True, True)
        assert (box["x"] + box["width"] <= size[0], box["y"] + box["height"] <= size[1]) == (True, True)
        page.get_by_role("button", name="Got it").click()
        assert moved(before, places(page)) == {}
    expect(page.locator(".hint")).to_have_count(0)


def test_a_browser_that_keeps_nothing_for_pages_has_the_editor(page: Page, new: Desk) -> None:
    page.add_init_script(BLOCKED)
    hinted(again(new).page, 1, ".stage")
    new.drag(page.locator(".crop"), 40)
    page.keyboard.press("Control+s")
    expect(page.locator(".save-state")).to_have_text("Saved")
    page.get_by_role("combobox", name="Theme").select_option("dark")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
