"""Every gesture of the editor, by mouse, by wheel and by keys: its effect, its amount, and one step of undo for it.

The tests share one page, on which each begins with the same edit.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import KEYS
from tests.browser.desk import (
    PASSED,
    Desk,
    Json,
    cancelled,
    changed_in_one_step,
    frames_of,
    key_at,
    middle,
    near,
    until,
)

HERE = KEYS[1]
"""The box at frame 60, where each test begins."""

HANDLES = {
    "nw": (-1, -1), "n": (0, -1), "ne": (1, -1), "e": (1, 0), "se": (1, 1), "s": (0, 1), "sw": (-1, 1), "w": (-1, 0),
}  # fmt: skip
"""The side of the box on which each handle is: left or right, top or bottom."""


def test_the_crop_box_moves_as_far_as_the_mouse(free: Desk) -> None:
    by = free.picture_scale()
    state = changed_in_one_step(free, lambda: free.drag(free.page.locator(".crop"), 60, -20))
    key = key_at(state, 60)
    assert (key["x"], key["y"]) == pytest.approx((300 + 60 * by, 40 - 20 * by), abs=1)
    assert (key["width"], key["height"]) == (157.5, 280)


@pytest.mark.parametrize("handle", HANDLES)
def test_a_handle_resizes_the_crop_box_and_the_other_side_stays(desk: Desk, handle: str) -> None:
    side, end = HANDLES[handle]
    inward = (-18 * side, -32 * end)
    state = changed_in_one_step(desk, lambda: desk.drag(desk.page.locator(f".grip-{handle}"), *inward))
    key, less = key_at(state, 60), 18 * desk.picture_scale()
    assert (key["width"], key["height"]) == pytest.approx((157.5 - less, 280 - less * 16 / 9), abs=1)
    assert opposite(key, side, end) == pytest.approx(opposite(HERE, side, end), abs=0.01)


def opposite(box: Json, side: int, end: int) -> tuple[float, float]:
    """The corner, or the middle of the edge, that is opposite to a handle."""
    return box["x"] + box["width"] * (1 - side) / 2, box["y"] + box["height"] * (1 - end) / 2


@pytest.mark.parametrize("what", [".crop", ".handle.in", ".block .start"])
def test_the_first_drag_on_a_new_page_goes_on_to_its_end(free: Desk, what: str) -> None:
    free.page.reload()
    free.settle()
    element = free.page.locator(what)
    x, y = middle(element)
    free.page.keyboard.down("Alt")
    free.drag(element, 60, release=False)
    until(free.page, "() => true")
    assert middle(element) == pytest.approx((x + 60, y), abs=free.lane_scale() / 60)  # a frame
    free.page.mouse.up()
    free.page.keyboard.up("Alt")


def test_a_keyframe_is_dragged_along_its_lane(free: Desk) -> None:
    to = 150 - frames_of(free, 83)
    state = changed_in_one_step(free, lambda: free.drag(free.page.locator('[data-key="150"]'), -83))
    assert [key["frame"] for key in state["clip"]["crop_data"]] == [0, 60, near(to)]
    assert state["frame"] == near(to)


def test_the_in_and_the_out_point_are_dragged(free: Desk) -> None:
    by = frames_of(free, 50)
    for name, dx, end, to in (("In", 50, "start", 30 + by), ("Out", -150, "end", 210 - 3 * by)):
        handle = free.page.get_by_role("slider", name=name, exact=True)
        free.page.keyboard.down("Alt")
        state = changed_in_one_step(free, lambda handle=handle, dx=dx: free.drag(handle, dx))  # type: ignore[misc]
        ends = {"start": 0.5, "end": 3.5, **state["clip"]["segments_data"]["trimRange"]}
        assert ends[end] * 60 == near(to)
        assert [ends[other] for other in ("start", "end") if other != end] == [3.5 if end == "start" else 0.5]
        assert state["frame"] == near(to if end == "start" else to - 1)


@pytest.mark.parametrize("lane", [".ruler", ".film-track .under"])
def test_a_press_moves_the_playhead_and_a_drag_takes_it_along(free: Desk, lane: str) -> None:
    at, by = frames_of(free, 400), frames_of(free, 100)
    box = free.page.locator(lane).bounding_box()
    assert box
    free.page.mouse.move(box["x"] + 400, box["y"] + 6)
    free.page.mouse.down()
    assert free.state()["frame"] == near(at)
    free.page.mouse.move(box["x"] + 450, box["y"] + 6, steps=3)
    free.page.mouse.move(box["x"] + 500, box["y"] + 6, steps=3)
    free.page.mouse.up()
    assert free.state()["frame"] == near(at + by)


def test_a_speed_and_its_ends_are_dragged(free: Desk) -> None:
    by = frames_of(free, 60) / 60
    block = free.page.locator(".block")
    for part, ends in ((".start", (1.5 + by, 2.5)), (".end", (1.5, 2.5 + by)), (".block-body", (1.5 + by, 2.5 + by))):
        free.page.keyboard.down("Alt")
        state = changed_in_one_step(free, lambda part=part: free.drag(block.locator(part), 60))  # type: ignore[misc]
        (span,) = state["clip"]["segments_data"]["spans"]
        assert (span["start"], span["end"]) == pytest.approx(ends, abs=1 / 60)
        assert state["selection"]["span"] == 0


@pytest.mark.parametrize("what", [".crop", ".grip-e", '[data-key="150"]', ".handle.in", ".block .end"])
def test_escape_cancels_a_drag(desk: Desk, what: str) -> None:
    cancelled(desk, lambda: desk.drag(desk.page.locator(what), 44, release=False))


def test_a_click_selects_a_keyframe_and_a_double_click_makes_one(desk: Desk) -> None:
    desk.page.locator('[data-key="150"]').click()
    state = desk.settle()
    assert (state["frame"], state["selection"]["keyframe"]) == (150, 150)
    lane = desk.page.locator(".key-track")
    at = round(frames_of(desk, 500))
    state = changed_in_one_step(desk, lambda: lane.dblclick(position={"x": 500, "y": 13}))
    assert [key["frame"] for key in state["clip"]["crop_data"]] == [0, 60, near(at), 150]


@pytest.mark.parametrize(
    ("what", "selected"),
    [
        (".block-body", {"name": "Dunk", "span": 0, "frame": 90}),
        (".clip-list .clip-body >> nth=1", {"name": "Bench"}),
        (".piece-body >> nth=2", {"name": "Crowd"}),
        (".entry-mark >> nth=0", {"name": "Bench", "transition": True}),
    ],
)
def test_a_click_selects(desk: Desk, what: str, selected: Json) -> None:
    desk.page.locator(what).click()
    state = desk.settle()
    found = {**state["selection"], "name": state["clip"]["name"], "frame": state["frame"]}
    assert {name: found[name] for name in selected} == selected


def test_the_wheel_zooms_at_the_pointer_and_scrolls(desk: Desk) -> None:
    page = desk.page
    whole = desk.view()
    box = page.locator(".tracks").bounding_box()
    assert box
    page.mouse.move(box["x"] + 600, box["y"] + 40)
    page.keyboard.down("Control")
    page.mouse.wheel(0, -300)
    close = desk.view_changed(whole)
    page.keyboard.up("Control")
    assert close["scale"] == pytest.approx(whole["scale"] * 2.718, rel=0.01)
    assert close["start"] + 600 / close["scale"] == pytest.approx(600 / whole["scale"], abs=0.02)
    page.mouse.wheel(200, 0)
    moved = desk.view_changed(close)
    page.wait_for_function("() => document.querySelector('.scroll').scrollLeft > 0")
    assert moved["start"] - close["start"] == pytest.approx(200 / close["scale"], abs=0.02)
    page.locator(".scroll").evaluate("(bar) => { bar.scrollLeft = 90; }")
    assert desk.view_changed(moved)["start"] == pytest.approx(90 / close["scale"], abs=0.02)


@pytest.mark.parametrize("items", [".clip-list .clip-body", ".pieces .piece"])
def test_a_clip_is_dragged_behind_the_others(desk: Desk, items: str) -> None:
    clips = desk.page.locator(items)

    def pull() -> None:
        desk.page.mouse.move(*middle(clips.nth(0)))
        desk.page.mouse.down()
        for each in (1, 2):
            x, y = middle(clips.nth(each))
            desk.page.mouse.move(x + 8, y + 12, steps=8)
        desk.page.mouse.up()
        desk.page.wait_for_function("() => !document.querySelector('.sortable-chosen, .sortable-ghost')")

    assert changed_in_one_step(desk, pull)["order"] == ["Bench", "Crowd", "Dunk"]


ARROWS = [
    (".crop", "ArrowRight", lambda state: key_at(state, 60)["x"], 301),
    (".crop", "Shift+ArrowUp", lambda state: key_at(state, 60)["y"], 30),
    (".crop", "+", lambda state: key_at(state, 60)["width"], 157.5 * 1.02),
    (".crop", "-", lambda state: key_at(state, 60)["width"], 157.5 / 1.02),
    (".handle.in", "ArrowRight", lambda state: state["clip"]["segments_data"]["trimRange"]["start"] * 60, 31),
    (".handle.out", "Shift+ArrowLeft", lambda state: state["clip"]["segments_data"]["trimRange"]["end"] * 60, 150),
    (".block .start", "ArrowLeft", lambda state: state["clip"]["segments_data"]["spans"][0]["start"] * 60, 89),
    (".block .end", "ArrowRight", lambda state: state["clip"]["segments_data"]["spans"][0]["end"] * 60, 151),
    (".block-body", "ArrowRight", lambda state: state["clip"]["segments_data"]["spans"][0]["start"] * 60, 91),
    (".numbers input >> nth=0", "ArrowUp", lambda state: key_at(state, 60)["x"], 301),
    (".times input >> nth=1", "Shift+ArrowUp", lambda state: state["clip"]["segments_data"]["trimRange"]["start"], 1.5),
    ('[data-key="150"]', "Shift+ArrowLeft", lambda state: state["clip"]["crop_data"][2]["frame"], 140),
]


@pytest.mark.parametrize(("what", "keys", "value", "after"), ARROWS, ids=[f"{each[0]} {each[1]}" for each in ARROWS])
def test_a_key_moves_what_has_the_focus(
    desk: Desk, what: str, keys: str, value: Callable[[Json], float], after: float
) -> None:
    def press() -> None:
        desk.page.locator(what).focus()
        desk.page.keyboard.press(keys)

    assert value(changed_in_one_step(desk, press)) == pytest.approx(after, abs=0.001)


def test_keys_move_the_playhead_that_has_the_focus(desk: Desk) -> None:
    hold = desk.page.get_by_role("slider", name="Playhead", exact=True)
    hold.focus()
    for keys, frame in (("ArrowRight", 61), ("PageUp", 121), ("Home", 0), ("End", 239)):
        desk.page.keyboard.press(keys)
        assert desk.state()["frame"] == frame


@pytest.mark.parametrize("where", ["button", "check box", "choice"])
def test_space_plays_after_a_click_on_a_control(desk: Desk, where: str) -> None:
    page = desk.page
    if where == "button":
        page.get_by_role("button", name="Zoom in").click()
    elif where == "check box":
        page.get_by_label("Snap").dblclick()  # off and on again
    else:
        choice = page.get_by_role("combobox", name="Damaged parts")
        choice.click()
        page.keyboard.press("Escape")  # the list of the browser is closed
        choice.select_option("refuse")
    before = desk.settle()["frame"]
    page.keyboard.press("Space")
    until(page, PASSED, before)
    expect(page.get_by_role("button", name="Pause", exact=True)).to_be_visible()
    page.keyboard.press("k")


def test_space_presses_a_button_that_keys_have_reached(desk: Desk) -> None:
    page = desk.page
    before = desk.lane_scale()
    page.get_by_role("button", name="Zoom out").click()
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert desk.lane_scale() == pytest.approx(1.5 * before)
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
