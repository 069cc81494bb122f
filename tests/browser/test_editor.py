"""The editor: crop, keyframes, trim, speeds and order, by mouse, by finger and by keys."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from server.web.identity import COOKIE
from tests.browser.conftest import Watch, begun, desk_of
from tests.browser.desk import PASSED, Desk, Json, Open, opened, until
from tests.browser.person import Person
from tests.server.editing import trim
from tests.server.site import Site

KEYS = [
    {"frame": 0, "x": 20.0, "y": 0.0, "width": 202.5, "height": 360.0},
    {"frame": 60, "x": 300.0, "y": 40.0, "width": 157.5, "height": 280.0, "ease": "smooth"},
    {"frame": 150, "x": 420.0, "y": 0.0, "width": 202.5, "height": 360.0, "ease": "linear"},
]

SNAP = 8
"""Pixels on the screen within which drags snap."""


def edited(person: Person, game: Path, **fields: Any) -> str:
    """A project of two clips, the first with keyframes, a trim and a slow span."""
    project = person.project("Derby")
    raw = person.uploaded(game)
    given = {"crop_data": KEYS, "segments_data": trim(0.5, 3.5, {"start": 1, "end": 2, "speed": 0.5}), **fields}
    person.clip(project, raw, name="Dunk", **given)
    person.clip(project, raw, name="Bench", crop_data=KEYS[:1])
    return project


@pytest.fixture(scope="module")
def shared(browser: Browser, site: Site, game: Path, watched: Watch) -> Iterator[Desk]:
    """The editor with this project; each test undoes what it did."""
    with desk_of(browser, site, watched, "editor", lambda person: edited(person, game)) as desk:
        yield desk


@pytest.fixture
def desk(shared: Desk, watched: Watch) -> Iterator[Desk]:
    yield begun(shared, 0.5)
    assert watched.wrong() == []


def box_of(state: Json, frame: int) -> Json:
    found: Json = next(key for key in state["clip"]["crop_data"] if key["frame"] == frame)
    return found


def test_pulling_the_crop_between_keyframes_makes_one_and_says_so(desk: Desk) -> None:
    before = desk.state()["box"]
    crop = desk.page.locator(".crop")
    crop.hover()
    expect(crop).to_contain_text("New keyframe at 0:00.50")
    desk.page.keyboard.down("Alt")  # the crop does not snap
    desk.drag(crop, 60)
    desk.page.keyboard.up("Alt")
    state = desk.state()
    made = box_of(state, 30)
    assert made["x"] == pytest.approx(before["x"] + 60 * desk.picture_scale(), abs=1)
    assert made["width"] == pytest.approx(before["width"], abs=0.01)
    assert state["selection"]["keyframe"] == 30
    expect(crop).to_contain_text("Keyframe at 0:00.50")
    desk.page.keyboard.press("Control+z")
    assert desk.frames() == [0, 60, 150]


def test_the_crop_stops_at_the_edges_of_the_picture_and_keeps_its_shape(desk: Desk) -> None:
    def box(crop: str, dx: int, dy: int) -> tuple[float, ...]:
        desk.drag(desk.page.locator(crop), dx, dy)
        return tuple(desk.state()["box"][name] for name in ("x", "y", "width", "height"))

    x, y, width, height = box(".crop", -500, -200)
    assert (x, y) == (0, 0)
    assert width / height == pytest.approx(9 / 16, rel=1e-4)
    assert box(".crop", 700, 200) == pytest.approx((640 - width, 360 - height, width, height), abs=0.001)
    assert box(".grip-nw", -400, -200) == (437.5, 0, 202.5, 360)
    assert box(".grip-nw", 250, 400) == pytest.approx((624, 331.556, 16, 28.444), abs=0.001)


def test_the_whole_clip_is_moved_alike_but_not_out_of_the_picture(open_page: Open, person: Person, game: Path) -> None:
    desk = opened(open_page, edited(person, game))
    desk.page.get_by_label("Apply to all keyframes").check()
    picture = desk.page.locator(".picture").bounding_box()
    assert picture
    desk.page.keyboard.down("Alt")  # the playhead does not snap
    desk.drag(desk.page.locator(".crop"), -40, 16)
    desk.page.keyboard.up("Alt")
    first, second, third = desk.settle()["clip"]["crop_data"]
    right = -40 * 640 / picture["width"]
    assert (first["x"], first["y"], first["width"]) == (0, 0, 202.5)
    assert (second["x"], second["y"]) == pytest.approx((300 + right, 40 - right * 0.4), abs=0.5)
    assert (third["x"], third["y"]) == pytest.approx((420 + right, 0), abs=0.5)


def test_escape_calls_a_drag_off(desk: Desk) -> None:
    desk.drag(desk.page.locator(".crop"), 70, release=False)
    assert desk.frames() == [0, 30, 60, 150]
    desk.page.keyboard.press("Escape")
    assert desk.frames() == [0, 60, 150]
    desk.page.mouse.move(10, 10)
    desk.page.mouse.up()
    assert desk.frames() == [0, 60, 150]


def test_a_pulled_out_point_changes_the_length_in_the_film(desk: Desk) -> None:
    length = desk.page.get_by_label("Length in video", exact=True)
    expect(length).to_have_text("0:04.00")
    desk.drag(desk.page.get_by_role("slider", name="Out", exact=True), -150)
    end = desk.settle()["clip"]["segments_data"]["trimRange"]["end"]
    assert end == pytest.approx(3.5 - 150 / desk.lane_scale(), abs=1 / 60)
    frames = round((end - 0.5 + 1) * 30)  # a second plays at half the speed
    expect(length).to_have_text(f"0:{frames / 30:05.2f}")


def test_numbers_are_typed(desk: Desk) -> None:
    page = desk.page
    at = page.get_by_role("textbox", name="Playhead", exact=True)
    for typed, frame in (("2.5", 150), ("0:03,25", 195), ("1", 60)):
        at.fill(typed)
        page.keyboard.press("Enter")
        assert desk.settle()["frame"] == frame
    page.get_by_role("textbox", name="Left").fill("100")
    page.keyboard.press("Enter")
    assert box_of(desk.state(), 60)["x"] == 100
    page.get_by_role("textbox", name="Out").fill("two")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert").filter(has_text="write it as")).to_be_visible()
    assert desk.state()["clip"]["segments_data"]["trimRange"]["end"] == 3.5


def test_all_times_of_the_page_have_one_form(desk: Desk) -> None:
    page = desk.page
    page.locator('[data-key="60"]').click()
    ruler = page.locator(".ruler text").all_text_contents()
    lines = "\n".join([page.locator("#studio").inner_text(), *page.evaluate(VALUES)])
    times = [each for each in re.findall(r"\d+:\d\d[\d.:;]*", lines) if each not in ("9:16", *ruler)]
    assert len(times) > 15
    assert [each for each in times if not re.fullmatch(r"\d:\d\d\.\d\d", each)] == []
    assert ruler == [f"0:{half / 2:04.1f}" for half in range(9)]


VALUES = """() => [...document.querySelectorAll("input, [aria-valuetext]")].map(
  (each) => each.getAttribute("aria-valuetext") ?? each.value)"""


def test_a_transition_that_is_too_long_says_what_is_legal(desk: Desk) -> None:
    page = desk.page
    page.get_by_role("button", name="Into Bench: Cut").click()
    page.get_by_role("dialog").get_by_role("button", name="Dissolve").click()
    page.get_by_label("Duration").fill("30")
    page.keyboard.press("Enter")
    repair = page.get_by_role("region", name="Timeline").get_by_role("button", name="Make it")
    expect(repair).to_be_visible()
    expect(page.get_by_role("button", name="Into Bench: Dissolve")).to_have_class("entry-mark faulty")
    longest = float(re.findall(r"[\d.]+", repair.inner_text())[0])
    assert 0 < longest <= 4
    repair.click()
    expect(repair).to_be_hidden()
    desk.settle()
    assert desk.state()["clip"]["transition_data"]["duration"] == pytest.approx(longest, abs=0.005)


WRITE_DOWN = """() => {
  window.seen = [];
  const look = () => {
    const { playbackRate, paused } = document.querySelector(".video");
    const plays = document.querySelector("[aria-label=Pause]") ? "playing" : "not playing";
    const now = `${plays}, ${paused ? "held" : playbackRate}`;
    if (seen.at(-1) !== now) seen.push(now);
    requestAnimationFrame(look);
  };
  look();
}"""
"""Write down each change of what is played, from now on: a test may look too late."""


def test_playing_follows_the_trim_the_speed_and_what_is_held(open_page: Open, person: Person, game: Path) -> None:
    held = trim(0.5, 3.5, {"start": 1, "end": 2, "speed": 0.5}, {"at": 1.25, "freeze": 1})
    desk = opened(open_page, edited(person, game, segments_data=held))
    page = desk.page
    page.get_by_role("textbox", name="Playhead", exact=True).fill("70f")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    desk.settle()
    page.evaluate(WRITE_DOWN)
    page.keyboard.press("Space")
    until(page, PASSED, 76)
    seen = page.evaluate("() => seen")
    assert "playing, held" in seen[seen.index("playing, 0.5") :]
    page.keyboard.press("End")
    assert desk.settle()["frame"] == 209
    page.keyboard.press("Space")
    until(page, PASSED, 35)
    assert desk.state()["frame"] < 209


def test_the_crop_is_pulled_by_a_finger(phone: Desk) -> None:
    by, before = phone.picture_scale(), phone.state()["box"]
    phone.touch(phone.page.locator(".crop"), 30)
    moved = phone.state()["box"]
    assert moved["x"] == pytest.approx(before["x"] + 30 * by, abs=SNAP * by)
    phone.touch(phone.page.locator(".grip-e"), -20)
    assert phone.state()["box"]["width"] == pytest.approx(moved["width"] - 20 * by, abs=by)
    phone.touch(phone.page.get_by_role("slider", name="In", exact=True), 40)
    start = phone.state()["clip"]["segments_data"]["trimRange"]["start"]
    assert start == pytest.approx(0.5 + 40 / phone.lane_scale(), abs=SNAP / phone.lane_scale())


def test_two_fingers_zoom_and_pan_the_picture_and_leave_the_crop(phone: Desk) -> None:
    picture, before = phone.page.locator(".picture"), phone.state()["clip"]["crop_data"]
    whole = picture.bounding_box()
    phone.pinch(phone.page.locator(".crop"), (40, 120), -30)
    close = picture.bounding_box()
    assert whole
    assert close
    assert close["width"] == pytest.approx(3 * whole["width"], rel=0.02)
    assert phone.state()["clip"]["crop_data"] == before
    phone.pinch(phone.page.locator(".fitted"), (80, 80), 25)
    moved = picture.bounding_box()
    assert moved
    assert moved["x"] - close["x"] == pytest.approx(25, abs=1)
    phone.touch(phone.page.locator(".crop"), 30)
    assert phone.state()["box"]["x"] != before[0]["x"]


@pytest.fixture
def phone(browser: Browser, site: Site, person: Person, game: Path, watch: Watch) -> Iterator[Desk]:
    """The editor on a phone."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    context.add_cookies([{"name": COOKIE, "value": person.session, "url": site.url}])
    page: Page = watch.on(context.new_page())
    page.goto(f"{site.url}/projects/{edited(person, game)}")
    held = Desk(page)
    held.settle()
    yield held
    context.close()


def test_a_film_by_keys_alone(open_page: Open, person: Person, game: Path) -> None:
    project = edited(person, game)
    desk = opened(open_page, project)
    keys = desk.page.keyboard
    keys.press("]")  # the keyframe at a second
    keys.press("f")
    for _ in range(5):
        keys.press("ArrowRight")
    assert box_of(desk.state(), 60)["x"] == 305
    desk.tab_to("In", "slider")
    for _ in range(6):
        keys.press("ArrowRight")
    keys.press("Shift+S")  # a speed from the new in point on
    desk.tab_to("Speed")
    keys.press("Control+a")
    keys.type("2")
    keys.press("Enter")
    keys.press("Escape")
    keys.press("PageDown")
    keys.press("t")
    desk.tab_to("Transition")
    for _ in range(2):
        keys.press("ArrowDown")
    desk.settle()
    keys.press("Control+s")
    expect(desk.page.locator(".save-state")).to_contain_text("Saved")
    dunk, bench = person.clips(project)
    assert dunk["segments_data"]["trimRange"] == {"start": 0.6, "end": 3.5}
    assert dunk["segments_data"]["spans"][0] == {"start": 0.6, "end": 1, "speed": 2}
    assert dunk["crop_data"][1]["x"] == 305
    assert bench["transition_data"] == {"type": "dissolve", "duration": 0.5}
    keys.press("Escape")
    keys.press("Control+Enter")
    expect(desk.page.get_by_label("Exported video", exact=True)).to_be_visible(timeout=60_000)
    assert [each["state"] for each in person.exports(project)] == ["complete"]


def test_the_sheet_lists_the_keys_and_keeps_them_to_itself(desk: Desk) -> None:
    desk.page.keyboard.press("Shift+ArrowRight")
    before = desk.state()
    assert before["frame"] == 90
    desk.page.keyboard.press("?")
    sheet = desk.page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(sheet).to_contain_text("play or pause")
    desk.page.keyboard.press("i")
    desk.page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    assert desk.state()["clip"] == before["clip"]
    desk.page.keyboard.press("i")
    assert desk.state()["clip"]["segments_data"]["trimRange"] == {"start": 1.5, "end": 3.5}
