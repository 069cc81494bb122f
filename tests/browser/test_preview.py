"""The preview equals the film: one film is rendered, and compared with the page at the same frames."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import repeat
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.browser.desk import GREY, Desk, Open, luma_of, opened, until
from tests.browser.person import Person
from tests.footage import blobs, coded, read
from tests.footage.coded import H264, Luma
from tests.server.editing import export, film, trim

SIZE = (640, 360)
SETTINGS = {
    "canvas": {"width": SIZE[0], "height": SIZE[1], "fps": 30},
    "encode": {"preset": "ultrafast", "crf": 10},
    "audio": {"include": False},
}
TIMES = 10
"""Frames that are compared of each of the two clips."""
MIXED = 4
"""Frames that are compared of each side of a transition."""
DISSOLVED, FADED = 24, (13, 14)
"""Frames of the dissolve, and of each side of the fade."""
FARTHEST = 0.25
"""Output pixels by which the page's crop may differ from the film's; the worst measured is 0.05."""
LIKE = 40.0
"""dB of PSNR between the page's canvas and the film's frame, which different scalers made; the worst measured is 47."""

RAMP = {"from": 0.5, "to": 2, "ease": "smooth"}
COUNTED = trim(0.4, 3.6, {"start": 0.7, "end": 1.3, "speed": 0.4}, {"start": 2, "end": 3, "speed": RAMP})
MOVING = trim(0.3, 3.7, {"start": 1, "end": 2, "speed": 0.5}, {"start": 2.5, "end": 3.2, "speed": {**RAMP, "to": 3}})
WHOLE = [{"frame": 0, "x": 0, "y": 0, "width": 640, "height": 360}]
GLIDE = [
    {"frame": 10, "x": 50.0, "y": 30.0, "width": 480.0, "height": 270.0},
    {"frame": 40, "x": 410.25, "y": 150.125, "width": 480.0, "height": 270.0},
    {"frame": 70, "x": 100.0, "y": 60.0, "width": 640.0, "height": 360.0, "ease": "smooth"},
    {"frame": 95, "x": 350.0, "y": 200.0, "width": 400.0, "height": 225.0, "ease": "linear"},
    {"frame": 110, "x": 250.0, "y": 100.0, "width": 400.0, "height": 225.0},
]
TILTED = [
    {"frame": 0, "x": 150.0, "y": 100.0, "width": 400.0, "height": 300.0},
    {"frame": 40, "x": 310.0, "y": 130.0, "width": 400.0, "height": 300.0},
]

SHOW = """async (number) => {
  const player = await import("/static/studio/playback/player.js");
  player.showFilm(number);
}"""
SHOWN = """async (number) => {
  const { video, shownFrame } = await import("/static/studio/playback/player.js");
  const now = await import("/static/studio/playback/now.js");
  const screen = document.querySelector(".screen");
  if (!video.value || video.value.seeking || shownFrame.value !== now.frame.value) return null;
  if (screen.dataset.mixed !== "whole") return null;
  if (screen.dataset.frame !== String(number) || screen.dataset.source !== String(now.frame.value)) return null;
  const grey = GREY;
  return {
    frame: now.frame.value, box: screen.dataset.box.split(" ").map(Number),
    screen: grey(screen, 640, 360), picture: grey(video.value, 640, 360),
  };
}""".replace("GREY", GREY)


LOSING = """(() => {
  const tell = HTMLVideoElement.prototype.requestVideoFrameCallback;
  HTMLVideoElement.prototype.requestVideoFrameCallback = function (call) {
    return tell.call(this, (now, data) => {
      if (!window.losing || window.losing.has(this)) return call(now, data);
      window.losing.set(this, true);
      this.requestVideoFrameCallback(call);
    });
  };
})()"""
"""Each video drops the report of its next picture, once `losing` is set."""


@dataclass(frozen=True, slots=True)
class Seen:
    """The page at a frame of a clip: the source's frame, the crop, the preview, the source's picture."""

    number: int
    frame: int
    box: blobs.Window
    screen: Luma
    picture: Luma


@dataclass(frozen=True, slots=True)
class Agreed:
    """A project open in the editor, and its film, frame by frame."""

    desk: Desk
    lumas: list[Luma]
    codes: list[int | None]
    frames: tuple[int, ...]
    """The number of frames of each clip in the film."""
    firsts: tuple[int, ...]
    """The first frame of each clip in the film."""

    def at(self, clip: int, numbers: list[int]) -> Iterator[tuple[Luma, Seen]]:
        """The film's frame, and the page, at these frames of the selected clip."""
        return ((self.lumas[self.firsts[clip] + seen.number], seen) for seen in frames_seen(self.desk, numbers))

    def next_clip(self) -> None:
        """Select the next clip."""
        self.desk.page.keyboard.press("PageDown")
        self.desk.settle()


@pytest.fixture
def agreed(open_page: Open, person: Person, game: Path, tmp_path: Path, embedded: str) -> Agreed:
    """Moving dissolves into Counted, which fades to Tilted."""
    project = person.project("Agreed", aspect_ratio="16:9", settings=SETTINGS)
    still = person.uploaded(scene(tmp_path / "blobs.mp4", embedded))
    person.clip(project, still, name="Moving", crop_data=GLIDE, segments_data=MOVING)
    dissolve, fade = {"type": "dissolve", "duration": 0.8}, {"type": "fade", "duration": 0.9}
    counted = {"crop_data": WHOLE, "segments_data": COUNTED, "transition_data": dissolve}
    person.clip(project, person.uploaded(game), name="Counted", **counted)
    tilted = {"rotation": 7.5, "segments_data": trim(0.2, 1.4), "transition_data": fade}
    person.clip(project, still, name="Tilted", crop_data=TILTED, **tilted)
    made = tmp_path / "film.mp4"
    made.write_bytes(film(person.api, export(person.api, project)))
    desk = opened(open_page, project)
    clips = desk.page.evaluate("async () => (await import('/static/studio/edit/store.js')).draft.value.clips")
    frames, firsts = (tuple(clip[name] for clip in clips) for name in ("frames", "first_frame"))
    return Agreed(desk, list(read.luma(made)), [frame.codes[0] for frame in read.frames(made)], frames, firsts)


def scene(path: Path, ffmpeg: str) -> Path:
    """Blobs at known places, at half their size: 4 s that every browser can play."""
    luma = np.rint(blobs.blob_scene().reshape(540, 2, 960, 2).mean((1, 3))).astype(np.uint8)
    command = [ffmpeg, "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "yuv420p", *coded.BT709, "-s", "960x540"]
    command += ["-r", "30", "-i", "pipe:0", *H264[:4], "-crf", "8", "-g", "10"]  # a seek decodes ten frames at most
    command += ["-pix_fmt", "yuv420p", *coded.BT709, str(path)]
    coded.feed(command, repeat(coded.yuv420p(luma), 120))
    return path


def test_what_the_page_shows_is_what_the_film_shows(agreed: Agreed) -> None:
    moving, counted, tilted = agreed.frames
    assert agreed.firsts == (0, moving - DISSOLVED, moving - DISSOLVED + counted)
    assert agreed.firsts[2] + tilted == len(agreed.lumas)
    for frame, seen in agreed.at(0, moments(range(moving - DISSOLVED))):
        x, y, width, height = (2 * side for side in seen.box)
        assert blobs.farthest(frame, (x, y, width, height), SIZE) < FARTHEST, f"frame {seen.number}"
        assert psnr(to_video(seen.screen), frame) > LIKE, f"frame {seen.number}"
    mixed(agreed, 0, range(moving - DISSOLVED, moving), "Dissolving to “Counted”")
    agreed.next_clip()
    for _, seen in agreed.at(1, moments(range(DISSOLVED, counted - FADED[0]))):
        assert agreed.codes[agreed.firsts[1] + seen.number] == seen.frame, f"frame {seen.number}"
        assert read.codes(seen.picture)[0] == seen.frame, f"frame {seen.number}"
    mixed(agreed, 1, range(DISSOLVED), "Dissolving from “Moving”")
    mixed(agreed, 1, range(counted - FADED[0], counted), "Faded")
    agreed.next_clip()
    for frame, seen in agreed.at(2, moments(range(FADED[1], tilted), 6)):  # rotated, and with bars
        assert psnr(to_video(seen.screen), frame) > LIKE, f"frame {seen.number}"
    mixed(agreed, 2, range(FADED[1]), "Faded")


def test_a_picture_that_the_browser_does_not_tell_of_is_shown(
    page: Page, open_page: Open, person: Person, game: Path
) -> None:
    project = person.project("Lost", aspect_ratio="16:9", settings=SETTINGS)
    raw, dissolve = person.uploaded(game), {"type": "dissolve", "duration": 0.8}
    for into in ({}, {"transition_data": dissolve}):
        person.clip(project, raw, crop_data=WHOLE, segments_data=trim(0.5, 3.5), **into)
    page.add_init_script(LOSING)
    desk = opened(open_page, project)
    for number in (30, 75, 80):  # alone, and mixed with the next clip
        page.evaluate("() => (window.losing = new WeakMap())")
        page.evaluate(SHOW, number)
        until(page, SHOWN, number)
    page.evaluate("() => (window.losing = new WeakMap())")
    page.keyboard.press("PageDown")
    desk.settle()


def mixed(agreed: Agreed, clip: int, frames: range, said: str) -> None:
    """Check that the page shows the film's mix within a transition, and names its parts."""
    for frame, seen in agreed.at(clip, moments(frames, MIXED)):
        assert psnr(to_video(seen.screen), frame) > LIKE, f"frame {seen.number} of clip {clip}"
        expect(agreed.desk.page.locator(".reading")).to_contain_text(said)


def moments(frames: range, times: int = TIMES) -> list[int]:
    """Random frames, the first and the last among them."""
    return sorted({frames[0], frames[-1], *random.Random(len(frames)).sample(frames, times - 2)})


def frames_seen(desk: Desk, numbers: list[int]) -> Iterator[Seen]:
    """The page at each of these frames of the clip."""
    for number in numbers:
        desk.page.evaluate(SHOW, number)
        seen: dict[str, Any] = until(desk.page, SHOWN, number)
        x, y, width, height = seen["box"]
        yield Seen(
            number, seen["frame"], (x, y, width, height), luma_of(seen["screen"], SIZE), luma_of(seen["picture"], SIZE)
        )


def to_video(screen: Luma) -> Luma:
    """Luma in full range, as on screens, converted to limited range."""
    return np.rint(16 + screen.astype(np.float64) * 219 / 255).astype(np.uint8)


def psnr(one: Luma, other: Luma) -> float:
    inner = (slice(4, -4), slice(4, -4))
    noise = float(np.mean((one[inner].astype(np.float64) - other[inner]) ** 2))
    return float(10 * np.log10(255**2 / max(noise, 1e-12)))
