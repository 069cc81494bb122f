"""Every dialog gives the focus back to the control that opened it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.desk import Desk

FOCUS = "() => document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent"


@pytest.mark.parametrize("way", ["Escape", "button"])
def test_a_closed_dialog_gives_the_focus_back(desk: Desk, way: str) -> None:
    page = desk.page
    openers = {
        "Add clips": "Done",
        "Rename": "Cancel",
        "History": "Close",
        "Derby": "Cancel",
        "Keyboard shortcuts": "Close",
    }
    for name, close in openers.items():
        page.get_by_role("button", name=name, exact=True).focus()
        page.keyboard.press("Enter")
        dialog = page.get_by_role("dialog")
        expect(dialog).to_be_visible()
        if way == "Escape":
            page.keyboard.press("Escape")
        else:
            dialog.get_by_role("button", name=close, exact=True).click()
        expect(dialog).to_have_count(0)
        assert page.evaluate(FOCUS) == name


def test_the_focus_goes_to_what_is_left_where_the_opener_is_gone(desk: Desk) -> None:
    page = desk.page
    page.get_by_role("button", name="Rename", exact=True).click()
    field = page.get_by_role("dialog").get_by_label("Name")
    page.evaluate("() => document.querySelector('.clip-tools').remove()")
    field.press("Escape")
    expect(page.locator(".clip.chosen .clip-body")).to_be_focused()


def test_a_dialog_stays_when_its_file_chooser_is_cancelled(desk: Desk) -> None:
    page = desk.page
    page.get_by_role("button", name="Add clips", exact=True).click()
    page.get_by_label("Video files").dispatch_event("cancel", {"bubbles": True})
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
