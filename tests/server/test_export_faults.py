"""Every call of the store fails once during an export: no state is left broken, and the next export works.

These tests run the application in this process, so that they can choose the n-th call.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import pytest

from server.exports import complete, writes
from server.exports import render as rendering
from server.settings import Settings
from server.storage import sync
from server.storage.folder import FolderStore
from server.storage.marks import Lost
from server.storage.objects import ObjectStore
from server.web.services import Services
from tests.cases import cases
from tests.server.editing import BOX, OTHER, RENDER, SMALL, trim
from tests.server.faults import Fault, FaultStore, no_fault, nth
from tests.server.in_process import in_process

pytestmark = pytest.mark.further

Scene = Callable[[httpx.AsyncClient, FaultStore, Services], Awaitable[None]]


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sync, "FIRST_PAUSE", 0.001)
    monkeypatch.setattr(sync, "LONGEST_PAUSE", 0.01)
    monkeypatch.setattr(rendering, "PAUSE", 0.001)
    monkeypatch.setattr(writes, "LONGEST_PAUSE", 0.1)


def run(data: Path, scene: Scene, inner: ObjectStore | None = None, lasting: bool = True) -> None:
    """Play a scene. The server waits a second for a store whose planned faults last, else as long as is needed."""

    async def whole() -> None:
        store = FaultStore(inner or FolderStore(data / "objects"))
        settings = Settings(data=data, durable_within=1, refuse_after=600)
        async with in_process(settings, store, lambda: lasting and store.planned) as server:
            await scene(server.client, store, server.services)

    asyncio.run(whole())


async def a_project(client: httpx.AsyncClient, game: Path) -> str:
    made = await client.post("/api/projects", json={"name": "x", "settings": SMALL})
    headers = {"Content-Type": "video/mp4"}
    raw = (await client.post("/api/raw-clips", content=game.read_bytes(), headers=headers)).json()["id"]
    clip = {"raw_clip_id": raw, "crop_data": BOX, "segments_data": trim(0.5, 0.7)}
    project_id = str(made.json()["id"])
    assert (await client.post(f"/api/clips/projects/{project_id}/clips", json=clip)).status_code == 201
    return project_id


async def whole_films(client: httpx.AsyncClient, project_id: str) -> str | None:
    """The project's film; every export has ended, every film has its object, and complete exports have their film."""
    for export in (await client.get("/api/export")).json()["exports"]:
        assert export["state"] in ("complete", "error"), export
        assert (export["state"] == "complete") == (export["result"] is not None)
        if export["result"]:
            film = f"/api/working-videos/{export['result']['working_video_id']}"
            media = await client.get(f"{film}/media")
            assert len(media.content) == (await client.get(film)).json()["size"]
    shown = (await client.get(f"/api/projects/{project_id}")).json()["working_video_id"]
    return None if shown is None else str(shown)


async def ended(client: httpx.AsyncClient, services: Services) -> None:
    for job in services.jobs.under_way():
        await job.ended.wait()


@pytest.mark.parametrize("fault", cases(["fail", "swallow"], slow=["swallow"]))
def test_any_call_of_the_store_may_fail_during_an_export(tmp_path: Path, game: Path, fault: Fault) -> None:
    async def scene(client: httpx.AsyncClient, store: FaultStore, services: Services) -> None:
        project_id = await a_project(client, game)
        number, before, outcomes = 0, None, set()
        fetched = services.settings.local / "footage"
        while True:
            number += 1
            for path in fetched.glob("*"):
                path.unlink()  # emptied each time, so that the fetch can fail
            store.plan, made = nth(number, fault), len(store.calls)
            another = {"encode": {"crf": 1 + number}}  # a film that is there already is not rendered
            body = {"project_id": project_id, "export_id": f"{fault}-{number}", "settings": another}
            answer = await client.post(RENDER, json=body)
            await ended(client, services)
            hit = len(store.calls) - made >= number
            store.plan = no_fault
            outcomes.add((answer.status_code, answer.json().get("error")))
            assert answer.status_code == 200 or answer.json()["error"] in ("storage_error", "video_not_found")
            description = (await client.get(f"/api/export/{body['export_id']}")).json()
            result = description.get("result") or {"working_video_id": before}
            now = await whole_films(client, project_id)
            assert now == result["working_video_id"]
            assert (now != before) == (answer.status_code == 200)
            again = await client.post(RENDER, json={**body, "export_id": f"{fault}-{number}-again"})
            assert again.status_code == 200, again.text
            before = await whole_films(client, project_id)
            assert list((services.temporary).iterdir()) == []
            if not hit:
                break
        assert number > 6  # the calls: look up, fetch, put the film, and store its rows
        assert {status for status, _ in outcomes} == {200, 500}

    run(tmp_path, scene, lasting=False)


def test_a_store_that_is_away_at_the_end_is_waited_for(tmp_path: Path, game: Path) -> None:
    async def scene(client: httpx.AsyncClient, store: FaultStore, services: Services) -> None:
        project_id = await a_project(client, game)
        made = asyncio.Event()

        def plan(_: int, name: str) -> Fault | None:
            if name == "put_file":
                made.set()
            return "fail" if made.is_set() and name == "put" else None

        store.plan = plan
        body = {"project_id": project_id, "export_id": "e"}
        answer = await client.post(RENDER, json=body)
        assert (answer.status_code, answer.json()["error"]) == (500, "storage_error")
        description = (await client.get("/api/export/e")).json()
        assert (description["state"], description["stage"], description["result"]) == ("running", "storing", None)
        store.plan = no_fault
        answer = await client.post(RENDER, json=body)
        assert answer.status_code == 200
        assert await whole_films(client, project_id) == answer.json()["working_video_id"]

    run(tmp_path, scene)


def test_nothing_is_rendered_until_the_export_is_durably_accepted(tmp_path: Path, game: Path) -> None:
    async def scene(client: httpx.AsyncClient, store: FaultStore, services: Services) -> None:
        project_id = await a_project(client, game)
        store.plan = lambda n, name: "fail" if name == "put" else None
        body = {"project_id": project_id, "export_id": "e"}
        for headers in ({}, {}, {"Prefer": "respond-async"}):
            answer = await client.post(RENDER, json=body, headers=headers)
            assert (answer.status_code, answer.json()["error"]) == (500, "storage_error")
        response = await client.get("/api/export/e")
        assert (response.json()["state"], response.json()["attempt"]) == ("queued", 0)
        assert response.headers["x-sync-pending"] == "1"
        assert store.calls.count("put_file") == 1  # the footage
        store.plan = no_fault
        answer = await client.post(RENDER, json=body)
        assert answer.status_code == 200
        assert await whole_films(client, project_id) == answer.json()["working_video_id"]

    run(tmp_path, scene)


def test_a_cancelled_export_is_told_once_that_is_durable(tmp_path: Path, game: Path) -> None:
    async def scene(client: httpx.AsyncClient, store: FaultStore, services: Services) -> None:
        project_id = await a_project(client, game)
        store.plan = lambda n, name: "fail" if name == "put" else None
        body = {"project_id": project_id, "export_id": "e"}
        assert (await client.post(RENDER, json=body)).status_code == 500
        for _ in range(2):
            answer = await client.delete("/api/export/e")
            assert (answer.status_code, answer.json()["error"]) == (503, "storage_error")
        store.plan = no_fault
        answer = await client.delete("/api/export/e")
        assert (answer.status_code, answer.json()["state"]) == (200, "cancelled")
        assert (await client.post(RENDER, json=body)).json()["error"] == "export_cancelled"
        assert (await client.get(f"/api/projects/{project_id}")).json()["working_video_id"] is None

    run(tmp_path, scene)


def test_an_export_whose_end_another_server_will_decide_is_no_cancelled_one(tmp_path: Path, game: Path) -> None:
    async def scene(client: httpx.AsyncClient, store: FaultStore, services: Services) -> None:
        project_id = await a_project(client, game)
        made = asyncio.Event()

        def plan(_: int, name: str) -> Fault | None:
            """After the film's upload another server takes over the writing; this one must give up."""
            if name == "put_file":
                made.set()
            if not made.is_set() or name != "put":
                return None
            for user_database in services.databases.opened():
                user_database.sync.fence("another server writes")
            return "fail"

        store.plan = plan
        answer = await client.post(RENDER, json={"project_id": project_id, "export_id": "e"})
        assert (answer.status_code, answer.json()["error"]) == (500, "storage_error")
        assert (await client.get("/api/export/e")).json()["result"] is None

    run(tmp_path, scene)


@pytest.mark.parametrize("end", ["lost", "fenced", "cancelled"])
def test_a_film_that_gets_no_row_goes_to_the_trash(
    tmp_path: Path, game: Path, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    """Without the mark a server that takes the user over would see a row that was lost, and sweep nothing."""

    async def scene(client: httpx.AsyncClient, store: FaultStore, services: Services) -> None:
        async def lost(*_: object) -> list[str]:
            raise Lost("planned")

        def plan(_: int, name: str) -> Fault | None:
            if name == "put_file" and end == "cancelled":
                services.jobs.cancel(services.jobs.under_way()[0])
            if name != "put" or end != "fenced" or store.calls.count("put_file") < 2:  # the footage, and the film
                return None
            store.plan = no_fault
            for user_database in services.databases.opened():
                user_database.sync.fence("another server writes")
            return "fail"

        body = {"project_id": await a_project(client, game), "export_id": "e"}
        if end == "lost":
            monkeypatch.setattr(complete, "finish", lost)
        store.plan = plan
        assert (await client.post(RENDER, json=body)).status_code >= 400
        assert [stat.key.rpartition("/")[2][:2] async for stat in store.inner.listing("users/ann/trash/")] == ["v_"]

    run(tmp_path, scene)


def test_a_film_that_cannot_be_put_away_is_no_film(tmp_path: Path, game: Path) -> None:
    async def scene(client: httpx.AsyncClient, store: FaultStore, services: Services) -> None:
        project_id = await a_project(client, game)
        body = {"project_id": project_id, "export_id": "good"}
        before = (await client.post(RENDER, json=body)).json()["working_video_id"]
        store.plan = lambda n, name: "fail" if name == "put_file" else None
        answer = await client.post(RENDER, json={**body, "export_id": "bad", "settings": OTHER})
        assert (answer.status_code, answer.json()["error"]) == (500, "storage_error")
        store.plan = no_fault
        again = await client.post(RENDER, json={**body, "export_id": "bad", "settings": OTHER})
        assert (again.status_code, again.json()) == (500, answer.json())
        assert await whole_films(client, project_id) == before
        assert (await client.post(RENDER, json={**body, "export_id": "better", "settings": OTHER})).status_code == 200

    run(tmp_path, scene)


@pytest.mark.parametrize("a_store", cases(["moto", "seaweedfs"], slow=["moto"]), indirect=True)
def test_every_store_gives_the_same_film(tmp_path: Path, game: Path, a_store: ObjectStore) -> None:
    films: list[bytes] = []

    async def scene(client: httpx.AsyncClient, store: FaultStore, services: Services) -> None:
        answer = await client.post(RENDER, json={"project_id": await a_project(client, game), "export_id": "e"})
        assert answer.status_code == 200, answer.text
        media = await client.get(f"/api/working-videos/{answer.json()['working_video_id']}/media")
        assert media.status_code == 200
        films.append(media.content)

    run(tmp_path / "here", scene, a_store)
    run(tmp_path / "folder", scene)
    assert films[0] == films[1]
