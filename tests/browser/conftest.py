"""Fixtures of the browser tests: a server, a signed-in person, a page that is watched for errors."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from server.web.identity import COOKIE
from tests.browser.desk import Desk, Json, chromium
from tests.browser.person import Person, new_person
from tests.server.editing import trim
from tests.server.site import Site, serving

HERE = str(Path(__file__).parent)
WITHIN = 20_000
"""Milliseconds to wait for anything: generous, because no test measures time."""

expect.set_options(timeout=WITHIN)
_counted = itertools.count()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if str(item.path).startswith(HERE):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def base_url() -> None:
    """None, because tests use whole addresses; pytest warns of the plugin's own fixture."""


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The system's own Chromium."""
    if (program := chromium()) is None:
        pytest.skip("this machine has no chromium")
    return {**browser_type_launch_args, "executable_path": program}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """A desktop window, without animations to wait for."""
    window = {"width": 1440, "height": 900}
    return {**browser_context_args, "viewport": window, "reduced_motion": "reduce", "color_scheme": "dark"}


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One server for all tests that leave it running."""
    with serving(tmp_path_factory.mktemp("site") / "data") as running:
        yield running


@pytest.fixture
def person(site: Site) -> Iterator[Person]:
    """A person with an account of their own."""
    with new_person(site, f"person{os.getpid()}-{next(_counted)}") as somebody:
        yield somebody


HINTS_SEEN = "sessionStorage.getItem('hints') || localStorage.setItem('reelc hints seen', 'stage lane side')"
"""The page has shown its hints already, unless a test wants them."""


class Watch:
    """Collects the errors of pages; a test with unexpected ones fails."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self.expected: list[str] = []

    def expect(self, *parts: str) -> None:
        """Expect console errors with one of these texts, such as those of a stopped server or a conflict."""
        self.expected += parts

    def on(self, page: Page) -> Page:
        """Watch a page."""
        page.add_init_script(HINTS_SEEN)
        page.add_init_script(
            "addEventListener('securitypolicyviolation', (event) =>"
            " console.error(`policy violated: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`))"
        )
        page.on("console", lambda line: self._note(line.type, f"{line.text} {line.location.get('url', '')}"))
        page.on("pageerror", lambda error: self._note("error", f"thrown: {error}"))
        return page

    def _note(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.found.append(f"{kind}: {text}")

    def wrong(self) -> list[str]:
        """The errors that were not expected."""
        return [each for each in self.found if not any(part in each for part in self.expected)]


@pytest.fixture
def watch() -> Iterator[Watch]:
    """A watch; the test fails if its pages had unexpected errors."""
    watching = Watch()
    yield watching
    assert watching.wrong() == []


@pytest.fixture
def page(context: BrowserContext, site: Site, person: Person, watch: Watch) -> Page:
    """A page of the person's browser, signed in, watched."""
    context.add_cookies([{"name": COOKIE, "value": person.session, "url": site.url}])
    context.set_default_timeout(WITHIN)
    return watch.on(context.new_page())


@pytest.fixture
def open_page(page: Page, site: Site) -> Callable[[str], Page]:
    """Go to an address of the site."""

    def went(path: str) -> Page:
        page.goto(site.url + path)
        return page

    return went


@pytest.fixture(scope="session")
def game(footage: Path) -> Path:
    """4 s at 60 frames a second, 640x360, H.264: every frame carries its number."""
    return footage / "short60.mp4"


KEYS: list[Json] = [
    {"frame": 0, "x": 20.0, "y": 0.0, "width": 202.5, "height": 360.0},
    {"frame": 60, "x": 300.0, "y": 40.0, "width": 157.5, "height": 280.0, "ease": "smooth"},
    {"frame": 150, "x": 420.0, "y": 0.0, "width": 202.5, "height": 360.0, "ease": "linear"},
]
"""The keyframes of the clip with which each test of a gesture begins."""

BEGIN = """async (at) => {
  const store = await import("/static/studio/edit/store.js");
  const { fit } = await import("/static/studio/playback/window.js");
  const { fitStage, hand } = await import("/static/studio/panels/stage.js");
  const { seek } = await import("/static/studio/playback/player.js");
  while (store.undo());
  store.select({ clip_id: store.clips.value.find((each) => each.name === "Dunk").clip_id });
  document.activeElement?.blur();
  fit();
  fitStage();
  hand.value = false;
  seek(at);
}"""


@pytest.fixture(scope="module")
def watched() -> Watch:
    return Watch()


@contextmanager
def desk_of(
    browser: Browser, site: Site, watched: Watch, name: str, prepared: Callable[[Person], str]
) -> Iterator[Desk]:
    """The editor of a new person, with a project that is prepared."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    with new_person(site, name) as person:
        project = prepared(person)
        context.add_cookies([{"name": COOKIE, "value": person.session, "url": site.url}])
        page = watched.on(context.new_page())
        page.goto(f"{site.url}/projects/{project}")
        desk = Desk(page)
        desk.settle()
        yield desk
    context.close()


@pytest.fixture(scope="module")
def shared(browser: Browser, site: Site, game: Path, watched: Watch) -> Iterator[Desk]:
    """The editor with three clips, the first with keyframes, a trim and a slow span."""

    def prepared(person: Person) -> str:
        project, raw = person.project("Derby"), person.uploaded(game)
        spans = trim(0.5, 3.5, {"start": 1.5, "end": 2.5, "speed": 0.5})
        person.clip(project, raw, name="Dunk", crop_data=KEYS, segments_data=spans)
        for name in ("Bench", "Crowd"):
            person.clip(project, raw, name=name, crop_data=KEYS[:1])
        return project

    with desk_of(browser, site, watched, "gestures", prepared) as desk:
        yield desk


def begun(desk: Desk, at: float) -> Desk:
    """The same as at its opening, with the playhead at a second."""
    for _ in range(desk.page.locator("dialog[open]").count()):
        desk.page.keyboard.press("Escape")
    desk.page.evaluate(BEGIN, at)
    desk.settle()
    return desk


@pytest.fixture
def desk(shared: Desk, watched: Watch) -> Iterator[Desk]:
    yield begun(shared, 1)
    assert watched.wrong() == []


@pytest.fixture
def free(desk: Desk) -> Iterator[Desk]:
    """The same with Alt held, so that nothing snaps."""
    desk.page.keyboard.down("Alt")
    yield desk
    desk.page.keyboard.up("Alt")
