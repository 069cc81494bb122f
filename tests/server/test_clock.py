"""The wall clock jumps by hours and days while the server runs: nothing expires, gets stuck or changes its order."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest

from tests.server.editing import begin, drawn, export, film, long_project, new_export, one_clip
from tests.server.site import Fresh, Site, add_somebody, new_link, serving, sign_in
from tests.server.switches import SWITCHED, held, switched
from tests.server.test_http import added, uploaded
from tests.server.test_progress import heard, socket
from tests.server.waiting import until

pytestmark = pytest.mark.fault

STEPPED = Fresh(
    """
import datetime, time
from pathlib import Path
plain_time, plain = time.time, datetime.datetime
def step():
    return float(Path("clock").read_text()) if Path("clock").exists() else 0.0
class Stepped(plain):
    @classmethod
    def now(cls, tz=None):
        return plain.now(tz) + datetime.timedelta(seconds=step())
datetime.datetime = Stepped
time.time = lambda: plain_time() + step()
from server import ages, app
ages.BELIEVED_AFTER = 0
app.SWEEP_EVERY = app.TIDY_EVERY = 0.1
"""
    + SWITCHED
)
"""A server with a wall clock that is wrong by the seconds in the file `clock`. It believes that clock at once where
it deletes, and tidies and sweeps all the time."""

HOURS, DAY = 3600.0, 86400.0
JUMPS = (-5 * HOURS, 26 * HOURS, -DAY, 0.0)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with serving(tmp_path_factory.mktemp("clock") / "data", program=STEPPED, trash_for="1") as running:
        yield running


@pytest.fixture
def ann(place: Site) -> Iterator[httpx.Client]:
    step(place, 0)
    with place.client(add_somebody(place.data)) as client:
        yield client


def step(place: Site, seconds: float) -> None:
    """From now on the server's clock is wrong by this many seconds."""
    coming = place.data.parent / "clock.coming"
    coming.write_text(str(seconds))
    coming.rename(place.data.parent / "clock")


def test_versions_and_lists_keep_their_order(place: Site, ann: httpx.Client, game: Path) -> None:
    clip, projects, exports = added(ann, game), [], []
    raws = [ann.get(clip).json()["raw_clip_id"]]
    for turn, jump in enumerate(JUMPS, start=1):
        step(place, jump)
        assert ann.put(clip, json={"rotation": turn}, headers={"If-Match": f'"{turn}"'}).status_code == 200
        raws.append(uploaded(ann, game))
        projects.append(one_clip(ann, game))
        exports.append(new_export())
        assert export(ann, projects[-1], exports[-1]).status_code == 200
    versions = ann.get(f"{clip}/versions").json()["versions"]
    assert [(each["version"], each["rotation"]) for each in versions] == [(5, 4), (4, 3), (3, 2), (2, 1), (1, 0)]
    times = [datetime.fromisoformat(each["saved_at"]) for each in reversed(versions)]
    assert times[1] < times[0] < times[2]  # the clock was really wrong
    assert times[2] - times[1] > timedelta(hours=30)
    assert [each["id"] for each in ann.get("/api/projects").json()["projects"]][:4] == projects[::-1]
    listed = [each["id"] for each in ann.get("/api/raw-clips").json()["raw_clips"]]
    assert [each for each in listed if each in raws] == raws[::-1]
    assert [each["export_id"] for each in ann.get("/api/export").json()["exports"]] == exports[::-1]


@pytest.mark.parametrize("jump", [-26 * HOURS, 26 * HOURS])
def test_what_was_signed_in_and_answered_stays_so(place: Site, ann: httpx.Client, jump: float) -> None:
    key = {"Idempotency-Key": "k"}
    before = ann.post("/api/projects", json={"name": "x"}, headers=key)
    with place.client() as browser:
        assert sign_in(browser, new_link(place.data)).status_code == 303
        step(place, jump)
        assert browser.get("/api/me").status_code == 200
    assert ann.post("/api/projects", json={"name": "x"}, headers=key).json() == before.json()


@pytest.mark.parametrize("jump", [-26 * HOURS, 26 * HOURS])
def test_a_render_goes_on(place: Site, ann: httpx.Client, game: Path, jump: float) -> None:
    long, short = long_project(ann, game), one_clip(ann, game)
    running = begin(ann, long)
    drawn(ann, running)
    waiting = begin(ann, short)
    with socket(ann, waiting) as listening, ThreadPoolExecutor(1) as side:
        all_of_it = side.submit(heard, listening)
        step(place, jump)
        before = ann.get(f"/api/export/{running}").json()["progress"]
        until(lambda: ann.get(f"/api/export/{running}").json()["progress"] > before, "the render stands still")
        assert ann.delete(f"/api/export/{running}").json()["state"] == "cancelled"
        last = all_of_it.result()[-1]
    assert (last["state"], last["error"]) == ("complete", None)
    film(ann, export(ann, short, waiting))


@pytest.mark.parametrize("what", ["upload", "film"])
def test_what_has_no_row_yet_is_not_swept(place: Site, ann: httpx.Client, game: Path, what: str) -> None:
    """An object exists before its row: a clock that jumps two days ahead does not make it an orphan."""
    media = place.data / "objects" / "users" / ann.get("/api/me").json()["id"] / "media"
    project_id = one_clip(ann, game)
    with ThreadPoolExecutor(1) as side:
        with switched(place, "hold-after-put_file"):
            asked = side.submit(*((uploaded, ann, game) if what == "upload" else (export, ann, project_id)))
            until(lambda: held(place, "after-put_file"), "nothing is stored")
            step(place, 2 * DAY)
            orphan = media / "v_orphan"
            orphan.write_bytes(b"left by a crash")
            until(lambda: not orphan.exists(), "nothing is swept")
        if what == "film":
            film(ann, asked.result())
        else:
            assert ann.get(f"/api/raw-clips/{asked.result()}/media").content == game.read_bytes()
