"""Several keyframes at once: selected, moved, copied, pasted and deleted, by mouse and by keys.

The tests share one page with those of other gestures; each begins with the same edit.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.desk import Desk, Json, cancelled, changed_in_one_step, frames_of, middle, near


def key(desk: Desk, frame: int) -> Locator:
    return desk.page.locator(f'[data-key="{frame}"]')


def chosen(desk: Desk) -> list[int]:
    frames: list[int] = desk.state()["selection"]["keyframes"]
    return frames


def pull_over(desk: Desk, frame: float, other: float) -> None:
    """Drag over the ground of the lane, from 12 pixels beside one frame to 12 pixels past another."""
    lane = desk.page.locator(".key-track").bounding_box()
    assert lane
    scale = desk.lane_scale() / 60
    side = 14 if other > frame else -14
    desk.page.mouse.move(lane["x"] + frame * scale - side, lane["y"] + 6)
    desk.page.mouse.down()
    desk.page.mouse.move(lane["x"] + other * scale + side, lane["y"] + 20, steps=5)


def test_clicks_select_several_keyframes(desk: Desk) -> None:
    key(desk, 150).click()
    key(desk, 0).click(modifiers=["Control"])
    assert chosen(desk) == [0, 150]
    key(desk, 0).click(modifiers=["Control"])
    assert chosen(desk) == [150]
    key(desk, 60).click(modifiers=["Shift"])
    assert chosen(desk) == [60, 150]
    key(desk, 0).click(modifiers=["Shift"])
    assert chosen(desk) == [0, 60, 150]
    assert desk.state()["frame"] == 150
    expect(desk.page.get_by_role("group", name="Keyframe", exact=True)).to_contain_text("3 keyframes")
    key(desk, 60).click()
    assert chosen(desk) == [60]


def test_a_drag_over_the_lane_selects_keyframes(desk: Desk) -> None:
    pull_over(desk, 60, 150)
    expect(desk.page.locator(".band")).to_be_visible()
    assert chosen(desk) == [60, 150]
    desk.page.mouse.up()
    expect(desk.page.locator(".band")).to_have_count(0)
    desk.page.keyboard.down("Control")
    pull_over(desk, 30, 0)
    desk.page.mouse.up()
    desk.page.keyboard.up("Control")
    assert chosen(desk) == [0, 60, 150]


def test_keys_select_several_keyframes(desk: Desk) -> None:
    page = desk.page
    page.keyboard.press("]")
    page.keyboard.press("Shift+[")
    assert chosen(desk) == [60, 150]
    key(desk, 0).focus()
    page.keyboard.press("Control+a")
    assert chosen(desk) == [0, 60, 150]
    page.keyboard.press("Escape")
    page.locator(".key-track").click(position={"x": 500, "y": 14})
    page.keyboard.press("Control+a")
    assert chosen(desk) == [0, 60, 150]


def test_selected_keyframes_are_dragged_together_and_stop_at_the_clips_end(free: Desk) -> None:
    free.page.keyboard.up("Alt")
    key(free, 60).click()
    key(free, 150).click(modifiers=["Control"])
    free.page.keyboard.down("Alt")
    by = frames_of(free, 70)
    state = changed_in_one_step(free, lambda: free.drag(key(free, 60), 70))
    first, second, third = (each["frame"] for each in state["clip"]["crop_data"])
    assert (first, second, third - second) == (0, near(60 + by), 90)
    assert state["selection"]["keyframes"] == [second, third]
    assert state["frame"] == second
    key(free, 60).click()
    key(free, 150).click(modifiers=["Control"])
    free.page.keyboard.down("Alt")
    state = changed_in_one_step(free, lambda: free.drag(key(free, 150), 600))
    assert [each["frame"] for each in state["clip"]["crop_data"]] == [0, 149, 239]


def test_a_drag_of_several_keyframes_is_cancelled(desk: Desk) -> None:
    key(desk, 60).click()
    key(desk, 150).click(modifiers=["Shift"])
    cancelled(desk, lambda: desk.drag(key(desk, 60), 44, release=False))
    assert desk.state()["frame"] == 60


def test_arrows_move_the_selected_keyframes_and_none_is_replaced(desk: Desk) -> None:
    page = desk.page
    key(desk, 150).click()
    key(desk, 60).click(modifiers=["Shift"])

    def press() -> None:
        key(desk, 60).focus()
        page.keyboard.press("Shift+ArrowLeft")
        page.keyboard.press("ArrowRight")

    state = changed_in_one_step(desk, press)
    assert [each["frame"] for each in state["clip"]["crop_data"]] == [0, 51, 141]
    key(desk, 60).click()
    for _ in range(6):
        page.keyboard.press("Shift+ArrowLeft")
    assert desk.frames() == [0, 10, 150]
    expect(page.get_by_role("alert").filter(has_text="There is a keyframe at 0:00.00 already")).to_be_visible()


def test_copied_keyframes_are_pasted_at_the_playhead_of_another_clip(desk: Desk) -> None:
    page = desk.page
    key(desk, 60).click()
    key(desk, 150).click(modifiers=["Shift"])
    page.keyboard.press("Control+c")
    page.locator(".clip-list .clip-body").nth(1).click()
    desk.settle()
    page.get_by_role("textbox", name="Playhead", exact=True).fill("100f")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    desk.settle()
    state = changed_in_one_step(desk, lambda: page.keyboard.press("Control+v"))
    assert state["clip"]["name"] == "Bench"
    boxes = [(each["frame"], each["x"], each.get("ease")) for each in state["clip"]["crop_data"]]
    assert boxes == [(0, 20, None), (100, 300, "smooth"), (190, 420, "linear")]
    assert state["selection"]["keyframes"] == [100, 190]
    desk.page.get_by_role("textbox", name="Playhead", exact=True).fill("200f")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    page.keyboard.press("Control+v")
    expect(page.get_by_role("alert").filter(has_text="the clip ends before")).to_be_visible()
    assert desk.frames() == [0]


@pytest.mark.parametrize("way", ["Delete", "button"])
def test_selected_keyframes_are_deleted_together(desk: Desk, way: str) -> None:
    key(desk, 0).click()
    key(desk, 60).click(modifiers=["Control"])

    def gone() -> None:
        if way == "button":
            desk.page.get_by_role("button", name="Delete keyframes").click()
        else:
            desk.page.keyboard.press("Delete")

    assert [each["frame"] for each in changed_in_one_step(desk, gone)["clip"]["crop_data"]] == [150]


def test_an_ease_is_chosen_by_its_shape_for_all_selected_keyframes(desk: Desk) -> None:
    page = desk.page
    lane = page.locator(".between path")
    shapes = [lane.nth(each).get_attribute("d") for each in range(2)]
    assert all(shape and shape.count("L") == 12 for shape in shapes)
    key(desk, 0).click()
    key(desk, 60).click(modifiers=["Shift"])
    hold = page.get_by_role("button", name="Hold, then jump")
    state: Json = changed_in_one_step(desk, hold.click)
    assert [each.get("ease") for each in state["clip"]["crop_data"]] == ["hold", "hold", "linear"]
    page.keyboard.press("Control+Shift+z")
    expect(hold).to_have_attribute("aria-pressed", "true")
    left, right = (middle(key(desk, frame))[0] for frame in (0, 60))
    held = lane.nth(0).bounding_box()
    assert held
    assert (held["x"], held["x"] + held["width"]) == pytest.approx((left + 10, right - 10), abs=4)
    assert lane.nth(0).get_attribute("d") != shapes[0]
