"""Answers wait for the store: results of requests while the store is down, slow, or loses its answers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import pytest

from server.settings import Settings
from server.storage import sync
from server.storage.folder import FolderStore
from tests.server.faults import Fault, FaultStore, Plan, no_fault
from tests.server.in_process import in_process


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sync, "FIRST_PAUSE", 0.001)
    monkeypatch.setattr(sync, "LONGEST_PAUSE", 0.01)


def puts(fault: Fault) -> Plan:
    """This fault for all snapshots."""
    return lambda _, name: fault if name == "put" else None


Scene = Callable[[httpx.AsyncClient, FaultStore], Awaitable[None]]


def run(tmp_path: Path, scene: Scene, refuse_after: float = 600) -> None:
    """Play a scene. The server waits a second for a store whose puts fail, else as long as is needed."""

    async def whole() -> None:
        store = FaultStore(FolderStore(tmp_path / "objects"))
        settings = Settings(data=tmp_path, durable_within=1, refuse_after=refuse_after)
        async with in_process(settings, store, lambda: store.planned) as server:
            assert (await server.client.get("/api/projects")).status_code == 200  # the database is open from now on
            await scene(server.client, store)

    asyncio.run(whole())


@pytest.mark.further
def test_a_save_that_cannot_be_stored_is_503_and_its_retry_waits_for_the_same(tmp_path: Path) -> None:
    async def scene(client: httpx.AsyncClient, store: FaultStore) -> None:
        headers = {"Idempotency-Key": "k"}
        store.plan = puts("fail")
        for _ in range(2):
            answer = await client.post("/api/projects", json={"name": "x"}, headers=headers)
            assert (answer.status_code, answer.json()["error"]) == (503, "storage_error")
            assert int(answer.headers["retry-after"]) > 0
        read = await client.get("/api/projects")
        assert (read.status_code, read.headers["x-sync-pending"]) == (200, "1")
        store.plan = no_fault
        answer = await client.post("/api/projects", json={"name": "x"}, headers=headers)
        assert answer.status_code == 201
        read = await client.get("/api/projects")
        assert [each["id"] for each in read.json()["projects"]] == [answer.json()["id"]]
        assert "x-sync-pending" not in read.headers

    run(tmp_path, scene)


@pytest.mark.further
def test_after_long_without_the_store_saves_are_refused_at_once(tmp_path: Path) -> None:
    async def scene(client: httpx.AsyncClient, store: FaultStore) -> None:
        store.plan = puts("fail")
        for _ in range(5):
            answer = await client.post("/api/projects", json={"name": "x"})
            assert answer.status_code == 503
        assert "changes are refused" in answer.json()["message"]
        assert len((await client.get("/api/projects")).json()["projects"]) < 5

    run(tmp_path, scene, refuse_after=4)


def test_an_answer_that_was_swallowed_is_no_failure(tmp_path: Path) -> None:
    async def scene(client: httpx.AsyncClient, store: FaultStore) -> None:
        store.plan = puts("swallow")
        for _ in range(3):
            assert (await client.post("/api/projects", json={"name": "x"})).status_code == 201

    run(tmp_path, scene)


def test_requests_that_write_nothing_do_not_wait(tmp_path: Path) -> None:
    async def scene(client: httpx.AsyncClient, store: FaultStore) -> None:
        store.plan = puts("fail")
        assert (await client.get("/api/projects")).status_code == 200
        assert (await client.delete("/api/projects/p_no")).status_code == 404

    run(tmp_path, scene)
