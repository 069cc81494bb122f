"""Stills and moving images in the editor: their picture is on the stage and in the preview."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Watch
from tests.browser.desk import GREY, Desk, Open, luma_of, opened, picture_of, until
from tests.browser.person import Person

SIZE = (320, 180)
DARK, LIGHT = 60, 200
"""The luma of the left and of the right half of each image."""

WRITERS = {
    "photo.jpg": ("-frames:v", "1"),
    "photo.png": ("-frames:v", "1"),
    "photo.webp": ("-frames:v", "1"),
    "moving.gif": ("-t", "1"),
    "moving.webp": ("-t", "1", "-c:v", "libwebp_anim", "-loop", "0"),
}

SHOWS = """async (id) => {
  const screen = document.querySelector(".screen");
  return screen.dataset.clip === id && screen.dataset.mixed === "whole" ? (GREY)(screen, 64, 36) : null;
}""".replace("GREY", GREY)


def image(path: Path, ffmpeg: str) -> Path:
    """An image whose left half is dark and whose right half is light."""
    half = f"color=c=#{DARK:02x}{DARK:02x}{DARK:02x}:s=160x180:r=10"
    scene = f"{half}[a];{half.replace(f'{DARK:02x}', f'{LIGHT:02x}')}[b];[a][b]hstack,format=rgb24"
    command = [ffmpeg, "-v", "error", "-y", "-f", "lavfi", "-i", scene, *WRITERS[path.name], str(path)]
    subprocess.run(command, check=True)
    return path


def test_images_show_their_picture(open_page: Open, person: Person, game: Path, tmp_path: Path, embedded: str) -> None:
    project = person.project("Pictures", aspect_ratio="16:9", settings={})
    whole = [{"frame": 0, "x": 0, "y": 0, "width": SIZE[0], "height": SIZE[1]}]
    person.clip(project, person.uploaded(game), name="Game")
    ids = {}
    for name in WRITERS:
        raw = person.uploaded(image(tmp_path / name, embedded), kind=f"image/{name.rpartition('.')[2]}")
        ids[name] = person.clip(project, raw, name=name, crop_data=whole)
    page = opened(open_page, project).page
    for name, clip in ids.items():
        page.locator(f".clip[data-clip={clip}] .clip-body").click()
        expect(page.get_by_label("Framing", exact=True)).not_to_contain_text("browser")
        for seen in (luma_of(until(page, SHOWS, clip), (64, 36)), picture_of(page, (64, 36))):
            assert abs(np.mean(seen[:, 4:28]) - DARK) < 6, name
            assert abs(np.mean(seen[:, 36:60]) - LIGHT) < 6, name


FRAMED = [{"frame": 0, "x": 20, "y": 0, "width": 101.25, "height": 180}]
"""A crop of an image."""

HELD = f"() => ({GREY})(document.querySelector('.screen'), 64, 36)"
"""The preview, as text, whatever it shows."""


@pytest.fixture
def two(open_page: Open, person: Person, game: Path, tmp_path: Path, embedded: str) -> tuple[Page, str]:
    """The editor with a clip of footage, selected, and one of a moving image."""
    project = person.project("Two")
    person.clip(project, person.uploaded(game), name="Game")
    wave = person.uploaded(image(tmp_path / "moving.gif", embedded), kind="image/gif")
    person.clip(project, wave, name="Wave", crop_data=FRAMED)
    return opened(open_page, project).page, project


def test_the_preview_is_empty_while_an_image_is_prepared(two: tuple[Page, str]) -> None:
    page, _ = two
    assert luma_of(page.evaluate(HELD), (64, 36)).max() > 20
    held: list[Route] = []
    page.route("**/proxy", lambda route: held.append(route) if route.request.method == "POST" else route.continue_())
    page.locator(".clip-body").nth(1).click()
    expect(page.locator(".stage-note")).to_contain_text("Preparing the image")
    assert luma_of(page.evaluate(HELD), (64, 36)).max() == 0
    held[0].continue_()
    expect(page.locator(".stage-note")).to_have_count(0)


def test_a_moving_image_loops(two: tuple[Page, str], person: Person) -> None:
    page, project = two
    length = page.get_by_label("Length of the video")
    desk = Desk(page)
    page.locator(".clip-body").nth(1).click()
    desk.settle()
    page.get_by_label("Loop", exact=True).check()
    desk.settle()
    expect(page.get_by_label("Length in video")).to_have_text("0:03.00")
    page.get_by_label("Loop until").fill("2.5")
    page.get_by_label("Loop until").blur()
    page.keyboard.press("End")
    assert desk.settle()["frame"] == 24
    assert abs(np.mean(picture_of(page, (64, 36))[:, 4:28]) - DARK) < 6
    page.keyboard.press("Control+s")
    expect(page.locator(".save-state")).to_contain_text("Saved")
    stored = person.clips(project)[1]
    assert (stored["loop"], stored["segments_data"]["trimRange"]) == (True, {"start": 0, "end": 2.5})
    expect(length).to_be_visible()


def test_a_still_lasts_as_long_as_is_asked(open_page: Open, person: Person, tmp_path: Path, embedded: str) -> None:
    project = person.project("Still")
    raw = person.uploaded(image(tmp_path / "photo.png", embedded), kind="image/png")
    person.clip(project, raw, name="Photo", crop_data=FRAMED)
    desk = opened(open_page, project)
    expect(desk.page.get_by_label("Length in video")).to_have_text("0:05.00")
    desk.page.get_by_label("Duration", exact=True).fill("12.5")
    desk.page.get_by_label("Duration", exact=True).press("Enter")
    desk.settle()
    expect(desk.page.get_by_label("Length in video")).to_have_text("0:12.50")
    desk.page.get_by_label("Duration", exact=True).fill("3601")
    desk.page.get_by_label("Duration", exact=True).press("Enter")
    expect(desk.page.get_by_text("From 0.1 to 3600")).to_be_visible()
    desk.page.keyboard.press("Control+s")
    expect(desk.page.locator(".save-state")).to_contain_text("Saved")
    assert person.clips(project)[0]["segments_data"]["trimRange"] == {"start": 0, "end": 12.5}


def test_damaged_parts_are_refused_by_a_choice(two: tuple[Page, str], person: Person) -> None:
    page, project = two
    page.get_by_label("Damaged parts").select_option(label="Refuse the clip")
    page.keyboard.press("Control+s")
    expect(page.locator(".save-state")).to_contain_text("Saved")
    assert [each["damage"] for each in person.clips(project)] == ["refuse", None]


def test_what_is_too_long_is_explained_where_it_was_done(two: tuple[Page, str], game: Path, watch: Watch) -> None:
    watch.expect("422 (Unprocessable")
    page, _ = two
    long = {"error": "footage_too_long", "message": "the footage lasts 90 s", "hint": "cut it into shorter files"}
    page.route("**/api/raw-clips?name=*", lambda route: route.fulfill(status=422, json=long))
    page.get_by_role("button", name="Add clips").first.click()
    page.get_by_label("Video files").set_input_files(game)
    uploads = page.get_by_role("list", name="Uploads")
    expect(uploads).to_contain_text("The footage lasts 90 s. Cut it into shorter files.")
    film = {"error": "film_too_long", "message": "the clip lasts 90 s", "hint": "shorten its trim or its freezes"}
    page.route("**/changes", lambda route: route.fulfill(status=422, json=film))
    page.get_by_label("Damaged parts").select_option(label="Refuse the clip")
    page.keyboard.press("Control+s")
    expect(page.locator(".notes")).to_contain_text("The clip lasts 90 s. Shorten its trim or its freezes.")
    page.locator(".notes").get_by_role("button", name="Dismiss").click()
    expect(page.locator(".notes")).to_be_empty()
    expect(page.locator(".save-state")).to_have_text("Not saved")
