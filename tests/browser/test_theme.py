"""The theme: the system's until a person chooses one, kept in the browser, set before the page is drawn."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from compiler.ir.drawing.style import PALETTE
from server.web.pages import STATIC
from tests.browser.desk import Open
from tests.browser.person import Person
from tests.server.site import Site

GROUND = "() => getComputedStyle(document.body).backgroundColor"
LIGHT, DARK = "rgb(241, 240, 237)", "rgb(20, 21, 23)"
AT_FIRST = """new MutationObserver((_, watching) => {
  if (!document.body) return;
  watching.disconnect();
  window.atFirst = document.documentElement.dataset.theme;
}).observe(document, { childList: true, subtree: true })"""


def ground(page: Page) -> str:
    found: str = page.evaluate(GROUND)
    return found


def test_the_theme_is_the_systems_until_one_is_chosen(open_page: Open, site: Site, person: Person) -> None:
    page = open_page("/")
    page.add_init_script(AT_FIRST)
    theme = page.get_by_label("Theme")
    expect(theme).to_have_value("system")
    assert ground(page) == DARK
    page.emulate_media(color_scheme="light")
    assert ground(page) == LIGHT
    theme.select_option("dark")
    assert ground(page) == DARK
    for path in ("/docs", "/about", f"/projects/{person.project('Derby')}", "/"):
        page.goto(site.url + path)
        assert (page.evaluate("window.atFirst"), ground(page)) == ("dark", DARK), path
        expect(page.get_by_label("Theme")).to_have_value("dark")
    other = page.context.new_page()
    other.goto(site.url)
    other.get_by_label("Theme").select_option("light")
    expect(page.get_by_label("Theme")).to_have_value("light")
    page.emulate_media(color_scheme="dark")
    assert ground(page) == LIGHT
    page.get_by_label("Theme").select_option("system")
    page.reload()
    assert ground(page) == DARK


def test_drawings_of_graphs_have_their_colours_in_the_chosen_theme() -> None:
    css = (STATIC / "reelc.css").read_text(encoding="utf-8")
    rule = re.search(r":root \.reel-graph \{(.*?)\}", css)
    assert rule
    pairs = re.findall(r"--([\w-]+): light-dark\((\S+), (\S+)\)", rule[1])
    assert {name: (light, dark) for name, light, dark in pairs} == PALETTE
