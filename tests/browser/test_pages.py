"""Every page opens without errors and without findings of axe; signing in; projects."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, Page, expect

from server.app import OPERATIONS
from tests.browser.conftest import Watch
from tests.browser.desk import Open
from tests.browser.person import Person, new_link
from tests.server.site import Site

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
SHOWN = {
    "/": "Derby",
    "/exports": "No exported videos yet",
    "/about": "cropperjs|preact",
    "/sessions": "this one",
    "/docs": "Upload footage",
    "/projects/p_gone": "there is no such project",
    "/projects/{project}": "Length in video",
    "/projects/{empty}": "Drop video files or images here",
    "/projects/{project}/explain": "under the hood",
}


CONTRAST = ["color-contrast", "link-in-text-block"]
"""The rules about colours."""
STRUCTURE: dict[str, Any] = {**RULES, "rules": {rule: {"enabled": False} for rule in CONTRAST}}
"""All other rules."""

MARK = """() => {
  const seen = new Set();
  const written = (each) => each.matches("input, textarea, select") ||
    [...each.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
  for (const each of document.body.querySelectorAll("*")) {
    const { color, fontSize, fontWeight, textDecorationLine, textShadow } = getComputedStyle(each);
    const looks = [each.tagName, color, fontSize, fontWeight, textDecorationLine, textShadow];
    let flows = true;
    for (let at = each; at; at = at.parentElement) {
      const { backgroundColor, backgroundImage, opacity, position } = getComputedStyle(at);
      looks.push(backgroundColor, backgroundImage, opacity);
      flows &&= position === "static" || position === "relative";
    }
    const key = looks.join();
    const marked = written(each) && each.checkVisibility({ visibilityProperty: true }) && !(flows && seen.has(key));
    each.toggleAttribute("data-looks", marked);
    if (marked) seen.add(key);
  }
}"""
"""Marks the texts in view; of those that look alike, on places that look alike, the first, unless they may lie over
something else."""


def violations(page: Page, options: dict[str, Any], within: str | None = None) -> list[str]:
    """The findings of axe, with their places; on a long page, to describe what is right takes the most time."""
    found = Axe().run(page, within, options={**options, "resultTypes": ["violations"]}).response["violations"]
    return [f"{each['id']}: {[node['target'] for node in each['nodes']]}" for each in found]


def unreadable(page: Page) -> list[str]:
    """The findings of axe about colours, each in one of the texts that have them."""
    page.evaluate(MARK)
    return violations(page, {"runOnly": {"type": "rule", "values": CONTRAST}}, "[data-looks]")


def faults(page: Page) -> list[str]:
    """All findings of axe."""
    return violations(page, STRUCTURE) + unreadable(page)


CUT_OFF = """(scrolled) => [...document.body.querySelectorAll("*")]
  .filter((each) => !each.closest(scrolled) && !each.parentElement.closest("svg") && each.checkVisibility())
  .filter((each) => each.getBoundingClientRect().width > 1)
  .filter((each) => each.getBoundingClientRect().right > innerWidth + 0.5 || each.getBoundingClientRect().left < -0.5)
  .map((each) => `${each.tagName.toLowerCase()}.${each.className} ${each.textContent.trim().slice(0, 30)}`)"""

SCROLLED = ".wide, .drawing, .log, .tracks, .scroll, .pieces, .film-head"
"""Elements that may be wider than the window: tables and scripts, the graph, the timeline, the film's clips and the
mark of its playhead, which is centred on the film's ends too."""


def cut_off(page: Page) -> list[str]:
    """The other elements that extend beyond the window's left or right edge."""
    found: list[str] = page.evaluate(CUT_OFF, SCROLLED)
    over = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
    return found or ([f"the page is {over} pixels too wide"] if over > 0 else [])


OPEN = "() => document.querySelectorAll('main details').forEach((each) => (each.open = true))"


def check_in_every_light(page: Page) -> None:
    """Check that axe finds nothing with dark and light colours and on a phone, and that nothing is cut off there.

    Light colours change nothing but contrasts, and a phone no colours. What can be opened is open.
    """
    page.evaluate(OPEN)
    assert faults(page) == []
    page.emulate_media(color_scheme="light")
    assert unreadable(page) == []
    page.set_viewport_size({"width": 390, "height": 844})
    assert violations(page, STRUCTURE) == []
    assert cut_off(page) == []


@pytest.mark.parametrize("path", SHOWN)
def test_axe_finds_nothing_in_the_dark_in_the_light_or_on_a_phone(
    open_page: Open, person: Person, game: Path, path: str, watch: Watch
) -> None:
    watch.expect("404 (Not Found)")
    project, empty = person.project("Derby"), person.project("Nothing yet")
    person.clip(project, person.uploaded(game))
    page = open_page(path.format(project=project, empty=empty))
    expect(page.get_by_text(re.compile(SHOWN[path])).first).to_be_visible()
    check_in_every_light(page)


def test_every_page_is_checked() -> None:
    """The site's own pages, except those that send elsewhere; the sign-in pages are checked below."""
    paths = {op.path for op in OPERATIONS if op.page and op.method == "GET"}
    known = {re.sub(r"\{\w+\}|p_gone", "{}", path) for path in SHOWN}
    files = {"/favicon.ico", "/static/{}"}
    assert {re.sub(r"\{[\w:]+\}", "{}", path) for path in paths} - files - {"/sign-in"} == known


def test_the_sign_in_pages_are_accessible(context: BrowserContext, site: Site, person: Person, watch: Watch) -> None:
    page = watch.on(context.new_page())
    link = f"/sign-in?token={new_link(person)}"
    for path, heading in (("/sign-in", "Sign in"), (link, f"Sign in as {person.name}")):
        page.goto(site.url + path)
        expect(page.get_by_role("heading", name=heading, exact=True)).to_be_visible()
        page.emulate_media(color_scheme="dark")
        page.set_viewport_size({"width": 1440, "height": 900})
        check_in_every_light(page)


def test_a_request_is_tried_out_on_the_apis_page(open_page: Open, person: Person) -> None:
    page = open_page("/docs#/projects/projects_create")
    operation = page.locator("#projects_create")
    expect(operation.get_by_role("heading", name="Try it")).to_be_visible()
    operation.get_by_label("Body, JSON").fill('{"name": "Tried out"}')
    operation.get_by_role("button", name="Send").click()
    expect(operation.get_by_role("region", name="the answer")).to_contain_text("201")
    assert [each["name"] for each in person.api.get("/api/projects").json()["projects"]] == ["Tried out"]
    assert faults(page) == []


def test_a_dialog_is_accessible(open_page: Open, person: Person) -> None:
    page = open_page("/")
    page.get_by_role("button", name="New project").click()
    expect(page.get_by_role("dialog", name="New project")).to_be_visible()
    assert faults(page) == []


def test_signing_in_with_a_token_goes_on_where_one_wanted_to(
    context: BrowserContext, site: Site, person: Person, watch: Watch
) -> None:
    """The form's POST comes from this site's origin, and the server accepts it."""
    watch.expect("401 (Unauthorized)")
    page = watch.on(context.new_page())
    project = person.project("Derby")
    page.goto(f"{site.url}/projects/{project}")
    assert faults(page) == []
    field = page.get_by_label("Token or sign-in link")
    field.fill("reelc_" + "x" * 43)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("No account has this token")
    field.fill(f"{site.url}/sign-in?token={person.token}")
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_url(f"{site.url}/projects/{project}")
    expect(page.get_by_role("button", name="Derby")).to_be_visible()


def test_signing_out(open_page: Open, site: Site) -> None:
    page = open_page("/about")
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(f"{site.url}/sign-in")
    page.goto(site.url)
    expect(page).to_have_url(f"{site.url}/sign-in?next=/")


def test_a_project_is_made_renamed_and_deleted(open_page: Open, site: Site, person: Person) -> None:
    page = open_page("/")
    page.get_by_role("button", name="New project").click()
    page.get_by_role("textbox", name="Name").fill("Derby")
    page.get_by_role("radio", name="Square").check()
    page.get_by_role("button", name="Create project").click()
    page.wait_for_url(re.compile("/projects/p_"))
    expect(page.get_by_text("1:1")).to_be_visible()
    page.get_by_role("link", name="all projects").click()
    card = page.get_by_role("listitem").filter(has_text="Derby")
    expect(card).to_contain_text("1:1 · 0 clips")
    card.get_by_role("button", name="Rename Derby").click()
    page.get_by_role("textbox", name="Name").fill("Cup final")
    page.get_by_role("button", name="Rename", exact=True).click()
    page.get_by_role("button", name="Delete Cup final").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("link", name="Cup final")).to_be_visible()
    page.get_by_role("button", name="Delete Cup final").click()
    page.get_by_role("button", name="Delete project").click()
    expect(page.get_by_text("Your first video")).to_be_visible()
    assert person.api.get("/api/projects").json()["projects"] == []
