"""Turning, mirroring, splitting, joining, freezing and the sound of a clip, in the editor."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import expect

from tests.browser.conftest import KEYS
from tests.browser.desk import GREY, Desk, Json, changed_in_one_step, luma_of, until
from tests.footage.coded import Luma

SCREEN = (180, 320)

DRAWN = """async () => {
  const { filmBox, frame } = await import("/static/studio/playback/now.js");
  const { looksOf } = await import("/static/studio/edit/turns.js");
  const { selected } = await import("/static/studio/edit/store.js");
  const { x, y, width, height } = filmBox.value;
  const { box, looks, source } = document.querySelector("canvas.screen").dataset;
  const turned = Object.values(looksOf(selected.value)).join(" ");
  return (box === [x, y, width, height].join(" ") && looks === turned && source === String(frame.value)) || null;
}"""
"""Whether the preview shows the newest crop and turn of the frame at the playhead."""

CLIPS = """async () => {
  const { draft, draftOf, edit } = await import("/static/studio/edit/store.js");
  const { cropAt, frameShown } = await import("/static/studio/edit/curve.js");
  if (draftOf.value !== edit.value || draft.value.clips.some((clip) => !clip.source)) return null;
  return draft.value.clips.map(({ source, crop, frames, source_fps }) => [...Array(frames).keys()].map((n) => {
    const { x, y, width, height } = cropAt(crop, n);
    return [frameShown(source, n, Number(source_fps)), ...[x, y, width, height].map((side) => Number(side.toFixed(2)))];
  }));
}"""
"""Of every clip and each of its frames in the film: the source frame, and the crop box, by the compiler's draft."""


def looks(state: Json) -> tuple[Any, ...]:
    return tuple(state["clip"][name] or 0 for name in ("turn", "mirror", "rotation"))


def press(desk: Desk, name: str) -> None:
    desk.page.get_by_role("button", name=name, exact=True).click()


def seek(desk: Desk, seconds: float) -> None:
    """Go to a time of the clip; undo goes where it changed something."""
    desk.page.evaluate("async (at) => (await import('/static/studio/playback/player.js')).seek(at)", seconds)
    desk.settle()


def screen(desk: Desk) -> Luma:
    """The preview, once it shows the settled edit."""
    desk.settle()
    until(desk.page, DRAWN)
    found = desk.page.evaluate(f"([w, h]) => ({GREY})(document.querySelector('canvas.screen'), w, h)", list(SCREEN))
    return luma_of(found, SCREEN)


def sampled(picture: Luma, box: Json, at: NDArray[np.float64]) -> NDArray[np.float64]:
    """The luma of a preview at places of the source's picture, in pixels, by the box that it shows."""
    x = ((at[:, 0] - box["x"]) / box["width"] * SCREEN[0]).astype(int)
    y = ((at[:, 1] - box["y"]) / box["height"] * SCREEN[1]).astype(int)
    seen: NDArray[np.float64] = picture[y, x].astype(np.float64)
    return seen


def test_a_quarter_turn_keeps_the_content_framed(desk: Desk) -> None:
    """The crop at frame 60, 157.5x280 at (300, 40) of 640x360: turned, its middle is at (180, 378.75) of 360x640."""
    seek(desk, 1)
    before, was = screen(desk), desk.state()["box"]
    state = changed_in_one_step(desk, lambda: press(desk, "Rotate right"))
    assert looks(state) == (90, 0, 0)
    assert [key["frame"] for key in state["clip"]["crop_data"]] == [0, 60, 150]
    seek(desk, 1)
    press(desk, "Rotate right")
    now, box = screen(desk), desk.state()["box"]
    assert (box["width"], box["height"]) == (280, pytest.approx(280 * 16 / 9, abs=0.01))
    assert (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2) == pytest.approx((180, 378.75), abs=0.01)
    assert desk.page.evaluate("async () => (await import('/static/studio/playback/now.js')).picture.value") == {
        "width": 360,
        "height": 640,
    }
    dice = np.random.default_rng(18)
    at = dice.uniform((was["x"] + 8, was["y"] + 8), (was["x"] + 149, was["y"] + 272), (400, 2))
    turned = np.stack([360 - at[:, 1], at[:, 0]], axis=1)
    alike = np.corrcoef(sampled(before, was, at), sampled(now, box, turned))[0, 1]
    assert alike > 0.8, "the same places have the same luma"
    for _ in range(3):
        press(desk, "Rotate right")
    state = desk.settle()
    assert looks(state) == (0, 0, 0)
    assert state["clip"]["crop_data"] == KEYS, "four turns are none"


def test_a_mirror_exchanges_left_and_right(desk: Desk) -> None:
    seek(desk, 1)
    before = screen(desk).astype(float)
    state = changed_in_one_step(desk, lambda: press(desk, "Mirror"))
    assert looks(state) == (0, True, 0)
    assert [key["x"] for key in state["clip"]["crop_data"]] == [417.5, 182.5, 17.5]
    seek(desk, 1)
    press(desk, "Mirror")
    assert np.abs(screen(desk)[:, ::-1] - before).mean() < 4 < np.abs(screen(desk) - before).mean()
    assert desk.page.get_by_role("button", name="Mirror", exact=True).get_attribute("aria-pressed") == "true"
    press(desk, "Rotate left")
    assert looks(desk.settle()) == (90, True, 0), "to the left on screen, where the picture is mirrored"


def test_a_straightened_crop_is_zoomed_past_black_corners(desk: Desk) -> None:
    field = desk.page.get_by_label("Straighten")
    button = desk.page.get_by_role("button", name="Zoom past corners")
    expect(button).to_be_disabled()
    field.fill("3")
    field.press("Enter")
    seek(desk, 0)
    warned = (
        "async () => (await import('/static/studio/edit/store.js')).draft.value.warnings.map((each) => each.message)"
    )
    assert any("black corners" in message for message in desk.page.evaluate(warned))
    state = changed_in_one_step(desk, lambda: button.click())
    first = state["clip"]["crop_data"][0]
    assert first["width"] < 202.5
    assert first["x"] + first["width"] / 2 == pytest.approx(20 + 202.5 / 2, abs=0.01)
    button.click()
    desk.settle()
    assert not any("black corners" in message for message in desk.page.evaluate(warned))
    expect(button).to_be_disabled()


@pytest.mark.parametrize("frame", [72, 120])
def test_both_halves_of_a_split_clip_show_what_it_showed(desk: Desk, frame: int) -> None:
    """Before the slow span, and in it; then they are joined again."""
    whole, *others = until(desk.page, CLIPS)
    seek(desk, frame / 60)
    state = changed_in_one_step(desk, lambda: desk.page.keyboard.press("s"))
    assert state["order"] == ["Dunk", "Dunk", "Bench", "Crowd"]
    assert (state["frame"], state["clip"]["segments_data"]["trimRange"]) == (frame, {"start": frame / 60, "end": 3.5})
    seek(desk, frame / 60)
    press(desk, "Split")
    first, second, *rest = until(desk.page, CLIPS)
    assert first + second == whole
    assert first
    assert second
    assert rest == others
    desk.page.keyboard.press("PageUp")
    press(desk, "Join with next")
    assert until(desk.page, CLIPS) == [whole, *others]
    assert desk.state()["order"] == ["Dunk", "Bench", "Crowd"]


def test_clips_that_were_not_one_are_not_joined(desk: Desk) -> None:
    desk.page.keyboard.press("Shift+J")
    expect(desk.page.locator(".refused")).to_contain_text("plays on where this one ends")
    assert desk.state()["order"] == ["Dunk", "Bench", "Crowd"]


def test_the_picture_is_frozen_at_the_playhead(desk: Desk) -> None:
    seek(desk, 1)
    state = changed_in_one_step(desk, lambda: press(desk, "Add freeze"))
    assert state["clip"]["segments_data"]["spans"][0] == {"at": 1, "freeze": 1}
    assert state["selection"]["span"] == 0
    seek(desk, 1)
    desk.page.keyboard.press("Shift+F")
    assert {"at": 1, "freeze": 1} in desk.state()["clip"]["segments_data"]["spans"]


def test_volume_and_mute_are_saved(desk: Desk) -> None:
    def stored() -> tuple[Any, Any]:
        desk.page.keyboard.press("Control+s")
        expect(desk.page.locator(".save-state")).to_contain_text("Saved")
        clip = desk.page.evaluate("async () => (await import('/static/studio/edit/store.js')).stored.value.clips[0]")
        return clip["volume"] or 0, clip["mute"] or False

    field = desk.page.get_by_label("Volume", exact=True)
    field.fill("-6")
    field.press("Enter")
    field.press("ArrowUp")
    assert stored() == (-5, False)
    assert desk.page.locator(".video").evaluate("(video) => video.volume") == pytest.approx(10 ** (-5 / 20), abs=1e-6)
    desk.page.get_by_label("Mute").check()
    assert stored() == (-5, True)
    assert desk.page.locator(".video").evaluate("(video) => video.volume") == 0
    field.fill("40")
    field.press("Enter")
    expect(desk.page.get_by_text("From -60 to 20")).to_be_visible()
    desk.page.evaluate("async () => { const { undo } = await import('/static/studio/edit/store.js'); while (undo()); }")
    assert stored() == (0, False)
