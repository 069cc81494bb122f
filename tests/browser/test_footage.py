"""The list of uploads: thumbnails, search, where each is used; deletion, which asks and can be taken back."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Watch
from tests.browser.desk import GREY, Desk, Json, Open, luma_of, opened, until
from tests.browser.person import Person
from tests.footage import read
from tests.server import waiting


@pytest.fixture
def desk(open_page: Open, person: Person, game: Path) -> Desk:
    """An editor with two clips of one upload, which a second project uses too; another upload is unused."""
    project, other = person.project("Derby"), person.project("Cup")
    raw = person.uploaded(game)
    for where, name in ((project, "One"), (project, "Two"), (other, "Goal")):
        person.clip(where, raw, name=name)
    person.api.post("/api/raw-clips", files={"file": ("Éclair.mp4", game.read_bytes(), "video/mp4")})
    return opened(open_page, project)


def names(page: Page) -> list[str]:
    return page.get_by_role("list", name="Your uploads").locator(".clip-name").all_inner_texts()


def test_uploads_have_thumbnails_can_be_searched_and_say_where_they_are_used(desk: Desk, game: Path) -> None:
    page = desk.page
    page.get_by_role("button", name="Add clips").click()
    uploads = page.get_by_role("list", name="Your uploads")
    expect(uploads.locator(".clip-name")).to_have_text(["Éclair.mp4", game.name])
    expect(uploads.get_by_text("Used")).to_have_text("Used 3×")
    expect(uploads.get_by_text("Used")).to_have_attribute("title", "One (This project), Two (This project), Goal (Cup)")
    pictures = uploads.locator(".thumb .thumb")
    expect(pictures).to_have_count(2)
    for each in (0, 1):
        expect(pictures.nth(each)).to_have_css("background-image", re.compile("/filmstrip"))
        shown = pictures.nth(each).bounding_box()
        assert shown
        assert (shown["width"], shown["height"]) == (64, 40)
    search = page.get_by_role("searchbox", name="Search uploads")
    search.fill("eclair")
    expect(uploads.locator(".clip-name")).to_have_text(["Éclair.mp4"])
    search.fill("nothing like it")
    expect(page.get_by_text("No upload has this name")).to_be_visible()
    search.fill("")
    expect(uploads.locator(".clip-name")).to_have_count(2)


def test_deletion_asks_says_where_the_upload_is_used_and_is_taken_back(
    desk: Desk, person: Person, game: Path, watch: Watch
) -> None:
    watch.expect("404 (Not Found)")
    page = desk.page
    page.get_by_role("button", name="Add clips").click()
    page.get_by_role("button", name=f"Delete {game.name}").click()
    asked = page.get_by_role("dialog", name=f"Delete “{game.name}”?")
    expect(asked).to_contain_text("3 clips use it")
    expect(asked.get_by_role("listitem")).to_have_text(["This project: One, Two", "Cup: Goal"])
    page.keyboard.press("Escape")
    expect(asked).to_have_count(0)
    assert len(person.api.get("/api/raw-clips").json()["raw_clips"]) == 2
    page.get_by_role("button", name=f"Delete {game.name}").click()
    page.get_by_role("button", name="Delete upload").click()
    expect(page.get_by_role("status").filter(has_text="Deleted")).to_be_visible()
    assert len(person.api.get("/api/raw-clips").json()["raw_clips"]) == 1
    page.get_by_role("button", name="Done").click()
    expect(page.get_by_role("heading", name="Fix 2 problems before export")).to_be_visible()
    expect(page.locator(".stage-note")).to_contain_text("this file was deleted")
    page.get_by_role("button", name=f"Undo: restore {game.name}").click()
    expect(page.get_by_role("heading", name="before export")).to_have_count(0)
    assert desk.settle()["frame"] == 0
    assert len(person.api.get("/api/raw-clips").json()["raw_clips"]) == 2


def test_a_deleted_upload_is_restored_later_from_the_list_and_from_its_problem(
    open_page: Open, desk: Desk, person: Person, game: Path, watch: Watch
) -> None:
    watch.expect("404 (Not Found)")
    (project,) = (each["id"] for each in person.api.get("/api/projects").json()["projects"] if each["name"] == "Derby")
    raw = person.clips(project)[0]["raw_clip_id"]
    assert person.api.delete(f"/api/raw-clips/{raw}?used=true").status_code == 204
    page = open_page(f"/projects/{project}")
    page.get_by_role("button", name="Add clips").click()
    page.get_by_text("Recently deleted (1)").click()
    expect(page.get_by_role("list", name="Recently deleted")).to_contain_text("7 days left")
    page.get_by_role("button", name=f"Restore {game.name}").click()
    expect(page.get_by_text("Recently deleted")).to_have_count(0)
    assert sorted(names(page)) == sorted([game.name, "Éclair.mp4"])
    page.get_by_role("button", name="Done").click()
    desk.settle()
    assert person.api.delete(f"/api/raw-clips/{raw}?used=true").status_code == 204
    page.reload()
    page.get_by_role("button", name="Restore the upload of One").click()
    desk.settle()
    expect(page.get_by_role("heading", name="before export")).to_have_count(0)


TILES = f"""async () => {{
  const {{ frameTiles }} = await import("/static/studio/timeline/strip.js");
  const {{ frameOf }} = await import("/static/studio/playback/frames.js");
  const {{ filmstripOf, peaksOf }} = await import("/static/studio/remote/footage.js");
  const {{ selected }} = await import("/static/studio/edit/store.js");
  const id = selected.value.raw_clip_id;
  if (!filmstripOf(id).value || !peaksOf(id).value) return null;
  const tiles = frameTiles(filmstripOf(id).value, peaksOf(id).value);
  if (tiles.some((each) => !frameOf(id, each.picture))) return null;
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  const [grey, lane] = [{GREY}, document.querySelector(".pictures")];
  const dense = lane.width / lane.clientWidth;
  return tiles.map(({{ x, width, picture }}) => {{
    const [seen, whole] = [0, 1].map(() => new OffscreenCanvas(80, 36));
    seen.getContext("2d").drawImage(lane, x * dense, 0, width * dense, 36 * dense, 0, 0, 80, 36);
    const frame = frameOf(id, picture);
    const high = (64 - 26 * 0.6) * 106 / 60 * frame.height / width; // of the picture's part in a wider tile
    whole.getContext("2d").drawImage(frame, 0, (frame.height - high) / 2, frame.width, high * 36 / 48.4, 0, 0, 80, 36);
    return [picture, x, width, grey(frame, 228, 128), grey(seen, 80, 36), grey(whole, 80, 36)];
  }});
}}"""
"""The tiles of single frames in the lane, once all are there: frame, place, its picture, and its upper part as in the
lane and as it should be."""


def tiles_in_the_lane(desk: Desk) -> tuple[list[list[Any]], Json] | None:
    """The tiles and the view, once the lane shows each tile's frame."""
    tiles, view = until(desk.page, TILES), desk.view()
    for _, x, _, _, *pictures in tiles:
        if 100 < x < view["width"] - 100:  # the playhead's own picture is at the left edge
            seen, right = (luma_of(each, (80, 36)).astype(float) for each in pictures)
            if np.abs(seen - right).mean() >= 6:
                return None
    return tiles, view


def test_each_tile_of_the_filmstrip_is_the_frame_at_its_time_as_fine_as_the_zoom_asks(desk: Desk) -> None:
    page, between = desk.page, []
    for clicks in (0, 5):
        for _ in range(clicks):
            page.get_by_role("button", name="Zoom in").click()
        desk.settle()
        tiles, view = waiting.until(lambda: tiles_in_the_lane(desk), "the lane shows other frames")
        assert len(tiles) > 5
        between.append(tiles[3][0] - tiles[2][0])
        for number, x, width, whole, *_ in tiles:
            middle = view["start"] + (x + width / 2) / view["scale"]
            assert abs((number + 0.5) / 60 - min(middle, 239.5 / 60)) <= 0.5 / 60 + 1e-6
            assert read.codes(luma_of(whole, (228, 128)))[0] == number
    assert between[0] > 10 > between[1], "tiles are some frames apart, and fewer when zoomed in"
