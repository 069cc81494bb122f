"""The pages of projects and exports: search, copies, names; pages, links, deletion."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import WITHIN
from tests.browser.desk import Open
from tests.browser.person import Person
from tests.browser.test_pages import faults
from tests.server.editing import RENDER, new_export, trim
from tests.server.site import Site


def test_projects_are_searched_duplicated_and_renamed(open_page: Open, person: Person, game: Path) -> None:
    derby, _ = person.project("Derby"), person.project("Été final")
    person.clip(derby, person.uploaded(game), name="Goal")
    page = open_page("/")
    names = page.locator(".card .about a")
    expect(names).to_have_text(["Été final", "Derby"])
    search = page.get_by_role("searchbox", name="Search projects")
    search.fill("ete")
    expect(names).to_have_text(["Été final"])
    search.fill("no such")
    expect(page.get_by_text("No project has this name")).to_be_visible()
    search.fill("derby")
    page.get_by_role("button", name="Duplicate Derby").click()
    expect(names).to_have_text(["Derby copy", "Derby"])
    assert faults(page) == []
    copy = person.api.get("/api/projects").json()["projects"][0]["id"]
    assert [clip["name"] for clip in person.clips(copy)] == ["Goal"]
    page.get_by_role("button", name="Rename Derby copy").click()
    page.get_by_role("textbox", name="Name").fill("Second half")
    page.get_by_role("button", name="Rename", exact=True).click()
    expect(names).to_have_text(["Derby"])
    search.fill("")
    expect(names).to_have_text(["Second half", "Été final", "Derby"])


def one_a_page(page: Page) -> None:
    """Have the page of exports ask for one at a time."""
    page.route("**/api/export?*", lambda route: _shortened(route))


def _shortened(route: Route) -> None:
    route.continue_(url=route.request.url.replace("limit=20", "limit=1"))


def test_exports_are_paged_shared_and_deleted(
    open_page: Open, page: Page, person: Person, site: Site, game: Path
) -> None:
    project = person.project("Derby")
    person.clip(project, person.uploaded(game), segments_data=trim(0, 0.5))
    made = [
        person.api.post(RENDER, json={"project_id": project, "export_id": new_export()}, timeout=WITHIN).json()
        for _ in range(2)
    ]
    one_a_page(page)
    open_page("/exports")
    rows = page.locator(".export-list > li")
    films = page.locator(".export-list video")
    expect(rows).to_have_count(1)
    page.get_by_role("button", name="Show earlier exports").click()
    expect(rows).to_have_count(2)
    expect(page.get_by_role("button", name="Show earlier exports")).to_have_count(0)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=site.url)
    page.get_by_role("button", name="Share link…").first.click()
    asked = page.get_by_role("dialog", name="Share “Derby”")
    asked.get_by_label("The link works for").select_option("1 day")
    assert faults(page) == []
    asked.get_by_role("button", name="Make link").click()
    link = asked.get_by_label("Link", exact=True).input_value()
    asked.get_by_role("button", name="Copy link").click()
    expect(asked.get_by_text("Copied.")).to_be_visible()
    assert page.evaluate("() => navigator.clipboard.readText()") == link
    assert faults(page) == []
    with site.client() as stranger:
        film = made[1]["working_video_id"]
        assert stranger.get(link).content == person.api.get(f"/api/working-videos/{film}/media").content
        asked.get_by_role("button", name="Done").click()
        page.get_by_role("button", name="Delete this export of Derby").first.click()
        page.keyboard.press("Escape")
        expect(films).to_have_count(2)
        page.get_by_role("button", name="Delete this export of Derby").first.click()
        page.get_by_role("button", name="Delete export", exact=True).click()
        expect(films).to_have_count(1)
        assert stranger.get(link).status_code == 410
    assert [each["result"]["working_video_id"] for each in person.exports(project)] == [made[0]["working_video_id"]]
