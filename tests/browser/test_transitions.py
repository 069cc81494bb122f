"""The choice of a transition: shown on the two clips at hand, mixed as the film mixes them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect

from tests.browser.desk import GREY, Desk, Open, luma_of, opened, until
from tests.browser.person import Person
from tests.browser.test_pages import faults
from tests.server.editing import trim

SAMPLES = f"""async () => {{
  const grey = {GREY};
  const canvases = [...document.querySelectorAll(".kind canvas")];
  const empty = (each) => {{
    const one = new OffscreenCanvas(1, 1).getContext("2d");
    one.drawImage(each, 0, 0, 1, 1);
    return !one.getImageData(0, 0, 1, 1).data[3];
  }};
  if (!canvases.length || canvases.some(empty)) return null;
  const seen = (each) => [each.closest("button").dataset.kind, grey(each, each.width, each.height)];
  return [canvases[0].width, canvases[0].height, Object.fromEntries(canvases.map(seen))];
}}"""
"""The size of the dialog's pictures and their lumas, once all are drawn."""


@pytest.fixture
def desk(open_page: Open, person: Person, game: Path) -> Desk:
    """Two clips, the left and the right of one upload, its beginning and its end."""
    project = person.project("Derby")
    raw = person.uploaded(game)
    left, right = ([{"frame": 0, "x": x, "y": 0, "width": 202.5, "height": 360}] for x in (0, 437.5))
    person.clip(project, raw, name="Dunk", crop_data=left, segments_data=trim(0, 2))
    person.clip(project, raw, name="Bench", crop_data=right, segments_data=trim(2, 4))
    return opened(open_page, project)


def test_a_plus_between_clips_shows_the_transitions_on_them_and_sets_the_chosen_one(desk: Desk) -> None:
    page = desk.page
    plus = page.get_by_role("button", name="Into Bench: Cut")
    expect(plus).to_have_text("+")
    plus.click()
    asked = page.get_by_role("dialog", name="From “Dunk” into “Bench”")
    expect(asked.get_by_role("button", name="Cut")).to_have_attribute("aria-pressed", "true")
    width, height, texts = until(page, SAMPLES)
    assert len(texts) >= 16
    seen = {kind: luma_of(text, (width, height)).astype(float) for kind, text in texts.items()}
    half = width // 2
    one, other = seen["wipeleft"], seen["wiperight"]
    assert np.abs(one - other).mean() > 8, "the clips differ"
    cut = np.hstack([other[:, :half], one[:, half:]])  # each of the two wipes has one half of each clip
    whole = {"leaving": np.hstack([one[:, :half], other[:, half:]]), "entering": cut}
    assert np.abs(seen["dissolve"] - (whole["leaving"] + whole["entering"]) / 2)[:, 2:-2].mean() < 3
    assert faults(page) == []
    asked.get_by_role("button", name="Dissolve").click()
    expect(asked).to_have_count(0)
    expect(page.get_by_role("button", name="Into Bench: Dissolve, 0.5 s")).to_be_visible()
    assert desk.state()["clip"]["transition_data"] == {"type": "dissolve", "duration": 0.5}
    page.get_by_role("button", name="Compare…").click()
    asked.get_by_role("button", name="Clock wipe").press("Enter")
    assert desk.state()["clip"]["transition_data"] == {"type": "radial", "duration": 0.5}
    page.keyboard.press("Control+z")
    page.get_by_role("button", name="Compare…").click()
    page.keyboard.press("Escape")
    expect(asked).to_have_count(0)
    assert desk.state()["clip"]["transition_data"] == {"type": "dissolve", "duration": 0.5}
