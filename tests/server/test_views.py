"""Strips, peaks and proxies over HTTP: made once, stored beside the footage, deleted with it."""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import Any
from unittest.mock import patch

import av
import httpx
import pytest

from server.footage.cache import MediaCache
from server.footage.previews import Previews
from server.footage.windows import Part
from server.metrics import Metrics
from server.problem import Problem
from server.settings import Settings
from server.storage.folder import FolderStore
from server.storage.tenants import Databases
from tests.footage import coded, read
from tests.footage.coded import Recipe
from tests.footage.pool import ODD, fetch
from tests.server.editing import ffmpegs_of, one_clip
from tests.server.site import Site, add_user, serving
from tests.server.test_http import refused, uploaded
from tests.server.waiting import until

Json = dict[str, Any]
FOOTAGE = Path(__file__).parents[2] / ".footage"
_counted = itertools.count()


@pytest.fixture(scope="session")
def phone(embedded: str) -> Path:
    """A film that many browsers cannot play: HEVC with 10 bits."""
    return fetch(ODD, FOOTAGE, embedded) / "phone.mp4"


@pytest.fixture(scope="session")
def lengthy(embedded: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A longer one, so that a test can act while its proxy is made."""
    recipe = Recipe(Fraction(30), Fraction(50), size=(1280, 720), channels=0, video=("-c:v", "mpeg4", "-q:v", "12"))
    return coded.make(tmp_path_factory.mktemp("lengthy") / "lengthy.mkv", recipe, ffmpeg=embedded)


@contextmanager
def generous(site: Site, **settings: str) -> Iterator[tuple[Site, httpx.Client]]:
    """A separate server that accepts large footage, and a client."""
    data = site.data.parent / f"generous-{next(_counted)}"
    with serving(data, **settings) as own, own.client(add_user(data, "ann")) as client:
        yield own, client


def state_of(client: httpx.Client, raw: str) -> Json:
    answer = client.get(f"/api/raw-clips/{raw}/proxy")
    assert answer.status_code == 200, answer.text
    state: Json = answer.json()
    return state


def kept(site: Site, raw: str) -> set[str]:
    """The names of the stored objects of a raw clip that are not in the trash."""
    users = site.data / "objects" / "users"
    media, trash = ({path.name for path in users.glob(f"*/{kind}/{raw}*")} for kind in ("media", "trash"))
    return {name.removeprefix(raw) for name in media - trash}


@pytest.mark.further
def test_a_strip_is_a_picture_and_says_how_it_is_read(site: Site, user: httpx.Client, game: Path) -> None:
    raw = uploaded(user, game)
    body = user.get(f"/api/raw-clips/{raw}/filmstrip.json").json()
    assert body == {"columns": 8, "width": 106, "height": 60, "pictures": 8, "step_s": 0.5}
    answer = user.get(f"/api/raw-clips/{raw}/filmstrip")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    with av.open(BytesIO(answer.content), "r") as container:
        (picture,) = container.decode(video=0)
    assert (picture.width, picture.height) == (8 * 106, 60)
    again = user.get(f"/api/raw-clips/{raw}/filmstrip", headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304
    assert kept(site, raw) == {"", ".json", ".strip.jpg", ".strip.json"}


def test_many_who_ask_at_once_have_one_made(site: Site, user: httpx.Client, game: Path) -> None:
    raw = uploaded(user, game)
    answers: list[httpx.Response] = []
    asking = [
        threading.Thread(target=lambda: answers.append(user.get(f"/api/raw-clips/{raw}/filmstrip"))) for _ in range(8)
    ]
    before = made(user, "strip")
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert made(user, "strip") == before + 1


def made(client: httpx.Client, kind: str) -> float:
    """The number of views of a kind that the server has made."""
    lines = client.get("/metrics").text.splitlines()
    mark = f'reelc_views_total{{kind="{kind}",state="made"}} '
    return sum(float(line.removeprefix(mark)) for line in lines if line.startswith(mark))


def test_peaks_are_those_of_the_sound(user: httpx.Client, footage: Path) -> None:
    body = user.get(f"/api/raw-clips/{uploaded(user, footage / 'pal25.mp4')}/peaks").json()
    assert (body["rate"], len(body["peaks"])) == (50, 200)
    assert [k for k, peak in enumerate(body["peaks"]) if peak > 0.15][:4] == [0, 5, 10, 15]
    silent = user.get(f"/api/raw-clips/{uploaded(user, footage / 'silent30.mp4')}/peaks").json()
    assert silent == {"rate": 50, "peaks": []}


def test_what_browsers_play_needs_no_proxy(user: httpx.Client, game: Path, phone: Path) -> None:
    raw = uploaded(user, game)
    assert user.get(f"/api/raw-clips/{raw}").json()["playable"] is True
    assert state_of(user, raw) == {"state": "not_needed", "progress": 1.0, "error": None}
    refused(user.get(f"/api/raw-clips/{raw}/proxy/media"), 404, "proxy_not_found")
    assert user.get(f"/api/raw-clips/{uploaded(user, phone)}").json()["playable"] is False


@pytest.mark.further
def test_a_proxy_has_the_frames_of_the_footage(site: Site, user: httpx.Client, phone: Path, tmp_path: Path) -> None:
    raw = uploaded(user, phone)
    assert state_of(user, raw)["state"] == "absent"
    for _ in range(2):
        answer = user.post(f"/api/raw-clips/{raw}/proxy")
        assert (answer.status_code, answer.json()["state"]) == (202, "making")
    until(lambda: state_of(user, raw)["state"] == "ready")
    assert user.post(f"/api/raw-clips/{raw}/proxy").json() == {"state": "ready", "progress": 1.0, "error": None}
    whole = user.get(f"/api/raw-clips/{raw}/proxy/media")
    assert (whole.status_code, whole.headers["content-type"]) == (200, "video/mp4")
    part = user.get(f"/api/raw-clips/{raw}/proxy/media", headers={"Range": "bytes=4-7"})
    assert (part.status_code, part.content) == (206, b"ftyp")
    (tmp_path / "proxy.mp4").write_bytes(whole.content)
    recipe = ODD["phone.mp4"]
    frames = read.frames(tmp_path / "proxy.mp4")
    assert [(frame.pts, frame.codes[recipe.lane]) for frame in frames] == [(k / recipe.rate, k) for k in range(120)]
    assert kept(site, raw) == {"", ".json", ".proxy.mp4"}
    assert not list((site.data / "local" / "temporary").glob("w_*"))


@pytest.mark.further
def test_a_proxy_is_made_of_what_a_browser_would_not_play_after_all(user: httpx.Client, game: Path) -> None:
    raw = uploaded(user, game)
    assert user.post(f"/api/raw-clips/{raw}/proxy").json()["state"] == "making"
    until(lambda: state_of(user, raw)["state"] != "making")
    assert state_of(user, raw)["state"] == "ready"


@pytest.mark.further
def test_how_far_a_proxy_is_is_told(user: httpx.Client, lengthy: Path, site: Site) -> None:
    with generous(site) as (_, client):
        raw = uploaded(client, lengthy)
        client.post(f"/api/raw-clips/{raw}/proxy")
        seen = [0.0]

        def came_further() -> bool:
            state = state_of(client, raw)
            assert state["state"] == "making"
            seen.append(state["progress"])
            return len({progress for progress in seen if 0 < progress < 1}) > 1

        until(came_further)
    assert seen == sorted(seen)


def test_views_go_with_their_footage(site: Site, user: httpx.Client, game: Path) -> None:
    raw = uploaded(user, game)
    for path in ("filmstrip", "peaks"):
        assert user.get(f"/api/raw-clips/{raw}/{path}").status_code == 200
    assert len(kept(site, raw)) == 5
    assert user.delete(f"/api/raw-clips/{raw}").status_code == 204
    assert kept(site, raw) == set()
    for path in ("filmstrip", "filmstrip.json", "peaks", "proxy", "proxy/media"):
        refused(user.get(f"/api/raw-clips/{raw}/{path}"), 404, "raw_clip_not_found")
    refused(user.post(f"/api/raw-clips/{raw}/proxy"), 404, "raw_clip_not_found")


def test_a_view_of_another_users_footage_is_not_there(user: httpx.Client, another: httpx.Client, game: Path) -> None:
    raw = uploaded(user, game)
    for path in ("filmstrip", "peaks", "proxy"):
        refused(another.get(f"/api/raw-clips/{raw}/{path}"), 404, "raw_clip_not_found")


def test_footage_that_is_lost_is_told(site: Site, user: httpx.Client, game: Path) -> None:
    raw = uploaded(user, game)
    (found,) = (site.data / "objects").rglob(raw)
    found.unlink()
    refused(user.get(f"/api/raw-clips/{raw}/filmstrip"), 500, "video_not_found")
    user.post(f"/api/raw-clips/{raw}/proxy")
    until(lambda: state_of(user, raw)["state"] != "making")
    state = state_of(user, raw)
    assert (state["state"], state["error"]["error"]) == ("error", "video_not_found")


def test_a_view_does_not_stand_in_the_way_of_an_edit(user: httpx.Client, game: Path) -> None:
    project_id = one_clip(user, game)
    (clip,) = user.get(f"/api/projects/{project_id}").json()["clips"]
    assert user.get(f"/api/raw-clips/{clip['raw_clip_id']}/filmstrip").status_code == 200
    refused(user.delete(f"/api/raw-clips/{clip['raw_clip_id']}"), 409, "raw_clip_in_use")
    assert user.get(f"/api/raw-clips/{clip['raw_clip_id']}/filmstrip").status_code == 200


def test_a_preview_that_is_being_made_when_its_footage_is_deleted_is_not_there(tmp_path: Path) -> None:
    """The server goes on, so it is not 503."""

    async def scene() -> None:
        store, begun = FolderStore(tmp_path / "objects"), asyncio.Event()
        settings = Settings(data=tmp_path)
        cache = MediaCache(store, tmp_path / "footage", tmp_path / "temporary", 1 << 20)
        previews = Previews(settings, store, cache, Metrics(Databases(store, tmp_path / "local")))

        async def endless(*_: object) -> None:
            begun.set()
            await asyncio.Event().wait()

        with patch.object(previews, "_make", endless):
            asked = asyncio.create_task(previews.have(Part("users/ann/media/r_one"), "strip"))
            await begun.wait()
            await previews.discard("users/ann/media/r_one")
            with pytest.raises(Problem) as found:
                await asked
        assert (found.value.status, found.value.error) == (404, "raw_clip_not_found")
        await store.close()

    asyncio.run(scene())


@pytest.mark.further
def test_footage_that_is_deleted_gets_no_proxy(lengthy: Path, site: Site) -> None:
    with generous(site) as (own, client):
        raw = uploaded(client, lengthy)
        client.post(f"/api/raw-clips/{raw}/proxy")
        until(lambda: state_of(client, raw)["progress"] > 0)
        assert len(ffmpegs_of(own.data)) == 1
        assert client.delete(f"/api/raw-clips/{raw}").status_code == 204
        assert ffmpegs_of(own.data) == []
        assert kept(own, raw) == set()


@pytest.mark.further
def test_more_than_may_wait_are_refused(lengthy: Path, site: Site, game: Path) -> None:
    with generous(site, views_per_user="1") as (_, client):
        raw, other = uploaded(client, lengthy), uploaded(client, game)
        assert client.post(f"/api/raw-clips/{raw}/proxy").status_code == 202
        answer = client.get(f"/api/raw-clips/{other}/filmstrip")
        assert refused(answer, 429, "too_many_views")["message"]
        assert answer.headers["retry-after"]


@pytest.mark.further
def test_a_server_that_ends_leaves_no_ffmpeg_and_no_half_of_a_proxy(lengthy: Path, site: Site) -> None:
    with generous(site) as (own, client):
        raw = uploaded(client, lengthy)
        client.post(f"/api/raw-clips/{raw}/proxy")
        until(lambda: bool(ffmpegs_of(own.data)))
    assert ffmpegs_of(own.data) == []
    assert kept(own, raw) == {"", ".json"}


@pytest.mark.further
def test_ffmpeg_dies_with_a_server_that_is_killed(lengthy: Path, site: Site) -> None:
    data = site.data.parent / "killed"
    own = Site(data)
    with own.client(add_user(data, "ann")) as client:
        raw = uploaded(client, lengthy)
        client.post(f"/api/raw-clips/{raw}/proxy")
        until(lambda: bool(ffmpegs_of(data)))
        os.kill(own.process.pid, signal.SIGKILL)
    own.kill()
    until(lambda: not ffmpegs_of(data))
    assert kept(own, raw) == {"", ".json"}
