"""What a request took is freed when it ends: it waits neither for the garbage collector nor for the C library."""

from __future__ import annotations

import json
from pathlib import Path

import httpx

from tests.server.editing import OTHER, RENDER, awaited, long_project, one_clip
from tests.server.http_cases import Target, cases
from tests.server.site import PLAIN, ROOT, Site, add_user
from tests.server.test_http_cases import answer_of
from tests.server.test_malformed import FORMS
from tests.server.waiting import until

ANSWERING = """
from pathlib import Path
from threading import Thread
from time import sleep

def answering():
    while not Path("asked").exists():
        sleep(0.02)
    Path("answer.part").write_text(answer())
    Path("answer.part").rename("answer")

Thread(target=answering, daemon=True).start()
"""
"""Has a server answer in a file when another file is there. A handler of a signal would run amid whatever the server
does."""

OURS = f"{ROOT}/server/", f"{ROOT}/compiler/"
"""How the names of our own files begin; exceptions of the libraries that never reach us are theirs."""

COUNTING = (
    f"""
import gc, json
from traceback import walk_tb

OURS = {OURS!r}
"""
    """
def places(error):
    return [f"{frame.f_code.co_filename}:{line} {frame.f_code.co_name}" for frame, line in walk_tb(error.__traceback__)]

def left():
    found = ((repr(each)[:80], places(each)) for each in gc.get_objects() if isinstance(each, BaseException))
    return {error: went for error, went in found if any(place.startswith(OURS) for place in went)}

def answer():
    for _ in range(50):  # a thread holds what it handles, or what it handled last, for a moment
        if not left():
            break
        sleep(0.1)
    return json.dumps(left())

gc.disable()
""" + ANSWERING + PLAIN
)
"""A server without a garbage collector, which answers with the exceptions in its memory that passed our own code."""

ALLOCATING = (
    """
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

def answer():
    kept, turn, before = [], Barrier(8), resident()
    def work(n):
        turn.wait()
        for size in range(2_000_000, 200_000, -100_000):
            large = [b"x" * size for _ in range(4)]
            kept.extend(bytes([n, k]) * 300 for k in range(20))
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    return str(resident() - before)
"""
    + ANSWERING
    + PLAIN
)
"""A server that takes large blocks of memory in several threads, with small ones between them that it keeps, frees the
large ones, and answers by how much it is larger."""

KEY = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="

PAST_THE_END = {"version": 2, "trimRange": {"start": 3000, "end": 3600}, "spans": []}
OUTSIDE = [{"frame": 0, "x": 90000, "y": 0, "width": 100, "height": 100}]


def answer_of_server(site: Site) -> str:
    """What a server answers when it is asked."""
    place = site.data.parent
    (place / "asked").touch()
    until((place / "answer").exists)
    return (place / "answer").read_text()


def refused_footage(user: httpx.Client, raw: str) -> None:
    """Uploads of what is no video, and windows that a file has not."""
    for kind, body in (("video/mp4", b"no video"), ("video/mp4", b""), *FORMS.values()):
        assert user.post("/api/raw-clips", content=body, headers={"Content-Type": kind}).status_code == 422
    for windows in ([{"start_time": 1000}], [{"start_time": 1000}, {"start_time": 2000}]):
        assert user.post(f"/api/raw-clips/{raw}/windows", json={"windows": windows}).status_code == 422


def broken_off(site: Site, user: httpx.Client, game: Path) -> None:
    """An export that is cancelled, and clients of its progress and of its footage that go away meanwhile."""
    token = user.headers["authorization"].split()[1]
    export = {"export_id": "cancelled", "project_id": long_project(user, game)}
    assert user.post(RENDER, json=export, headers={"Prefer": "respond-async"}).status_code == 202
    awaited(user, "cancelled", "running")
    (raw, *_) = user.get("/api/raw-clips").json()["raw_clips"]
    upgrade = ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", KEY)
    target = Target(token, "", "", "")
    for request in (
        target.request("GET", "/ws/export/cancelled", *upgrade),
        target.request("GET", "/ws/export/none", *upgrade),
        target.request("POST", RENDER, body=json.dumps(export).encode()),
        target.request("GET", f"/api/raw-clips/{raw['id']}/media"),
        target.request("POST", "/api/raw-clips", "Content-Type: video/mp4", "Content-Length: 9999", body=b"part"),
    ):
        for read in (True, False):
            with site.wire() as sent:
                sent.sendall(request)
                if read and b"/export/c" in request + b"/media":
                    sent.recv(10)
    assert user.delete("/api/export/cancelled").json()["state"] == "cancelled"


def damaged(site: Site, user: httpx.Client, game: Path) -> None:
    """Exports and previews of footage that is damaged, or lost."""
    project = one_clip(user, game)
    raw = user.get("/api/raw-clips").json()["raw_clips"][0]["id"]
    uid = user.get("/api/me").json()["id"]
    file = site.data / "objects" / "users" / uid / "media" / raw
    file.write_bytes(file.read_bytes()[:-1] + b"?")
    for export_id in ("damaged", "lost"):
        export = {"export_id": export_id, "project_id": project, "settings": OTHER}
        assert user.post(RENDER, json=export).status_code == 500
        file.unlink(missing_ok=True)
        for preview in ("filmstrip", "peaks", "peaks"):
            assert user.get(f"/api/raw-clips/{raw}/{preview}").status_code == 500


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
            refused_footage(user, raw["id"])
            broken_off(site, user, game)
            damaged(site, user, game)
        assert json.loads(answer_of_server(site)) == {}


def test_freed_memory_is_returned_to_the_system(tmp_path: Path) -> None:
    """Otherwise it stays 90 MB larger."""
    with Site(tmp_path / "data", ALLOCATING) as site:
        assert int(answer_of_server(site)) < 20e6
