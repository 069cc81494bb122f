"""What a request took is freed when it ends: it waits neither for the garbage collector nor for the C library."""

from __future__ import annotations

import json
import signal
from pathlib import Path

from tests.server.editing import RENDER, one_clip
from tests.server.http_cases import Target, cases
from tests.server.site import PLAIN, ROOT, Site, add_user
from tests.server.test_http_cases import answer_of
from tests.server.waiting import until

COUNTING = (
    """
import gc, json, signal
from pathlib import Path
from traceback import walk_tb

def places(error):
    return [f"{frame.f_code.co_filename}:{line} {frame.f_code.co_name}" for frame, line in walk_tb(error.__traceback__)]

def tell(*_):
    left = {repr(each)[:80]: places(each) for each in gc.get_objects() if isinstance(each, Exception)}
    Path("told.part").write_text(json.dumps(left))
    Path("told.part").rename("told")

gc.disable()
signal.signal(signal.SIGUSR1, tell)
"""
    + PLAIN
)
"""A server without a garbage collector, which writes the exceptions in its memory to a file at a signal."""

ALLOCATING = (
    """
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

def tell(*_):
    kept, turn, before = [], Barrier(8), resident()
    def work(n):
        turn.wait()
        for size in range(2_000_000, 200_000, -100_000):
            large = [b"x" * size for _ in range(4)]
            kept.extend(bytes([n, k]) * 300 for k in range(20))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    Path("told.part").write_text(str(resident() - before))
    Path("told.part").rename("told")

signal.signal(signal.SIGUSR1, tell)
"""
    + PLAIN
)
"""A server that at a signal takes large blocks of memory in several threads, with small ones between them that it
keeps, frees the large ones, and writes how much larger it is."""

OURS = f"{ROOT}/server/", f"{ROOT}/compiler/"
"""How the names of our own files begin; exceptions of the libraries that never reach us are theirs."""

PAST_THE_END = {"version": 2, "trimRange": {"start": 3000, "end": 3600}, "spans": []}
OUTSIDE = [{"frame": 0, "x": 90000, "y": 0, "width": 100, "height": 100}]


def told_by(site: Site) -> str:
    """What a server writes at a signal."""
    told = site.data.parent / "told"
    site.process.send_signal(signal.SIGUSR1)
    until(told.exists)
    return told.read_text()


def test_no_refused_request_stays_in_memory(tmp_path: Path, game: Path) -> None:
    with Site(tmp_path / "data", COUNTING) as site:
        token = add_user(site.data, "anna")
        with site.client(token) as user:
            project = one_clip(user, game)
            (clip,) = user.get(f"/api/clips/projects/{project}/clips").json()["clips"]
            (raw,) = user.get("/api/raw-clips").json()["raw_clips"]
            for _, request in cases(Target(token, project, clip["id"], raw["id"])):
                answer_of(site, request)
            for edit in ({"segments_data": PAST_THE_END}, {"crop_data": OUTSIDE}, {"crop_data": "nothing"}):
                draft = {"clips": [{"clip_id": clip["id"], **edit}]}
                drafted = user.post(f"/api/projects/{project}/draft", json=draft)
                assert drafted.json()["errors"], drafted.text
            wrong = {"segments_data": PAST_THE_END, "crop_data": OUTSIDE}
            user.put(f"/api/clips/projects/{project}/clips/{clip['id']}", json=wrong).raise_for_status()
            export = {"export_id": "refused", "project_id": project}
            assert user.post(RENDER, json=export).status_code == 422
        left: dict[str, list[str]] = json.loads(told_by(site))
    assert {error: places for error, places in left.items() if any(place.startswith(OURS) for place in places)} == {}


def test_freed_memory_is_returned_to_the_system(tmp_path: Path) -> None:
    """Otherwise it stays 90 MB larger."""
    with Site(tmp_path / "data", ALLOCATING) as site:
        assert int(told_by(site)) < 20e6
