"""Browsers edit footage that they cannot play by a proxy with the same frames."""

from __future__ import annotations

import base64
from pathlib import Path

import numpy as np
import pytest

from tests.browser.desk import Open, opened, until
from tests.browser.person import Person
from tests.browser.test_preview import SHOW, SHOWN
from tests.conftest import FOOTAGE
from tests.footage import read
from tests.footage.pool import ODD, fetch

KINDS = ("phone.mp4", "program.mpg", "edit.mov")
"""HEVC of 10 bit, MPEG-2, ProRes."""


@pytest.mark.parametrize("name", KINDS)
def test_frames_of_the_copy_are_those_of_the_footage(name: str, open_page: Open, person: Person, embedded: str) -> None:
    footage: Path = fetch(ODD, FOOTAGE, embedded) / name
    project = person.project("Phone")
    whole = [{"frame": 0, "x": 0, "y": 0, "width": 640, "height": 360}]
    person.clip(project, person.uploaded(footage), name="Dunk", crop_data=whole)
    page = opened(open_page, project).page
    assert str(page.locator("video.video").get_attribute("src")).endswith("/proxy/media")
    for number in (0, 47, 23, 90):
        page.evaluate(SHOW, number)
        seen = until(page, SHOWN, number)
        picture = np.frombuffer(base64.b64decode(seen["picture"]), np.uint8).reshape(360, 640)
        assert read.codes(picture)[ODD[name].lane] == seen["frame"]
