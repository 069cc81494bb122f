"""The whole film plays in the page, and each of its frames is the film's."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.desk import GREY, Desk, Open, luma_of, middle, opened, until
from tests.browser.person import Person
from tests.browser.test_preview import LIKE, SETTINGS, SIZE, WHOLE, psnr, to_video
from tests.footage import read
from tests.footage.coded import Luma
from tests.server.editing import export, film, trim

OVERLAP = 24
"""Frames of each of the two blends."""
HELD = 78, 93
"""The frames of Bench that show one picture."""

FILM = """async () => {
  const film = await import("/static/studio/playback/film.js");
  const store = await import("/static/studio/edit/store.js");
  const now = await import("/static/studio/playback/now.js");
  return {
    at: film.filmAt.value, shown: film.filmShown.value, playing: film.filmPlaying.value,
    pace: film.filmShuttle.value, clip: store.selected.value?.name, frame: now.filmFrame.value,
  };
}"""

NOTE = """async () => {
  const { filmAt } = await import("/static/studio/playback/film.js");
  window.noted = [];
  filmAt.subscribe((at) => window.noted.push(at));
}"""

PASSED = """async ([at, way]) => {
  const { filmAt } = await import("/static/studio/playback/film.js");
  return way * (filmAt.value - at) >= 0 || null;
}"""

EXACT = """async (at) => {
  const film = await import("/static/studio/playback/film.js");
  const screen = document.querySelector(".film-screen");
  if (film.filmPlaying.value || (at !== null && film.filmAt.value !== at)) return null;
  if (screen?.dataset.exact !== "true" || screen.dataset.frame !== String(film.filmAt.value)) return null;
  const grey = GREY;
  return { at: film.filmAt.value, picture: grey(screen, 640, 360) };
}""".replace("GREY", GREY)


@dataclass(frozen=True, slots=True)
class Shown:
    """A project open in the editor, and where its clips begin."""

    desk: Desk
    firsts: tuple[int, ...]
    frames: int
    lumas: list[Luma] | None = None
    """The frames of the rendered film, for the test that compares them."""

    def state(self) -> dict[str, Any]:
        """What the page shows."""
        state: dict[str, Any] = self.desk.page.evaluate(FILM)
        return state

    def matches(self, at: int | None = None) -> int:
        """Wait until the frame is drawn, compare it with the film's if that is rendered, and return its number."""
        seen = until(self.desk.page, EXACT, at)
        if self.lumas is None:
            return int(seen["at"])
        like = psnr(to_video(luma_of(seen["picture"], SIZE)), self.lumas[seen["at"]])
        assert like > LIKE, f"frame {seen['at']}: {like:.1f} dB"
        return int(seen["at"])

    def passes(self, at: int, way: int = 1) -> None:
        """Wait until the film is at a frame, or past it."""
        until(self.desk.page, PASSED, [at, way])


@pytest.fixture
def project(person: Person, game: Path) -> str:
    """Dunk dissolves into Bench, which is slow and held in parts and wiped off by Crowd."""
    project = person.project("Whole", aspect_ratio="16:9", settings=SETTINGS)
    raw = person.uploaded(game)
    slow = trim(0.2, 2.2, {"start": 0.5, "end": 1.5, "speed": 0.5}, {"at": 1.8, "freeze": 0.5})
    blends = [{}, *({"transition_data": {"type": kind, "duration": 0.8}} for kind in ("dissolve", "smoothleft"))]
    for name, segments, into in zip(("Dunk", "Bench", "Crowd"), (trim(0, 2), slow, trim(1, 3)), blends, strict=True):
        person.clip(project, raw, name=name, crop_data=WHOLE, segments_data=segments, **into)
    return project


@pytest.fixture
def viewed(open_page: Open, project: str) -> Shown:
    desk = opened(open_page, project)
    draft = desk.page.evaluate("async () => (await import('/static/studio/edit/store.js')).draft.value")
    return Shown(desk, tuple(clip["first_frame"] for clip in draft["clips"]), draft["frames"])


def test_the_film_plays_through_its_blends_and_stands_on_the_films_frames(
    viewed: Shown, project: str, person: Person, tmp_path: Path
) -> None:
    made = tmp_path / "film.mp4"
    made.write_bytes(film(person.api, export(person.api, project)))
    viewed = replace(viewed, lumas=list(read.luma(made)))
    keyboard, (_, bench, crowd) = viewed.desk.page.keyboard, viewed.firsts
    keyboard.press("w")
    assert viewed.matches(0) == 0
    keyboard.press("Space")
    viewed.passes(bench + OVERLAP // 3)
    keyboard.press("Space")
    at = viewed.matches()
    assert bench < at < crowd
    expect(viewed.desk.page.locator(".reading")).to_contain_text("Bench")
    assert viewed.state() == {**viewed.state(), "clip": "Bench", "frame": at - bench}
    viewed.desk.page.evaluate(NOTE)
    keyboard.press("k")
    viewed.passes(crowd + 2)
    keyboard.press("k")
    assert viewed.matches() > crowd
    assert {*viewed.desk.page.evaluate("() => window.noted")} & {*range(bench + HELD[0] + 1, bench + HELD[1])}
    for frame in (bench + 11, bench + HELD[0], crowd + 4, crowd + 20):  # in the dissolve, held, both, in the soft wipe
        keyboard.press("Home")
        viewed.desk.page.evaluate("async (at) => (await import('/static/studio/playback/film.js')).seekFilm(at)", frame)
        viewed.matches(frame)
    keyboard.press("End")
    viewed.matches(viewed.frames - 1)


def test_j_and_l_go_through_clips_and_double_their_pace(viewed: Shown) -> None:
    keyboard, (_, bench, crowd) = viewed.desk.page.keyboard, viewed.firsts
    keyboard.press("w")
    viewed.matches(0)
    keyboard.press("l")
    keyboard.press("l")
    assert viewed.state()["pace"] == 2
    viewed.passes(bench + OVERLAP + 1)
    keyboard.press("k")
    assert viewed.state()["clip"] == "Bench"
    viewed.desk.page.evaluate("async (at) => (await import('/static/studio/playback/film.js')).seekFilm(at)", crowd + 2)
    keyboard.press("j")
    keyboard.press("j")
    assert viewed.state()["pace"] == -2
    viewed.passes(crowd - 3, -1)
    keyboard.press("k")
    assert bench <= viewed.matches() <= crowd - 3
    keyboard.press("ArrowRight")
    before = viewed.state()["at"]
    keyboard.press("Shift+ArrowLeft")
    assert viewed.state()["at"] == max(0, before - 30)


def test_the_switch_shows_the_film_where_the_clip_was_and_the_clip_where_the_film_is(viewed: Shown) -> None:
    page, (_, bench, _) = viewed.desk.page, viewed.firsts
    page.keyboard.press("End")
    viewed.desk.settle()
    page.get_by_role("button", name="Video", exact=True).click()
    at = viewed.matches()
    assert abs(at - (bench + OVERLAP - 1)) <= 1
    page.locator(".film-head").scroll_into_view_if_needed()
    strip = page.locator("[data-clip] .piece-body").nth(1).bounding_box()
    track = page.locator(".film-head").bounding_box()
    assert strip
    assert track
    page.mouse.move(track["x"] + 4, track["y"] + 5)
    page.mouse.down()
    page.mouse.move(strip["x"] + strip["width"] / 2, track["y"] + 5, steps=4)
    page.mouse.up()
    dragged = viewed.matches()
    assert viewed.state()["clip"] == "Bench"
    assert abs((dragged - bench) / (viewed.firsts[2] - bench) - 0.5) < 0.02
    page.get_by_role("button", name="Clip", exact=True).click()
    assert viewed.state() == {**viewed.state(), "shown": False, "clip": "Bench"}
    assert abs(viewed.state()["frame"] - (dragged - bench)) <= 1
    page.keyboard.press("w")
    page.keyboard.press("c")  # a keyframe is set in the clip
    assert not viewed.state()["shown"]


def test_the_films_playhead_is_moved_by_keys(viewed: Shown) -> None:
    mark = viewed.desk.page.get_by_role("slider", name="Video playhead")
    mark.focus()
    viewed.desk.page.keyboard.press("Shift+ArrowRight")
    viewed.desk.page.keyboard.press("ArrowRight")
    assert viewed.matches(31) == 31
    assert mark.get_attribute("aria-valuetext") == "0:01.03"
    viewed.desk.page.keyboard.press("End")
    assert viewed.state()["at"] == viewed.frames - 1
    x, _ = middle(mark)
    strip = viewed.desk.page.locator(".strip").bounding_box()
    assert strip
    assert strip["x"] < x < strip["x"] + strip["width"]
