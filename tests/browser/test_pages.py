"""Every page: it opens, nothing goes wrong on it, and axe finds nothing to mend."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.person import Person

Open = Callable[[str], Page]


def test_the_editor_opens(open_page: Open, person: Person, game: Path) -> None:
    project = person.project("Derby")
    person.clip(project, person.uploaded(game))
    page = open_page(f"/projects/{project}")
    expect(page.get_by_role("region").first).to_be_attached()
