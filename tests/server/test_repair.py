"""Snapshots that the store lost or damaged: stored anew from a whole local database, never an empty user in silence."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.storage import snapshots
from server.storage.marks import Lost, data_key
from server.storage.objects import ObjectStore, Stat
from server.storage.snapshots import Damaged, key_of
from server.storage.sync import Fenced
from server.storage.tenants import Databases
from tests.server.faults import FaultStore, nth
from tests.server.site import Site, add_user
from tests.server.test_http import refused
from tests.server.test_sync import UID, names, place, run, save, wiped


async def saved(store: ObjectStore, tmp_path: Path, *wanted: str, local: str = "local") -> None:
    """Save in a server, and stop it."""
    databases = Databases(store, tmp_path / local)
    for name in wanted:
        await save(databases, name)
    await databases.close(5)


async def numbers(store: ObjectStore) -> list[int]:
    return [number async for number, _ in snapshots.points(store, UID)]


@pytest.mark.parametrize("lost", [[3], [2, 3], [1, 2, 3]])
def test_lost_snapshots_are_stored_anew_from_the_local_database(tmp_path: Path, lost: list[int]) -> None:
    async def scene() -> None:
        store, _ = place(tmp_path)
        await saved(store, tmp_path, "a", "b", "c")
        for number in lost:
            await store.delete(key_of(UID, number))
        again = Databases(store, tmp_path / "local")
        assert await names(again) == {"a", "b", "c"}
        assert await numbers(store) == [1, 2, 3]
        assert await wiped(store, tmp_path) == {"a", "b", "c"}
        await save(again, "d")
        await again.close(5)
        assert await numbers(store) == [1, 2, 3, 4]
        assert await wiped(store, tmp_path) == {"a", "b", "c", "d"}

    run(scene)


def test_a_server_that_slept_through_the_loss_is_fenced(tmp_path: Path) -> None:
    async def scene() -> None:
        store, _ = place(tmp_path)
        sleeper = Databases(store, tmp_path / "sleeper")
        await save(sleeper, "a")
        await saved(store, tmp_path, "b", "c")
        for number in (2, 3):
            await store.delete(key_of(UID, number))
        awake = Databases(store, tmp_path / "local")
        assert await names(awake) == {"a", "b", "c"}
        with pytest.raises(Fenced):
            await save(sleeper, "stale")
        assert await names(sleeper) == {"a", "b", "c"}
        await awake.close(5)
        await sleeper.close(5)

    run(scene)


@pytest.mark.parametrize("fault", ["fail", "swallow"])
def test_a_repair_that_is_broken_off_is_made_at_the_next_try(tmp_path: Path, fault: str) -> None:
    async def scene() -> None:
        store, faulty = place(tmp_path, nth(1, fault, "put"))  # type: ignore[arg-type]
        await saved(store, tmp_path, "a", "b")
        await store.delete(key_of(UID, 2))
        again = Databases(faulty, tmp_path / "local")
        with pytest.raises(Exception, match="planned"):
            await names(again)
        assert await names(again) == {"a", "b"}
        await again.close(5)
        assert await wiped(store, tmp_path) == {"a", "b"}

    run(scene)


def test_a_user_whose_data_is_lost_is_not_a_new_one(tmp_path: Path) -> None:
    async def scene() -> None:
        store, _ = place(tmp_path)
        await saved(store, tmp_path, "a")
        await store.delete(key_of(UID, 1))
        with pytest.raises(Lost):
            await wiped(store, tmp_path)
        await store.delete(data_key(UID))
        assert await wiped(store, tmp_path) == set()

    run(scene)


def test_data_of_before_the_mark_get_one_with_the_next_save(tmp_path: Path) -> None:
    async def scene() -> None:
        store, _ = place(tmp_path)
        await saved(store, tmp_path, "a")
        await store.delete(data_key(UID))
        await saved(store, tmp_path, "b")
        await store.head(data_key(UID))

    run(scene)


def test_data_of_before_the_mark_get_one_after_their_opening(tmp_path: Path) -> None:
    async def scene() -> None:
        store, _ = place(tmp_path)
        await saved(store, tmp_path, "a")
        await store.delete(data_key(UID))
        again = Databases(store, tmp_path / "local")
        await again.resume()
        await again.check_newest()
        await again.close(5)
        await store.head(data_key(UID))

    run(scene)


def test_the_mark_is_stored_before_the_first_save_is_acknowledged_and_not_without_it(tmp_path: Path) -> None:
    """A user whose first save failed has lost nothing, and is new at the next server."""

    async def scene() -> None:
        store, faulty = place(tmp_path, lambda n, name: "fail" if name == "put" else None)
        databases = Databases(faulty, tmp_path / "local")
        with pytest.raises(Exception, match="not durable"):
            await save(databases, "a", within=0.05)
        await databases.close(0.01)
        assert await wiped(store, tmp_path) == set()

    run(scene)


def test_a_first_save_of_another_server_between_two_looks_is_no_loss(tmp_path: Path) -> None:
    """The look for snapshots finds none, and that for the mark finds it."""

    class SavedMeanwhile(FaultStore):
        async def head(self, key: str) -> Stat:
            if key == data_key(UID):
                await saved(self.inner, tmp_path, "a", local="other")
            return await super().head(key)

    async def scene() -> None:
        store, _ = place(tmp_path)
        databases = Databases(SavedMeanwhile(store), tmp_path / "local")
        assert await names(databases) == {"a"}
        await databases.close(5)

    run(scene)


def test_a_header_that_is_nested_deeply_is_damage(tmp_path: Path) -> None:
    async def scene() -> None:
        store, _ = place(tmp_path)
        await store.put(key_of(UID, 1), b"[" * snapshots.HEADER)
        with pytest.raises(Damaged):
            await wiped(store, tmp_path)

    run(scene)


def test_strays_among_snapshots_are_skipped(tmp_path: Path) -> None:
    async def scene() -> None:
        store, _ = place(tmp_path)
        await saved(store, tmp_path, "a")
        for stray in ("notes.txt", "1", "000000000009.part", "zzz"):
            await store.put(f"users/{UID}/db/{stray}", b"")
        (tmp_path / "objects" / "users" / UID / "db" / ".DS_Store").touch()
        assert await wiped(store, tmp_path) == {"a"}
        await saved(store, tmp_path, "b")
        assert await wiped(store, tmp_path) == {"a", "b"}

    run(scene)


@pytest.mark.parametrize("where", [10, snapshots.HEADER + 20, -1])
def test_a_damaged_newest_snapshot_is_stored_anew_from_the_local_database(tmp_path: Path, where: int) -> None:
    async def scene() -> None:
        store, faulty = place(tmp_path)
        await saved(store, tmp_path, "a", "b")
        body = bytearray(await store.get(key_of(UID, 2)))
        body[where] ^= 0xFF
        await store.put(key_of(UID, 2), bytes(body))
        again = Databases(faulty, tmp_path / "local")
        await again.resume()
        await again.check_newest()
        await again.close(5)
        assert await numbers(store) == [1, 2, 3]
        assert await wiped(store, tmp_path) == {"a", "b"}

    run(scene)


def test_a_whole_snapshot_is_read_once_and_nothing_stored(tmp_path: Path) -> None:
    async def scene() -> None:
        store, faulty = place(tmp_path)
        await saved(store, tmp_path, "a")
        again = Databases(faulty, tmp_path / "local")
        for _ in range(3):
            await again.resume()
            await again.check_newest()
        await again.close(5)
        assert faulty.calls == ["list", "head", "get"]

    run(scene)


def test_one_database_that_cannot_be_opened_keeps_no_other_from_resuming(tmp_path: Path) -> None:
    async def scene() -> None:
        store, _ = place(tmp_path)
        await saved(store, tmp_path, "a")
        users = tmp_path / "local" / "users"
        for name in ("aaa", "Not a user"):
            (users / name).mkdir()
            (users / name / "edit.sqlite").write_bytes(b"damaged")
        await store.put(key_of("aaa", 1), b"damaged too")
        again = Databases(store, tmp_path / "local")
        await again.resume()
        assert [each.uid for each in again.opened()] == [UID]
        await again.close(5)

    run(scene)


def test_a_user_whose_data_is_lost_is_answered_so(site: Site) -> None:
    token = add_user(site.data, "robbed")
    (site.data / "objects" / data_key("robbed")).write_text("{}")
    with site.client(token) as robbed:
        for answer in (robbed.get("/api/projects"), robbed.post("/api/projects", json={"name": "n"})):
            refused(answer, 503, "data_lost")
    assert "no snapshot of robbed is left in the object store" in Path(site.log.name).read_text()
