"""Frame times of the editor with 50 clips and 1,000 keyframes: `python -m bench.editor`.

Chromium runs against a server in its own process. For every gesture: the number of frames that the browser drew during
it, the time between two frames, and the number of frames that came more than 50 ms after the previous one.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from math import sin
from pathlib import Path
from statistics import median

from playwright.sync_api import Page, sync_playwright

from compiler.supervise.ffmpeg import find_build
from server.web.identity import COOKIE
from tests.browser.desk import Desk, chromium, middle
from tests.browser.person import Person, new_person
from tests.footage.coded import Recipe, make
from tests.server.editing import trim
from tests.server.site import serving

CLIPS, KEYFRAMES = 50, 1000
RATE, SECONDS = Fraction(30), Fraction(40)
LONG = 50.0
"""Milliseconds between two frames from which a delay is noticeable."""
MOVES = 60

WATCH = """() => {
  window.gaps = [];
  let before = performance.now();
  const turn = (now) => { window.gaps.push(now - before); before = now; window.turning = requestAnimationFrame(turn); };
  window.turning = requestAnimationFrame(turn);
}"""
TELL = "() => { cancelAnimationFrame(window.turning); return window.gaps.slice(1); }"


def main() -> None:
    """Print a row for every gesture."""
    print("| gesture | frames | median ms | worst ms | over 50 ms |\n| --- | ---: | ---: | ---: | ---: |")
    with editing() as desk:
        for name, gesture in GESTURES.items():
            desk.settle()
            desk.page.evaluate(WATCH)
            gesture(desk)
            gaps: list[float] = desk.page.evaluate(TELL)
            late = sum(gap > LONG for gap in gaps)
            print(f"| {name} | {len(gaps)} | {median(gaps):.1f} | {max(gaps):.1f} | {late} |")


@contextmanager
def editing() -> Iterator[Desk]:
    """Open the editor of the long project."""
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(Path(folder) / "data") as site,
        new_person(site, "bench") as person,
        sync_playwright() as driver,
    ):
        project = long_project(person, Path(folder))
        browser = driver.chromium.launch(executable_path=chromium())
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        context.add_cookies([{"name": COOKIE, "value": person.session, "url": site.url}])
        desk = Desk(context.new_page())
        desk.page.goto(f"{site.url}/projects/{project}")
        desk.page.wait_for_selector(".crop")
        yield desk
        browser.close()


def long_project(person: Person, folder: Path) -> str:
    """Make a project of many clips, the first with many keyframes; return its id."""
    recipe = Recipe(RATE, SECONDS, size=(1280, 720))
    footage = make(folder / "long.mp4", recipe, ffmpeg=str(find_build().path))
    project, raw = person.project("A long film"), person.uploaded(footage)
    keys = [
        {"frame": frame, "x": 300 + 280 * sin(frame / 40), "y": 20.0, "width": 360.0, "height": 640.0}
        for frame in range(KEYFRAMES)
    ]
    slow = [{"start": at, "end": at + 1, "speed": 0.5} for at in range(0, 40, 2)]
    person.clip(project, raw, name="Many keyframes", crop_data=keys, segments_data=trim(0, 40, *slow))
    for number in range(1, CLIPS):
        person.clip(
            project, raw, name=f"Clip {number}", crop_data=keys[:3], segments_data=trim(number / 2, number / 2 + 2)
        )
    return project


def pull(selector: str, dx: float, dy: float = 0) -> Callable[[Desk], None]:
    """A slow drag of the first element that matches a selector."""

    def gesture(desk: Desk) -> None:
        x, y = middle(desk.page.locator(selector).first)
        desk.page.mouse.move(x, y)
        desk.page.mouse.down()
        moved(desk.page, x, y, dx, dy)
        desk.page.mouse.up()

    return gesture


def moved(page: Page, x: float, y: float, dx: float, dy: float) -> None:
    """Move the mouse in many steps."""
    for step in range(1, MOVES + 1):
        page.mouse.move(x + dx * step / MOVES, y + dy * step / MOVES)
        page.wait_for_timeout(16)


def zoom(desk: Desk) -> None:
    """Zoom in and out with the wheel."""
    x, y = middle(desk.page.locator(".film-track"))
    desk.page.mouse.move(x, y)
    desk.page.keyboard.down("Control")
    for step in range(MOVES):
        desk.page.mouse.wheel(0, -100 if step < MOVES / 2 else 100)
        desk.page.wait_for_timeout(16)
    desk.page.keyboard.up("Control")


def play(desk: Desk) -> None:
    """Play for three seconds."""
    desk.page.keyboard.press("Space")
    desk.page.wait_for_timeout(3000)
    desk.page.keyboard.press("k")


GESTURES: dict[str, Callable[[Desk], None]] = {
    "nothing": lambda desk: desk.page.wait_for_timeout(1000),
    "drag the playhead": pull(".ruler", 400),
    "drag the crop": pull(".crop", 60, 5),
    "drag a keyframe": pull('.key[aria-current="true"]', 120),
    "drag the out point": pull(".handle.out", -300),
    "zoom in and out": zoom,
    "play": play,
}


if __name__ == "__main__":
    main()
