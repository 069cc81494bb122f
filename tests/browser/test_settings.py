"""The project's settings and the choices for one export: every field, what is wrong at it, one step of undo."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.desk import Desk, Open, opened
from tests.browser.person import Person
from tests.browser.test_pages import faults
from tests.server.editing import SMALL, trim


@pytest.fixture
def pair(open_page: Open, person: Person, game: Path) -> Desk:
    """Two clips, the second with two keyframes: a full-height crop, and one of half its size."""
    project = person.project("Derby")
    raw = person.uploaded(game)
    whole = {"frame": 0, "x": 218.75, "y": 0, "width": 202.5, "height": 360}
    half = {"frame": 30, "x": 300, "y": 90, "width": 101.25, "height": 180}
    person.clip(project, raw, name="Dunk", crop_data=[whole], segments_data=trim(0, 0.5))
    person.clip(project, raw, name="Bench", crop_data=[whole, half], segments_data=trim(0, 1))
    return opened(open_page, project)


CROPS = """async () => {
  const { clips } = await import("/static/studio/edit/store.js");
  return clips.value.map((clip) => clip.crop_data.map(({ x, y, width, height }) => [x, y, width, height]));
}"""


def test_another_aspect_ratio_refits_every_crop(pair: Desk) -> None:
    page = pair.page
    page.get_by_role("button", name="9:16: project settings").click()
    page.get_by_label("Aspect ratio", exact=True).select_option("1:1")
    page.get_by_role("button", name="Save settings").click()
    expect(page.get_by_role("button", name="1:1: project settings")).to_be_visible()
    assert page.evaluate(CROPS) == [[[140, 0, 360, 360]], [[140, 0, 360, 360], [260.625, 90, 180, 180]]]


def test_what_is_wrong_is_said_at_its_field_and_every_field_can_go_back(pair: Desk) -> None:
    page = pair.page
    page.get_by_role("button", name="project settings").click()
    page.get_by_label("Frames a second", exact=True).select_option(label="Own frame rate")
    page.get_by_label("Own frame rate", exact=True).fill("fast")
    page.get_by_role("button", name="Save settings").click()
    expect(page.get_by_label("Own frame rate", exact=True)).to_be_focused()
    expect(page.get_by_role("alert")).to_have_text("Write it as 48, 29.97 or 30000/1001")
    assert faults(page) == []
    page.get_by_role("button", name="Frames a second: back to the default").click()
    expect(page.get_by_label("Own frame rate", exact=True)).to_have_count(0)
    page.get_by_label("Even loudness", exact=True).check()
    page.get_by_label("Loudness", exact=True).fill("-14")
    page.get_by_label("Codec", exact=True).select_option(label="ProRes 422 in MOV")
    expect(page.get_by_label("Encoder preset")).to_have_count(0)
    page.get_by_role("button", name="Save settings").click()
    settings = page.evaluate("async () => (await import('/static/studio/edit/store.js')).edit.value.project.settings")
    assert settings == {
        "canvas": {"width": 90, "height": 160},
        "audio": {"loudness": {"target": -14, "true_peak": -1}},
        "encode": {"codec": "prores"},
    }


def test_one_export_has_settings_of_its_own(pair: Desk, person: Person) -> None:
    page = pair.page
    project = page.url.rpartition("/")[2]
    page.get_by_role("button", name="Export with other settings").click()
    dialog = page.get_by_role("dialog", name="Export")
    dialog.get_by_label("Frames a second", exact=True).select_option(label="25")
    dialog.get_by_label("Quality", exact=True).select_option(label="Draft")
    dialog.get_by_role("button", name="Export", exact=True).click()
    expect(page.get_by_role("heading", name="Exported video")).to_be_visible()
    (export,) = person.exports(project)
    assert export["settings"] == {"canvas": {"fps": "25"}, "encode": {"quality": "draft"}}
    film = person.api.get(f"/api/working-videos/{export['result']['working_video_id']}").json()
    assert film["frames"] == round(1.5 * 25)
    assert person.api.get(f"/api/projects/{project}").json()["settings"] == SMALL
