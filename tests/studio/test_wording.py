"""The pages use words that people know from other editors."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [*(ROOT / "server" / "static" / "studio").rglob("*.js"), *(ROOT / "templates").glob("*.html")]

OURS = {
    "Turn": "Straighten",
    "Largest": "Fill frame",
    "Whole clip": "Apply to all keyframes",
    "In the film": "Length in video",
    "Shape of the film": "Aspect ratio",
    "Course": "Speed curve",
    "Ramp, ": "Linear ramp",
    "Lasts": "Duration",
    "Spline: ": "Smooth path",
    "being looked at": "Checking file…",
    "being worked out": "Updating preview…",
    "Put back": "Undo",
    "Take theirs": "Use other version",
    "stored now": "Current version",
    "not turned": "0°",
    "source frame": "Clip frame",
    "in the way of": "Fix N problems before export",
    "no such raw clip": "This file was deleted",
    "raw clip/": "upload/",
    ">Graph<": "Under the hood",
    ">Keys<": "Keyboard shortcuts",
    "Uploaded before": "Your uploads",
    "Where players put": "Show areas hidden by app buttons",
    "No films": "No exported videos",
    "Your first film": "Your first video",
    "the film": "the video",
    " a film": " a video",
    "films ": "videos",
}
"""Phrases that the pages do not use, and what they say instead."""

COMMENT = re.compile(r"/\*.*?\*/|(?<![:\"'])//[^\n]*|\{#.*?#\}", re.DOTALL)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_page_says_it_in_peoples_words(path: Path) -> None:
    text = COMMENT.sub("", path.read_text(encoding="utf-8"))
    texts = re.findall(r"\"[^\"\n]*\"|`[^`]*`|>[^<>{}]+<", text)
    said = {phrase for phrase in OURS for each in texts if re.search(rf"(?<!\w){re.escape(phrase)}", each)}
    assert said == set()
