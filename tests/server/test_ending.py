"""SIGTERM under load: sockets are asked to reconnect, ffmpeg ends, and the next server continues the work."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from tests.server.editing import (
    BOX,
    SMALL,
    awaited,
    begin,
    drawn,
    export,
    ffmpegs_of,
    film,
    long_project,
    one_clip,
    rendered,
    standing,
    trim,
)
from tests.server.site import Site, add_user, serving
from tests.server.switches import SWITCHED, held, switched
from tests.server.test_http import added, refused
from tests.server.test_progress import heard_until_closed, socket
from tests.server.waiting import until

pytestmark = pytest.mark.fault

SOCKETS = 50


def test_the_server_ends_with_sockets_and_a_render_and_the_next_one_makes_the_film(tmp_path: Path, game: Path) -> None:
    data = tmp_path / "data"
    token = add_user(data, "ann")
    with Site(data, short_slots="0") as site, site.client(token) as ann, ExitStack() as stack:
        running = standing(ann, data, long_project(ann, game))
        waiting = begin(ann, one_clip(ann, game))
        sockets = [stack.enter_context(socket(ann, each)) for each in (running, waiting) for _ in range(SOCKETS // 2)]
        assert site.stop() == 0
        assert ffmpegs_of(data) == []
        for each in sockets:
            states = heard_until_closed(each)
            assert states
            assert [state for state in states if state["done"]] == []
            assert each.close_code == 1012
    assert list((data / "local" / "temporary").iterdir()) == []
    with serving(data) as site, site.client(token) as ann:
        assert drawn(ann, running)["attempt"] == 1
        assert ann.delete(f"/api/export/{running}").json()["state"] == "cancelled"
        description = awaited(ann, waiting)
        assert (description["state"], description["attempt"]) == ("complete", 1), description
        answer = export(ann, description["project_id"], waiting)
        clip = {"media": str(game), "crop_data": BOX, "segments_data": trim(0.5, 1.0)}
        assert film(ann, answer) == rendered(tmp_path, SMALL, [clip])


def test_a_save_that_is_being_stored_when_the_server_ends_is_answered_and_kept(tmp_path: Path, game: Path) -> None:
    data = tmp_path / "data"
    token = add_user(data, "ann")
    with Site(data, SWITCHED, durable_within="120") as site, site.client(token) as ann, ThreadPoolExecutor(2) as side:
        clip = added(ann, game)
        with switched(site, "hold-put"):
            asked = side.submit(ann.put, clip, json={"rotation": 7})
            until(lambda: held(site, "put"), "nothing is stored")
            ended = side.submit(site.stop)
            until(lambda: _closed(site), "it still takes requests")
        answer = asked.result()
        assert (answer.status_code, answer.json()["version"]) == (200, 2)
        assert ended.result() == 0
    with serving(data) as site, site.client(token) as ann:
        assert (ann.get(clip).json()["version"], ann.get(clip).json()["rotation"]) == (2, 7)


def test_a_store_that_never_answers_does_not_keep_the_server(tmp_path: Path, game: Path) -> None:
    """A save that cannot be stored is refused and marked, and the next server stores it."""
    data = tmp_path / "data"
    token = add_user(data, "ann")
    settings = {"durable_within": "1", "shutdown_within": "5"}
    with Site(data, SWITCHED, **settings) as site, site.client(token) as ann, ThreadPoolExecutor(1) as side:
        clip = added(ann, game)
        with switched(site, "hold-put"):
            asked = side.submit(ann.put, clip, json={"rotation": 7})
            until(lambda: held(site, "put"), "nothing is stored")
            assert site.stop() == 0
        refused(asked.result(), 503, "storage_error")
    with serving(data) as site, site.client(token) as ann:
        until(lambda: ann.get(clip).headers.get("x-sync-pending") is None, "it stays undurable")
        assert ann.get(clip).json()["rotation"] == 7


def _closed(site: Site) -> bool:
    try:
        httpx.get(f"{site.url}/healthz", timeout=5)
    except httpx.TransportError:
        return True
    return False
