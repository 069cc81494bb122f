"""Jobs: one at a time per project, bounded, cancellable; they outlive clients, and the next server resumes them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.server.editing import (
    OTHER,
    RENDER,
    awaited,
    begin,
    come_to,
    drawn,
    export,
    ffmpegs_of,
    film,
    frozen,
    long_project,
    new_export,
    one_clip,
    standing,
    trim,
)
from tests.server.site import Site, add_user, serving
from tests.server.test_http import refused
from tests.server.waiting import PATIENCE, until


@pytest.fixture
def cancelling(user: httpx.Client) -> Iterator[list[str]]:
    """Exports that are cancelled at the end of the test; tests append their ids."""
    begun: list[str] = []
    yield begun
    for export_id in begun:
        user.delete(f"/api/export/{export_id}")


def test_a_project_has_one_export_at_a_time(site: Site, user: httpx.Client, game: Path, cancelling: list[str]) -> None:
    project_id = long_project(user, game)
    cancelling.append(standing(user, site.data, project_id))
    problem = refused(export(user, project_id), 409, "export_in_progress")
    assert problem["running_export_id"] == cancelling[0]
    refused(user.delete(f"/api/projects/{project_id}"), 409, "export_in_progress")


@pytest.mark.further
def test_a_user_has_so_many_exports_and_no_more(
    site: Site, user: httpx.Client, game: Path, cancelling: list[str]
) -> None:
    cancelling.append(standing(user, site.data, long_project(user, game)))
    for crf in (30, 31):  # equal films would wait for the first one
        cancelling.append(begin(user, long_project(user, game), settings={"encode": {"crf": crf}}))
    answer = export(user, one_clip(user, game))
    refused(answer, 429, "too_many_exports")
    assert int(answer.headers["retry-after"]) > 0
    assert user.get(f"/api/export/{cancelling[2]}").json()["state"] == "queued"
    user.delete(f"/api/export/{cancelling[2]}")
    cancelling.append(begin(user, one_clip(user, game)))


@pytest.mark.further
def test_exports_of_two_projects_at_once_are_both_made(user: httpx.Client, another: httpx.Client, game: Path) -> None:
    ours, theirs = one_clip(user, game), one_clip(another, game)
    mine, more = begin(user, ours), begin(user, one_clip(user, game))
    yours = begin(another, theirs)
    assert [awaited(client, each)["state"] for client, each in ((user, mine), (user, more), (another, yours))] == [
        "complete"
    ] * 3
    assert film(user, export(user, ours, mine)) == film(another, export(another, theirs, yours))


@pytest.mark.further
def test_a_cancelled_export_is_no_error_and_leaves_nothing(site: Site, user: httpx.Client, game: Path) -> None:
    project_id = long_project(user, game)
    export_id = standing(user, site.data, project_id)
    job = user.delete(f"/api/export/{export_id}").json()
    assert (job["state"], job["error"], job["result"]) == ("cancelled", None, None)
    assert ffmpegs_of(site.data) == []
    assert list((site.data / "local" / "temporary").iterdir()) == []
    assert user.delete(f"/api/export/{export_id}").json() == job
    refused(export(user, project_id, export_id), 409, "export_cancelled")
    assert user.get(f"/api/projects/{project_id}").json()["working_video_id"] is None


@pytest.mark.further
def test_an_export_is_cancelled_at_any_moment(site: Site, user: httpx.Client, game: Path) -> None:
    """A cancel at any stage: the export is cancelled and has no film, or it is complete and has one."""
    chance, project_id = random.Random(7), one_clip(user, game)
    for _ in range(8):
        export_id = begin(user, project_id)
        before = user.get(f"/api/projects/{project_id}").json()["working_video_id"]
        come_to(user, export_id, chance.random())  # the stages of an export at which the cancels came
        job = user.delete(f"/api/export/{export_id}").json()
        now = user.get(f"/api/projects/{project_id}").json()["working_video_id"]
        assert job["state"] in ("cancelled", "complete")
        assert now == (job["result"]["working_video_id"] if job["state"] == "complete" else before)
        assert list((site.data / "local" / "temporary").iterdir()) == []
    assert ffmpegs_of(site.data) == []


def test_a_failed_export_leaves_the_film_before_it(site: Site, user: httpx.Client, game: Path) -> None:
    project_id = one_clip(user, game)
    answer = export(user, project_id)
    made = film(user, answer)
    raw = user.get(f"/api/projects/{project_id}").json()["clips"][0]["raw_clip_id"]
    (found,) = (site.data / "objects").rglob(raw)
    found.write_bytes(b"\0" * found.stat().st_size)
    refused(export(user, project_id, settings=OTHER), 500, "damaged_media")
    assert film(user, answer) == made
    assert user.get(f"/api/projects/{project_id}").json()["working_video_id"] == answer.json()["working_video_id"]


@pytest.mark.further
def test_a_client_that_leaves_does_not_stop_its_export(user: httpx.Client, game: Path) -> None:
    slowed = trim(0, 2, {"start": 0, "end": 2, "speed": 0.1})
    project_id, export_id = one_clip(user, game, segments_data=slowed), new_export()
    begin(user, project_id, export_id)
    body = {"project_id": project_id, "export_id": export_id}
    with pytest.raises(httpx.ReadTimeout):
        user.post(RENDER, json=body, timeout=httpx.Timeout(PATIENCE, read=0.1))
    assert awaited(user, export_id)["state"] == "complete"
    assert export(user, project_id, export_id).status_code == 200


@pytest.mark.further
def test_an_export_is_of_the_edit_as_it_was_accepted(
    site: Site, user: httpx.Client, game: Path, cancelling: list[str]
) -> None:
    ahead = standing(user, site.data, long_project(user, game))
    cancelling.append(ahead)
    project_id = one_clip(user, game)
    waiting = begin(user, project_id)
    clips = f"/api/clips/projects/{project_id}/clips"
    clip = user.get(clips).json()["clips"][0]["id"]
    for version in range(8):  # more than the server keeps
        assert user.put(f"{clips}/{clip}", json={"name": f"save {version}"}).status_code == 200
    assert user.delete(f"{clips}/{clip}").status_code == 200
    user.delete(f"/api/export/{ahead}")
    assert awaited(user, waiting)["state"] == "complete"
    refused(export(user, project_id), 400, "no_clips")


@pytest.mark.further
def test_sigterm_ends_ffmpeg_and_the_next_server_goes_on(tmp_path: Path, game: Path) -> None:
    data = tmp_path / "data"
    token = add_user(data, "ann")
    with serving(data, short_slots="0") as site, site.client(token) as ann:
        export_id = standing(ann, data, long_project(ann, game))
        short = begin(ann, one_clip(ann, game))
    assert ffmpegs_of(data) == []
    with serving(data) as site, site.client(token) as ann:
        job = drawn(ann, export_id)
        assert (job["state"], job["attempt"]) == ("running", 1)  # a stopped server is not the export's failure
        assert awaited(ann, short)["state"] == "complete"  # in its own slot, by the forecast of the first server
        assert ann.delete(f"/api/export/{export_id}").json()["state"] == "cancelled"


@pytest.mark.further
def test_an_export_that_ends_the_server_again_and_again_is_given_up(tmp_path: Path, game: Path) -> None:
    data = tmp_path / "data"
    token = add_user(data, "ann")
    export_id = project_id = ""
    for attempt in (1, 2, 3):
        site = Site(data)
        with site.client(token) as ann:
            if not export_id:
                project_id = long_project(ann, game)
                export_id = begin(ann, project_id)
            assert drawn(ann, export_id)["attempt"] == attempt
            site.kill()
        gone(data)
    with serving(data) as site, site.client(token) as ann:
        job = awaited(ann, export_id)
        assert (job["state"], job["error"]["error"], job["attempt"]) == ("error", "render_error", 3)
        refused(export(ann, project_id, export_id), 500, "render_error")


def gone(data: Path) -> None:
    """Return when no ffmpeg is left: the kernel kills it shortly after its server, not in the same instant."""
    until(lambda: not ffmpegs_of(data), "ffmpeg outlives its server")


@pytest.mark.further
def test_what_no_row_names_is_swept(tmp_path: Path, game: Path) -> None:
    data = tmp_path / "data"
    token = add_user(data, "ann")
    with serving(data, sweep_after="0.2", trash_for="0.1") as site, site.client(token) as ann:
        answer = export(ann, one_clip(ann, game))
        (raw,) = ann.get("/api/raw-clips").json()["raw_clips"]
        assert ann.get(f"/api/raw-clips/{raw['id']}/filmstrip").status_code == 200
        media = data / "objects" / "users" / "ann" / "media"
        kept = {path.name for path in media.iterdir()}
        orphans = [media / "v_orphan", media / "r_orphan.strip.jpg"]
        for orphan in orphans:
            orphan.write_bytes(b"left by a crash")
        until(lambda: not any(orphan.exists() for orphan in orphans), "nothing is swept")
        assert {path.name for path in media.iterdir()} == kept
        film(ann, answer)


@pytest.mark.further
def test_a_waiting_client_is_told_when_the_server_ends(tmp_path: Path, game: Path) -> None:
    data = tmp_path / "data"
    token = add_user(data, "ann")
    site = Site(data)
    with site.client(token) as ann, ThreadPoolExecutor(1) as side:
        project_id, export_id = long_project(ann, game), new_export()
        waiting = side.submit(export, ann, project_id, export_id)
        with site.client(token) as other:
            other.get("/api/me")
            until(lambda: other.get(f"/api/export/{export_id}").status_code == 200)
            drawn(other, export_id)
        frozen(data)
        assert site.stop() == 0
        answer = waiting.result()
    refused(answer, 503, "shutting_down")
    assert answer.headers["retry-after"]
