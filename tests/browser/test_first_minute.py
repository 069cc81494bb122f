"""The first minute of a new user: the sign-in link, the sample project, a changed crop, a film; and the layout.

`make pictures` keeps the pictures taken here, in docs/img/studio, of the sample as it is, dark and light.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect

from tests.browser.conftest import Watch
from tests.browser.desk import Desk
from tests.browser.test_pages import cut_off
from tests.browser.test_saving import said
from tests.server.site import ROOT, Site, serving

SAMPLE = ROOT / "examples" / "bunny.json"
FOOTAGE = ROOT / ".footage" / "bigbuckbunny.mp4"
FILM_WITHIN = 300_000
"""Milliseconds."""
PICTURES = os.environ.get("REELC_PICTURES")
SCHEMES = ["dark", "light"] if PICTURES else ["dark"]
"""Light colours cut nothing off that dark ones do not."""

PAGES = {
    "projects": "/",
    "editor": "/projects/{project}",
    "graph": "/projects/{project}/explain",
    "exports": "/exports",
    "about": "/about",
}
SIZES: dict[str, ViewportSize] = {"wide": {"width": 1440, "height": 900}, "phone": {"width": 390, "height": 844}}


@pytest.fixture(scope="module")
def new_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A server on an empty folder, as `make serve` starts it."""
    if not FOOTAGE.exists():
        pytest.skip("the sample's footage is missing: run make footage")
    folder = tmp_path_factory.mktemp("new")
    sample = SAMPLE if PICTURES else small(folder / SAMPLE.name)
    with serving(folder / "data", sample=str(sample)) as running:
        yield running


def small(path: Path) -> Path:
    """The sample at a sixth of its size, which renders quickly; `make demo` renders it as it is."""
    reel = json.loads(SAMPLE.read_text(encoding="utf-8"))
    reel["canvas"] |= {"width": 180, "height": 320}
    reel["encode"] |= {"preset": "ultrafast"}
    clips = [{**clip, "media": str(FOOTAGE)} for clip in reel["clips"]]
    path.write_text(json.dumps({**reel, "clips": clips}), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def window(new_site: Site, browser: Browser) -> Iterator[BrowserContext]:
    """A browser that followed the sign-in link printed by the server."""
    context = browser.new_context(viewport=SIZES["wide"], reduced_motion="reduce", color_scheme="dark")
    page = context.new_page()
    page.goto(new_site.link)
    page.get_by_role("button", name="Sign in as me").click()
    page.wait_for_url(f"{new_site.url}/")
    page.close()
    yield context
    context.close()


@pytest.fixture
def first(window: BrowserContext, new_site: Site, watch: Watch) -> Page:
    page = watch.on(window.new_page())
    page.goto(new_site.url)
    return page


def open_sample(page: Page) -> Desk:
    page.get_by_role("listitem").first.get_by_role("link").first.click()
    page.wait_for_url("**/projects/p_*")
    desk = Desk(page)
    desk.settle()
    return desk


def test_sample_crop_save_export_film(first: Page) -> None:
    """The README's first steps, by mouse; `test_a_film_by_keys_alone` does them by keys."""
    desk = open_sample(first)
    before = desk.state()["box"]
    desk.drag(first.locator(".crop"), 40)
    by = desk.picture_scale()
    assert desk.state()["box"]["x"] == pytest.approx(before["x"] + 40 * by, abs=8 * by)  # it snaps within 8 pixels
    first.keyboard.press("Control+s")
    said(first, "Saved v2")
    first.get_by_role("button", name="Export", exact=True).click()
    expect(first.get_by_label("Exported video", exact=True)).to_be_visible(timeout=FILM_WITHIN)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("size", SIZES)
def test_nothing_is_cut_off(
    first: Page, new_site: Site, browser: Browser, watch: Watch, size: str, scheme: str
) -> None:
    first.set_viewport_size(SIZES[size])
    first.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    desk = open_sample(first)
    project = first.url.rpartition("/")[2]
    for name, path in PAGES.items():
        first.goto(new_site.url + path.format(project=project), wait_until="networkidle")
        if name == "editor":
            desk.settle()
        take(first, f"{name}-{size}-{scheme}")
    stranger = browser.new_context(viewport=SIZES[size], color_scheme=scheme)  # type: ignore[arg-type]
    page = watch.on(stranger.new_page())
    page.goto(f"{new_site.url}/sign-in")
    take(page, f"sign-in-{size}-{scheme}")
    stranger.close()


def take(page: Page, name: str) -> None:
    """Check a page, and save a screenshot on request: of the graph's page, which is long, only the first screen."""
    if PICTURES:
        path, whole = Path(PICTURES, f"{name}.jpg"), not name.startswith("graph")
        page.screenshot(path=path, type="jpeg", quality=72, full_page=whole, animations="disabled")
    assert cut_off(page) == [], name
