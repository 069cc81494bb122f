"""The editor for tests: its state, places on the screen, drags by mouse and by touch."""

from __future__ import annotations

import base64
import os
import shutil
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Locator, Page

from tests.footage.coded import Luma

Json = dict[str, Any]

STATE = """async () => {
  const store = await import("/static/studio/edit/store.js");
  const now = await import("/static/studio/playback/now.js");
  const clip = store.selected.value;
  return {
    clip, selection: store.selection.value, frame: now.frame.value, box: now.box.value, waiting: now.waiting.value,
    refused: store.error.value, order: store.clips.value.map((each) => each.name), dirty: store.dirty.value,
  };
}"""

SETTLED = """async () => {
  const { video, shownFrame } = await import("/static/studio/playback/player.js");
  const now = await import("/static/studio/playback/now.js");
  const element = video.value;
  if (now.waiting.value || !element || element.seeking) return null;
  return shownFrame.value === now.frame.value || null;
}"""

SEEN = """async () => {
  const { video, shownFrame } = await import("/static/studio/playback/player.js");
  const { frame, waiting } = await import("/static/studio/playback/now.js");
  const names = ["seeking", "paused", "readyState", "networkState", "currentTime", "duration", "src"];
  const of = (element) => ({ ...Object.fromEntries(names.map((name) => [name, element[name]])), ...element.dataset });
  return {
    frame: frame.value, onScreen: shownFrame.value, waiting: waiting.value, error: video.value?.error?.message,
    elements: [...document.querySelectorAll("video, .screen")].map(of),
    note: document.querySelector(".stage-note")?.textContent,
  };
}"""
"""The state of the stage and the preview, for the message of a test that fails."""

PASSED = """async (frame) => {
  const { shownFrame } = await import("/static/studio/playback/player.js");
  return shownFrame.value > frame || null;
}"""
"""Whether the picture on screen is later than a frame."""

VIEW_CHANGED = """async (before) => {
  const { view } = await import("/static/studio/playback/window.js");
  return view.value.start !== before.start || view.value.scale !== before.scale ? view.value : null;
}"""

UNTIL = """async (argument) => {
  const asked = %s;
  for (const deadline = performance.now() + 30000; performance.now() < deadline; ) {
    const answer = await asked(argument);
    if (answer !== null) return answer;
    await new Promise((done) => setTimeout(done, 20));
  }
  throw new Error(`it never came to this: ${JSON.stringify(await (%s)())}`);
}"""


def until(page: Page, condition: str, argument: Any = None) -> Any:
    """The first result of an asynchronous function on the page that is not null. (Playwright awaits none itself.)"""
    return page.evaluate(UNTIL % (condition, SEEN), argument)


def chromium() -> str | None:
    """The system's Chromium; preferably the headless shell, which needs a third less processor time."""
    return os.environ.get("CHROMIUM") or shutil.which("chromium-headless-shell") or shutil.which("chromium")


class Desk:
    """A page with the editor open on it."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def settle(self) -> Json:
        """Wait until the picture and the draft match the edit; return the state."""
        until(self.page, SETTLED)
        return self.state()

    def state(self) -> Json:
        """The editor's state of the selected clip."""
        state: Json = self.page.evaluate(STATE)
        return state

    def picture_scale(self) -> float:
        """Pixels of the picture for one pixel of the screen."""
        width = self.page.evaluate("async () => (await import('/static/studio/playback/now.js')).picture.value.width")
        box = self.page.locator(".picture").bounding_box()
        assert box
        return float(width / box["width"])

    def lane_scale(self) -> float:
        """Pixels of the timeline for one second."""
        return float(self.view()["scale"])

    def view(self) -> Json:
        """The part of the clip that the timeline shows."""
        view: Json = self.page.evaluate("async () => (await import('/static/studio/playback/window.js')).view.value")
        return view

    def view_changed(self, before: Json) -> Json:
        """The part of the clip that the timeline shows, as soon as it is another one: wheels are reported later."""
        view: Json = until(self.page, VIEW_CHANGED, before)
        return view

    def frames(self) -> list[int]:
        """The frames of the keyframes."""
        return [key["frame"] for key in self.state()["clip"]["crop_data"]]

    def drag(self, what: Locator, dx: float, dy: float = 0, *, release: bool = True) -> None:
        """Drag an element by its middle with the mouse."""
        x, y = middle(what)
        self.page.mouse.move(x, y)
        self.page.mouse.down()
        for part in range(1, 7):
            self.page.mouse.move(x + dx * part / 6, y + dy * part / 6)
        if release:
            self.page.mouse.up()

    def touch(self, what: Locator, dx: float, dy: float = 0) -> None:
        """Drag an element by its middle with a finger."""
        x, y = middle(what)
        self._fingers([[(x + dx * part / 6, y + dy * part / 6)] for part in range(7)])

    def pinch(self, what: Locator, apart: tuple[float, float], dx: float = 0) -> None:
        """Put two fingers about the middle of an element, one after the other, move them apart and aside."""
        x, y = middle(what)
        wide = [apart[0] + (apart[1] - apart[0]) * part / 6 for part in range(7)]
        pairs = [[(x + dx * part / 6 + side * each / 2, y) for side in (-1, 1)] for part, each in enumerate(wide)]
        self._fingers([pairs[0][:1], [(pairs[0][0][0] + 20, y)], *pairs])

    def _fingers(self, path: list[list[tuple[float, float]]]) -> None:
        """Move fingers along a path, and lift them after a rest: after a fling, a tap only stops the fling."""
        session, begun = self.page.context.new_cdp_session(self.page), time.time() - 1
        held = 0
        for step, points in enumerate(path):
            kind = "touchStart" if len(points) > held else "touchMove"
            held = len(points)
            named = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
            event = {"type": kind, "touchPoints": named, "timestamp": begun + step / 50}
            session.send("Input.dispatchTouchEvent", event)
        session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": [], "timestamp": begun + 1})

    def tab_to(self, name: str, role: str | None = None) -> None:
        """Press Tab until an element of this name has the focus."""
        for _ in range(120):
            self.page.keyboard.press("Tab")
            if self.page.evaluate(FOCUSED, [name, role]):
                return
        raise AssertionError(f"Tab does not reach {name}")


def edit(desk: Desk) -> Json:
    """Everything that a gesture can change of the edit."""
    state = desk.state()
    return {"clip": [state["clip"][name] for name in ("crop_data", "segments_data")], "order": state["order"]}


def changed_in_one_step(desk: Desk, gesture: Callable[[], None]) -> Json:
    """The state after a gesture that changed the edit; one step of undo gives the edit back."""
    before = edit(desk)
    gesture()
    after = desk.state()
    assert edit(desk) != before
    desk.page.keyboard.up("Alt")
    desk.page.evaluate("() => document.activeElement.blur()")  # a text field has an undo of its own
    desk.page.keyboard.press("Control+z")
    assert edit(desk) == before
    return after


def cancelled(desk: Desk, gesture: Callable[[], None]) -> None:
    """Check that Escape takes a drag back while the button is held, and that the drag is over then."""
    before = edit(desk)
    gesture()
    assert edit(desk) != before
    desk.page.keyboard.press("Escape")
    assert edit(desk) == before
    desk.page.mouse.move(700, 300)
    desk.page.mouse.up()
    assert edit(desk) == before
    assert desk.page.locator(".dragged, .guide, .snap-line, .band").count() == 0
    desk.page.keyboard.press("i")
    later = edit(desk)
    desk.page.keyboard.press("Escape")
    assert edit(desk) == later != before
    desk.page.keyboard.press("Control+z")


def frames_of(desk: Desk, pixels: float) -> float:
    """The frames that some pixels of the timeline stand for."""
    return pixels / desk.lane_scale() * 60


def near(value: float) -> object:
    """A frame within one: the mouse stands on whole pixels."""
    return pytest.approx(value, abs=1)


def key_at(state: Json, frame: int) -> Json:
    found: Json = next(key for key in state["clip"]["crop_data"] if key["frame"] == frame)
    return found


FOCUSED = """([name, role]) => {
  const at = document.activeElement;
  const named = at?.getAttribute("aria-label") ?? at?.labels?.[0]?.textContent ?? at?.textContent ?? "";
  return named.trim() === name && (!role || at.getAttribute("role") === role);
}"""


def middle(what: Locator) -> tuple[float, float]:
    """The middle of an element on the screen."""
    what.scroll_into_view_if_needed()
    box = what.bounding_box()
    assert box, what
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


Open = Callable[[str], Page]


def opened(open_page: Open, project: str) -> Desk:
    """The editor of a project, its first clip on screen."""
    desk = Desk(open_page(f"/projects/{project}"))
    desk.settle()
    return desk


GREY = """(picture, width, height) => {
  const context = new OffscreenCanvas(width, height).getContext("2d");
  context.drawImage(picture, 0, 0, width, height);
  const { data } = context.getImageData(0, 0, width, height);
  const luma = (at) => 0.2126 * data[at] + 0.7152 * data[at + 1] + 0.0722 * data[at + 2];
  const bytes = Uint8Array.from({ length: width * height }, (_, i) => luma(4 * i));
  let text = "";
  for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return btoa(text);
}"""
"""The luma of a canvas or a video, as text."""


def luma_of(text: str, size: tuple[int, int]) -> Luma:
    """The luma, from the text that GREY returns."""
    return np.frombuffer(base64.b64decode(text), np.uint8).reshape(size[1], size[0])


def picture_of(page: Page, size: tuple[int, int] = (640, 360)) -> Luma:
    """The source's picture on screen."""
    return luma_of(page.evaluate(f"([w, h]) => ({GREY})(document.querySelector('.video'), w, h)", list(size)), size)
