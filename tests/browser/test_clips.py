"""The clips of a film: upload, add, sort, duplicate, remove, restore."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Dialog, Locator, Page, Route, expect

from tests.browser.conftest import Watch
from tests.browser.desk import Open, middle, opened
from tests.browser.person import Person
from tests.server import waiting


def names(page: Page) -> list[str]:
    return page.locator(".clip-list .clip-name").all_inner_texts()


def pull_below(page: Page, which: int, other: int) -> None:
    """Drag a clip with the mouse past the others to another, slowly enough for the list to make room."""
    page.mouse.move(*middle(page.locator(".clip-body").nth(which)))
    page.mouse.down()
    for each in range(which + 1, other + 1):
        x, y = middle(page.locator(".clip-list li").nth(each))
        page.mouse.move(x, y + 12, steps=12)
    page.mouse.up()


def saved(page: Page) -> None:
    """Save by key, and wait until everything is saved."""
    page.keyboard.press("Control+s")
    expect(page.locator(".save-state")).to_have_text("Saved")


@pytest.fixture
def rail(open_page: Open, person: Person, game: Path) -> tuple[Page, str]:
    """The editor with three clips of the same footage."""
    project = person.project("Derby")
    raw = person.uploaded(game)
    for name in ("One", "Two", "Three"):
        person.clip(project, raw, name=name)
    page = open_page(f"/projects/{project}")
    expect(page.locator(".clip-list li")).to_have_count(3)
    return page, project


def test_an_upload_becomes_a_clip_that_is_framed(open_page: Open, person: Person, game: Path) -> None:
    project = person.project("Derby")
    page = open_page(f"/projects/{project}")
    page.get_by_role("button", name="Add clips").first.click()
    page.get_by_label("Video files").set_input_files(game)
    expect(page.locator(".clip-list .clip-name")).to_have_text([game.name])
    saved(page)
    (clip,) = person.clips(project)
    assert clip["crop_data"] == [{"frame": 0, "x": 218.75, "y": 0, "width": 202.5, "height": 360}]
    page.get_by_role("button", name="Add clips").first.click()
    page.get_by_role("button", name=f"Add {game.name}").click()
    expect(page.get_by_role("button", name=f"Add {game.name}")).to_have_text("Add")
    expect(page.get_by_role("dialog")).to_contain_text("Used 2×")
    page.get_by_role("button", name="Done").click()
    saved(page)
    assert len(person.clips(project)) == 2


def test_what_is_no_video_is_refused_in_words(open_page: Open, person: Person, watch: Watch, tmp_path: Path) -> None:
    watch.expect("422 (Unprocessable Content)", "422 (Unprocessable Entity)")
    page = open_page(f"/projects/{person.project('Derby')}")
    notes = tmp_path / "notes.mp4"
    notes.write_text("these are words")
    page.get_by_role("button", name="Add clips").first.click()
    page.get_by_label("Video files").set_input_files(notes)
    expect(page.get_by_role("alert")).to_contain_text("The file")
    page.get_by_role("button", name="Dismiss notes.mp4").click()
    expect(page.get_by_role("alert")).to_have_count(0)


def test_an_upload_is_cancelled(open_page: Open, person: Person, game: Path, page: Page) -> None:
    held: list[Route] = []
    page.route("**/api/raw-clips?name=*", lambda route: held.append(route))  # the upload never completes
    open_page(f"/projects/{person.project('Derby')}")
    page.get_by_role("button", name="Add clips").first.click()
    page.get_by_label("Video files").set_input_files(game)
    cancel = page.get_by_role("button", name=f"Cancel {game.name}")
    expect(cancel).to_be_visible()
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    page.evaluate("() => location.reload()")
    expect(cancel).to_be_visible()
    assert asked == ["beforeunload"]
    cancel.click()
    expect(page.get_by_role("list", name="Uploads")).to_have_count(0)
    assert held
    assert person.api.get("/api/raw-clips").json()["raw_clips"] == []


def drop(page: Page, on: Locator, file: Path) -> None:
    """Drop a file on an element, as from another program."""
    session = page.context.new_cdp_session(page)

    def send(kind: str) -> None:
        x, y = middle(on)
        asked = {"type": kind, "x": x, "y": y, "data": {"items": [], "files": [str(file)], "dragOperationsMask": 1}}
        session.send("Input.dispatchDragEvent", asked)

    def dragged() -> bool:
        send("dragEnter")
        send("dragOver")
        return bool(page.evaluate("window.dragged"))

    page.evaluate("window.dragged = false; addEventListener('dragover', () => { window.dragged = true }, true)")
    waiting.until(dragged, "the page sees no drag")  # the element may move while the page is laid out
    send("drop")


def test_a_file_dropped_anywhere_is_uploaded_and_the_selected_clip_stays_selected(
    rail: tuple[Page, str], game: Path
) -> None:
    page, _ = rail
    page.locator(".clip-body").nth(1).click()
    expected = ["One", "Two", "Three"]
    for place in (".crop", ".film-track", ".bar", "dialog .drop"):
        if place.startswith("dialog"):
            page.get_by_role("button", name="Add clips").click()
        drop(page, page.locator(place), game)
        expected.append(game.name)
        expect(page.locator(".clip-list .clip-name")).to_have_text(expected)
        expect(page.locator(".clip-list .chosen .clip-name")).to_have_text("Two")


def test_a_drop_on_a_dialog_does_nothing(rail: tuple[Page, str], game: Path) -> None:
    page, _ = rail
    page.get_by_role("button", name="History").click()
    drop(page, page.get_by_role("heading", name="History"), game)
    page.keyboard.press("Escape")
    expect(page.get_by_role("list", name="Uploads")).to_have_count(0)
    expect(page.locator(".clip-list .clip-name")).to_have_text(["One", "Two", "Three"])


def test_clips_are_ordered_by_keys_and_by_drag(rail: tuple[Page, str], person: Person) -> None:
    page, project = rail
    page.locator(".clip-body").nth(2).focus()
    page.keyboard.press("Alt+ArrowUp")
    assert names(page) == ["One", "Three", "Two"]
    pull_below(page, 0, 2)
    expect(page.locator(".clip-list .clip-name")).to_have_text(["Three", "Two", "One"])
    saved(page)
    assert [each["name"] for each in person.clips(project)] == ["Three", "Two", "One"]
    assert {each["version"] for each in person.clips(project)} == {1}


def test_a_clip_is_copied_renamed_removed_and_put_back(rail: tuple[Page, str], person: Person) -> None:
    page, project = rail
    page.locator(".clip-body").nth(1).click()
    page.get_by_role("button", name="Duplicate").click()
    expect(page.locator(".clip-list .clip-name")).to_have_text(["One", "Two", "Two copy", "Three"])
    page.get_by_role("button", name="Rename", exact=True).click()
    page.get_by_role("textbox", name="Name").fill("Again")
    page.get_by_role("dialog").get_by_role("button", name="Rename").click()
    page.get_by_role("button", name="Remove", exact=True).click()
    expect(page.locator(".clip-list .clip-name")).to_have_text(["One", "Two", "Three"])
    saved(page)
    assert len(person.clips(project)) == 3
    page.get_by_role("button", name="Undo: bring back Again").click()
    expect(page.locator(".clip-list .clip-name")).to_have_text(["One", "Two", "Again", "Three"])
    saved(page)
    assert [each["name"] for each in person.clips(project)] == ["One", "Two", "Again", "Three"]


def test_one_history_takes_back_a_removal_and_then_a_crop_and_shows_both(
    open_page: Open, person: Person, game: Path
) -> None:
    """Move A's crop, remove D; Ctrl+Z brings D back and shows it, Ctrl+Z again moves A's crop back and shows it."""
    project = person.project("Derby")
    raw = person.uploaded(game)
    for name in "ABCD":
        person.clip(project, raw, name=name)
    desk = opened(open_page, project)
    page = desk.page
    before = desk.state()["clip"]["crop_data"]
    page.locator(".crop").focus()
    page.keyboard.press("Shift+ArrowRight")
    moved = desk.state()["clip"]["crop_data"]
    assert moved[0]["x"] == before[0]["x"] + 10
    saved(page)
    page.locator(".clip-body").nth(3).click()
    page.get_by_role("button", name="Remove", exact=True).click()
    expect(page.locator(".clip-list .clip-name")).to_have_text([*"ABC"])
    saved(page)
    assert [each["name"] for each in person.clips(project)] == [*"ABC"]
    page.keyboard.press("Control+z")
    expect(page.locator(".clip-list .clip-name")).to_have_text([*"ABCD"])
    expect(page.locator(".clip-list .chosen .clip-name")).to_have_text("D")
    page.keyboard.press("Control+z")
    expect(page.locator(".clip-list .chosen .clip-name")).to_have_text("A")
    state = desk.settle()
    assert (state["clip"]["crop_data"], state["frame"]) == (before, before[0]["frame"])
    saved(page)
    clips = person.clips(project)
    assert [each["name"] for each in clips] == [*"ABCD"]
    assert [each["version"] for each in clips] == [3, 1, 1, 2]
    assert clips[0]["crop_data"] == before
