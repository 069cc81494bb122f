"""`/readyz`: everything that a save needs is tried, once a second at most."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from server.problem import Problem
from server.settings import Settings
from server.storage.folder import FolderStore
from server.storage.tenants import Databases
from server.web import readiness
from server.web.readiness import Readiness
from tests.server.faults import FaultStore, nth


def asked(folder: Path, *, fails: str = "", times: int = 1, fenced: bool = False, **settings: Any) -> tuple[str, int]:
    """The error of the last answer, and the number of objects written."""

    async def whole() -> tuple[str, int]:
        inner = FolderStore(folder / "objects")
        store = FaultStore(inner, nth(1, "fail", fails) if fails else lambda n, name: None)
        databases = Databases(FaultStore(inner), folder / "local")
        async with databases.use("ann") as ann:
            await ann.durable(ann.database.n, 10)
            ann.sync.fenced = fenced
        if fenced:
            databases._ended = True  # it cannot be opened again
        ready, error = Readiness(Settings(data=folder, **settings), store, databases), ""
        for _ in range(times):
            try:
                await ready.check()
            except Problem as problem:
                error = f"{problem.error}{'' if problem.headers == {'Retry-After': '2'} else ' without Retry-After'}"
        await databases.close(1)
        await inner.close()
        return error, store.calls.count("put")

    return asyncio.run(whole())


def test_a_server_that_can_work_is_ready(tmp_path: Path) -> None:
    assert asked(tmp_path, room_kept=1) == ("", 1)


def test_an_answer_is_kept_for_a_second(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "KEPT_FOR", 3600)
    assert asked(tmp_path, times=50, room_kept=1) == ("", 1)
    assert asked(tmp_path, times=50, fails="head", room_kept=1) == ("storage_error", 0)
    monkeypatch.setattr(readiness, "KEPT_FOR", -1)
    assert asked(tmp_path, times=3, room_kept=1) == ("", 3)


@pytest.mark.parametrize("call", ["head", "put"])
def test_a_store_that_takes_nothing_is_not_ready(tmp_path: Path, call: str) -> None:
    assert asked(tmp_path, fails=call)[0] == "storage_error"


def test_a_data_folder_that_takes_nothing_is_not_ready(tmp_path: Path) -> None:
    (tmp_path / "local" / "ready").mkdir(parents=True)
    assert asked(tmp_path)[0] == "storage_error"


def test_a_server_without_room_is_not_ready(tmp_path: Path) -> None:
    assert asked(tmp_path, room_kept=10**15)[0] == "not_ready"


def test_a_server_without_files_is_not_ready(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "FEW_FILES", 1)
    assert asked(tmp_path, room_kept=1)[0] == "not_ready"


def test_a_database_that_stays_fenced_makes_the_server_unready(tmp_path: Path) -> None:
    assert asked(tmp_path, fenced=True, room_kept=1)[0] == "not_ready"
