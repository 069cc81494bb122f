"""Frames of the studio: `python -m bench.studio`. Chromium measures itself, against a server in its own process.

Two tables: frames that came more than 50 ms after the one before while a handle of the crop box is pulled; and the
frames a second that the page draws of a whole film while it plays, with a transition into every clip, from footage of
1280x720.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import Page, sync_playwright

from bench.editor import LONG, moved
from compiler.supervise.ffmpeg import find_build
from server.web.identity import COOKIE
from tests.browser.desk import Desk, chromium, middle, until
from tests.browser.person import Person, new_person
from tests.footage.coded import Recipe, make
from tests.server.editing import trim
from tests.server.site import serving

RATE, SECONDS = Fraction(30), Fraction(12)
CLIPS, EACH, OVERLAP = 5, 4, 1
"""Clips of a film, and seconds of each of them and of each transition."""
KINDS = ("dissolve", "wipeleft", "fadeblack", "circleopen")
HANDLES = ("nw", "n", "ne", "e", "se", "s", "sw", "w")

WATCH = """() => {
  const seen = (window.seen = { gaps: [], long: [], paints: [], painted: 0 });
  let before = performance.now();
  const turn = (now) => {
    seen.gaps.push(now - before);
    before = now;
    const painted = Number(document.querySelector(".film-screen")?.dataset.painted ?? 0);
    for (; seen.painted < painted; seen.painted++) seen.paints.push(now);
    seen.call = requestAnimationFrame(turn);
  };
  seen.observer = new PerformanceObserver((list) => seen.long.push(...list.getEntries().map((each) => each.duration)));
  seen.observer.observe({ type: "longtask" });
  seen.painted = Number(document.querySelector(".film-screen")?.dataset.painted ?? 0);
  seen.call = requestAnimationFrame(turn);
}"""
TELL = """() => {
  cancelAnimationFrame(window.seen.call);
  window.seen.observer.disconnect();
  const { gaps, long, paints } = window.seen;
  return { gaps: gaps.slice(1), long, paints };
}"""
"""`gaps` between frames, tasks of 50 ms or more, the times at which frames of the film were drawn; all in ms."""

OVER = "async () => (await import('/static/studio/playback/film.js')).filmPlaying.value ? null : true"
STANDS = "async () => document.querySelector('.film-screen')?.dataset.exact === 'true' || null"


def main() -> None:
    """Print both tables."""
    print(f"Load before: {_load()}.\n")
    with studio() as (desk, films):
        print("| handle | frames | median ms | worst ms | over 50 ms | long tasks |")
        print("| --- | ---: | ---: | ---: | ---: | ---: |")
        for handle in HANDLES:
            _row(handle, pulled(desk, handle))
        print("\n| transition | frames drawn | a second | least in a second | worst gap ms | long tasks |")
        print("| --- | ---: | ---: | ---: | ---: | ---: |")
        for kind, address in films.items():
            _film_row(kind, played(desk.page, address))
    print(f"\nLoad after: {_load()}.")


def _load() -> str:
    return " ".join(f"{part:.1f}" for part in os.getloadavg()) + f" on {os.cpu_count()} processors"


def _row(name: str, seen: dict[str, Any]) -> None:
    gaps = seen["gaps"]
    late = sum(gap > LONG for gap in gaps)
    print(f"| {name} | {len(gaps)} | {median(gaps):.1f} | {max(gaps):.1f} | {late} | {len(seen['long'])} |")


def _film_row(kind: str, seen: dict[str, Any]) -> None:
    paints = seen["paints"]
    seconds = (paints[-1] - paints[0]) / 1000
    whole = range(int(seconds))
    counts = [sum(paints[0] + 1000 * s <= each < paints[0] + 1000 * (s + 1) for each in paints) for s in whole]
    worst = max(later - earlier for earlier, later in pairwise(paints))
    rate = (len(paints) - 1) / seconds
    print(f"| {kind} | {len(paints)} | {rate:.1f} | {min(counts)} | {worst:.0f} | {len(seen['long'])} |")


@contextmanager
def studio() -> Iterator[tuple[Desk, dict[str, str]]]:
    """The editor of the first film, and the address of each film by its transition."""
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(Path(folder) / "data") as site,
        new_person(site, "bench") as person,
        sync_playwright() as driver,
    ):
        recipe = Recipe(RATE, SECONDS, size=(1280, 720), audio_seconds=SECONDS)
        raw = person.uploaded(make(Path(folder) / "game.mp4", recipe, ffmpeg=str(find_build().path)))
        films = {kind: f"{site.url}/projects/{film_with(person, raw, kind)}" for kind in KINDS}
        browser = driver.chromium.launch(executable_path=chromium())
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        context.add_cookies([{"name": COOKIE, "value": person.session, "url": site.url}])
        desk = Desk(context.new_page())
        desk.page.goto(films[KINDS[0]])
        desk.settle()
        yield desk, films
        browser.close()


def film_with(person: Person, raw: str, kind: str) -> str:
    """Make a project whose clips enter by a transition; return its id."""
    project = person.project(f"By {kind}", aspect_ratio="9:16")
    keys = [{"frame": 60 * n, "x": 100.0 + 300 * (n % 2), "y": 0.0, "width": 405.0, "height": 720.0} for n in range(6)]
    for number in range(CLIPS):
        into = {"transition_data": {"type": kind, "duration": OVERLAP}} if number else {}
        times = trim(number, number + EACH)
        person.clip(project, raw, name=f"Clip {number}", crop_data=keys, segments_data=times, **into)
    return project


def pulled(desk: Desk, handle: str) -> dict[str, Any]:
    """What the page measured while a handle was pulled inwards and back."""
    desk.settle()
    x, y = middle(desk.page.locator(f".grip-{handle}"))
    across, down = ("e" in handle) - ("w" in handle), ("s" in handle) - ("n" in handle)
    desk.page.mouse.move(x, y)
    desk.page.mouse.down()
    desk.page.evaluate(WATCH)
    moved(desk.page, x, y, -60 * across, -60 * down)
    moved(desk.page, x - 60 * across, y - 60 * down, 40 * across, 40 * down)
    seen: dict[str, Any] = desk.page.evaluate(TELL)
    desk.page.mouse.up()
    return seen


def played(page: Page, address: str) -> dict[str, Any]:
    """What the page measured while it played a whole film."""
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(address)
    Desk(page).settle()
    page.keyboard.press("w")
    until(page, STANDS)
    page.evaluate(WATCH)
    page.keyboard.press("Space")
    until(page, OVER)
    seen: dict[str, Any] = page.evaluate(TELL)
    return seen


if __name__ == "__main__":
    main()
