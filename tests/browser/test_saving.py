"""Saving: automatically, by key, offline, in two windows; the stored history."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Dialog, Page, expect

from tests.browser.conftest import Watch
from tests.browser.desk import Open
from tests.browser.person import Person
from tests.server.site import Site


@pytest.fixture
def project(person: Person, game: Path) -> str:
    """A project of one clip."""
    made = person.project("Derby")
    person.clip(made, person.uploaded(game), name="Dunk")
    return made


@pytest.fixture
def editor(open_page: Open, project: str) -> Page:
    return ready(open_page(f"/projects/{project}"))


def ready(page: Page) -> Page:
    """The editor, after it has loaded the clip."""
    said(page, "Saved v1")
    expect(page.get_by_role("textbox", name="Out", exact=True)).to_have_value("0:04.00")
    return page


def said(page: Page, words: str) -> None:
    """Wait for a state of saving; after “Saved v3” the selected clip is at version 3."""
    state, _, version = words.partition(" v")
    if version:
        expect(page.locator(".saving .state")).to_have_attribute("title", re.compile(rf"version {version}$"))
    expect(page.locator(".save-state")).to_have_text(state)


def fill(page: Page, field: str, words: str) -> None:
    page.get_by_role("textbox", name=field, exact=True).fill(words)
    page.keyboard.press("Enter")


def only(person: Person, project: str) -> dict[str, Any]:
    (clip,) = person.clips(project)
    return clip


def test_it_saves_by_key_and_by_itself(editor: Page, person: Person, project: str) -> None:
    fill(editor, "In", "1")
    said(editor, "Unsaved")
    editor.keyboard.press("Control+s")
    said(editor, "Saved v2")
    assert only(person, project)["segments_data"]["trimRange"] == {"start": 1, "end": 4}
    fill(editor, "Out", "3")
    said(editor, "Saved v3")
    assert only(person, project)["segments_data"]["trimRange"] == {"start": 1, "end": 3}
    undo = editor.get_by_role("button", name="Undo")
    undo.click()
    undo.click()
    expect(undo).to_be_disabled()
    said(editor, "Unsaved")
    editor.keyboard.press("Control+s")
    said(editor, "Saved v4")
    assert not (only(person, project)["segments_data"] or {}).get("trimRange")


def test_it_asks_before_what_is_unsaved_is_left(editor: Page) -> None:
    fill(editor, "In", "1")
    asked: list[str] = []

    def leave(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    editor.on("dialog", leave)
    editor.reload()
    assert asked == ["beforeunload"]
    said(editor, "Saved v1")


def test_offline_it_says_so_and_saves_when_the_server_is_back(
    editor: Page, context: BrowserContext, person: Person, project: str, watch: Watch
) -> None:
    watch.expect("ERR_INTERNET_DISCONNECTED")
    context.set_offline(True)
    fill(editor, "In", "1")
    editor.keyboard.press("Control+s")
    said(editor, "Offline")
    fill(editor, "Out", "2")
    assert only(person, project)["version"] == 1
    context.set_offline(False)
    said(editor, "Saved v2")
    assert only(person, project)["segments_data"]["trimRange"] == {"start": 1, "end": 2}


def test_a_save_whose_answer_was_lost_is_done_once(editor: Page, person: Person, project: str, watch: Watch) -> None:
    watch.expect("ERR_FAILED", "ERR_CONNECTION")
    lost: list[str] = []

    def lose_the_first(route: Any) -> None:
        if lost:
            route.continue_()
            return
        lost.append(route.request.headers["idempotency-key"])
        route.fetch()
        route.abort()

    editor.route("**/api/projects/*/changes", lose_the_first)
    fill(editor, "In", "1")
    editor.keyboard.press("Control+s")
    said(editor, "Saved v2")
    assert lost
    expect(editor.get_by_text("another window")).to_have_count(0)
    assert only(person, project)["version"] == 2


@pytest.fixture
def second(context: BrowserContext, editor: Page, site: Site, project: str, watch: Watch) -> Page:
    """The same project in another window, in which the out point was moved and saved."""
    watch.expect("412 (Precondition Failed)")
    page = watch.on(context.new_page())
    page.goto(f"{site.url}/projects/{project}")
    fill(ready(page), "Out", "3")
    page.keyboard.press("Control+s")
    said(page, "Saved v2")
    return page


def clash(editor: Page) -> None:
    """Move the in point of the clip whose out point was moved in the other window."""
    fill(editor, "In", "1")
    editor.keyboard.press("Control+s")
    said(editor, "Conflict")
    dialog = editor.get_by_role("dialog", name="Changed in two windows")
    expect(dialog).to_contain_text("0:00.00 to 0:03.00")
    expect(dialog).to_contain_text("0:01.00 to 0:04.00")


def test_two_windows_and_mine_is_kept(editor: Page, second: Page, person: Person, project: str) -> None:
    clash(editor)
    editor.get_by_role("button", name="Keep this version").click()
    said(editor, "Saved v3")
    assert only(person, project)["segments_data"]["trimRange"] == {"start": 1, "end": 4}


def test_two_windows_and_theirs_is_taken(editor: Page, second: Page, person: Person, project: str) -> None:
    clash(editor)
    editor.get_by_role("button", name="Use other version").click()
    said(editor, "Saved v2")
    expect(editor.get_by_role("textbox", name="Out", exact=True)).to_have_value("0:03.00")
    assert only(person, project)["version"] == 2
    editor.get_by_role("button", name="Undo", exact=True).click()  # the focus is in the field again
    said(editor, "Saved v3")
    assert only(person, project)["segments_data"]["trimRange"] == {"start": 1, "end": 4}


def test_what_does_not_clash_is_merged(editor: Page, second: Page, person: Person, project: str) -> None:
    editor.get_by_role("button", name="Rename", exact=True).click()
    editor.get_by_role("textbox", name="Name").fill("Great dunk")
    editor.get_by_role("dialog").get_by_role("button", name="Rename").click()
    editor.keyboard.press("Control+s")
    said(editor, "Saved v3")
    clip = only(person, project)
    assert (clip["name"], clip["segments_data"]["trimRange"]) == ("Great dunk", {"start": 0, "end": 3})
    expect(editor.get_by_text("Changes from another window were merged")).to_be_visible()


def test_a_stored_version_is_brought_back(editor: Page, person: Person, project: str) -> None:
    for out in ("3", "2"):
        fill(editor, "Out", out)
        editor.keyboard.press("Control+s")
        expect(editor.locator(".save-state")).to_contain_text("Saved")
    editor.get_by_role("button", name="History").click()
    versions = editor.get_by_role("dialog").get_by_role("listitem")
    expect(versions).to_have_count(3)
    expect(versions.first).to_contain_text("0:00.00 to 0:02.00")
    editor.get_by_role("button", name="Restore version 2").click()
    said(editor, "Saved v4")
    assert only(person, project)["segments_data"]["trimRange"] == {"start": 0, "end": 3}
    editor.keyboard.press("Control+z")
    said(editor, "Unsaved")


def test_the_whole_project_is_brought_back_as_one_step(editor: Page, person: Person, project: str) -> None:
    person.clip(project, person.clips(project)[0]["raw_clip_id"], name="Bench")
    editor.reload()
    ready(editor)
    fill(editor, "Out", "3")
    editor.keyboard.press("Control+s")
    said(editor, "Saved v2")
    editor.locator(".clip-list .clip-body >> nth=1").click()
    editor.get_by_role("button", name="Remove", exact=True).click()
    expect(editor.locator(".clip-list .clip")).to_have_count(1)
    editor.keyboard.press("Control+s")
    said(editor, "Saved")
    editor.get_by_role("button", name="History").click()
    dialog = editor.get_by_role("dialog")
    dialog.get_by_role("button", name="Whole project").click()
    states = dialog.get_by_role("listitem")
    expect(states).to_have_count(3)
    expect(states.nth(0)).to_contain_text("Removed: “Bench”")
    expect(states.nth(0)).to_contain_text("Current version")
    expect(states.nth(1)).to_contain_text("Changed: “Dunk”")
    dialog.get_by_role("button", name="Restore version 1").click()
    expect(dialog).to_have_count(0)
    expect(editor.locator(".clip-list .clip")).to_have_count(2)
    editor.keyboard.press("Control+s")
    said(editor, "Saved")
    names = [(clip["name"], (clip["segments_data"] or {}).get("trimRange")) for clip in person.clips(project)]
    assert names == [("Dunk", None), ("Bench", None)]
    editor.keyboard.press("Control+z")
    expect(editor.locator(".clip-list .clip")).to_have_count(1)
    editor.keyboard.press("Control+s")
    said(editor, "Saved")
    assert [clip["name"] for clip in person.clips(project)] == ["Dunk"]


def test_undo_lasts_a_reload(editor: Page, person: Person, project: str) -> None:
    fill(editor, "Out", "3")
    editor.keyboard.press("Control+s")
    said(editor, "Saved v2")
    editor.reload()
    said(editor, "Saved v2")
    expect(editor.get_by_role("textbox", name="Out", exact=True)).to_have_value("0:03.00")
    editor.keyboard.press("Control+z")
    expect(editor.get_by_role("textbox", name="Out", exact=True)).to_have_value("0:04.00")
    editor.keyboard.press("Control+s")
    said(editor, "Saved v3")
    assert not (only(person, project)["segments_data"] or {}).get("trimRange")
