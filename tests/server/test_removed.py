"""Removed users: no data folder brings them back, and a new user of the name is another one."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import pytest

from server.accounts import Accounts
from server.settings import Settings
from server.storage.marks import removed_key
from server.storage.objects import ObjectStore, StoreFailed
from server.storage.snapshots import key_of
from server.storage.tenants import Databases
from server.user_data import UserData
from tests.server.faults import nth
from tests.server.test_repair import saved
from tests.server.test_sync import UID, names, place, run, wiped

HERE, THERE = "data/local", "other/local"
"""The databases of the data folder where the user is removed, and of another server's."""


async def removed(store: ObjectStore, tmp_path: Path) -> None:
    await UserData(store, Settings(data=tmp_path / "data"), UID).remove()


async def started(store: ObjectStore, tmp_path: Path, local: str) -> None:
    """Start a server, which looks at its databases, and stop it."""
    databases = Databases(store, tmp_path / local)
    await databases.resume()
    await databases.check_newest()
    await databases.close(5)


async def keys(store: ObjectStore) -> list[str]:
    return [stat.key async for stat in store.listing("")]


def test_no_data_folder_brings_a_removed_user_back(tmp_path: Path) -> None:
    async def scene() -> None:
        store, _ = place(tmp_path)
        await saved(store, tmp_path, "a secret", local=THERE)
        await saved(store, tmp_path, "b", local=HERE)
        await removed(store, tmp_path)
        await started(store, tmp_path, THERE)
        assert await keys(store) == [removed_key(UID)]
        files = [path for path in (tmp_path / "other").rglob("*") if path.is_file()]
        assert not any(b"a secret" in path.read_bytes() for path in files)

    run(scene)


@pytest.mark.parametrize("lost", [[2], [1, 2]], ids=["the newest", "all"])
def test_a_later_user_of_the_name_whom_a_server_of_before_added_loses_nothing(tmp_path: Path, lost: list[int]) -> None:
    """Its numbers are below the mark's: that server does not know such marks."""

    async def scene() -> None:
        store, _ = place(tmp_path)
        await saved(store, tmp_path, "a", "b", "c", local=HERE)
        await removed(store, tmp_path)
        mark = await store.get(removed_key(UID))
        await store.delete(removed_key(UID))
        await saved(store, tmp_path, "new", "newer", local=THERE)
        await store.put(removed_key(UID), mark)
        for number in lost:
            await store.delete(key_of(UID, number))
        databases = Databases(store, tmp_path / THERE)
        assert await names(databases) == {"new", "newer"}
        await databases.close(5)
        assert await wiped(store, tmp_path) == {"new", "newer"}

    run(scene)


@pytest.mark.parametrize("first", [HERE, THERE])
def test_a_new_user_of_the_name_of_a_removed_one_is_another(tmp_path: Path, first: str) -> None:
    async def scene() -> None:
        store, _ = place(tmp_path)
        await saved(store, tmp_path, "a", "b", "c", local=THERE)
        await removed(store, tmp_path)
        for _ in range(2):
            databases = Databases(store, tmp_path / first)
            assert await names(databases) == set()
            await databases.check_newest()
            await databases.close(5)
            assert await keys(store) == [removed_key(UID)]  # nothing is stored of one who saved nothing
        await saved(store, tmp_path, "new", local=first)
        for local in (HERE, THERE):
            await started(store, tmp_path, local)
        assert await wiped(store, tmp_path) == {"new"}

    run(scene)


@pytest.mark.further
def test_a_removal_that_ended_early_can_be_repeated_after_a_start(tmp_path: Path) -> None:
    async def scene() -> None:
        for number in count(1):
            folder = tmp_path / str(number)
            store, faulty = place(folder)
            await Accounts(store).add(UID)
            await saved(store, folder, "a", "b", local=HERE)
            faulty.plan = nth(number, "fail")
            try:
                await removed(faulty, folder)
                assert number > 8
                break
            except StoreFailed:
                await started(store, folder, HERE)
                await removed(store, folder)
            await started(store, folder, HERE)
            assert await keys(store) == [removed_key(UID)]

    run(scene)
