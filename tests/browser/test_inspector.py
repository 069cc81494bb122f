"""The inspector in a browser: the selected definition is highlighted everywhere, and is in the address."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.conftest import Watch
from tests.browser.person import Person
from tests.browser.test_pages import check_in_every_light
from tests.server.editing import PAN, trim

Open = Callable[[str], Page]


@pytest.fixture
def project(person: Person, game: Path) -> str:
    """Two clips, a pan in slow motion and a dissolve."""
    made, raw = person.project("Derby"), person.uploaded(game)
    person.clip(made, raw, crop_data=PAN, segments_data=trim(0.5, 2.5, {"start": 1, "end": 2, "speed": 0.5}))
    person.clip(made, raw, segments_data=trim(1, 2), transition_data={"type": "dissolve", "duration": 0.5})
    return made


def asked(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def lit(page: Page) -> Locator:
    return page.locator("[data-value].lit")


def test_a_box_its_line_and_its_filters_light_up_together_with_the_stored_field(
    open_page: Open, project: str, person: Person
) -> None:
    page = open_page(f"/projects/{project}/explain")
    clip = person.clips(project)[0]["id"]
    crop = f"{clip}.crop"
    page.locator(f'.drawing [data-value="{crop}"]').click()
    expect(page.locator("#definition")).to_contain_text("/clips/0/crop_data")
    expect(page.locator("#definition")).to_contain_text('"frame": 60')
    expect(page.locator("#definition")).to_contain_text("crop@")
    for place in (".drawing", ".graph", "#filters"):
        assert page.locator(f'{place} [data-value="{crop}"].lit').count() >= 1
    assert set(lit(page).evaluate_all("all => all.map((each) => each.dataset.value)")) == {crop}
    assert asked(page)["node"] == [crop]
    page.go_back()
    expect(lit(page)).to_have_count(0)
    page.go_forward()
    expect(page.locator("#definition")).to_contain_text("/clips/0/crop_data")
    page.reload()
    expect(page.locator(f'.graph [data-value="{crop}"].lit')).to_have_count(1)


def test_a_filter_leads_back_and_the_keyboard_leads_everywhere(open_page: Open, project: str) -> None:
    page = open_page(f"/projects/{project}/explain")
    page.locator("#filters .part", has_text="xfade").first.click()
    expect(page.locator("#definition")).to_contain_text("/clips/1/transition_data")
    line = page.locator(".graph a").first
    line.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#definition")).to_contain_text("/clips/0/media")
    expect(line).to_be_focused()


def test_stages_and_sides_without_a_new_page(open_page: Open, project: str) -> None:
    page = open_page(f"/projects/{project}/explain")
    page.evaluate("window.same = true")
    page.locator(".stages a", has_text="fold-identity").first.click()
    expect(page.locator("#stage-name")).to_contain_text("fold-identity")
    page.get_by_role("link", name="both", exact=True).click()
    expect(page.locator(".drawing svg")).to_have_count(2)
    assert page.locator(".drawing .node.gone").count() > 0
    page.get_by_role("link", name="before", exact=True).click()
    expect(page.locator(".drawing svg")).to_have_count(1)
    assert page.evaluate("window.same")
    assert asked(page)["side"] == ["before"]


def test_the_scrubber_tells_every_frame_as_the_command_line_does(
    open_page: Open, project: str, person: Person, watch: Watch
) -> None:
    page = open_page(f"/projects/{project}/explain")
    slider = page.get_by_label("Drag through the video")
    last = int(slider.get_attribute("max") or "")
    for frame in (0, 20, last // 2, last):
        slider.fill(str(frame))
        expect(page.locator("#traced p")).to_have_text(f"Frame {frame} of {last + 1}")
    at = page.get_by_label("Seconds into the video").input_value()
    answer = person.api.get(f"/projects/{project}/explain/at.json", params={"at": at}).json()
    assert answer["frame"] == last
    source_frame = page.locator("#traced tbody tr td").nth(3)
    assert source_frame.inner_text() == str(answer["seen"][0]["source_frame"])
    assert page.locator(".graph .line.seen").count() > 1
    page.get_by_label("Seconds into the video").fill("9999")
    watch.expect("422")
    page.get_by_role("button", name="Trace").click()
    expect(page.locator("#traced .bad")).to_contain_text("outside the reel")


def test_the_command_is_copied(open_page: Open, context: BrowserContext, project: str) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = open_page(f"/projects/{project}/explain")
    page.get_by_role("button", name="Copy").click()
    expect(page.locator("#copied")).to_have_text("Copied.")
    assert page.evaluate("navigator.clipboard.readText()").startswith("ffmpeg ")


def test_a_definition_looked_at_is_accessible_in_both_lights_and_on_a_phone(
    open_page: Open, project: str, person: Person
) -> None:
    clip = person.clips(project)[0]["id"]
    page = open_page(f"/projects/{project}/explain?stage=1&side=both&node={clip}.crop&at=1.5")
    expect(page.locator(".graph .line.seen").first).to_be_visible()
    check_in_every_light(page)
