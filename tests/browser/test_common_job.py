"""The common job: three clips, 9:16, five keyframes with a zoom, two dissolves, exported and downloaded.

It is done by mouse, by touch and by keys alone, in few steps, and the downloaded film shows what the page shows.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, FileChooser, Locator, Page, Route, expect

from server.web.identity import COOKIE
from tests.browser.conftest import Watch
from tests.browser.desk import GREY, Desk, luma_of, until
from tests.browser.person import Person
from tests.browser.test_preview import SHOW, psnr, to_video
from tests.footage import blobs, coded, read
from tests.footage.coded import H264
from tests.server.site import Site

SIZE = (360, 640)
SETTINGS = {
    "canvas": {"width": SIZE[0], "height": SIZE[1], "fps": 30},
    "encode": {"preset": "ultrafast", "crf": 10},
    "audio": {"include": False},
}
"""A film that renders quickly; the browser's request for a new project gets them, because no step of the job does."""
CLICKS, DRAGS = 15, 5
"""The most steps of the job by mouse or by touch; it takes 14 and 4."""
TIMES = (15, 30, 45, 59)
"""Frames of the first clip at which keyframes are set, after the one at 0 that every new clip has."""
LIKE = 44.0
"""dB of PSNR between the page's canvas and the film's frame: 47 where they agree, at most 38 a frame beside."""

PAGE_AT = """async (number) => {
  const { video, shownFrame } = await import("/static/studio/playback/player.js");
  const { frame } = await import("/static/studio/playback/now.js");
  const screen = document.querySelector(".screen");
  if (!video.value || video.value.seeking || shownFrame.value !== frame.value) return null;
  if (screen.dataset.mixed !== "whole") return null;
  if (screen.dataset.frame !== String(number) || screen.dataset.source !== String(frame.value)) return null;
  return (GREY)(screen, 360, 640);
}""".replace("GREY", GREY)

SELECT = "async (id) => (await import('/static/studio/edit/store.js')).select({ clip_id: id })"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory, embedded: str) -> list[Path]:
    """Three clips of two seconds, 960x540: blobs that move, in three views."""
    folder, scene = tmp_path_factory.mktemp("job"), blobs.blob_scene()[::2, ::2]
    views = {"one": scene, "two": scene[::-1], "three": scene[:, ::-1]}
    for name, view in views.items():
        command = [
            embedded,
            "-v",
            "error",
            "-y",
            "-f",
            "rawvideo",
            "-pix_fmt",
            "yuv420p",
            *coded.BT709,
            "-s",
            "960x540",
        ]
        command += ["-r", "30", "-i", "pipe:0", *H264[:4], "-crf", "8", "-g", "10", "-pix_fmt", "yuv420p", *coded.BT709]
        moving = (coded.yuv420p(np.roll(view, 3 * frame, axis=1)) for frame in range(60))
        coded.feed([*command, str(folder / f"{name}.mp4")], moving)
    return [folder / f"{name}.mp4" for name in views]


class Hands:
    """A mouse, or a finger; its steps are counted."""

    def __init__(self, page: Page, *, touch: bool) -> None:
        self.desk, self.page, self.touch = Desk(page), page, touch
        self.clicks = self.drags = 0

    def press(self, what: Locator, x: float | None = None) -> None:
        """Click or tap an element, in its middle or `x` pixels from its left edge."""
        self.clicks += 1
        place: Any = {} if x is None else {"position": {"x": x, "y": 8}}
        (what.tap if self.touch else what.click)(**place)

    def pull(self, what: Locator, dx: float, dy: float = 0) -> None:
        """Drag an element."""
        self.drags += 1
        (self.desk.touch if self.touch else self.desk.drag)(what, dx, dy)


def job_by_hand(hands: Hands, files: list[Path]) -> Path:
    """Do the job; the path of the downloaded film."""
    page, desk = hands.page, hands.desk
    hands.press(page.get_by_role("button", name="New project"))
    page.keyboard.type("The common job")
    hands.press(page.get_by_role("button", name="Create project"))
    hands.press(page.get_by_role("button", name="Add clips").first)
    uploaded(page, files, lambda: hands.press(page.get_by_role("button", name="Choose files…")))
    for frame in TIMES:
        hands.press(page.locator(".ruler"), frame / 30 * desk.lane_scale() + 2)
        desk.settle()
        if frame == TIMES[2]:
            hands.pull(page.locator(".grip-nw"), 24, 42)
        else:
            hands.pull(page.locator(".crop"), 30 if frame != TIMES[1] else -50)
    for name in ("two.mp4", "three.mp4"):
        hands.press(page.get_by_role("button", name=f"Into {name}: Cut"))
        hands.press(page.get_by_role("dialog").get_by_role("button", name="Dissolve", exact=True))
    hands.press(page.get_by_role("button", name="Export", exact=True))
    return downloaded(page, lambda: hands.press(page.get_by_role("link", name="Download")))


def uploaded(page: Page, files: list[Path], choose: Callable[[], None]) -> None:
    """Choose files, and wait until they are clips that can be edited."""
    with page.expect_file_chooser() as asked:
        choose()
    chooser: FileChooser = asked.value
    chooser.set_files(files)
    expect(page.locator(".clip-list .clip-name")).to_have_text([each.name for each in files])
    Desk(page).settle()


def downloaded(page: Page, press: Callable[[], None]) -> Path:
    """Download the film as soon as it is there."""
    expect(page.get_by_role("link", name="Download")).to_be_visible(timeout=60_000)
    with page.expect_download() as begun:
        press()
    return begun.value.path()


def check(page: Page, film: Path) -> None:
    """The edit is that of the job, and the film shows what the page shows, in the clips and in the dissolves."""
    clips = page.evaluate("async () => (await import('/static/studio/edit/store.js')).clips.value")
    keys = clips[0]["crop_data"]
    assert [key["frame"] for key in keys] == [0, *(pytest.approx(frame, abs=1) for frame in TIMES)]
    assert min(key["width"] for key in keys) < 0.9 * keys[0]["width"]
    assert len({key["x"] for key in keys}) >= 4
    assert [(clip["transition_data"] or {}).get("type") for clip in clips] == [None, "dissolve", "dissolve"]
    drafted = page.evaluate("async () => (await import('/static/studio/edit/store.js')).draft.value.clips")
    film_frames = list(read.luma(film))
    assert len(film_frames) == drafted[-1]["first_frame"] + drafted[-1]["frames"]
    for index, clip in enumerate(drafted):
        page.evaluate(
            "async (id) => (await import('/static/studio/edit/store.js')).select({ clip_id: id })", clip["clip_id"]
        )
        Desk(page).settle()
        for number in (0, clip["frames"] // 3, clip["frames"] - 4):
            page.evaluate(SHOW, number)
            seen = to_video(luma_of(until(page, PAGE_AT, number), SIZE))
            assert psnr(seen, film_frames[clip["first_frame"] + number]) > LIKE, f"frame {number} of clip {index}"


@contextmanager
def window(browser: Browser, site: Site, person: Person, watch: Watch, **more: Any) -> Iterator[Page]:
    """A window on the projects of a new user, in which new projects are small."""
    context = browser.new_context(reduced_motion="reduce", accept_downloads=True, **more)
    context.add_cookies([{"name": COOKIE, "value": person.session, "url": site.url}])
    page = watch.on(context.new_page())
    page.route("**/api/projects", small)
    page.on("filechooser", lambda _: None)  # from the start: choosers that nobody awaits are cancelled
    page.goto(site.url)
    yield page
    context.close()


def small(route: Route) -> None:
    """Add the settings to a request for a new project."""
    if route.request.method != "POST":
        return route.continue_()
    asked = json.loads(route.request.post_data or "{}")
    return route.continue_(post_data=json.dumps({**asked, "settings": SETTINGS}))


@pytest.mark.parametrize("way", ["mouse", "touch"])
def test_the_common_job_by_hand(
    browser: Browser, site: Site, person: Person, watch: Watch, files: list[Path], way: str
) -> None:
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    desktop = {"viewport": {"width": 1440, "height": 900}}
    with window(browser, site, person, watch, **(phone if way == "touch" else desktop)) as page:
        hands = Hands(page, touch=way == "touch")
        film = job_by_hand(hands, files)
        assert (hands.clicks <= CLICKS, hands.drags <= DRAGS) == (True, True), (hands.clicks, hands.drags)
        check(page, film)


POINTED = """() => { window.pointed = 0; addEventListener("pointerdown", () => (window.pointed += 1), true); }"""


def test_the_common_job_by_keys_alone(
    browser: Browser, site: Site, person: Person, watch: Watch, files: list[Path]
) -> None:
    with window(browser, site, person, watch, viewport={"width": 1280, "height": 720}) as page:
        page.add_init_script(f"({POINTED})()")
        film = job_by_keys(page, files)
        assert page.evaluate("() => window.pointed ?? 0") == 0
        check(page, film)


def job_by_keys(page: Page, files: list[Path]) -> Path:
    """Do the job without mouse or finger; the path of the downloaded film."""
    desk, keys = Desk(page), page.keyboard
    expect(page.get_by_role("button", name="New project")).to_be_visible()
    desk.tab_to("New project")
    keys.press("Enter")
    keys.type("The common job")
    keys.press("Enter")
    expect(page.get_by_role("button", name="Add clips").first).to_be_visible()
    desk.tab_to("Add clips")
    keys.press("Enter")
    expect(page.get_by_role("button", name="Choose files…")).to_be_focused()
    uploaded(page, files, lambda: keys.press("Enter"))
    frame = 0
    for at in TIMES:
        for _ in range(at - frame):
            keys.press("ArrowRight")
        frame = at
        keys.press("c")
    keys.press("f")
    for change in ("Shift+ArrowLeft", "-", "Shift+ArrowLeft", "Shift+ArrowRight"):
        for _ in range(7):
            keys.press(change)
        keys.press("[")
    for name in ("two.mp4", "three.mp4"):
        desk.tab_to(f"Into {name}: Cut")
        keys.press("Enter")
        desk.tab_to("Dissolve")
        keys.press("Enter")
    keys.press("Control+Enter")
    expect(page.get_by_role("link", name="Download")).to_be_visible(timeout=60_000)
    desk.tab_to("Download")
    return downloaded(page, lambda: keys.press("Enter"))
