"""The stage: zoomed and panned by wheel, mouse, keys and buttons; gestures stay exact; one framing for several clips.

The tests share one page with those of other gestures; each begins with the same edit.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import FloatRect, expect

from tests.browser.conftest import BEGIN
from tests.browser.desk import Desk, changed_in_one_step, key_at, middle


def place(desk: Desk, what: str = ".picture") -> FloatRect:
    box = desk.page.locator(what).bounding_box()
    assert box
    return box


def wheel(desk: Desk, x: float, y: float, dx: float, dy: float, *, control: bool = False) -> None:
    desk.page.mouse.move(x, y)
    if control:
        desk.page.keyboard.down("Control")
    desk.page.mouse.wheel(dx, dy)
    if control:
        desk.page.keyboard.up("Control")


def test_the_wheel_zooms_the_picture_at_the_pointer_and_pans_it(desk: Desk) -> None:
    whole = place(desk)
    x, y = whole["x"] + 0.6 * whole["width"], whole["y"] + 0.4 * whole["height"]
    wheel(desk, x, y, 0, -300, control=True)
    desk.page.wait_for_function(
        "(wide) => document.querySelector('.picture').clientWidth > 2 * wide", arg=whole["width"]
    )
    close = place(desk)
    assert close["width"] == pytest.approx(whole["width"] * 2.718, rel=0.01)
    assert (x - close["x"]) / close["width"] == pytest.approx(0.6, abs=0.002)
    assert (y - close["y"]) / close["height"] == pytest.approx(0.4, abs=0.002)
    wheel(desk, x, y, 30, 20)
    desk.page.wait_for_function(
        "(left) => document.querySelector('.picture').getBoundingClientRect().x < left", arg=close["x"]
    )
    moved = place(desk)
    assert (close["x"] - moved["x"], close["y"] - moved["y"]) == pytest.approx((30, 20), abs=1)


def test_the_middle_button_and_the_hand_pan_the_picture_and_not_the_crop(desk: Desk) -> None:
    page = desk.page
    for _ in range(3):
        page.keyboard.press("Alt+Equal")
    before, box = place(desk), desk.state()["box"]
    x, y = middle(page.locator(".fitted"))
    for button, dx, dy in (("middle", 40, -25), ("left", -30, 15)):
        if button == "left":
            page.keyboard.press("h")
        page.mouse.move(x, y)
        page.mouse.down(button=button)  # type: ignore[arg-type]
        page.mouse.move(x + dx, y + dy, steps=4)
        page.mouse.up(button=button)  # type: ignore[arg-type]
        after = place(desk)
        assert (after["x"] - before["x"], after["y"] - before["y"]) == pytest.approx((dx, dy), abs=1), button
        before = after
    assert desk.state()["box"] == box
    page.get_by_role("button", name="Hand").focus()
    page.keyboard.press("ArrowRight")
    fitted = place(desk)["x"] - before["x"]
    assert fitted == pytest.approx(-before["width"] / 3.375 / 10, abs=1)


def test_gestures_are_exact_while_the_stage_is_zoomed(free: Desk) -> None:
    for _ in range(2):
        free.page.get_by_role("button", name="Zoom stage in").click()
    by = free.picture_scale()
    assert by < 640 / place(free, ".fitted")["width"]
    state = changed_in_one_step(free, lambda: free.drag(free.page.locator(".crop"), 60, -20))
    key = key_at(state, 60)
    assert (key["x"], key["y"]) == pytest.approx((300 + 60 * by, 40 - 20 * by), abs=0.5)
    state = changed_in_one_step(free, lambda: free.drag(free.page.locator(".grip-w"), 18))
    assert key_at(state, 60)["width"] == pytest.approx(157.5 - 18 * by, abs=0.5)


def test_buttons_and_keys_zoom_about_the_crop_and_fit(desk: Desk) -> None:
    page = desk.page
    whole = place(desk)
    zoomed = page.get_by_role("button", name="Whole picture")
    expect(zoomed).to_have_text("100 %")
    closer, farther = (page.get_by_role("button", name=f"Zoom stage {way}") for way in ("in", "out"))
    for press, wide in ((closer, 1.5), ("Equal", 2.25), ("Minus", 1.5), (farther, 1), ("Equal", 1.5), (zoomed, 1)):
        if isinstance(press, str):
            page.keyboard.press(f"Alt+{press}")
        else:
            press.click()
        expect(zoomed).to_have_text(f"{100 * wide:.0f} %")
        assert place(desk)["width"] == pytest.approx(whole["width"] * wide, abs=1)
    closer.click()
    page.keyboard.press("Alt+Digit0")
    assert place(desk) == whole


def test_a_box_that_snaps_shows_the_line(desk: Desk) -> None:
    page = desk.page
    by = desk.picture_scale()
    x, y = middle(page.locator(".crop"))
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 30 / by, y, steps=3)
    page.mouse.move(x - (300 + 157.5 / 2 - 320) / by + 3, y, steps=3)
    assert key_at(desk.state(), 60)["x"] == pytest.approx(320 - 157.5 / 2, abs=0.01)
    assert page.locator(".guide").first.get_attribute("x1") == "320"
    page.mouse.up()
    expect(page.locator(".guide")).to_have_count(0)


def test_a_drag_on_the_timeline_that_snaps_names_the_line(desk: Desk) -> None:
    page = desk.page
    scale = desk.lane_scale() / 60
    x, y = middle(page.locator('[data-key="150"]'))
    for frame, name in ((60, "Playhead"), (90, "Speed"), (239.6, "End of clip"), (30, "In")):
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + (frame - 150) * scale / 2, y, steps=3)
        page.mouse.move(x + (frame - 150) * scale + 3, y, steps=3)
        line = page.locator(".snap-line")
        expect(line).to_have_text(name)
        edge = line.bounding_box()
        lanes = place(desk, ".tracks")
        assert edge
        assert edge["x"] - lanes["x"] == pytest.approx(round(frame) * scale, abs=1.5)
        page.keyboard.press("Escape")
        page.mouse.up()
        expect(line).to_have_count(0)


def test_one_framing_is_applied_to_the_whole_clip_and_to_all_clips(desk: Desk) -> None:
    page = desk.page
    alone = [{"frame": 0, "x": 300, "y": 40, "width": 157.5, "height": 280}]
    state = changed_in_one_step(desk, page.get_by_role("button", name="Apply to whole clip").click)
    assert state["clip"]["crop_data"] == alone
    desk.page.evaluate(BEGIN, 1)  # undo shows where it acts, which moved the playhead
    desk.settle()
    every = page.get_by_role("button", name="Apply to all clips")
    every.click()
    assert crops(desk) == [alone, alone, alone]
    expect(page.get_by_role("status").filter(has_text="On 3 clips now")).to_be_visible()
    page.keyboard.press("Control+z")
    assert [len(each) for each in crops(desk)] == [3, 1, 1]
    expect(every).to_be_visible()


def crops(desk: Desk) -> list[list[dict[str, float]]]:
    found: list[list[dict[str, float]]] = desk.page.evaluate(
        "async () => (await import('/static/studio/edit/store.js')).clips.value.map((each) => each.crop_data)"
    )
    return found
