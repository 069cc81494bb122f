"""The sweeper and the trash: nothing is deleted at once or after a rollback, and an object with a row is taken back."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from server.footage.facts import media_key
from server.footage.sending import Sending
from server.footage.sweep import Coming, Delays, make_room, sweep
from server.footage.windows import Part
from server.metrics import Metrics
from server.storage import marks
from server.storage.database import Transaction
from server.storage.folder import FolderStore
from server.storage.objects import ObjectStore, StoreFailed
from server.storage.snapshots import key_of
from server.storage.sync import Fenced
from server.storage.tenants import Databases
from tests.server.faults import FaultStore, nth

UID = "ann"
DELAYS = Delays(timedelta(days=1), timedelta(days=7))
INSERT = "INSERT INTO raw_clips VALUES (?, 'n', ?, 'e', 1, '{}', NULL, NULL, 'now')"
WINDOW = "INSERT INTO raw_clips VALUES (?, 'n', ?, 'e', 1, '{}', 1, 2, 'now')"


class Place:
    """A store and servers over it, with objects and rows of footage."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.store = folder, FolderStore(folder / "objects")

    @asynccontextmanager
    async def server(self, store: ObjectStore | None = None) -> AsyncIterator[Databases]:
        databases = Databases(store or self.store, self.folder / "local")
        try:
            yield databases
        finally:
            await databases.close(5)

    async def upload(self, databases: Databases, name: str) -> None:
        """Store an object and its row, durably."""
        await self.store.put(media_key(UID, name), b"footage")
        await self.write(databases, INSERT, (name, media_key(UID, name)))

    @staticmethod
    async def write(databases: Databases, sql: str, given: tuple[str, ...]) -> None:
        async def work(unit: Transaction) -> None:
            await unit.run(sql, given)

        async with databases.use(UID) as user_database:
            _, n = await user_database.write(work)
            assert n is not None
            await user_database.durable(n, 5)

    async def remove(self, databases: Databases, name: str) -> None:
        """Delete a row, and throw its object away."""
        await self.write(databases, "DELETE FROM raw_clips WHERE id = ?", (name,))
        await self.sending(self.store, databases).discard([media_key(UID, name)])

    def sending(self, store: ObjectStore, databases: Databases) -> Sending:
        return Sending(store, Metrics(databases))

    async def sweep(self, databases: Databases, store: ObjectStore | None = None) -> int:
        store = store or self.store
        async with databases.use(UID) as user_database:
            return await sweep(store, self.sending(store, databases), user_database, Coming(), DELAYS)

    async def names(self, kind: str) -> set[str]:
        return {stat.key.rpartition("/")[2] async for stat in self.store.listing(f"users/{UID}/{kind}/")}

    def age(self, kind: str, days: float, *names: str) -> None:
        """Make objects of a kind older; of all names by default."""
        for path in (self.folder / "objects" / "users" / UID / kind).iterdir():
            if not names or path.name in names:
                then = path.stat().st_mtime - days * 86_400
                os.utime(path, (then, then))

    def lose(self, number: int) -> None:
        """Lose a snapshot and the local disk."""
        (self.folder / "objects" / key_of(UID, number)).unlink()
        shutil.rmtree(self.folder / "local")


def run(tmp_path: Path, scene: Callable[[Place], Awaitable[None]]) -> None:
    async def whole() -> None:
        place = Place(tmp_path)
        await scene(place)
        await place.store.close()

    asyncio.run(whole())


def test_an_object_without_a_row_goes_to_the_trash_and_is_deleted_after_its_time(tmp_path: Path) -> None:
    async def scene(place: Place) -> None:
        async with place.server() as databases:
            await place.upload(databases, "r_named")
            await place.store.put(media_key(UID, "r_orphan"), b"left by a crash")
            assert await place.sweep(databases) == 0
            assert await place.names("trash") == set()
            place.age("media", 1.1)
            assert await place.sweep(databases) == 0
            assert await place.names("trash") == {"r_orphan"}
            place.age("trash", 6.9)
            assert await place.sweep(databases) == 0
            place.age("trash", 0.2)
            assert await place.sweep(databases) == 1
            assert await place.names("media") == {"r_named"}
            assert await place.names("trash") == set()

    run(tmp_path, scene)


def test_what_a_user_deletes_stays_in_the_trash_and_is_taken_back_by_its_row(tmp_path: Path) -> None:
    async def scene(place: Place) -> None:
        async with place.server() as databases:
            await place.upload(databases, "r_one")
            await place.remove(databases, "r_one")
            assert await place.names("media") == await place.names("trash") == {"r_one"}
            await place.write(databases, INSERT, ("r_one", media_key(UID, "r_one")))
            place.age("trash", 8)
            assert await place.sweep(databases) == 0
            assert await place.names("trash") == set()
            await place.remove(databases, "r_one")
            place.age("trash", 8)
            assert await place.sweep(databases) == 1
            assert await place.names("media") == set()

    run(tmp_path, scene)


@pytest.mark.parametrize("fault", ["fail", "swallow"])
@pytest.mark.parametrize("call", [1, 2, 3, 4])
def test_a_sweep_that_is_broken_off_is_ended_by_the_next(tmp_path: Path, call: int, fault: str) -> None:
    async def scene(place: Place) -> None:
        async with place.server() as databases:
            await place.upload(databases, "r_named")
            await place.remove(databases, "r_named")
            await place.store.put(media_key(UID, "r_orphan"), b"")
            place.age("media", 2)
            place.age("trash", 8)
            faulty = FaultStore(place.store, nth(call, fault, "put", "delete"))  # type: ignore[arg-type]
            for _ in range(2):
                try:
                    await place.sweep(databases, faulty)
                except StoreFailed:
                    assert await place.names("trash") >= await place.names("media") - {"r_orphan"}
            place.age("trash", 8)
            await place.sweep(databases)
            assert await place.names("media") == await place.names("trash") == set()

    run(tmp_path, scene)


def test_what_is_sent_is_not_deleted(tmp_path: Path) -> None:
    async def scene(place: Place) -> None:
        async with place.server() as databases:
            await place.upload(databases, "r_one")
            await place.remove(databases, "r_one")
            place.age("trash", 8)
            sending = place.sending(place.store, databases)
            stream = sending.stream(media_key(UID, "r_one"), 0, 7)
            await anext(stream)
            async with databases.use(UID) as user_database:
                assert await sweep(place.store, sending, user_database, Coming(), DELAYS) == 0
            await stream.aclose()  # type: ignore[attr-defined]
            assert await place.sweep(databases) == 1

    run(tmp_path, scene)


def test_nothing_is_swept_after_a_snapshot_was_removed_until_that_is_accepted(tmp_path: Path) -> None:
    """As after an operator deletes the newest snapshot, which is damaged, and the local disk is gone."""

    async def scene(place: Place) -> None:
        async with place.server() as databases:
            await place.upload(databases, "r_old")
            place.age("media", 10)
            place.age("db", 9)
            await place.upload(databases, "r_new")
        place.lose(2)
        async with place.server() as databases:
            await place.upload(databases, "r_later")
            place.age("media", 8, "r_new")
            mark = place.folder / "objects" / marks.rollback_key(UID)
            then = datetime.now(UTC).timestamp() - 7.5 * 86_400
            os.utime(mark, (then, then))
            for _ in range(2):
                assert await place.sweep(databases) == 0
                assert await place.names("trash") == set()
            assert await marks.rollback_of(place.store, UID) is not None
        async with place.server() as databases:  # a later server finds the mark
            assert await place.sweep(databases) == 0
            assert await place.names("trash") == set()
            await marks.accept(place.store, UID)
            assert await place.sweep(databases) == 0
            assert await place.names("trash") == {"r_new"}
            assert await place.names("media") == {"r_old", "r_new", "r_later"}

    run(tmp_path, scene)


def test_a_restored_database_that_lacks_nothing_is_swept(tmp_path: Path) -> None:
    """The disk is lost, and another server was storing footage: its row came a moment later."""

    async def scene(place: Place) -> None:
        async with place.server() as databases:
            await place.upload(databases, "r_old")
        shutil.rmtree(place.folder / "local")
        await place.store.put(media_key(UID, "r_new"), b"")
        async with place.server() as databases:
            await place.sweep(databases)
            assert await marks.rollback_of(place.store, UID) is not None
            await place.upload(databases, "r_new")
            await place.sweep(databases)
            assert await marks.rollback_of(place.store, UID) is None

    run(tmp_path, scene)


@pytest.mark.parametrize("damage", [b"", b"{}", b"[" * 100_000, b"\xff", b'{"since": 1}', b'{"since": "soon"}'])
def test_a_mark_that_cannot_be_read_forbids_sweeping(tmp_path: Path, damage: bytes) -> None:
    async def scene(place: Place) -> None:
        async with place.server() as databases:
            await place.upload(databases, "r_one")
            await place.remove(databases, "r_one")
            place.age("trash", 8)
            await place.store.put(marks.rollback_key(UID), damage)
            assert await place.sweep(databases) == 0
            assert await place.names("media") == {"r_one"}

    run(tmp_path, scene)


async def room_for(place: Place, databases: Databases, room: int) -> int:
    async with databases.use(UID) as user_database:
        return await make_room(place.store, place.sending(place.store, databases), user_database, Coming(), room)


def test_the_oldest_trash_makes_room(tmp_path: Path) -> None:
    async def scene(place: Place) -> None:
        async with place.server() as databases:
            for name in ("r_a", "r_b", "r_c", "r_kept"):
                await place.upload(databases, name)
            assert await room_for(place, databases, 0) == 0
            for name in ("r_b", "r_a", "r_c"):
                await place.remove(databases, name)
            place.age("trash", 2, "r_b")
            place.age("trash", 1, "r_a")
            size = len(b"footage")
            assert await room_for(place, databases, 3 * size) == 3 * size
            assert await room_for(place, databases, 3 * size - 1) == 2 * size
            assert await place.names("media") == {"r_a", "r_c", "r_kept"}
            assert await room_for(place, databases, 0) == 0
            assert await place.names("media") == {"r_kept"}
            assert await place.names("trash") == set()

    run(tmp_path, scene)


def test_trash_makes_no_room_after_a_rollback(tmp_path: Path) -> None:
    async def scene(place: Place) -> None:
        async with place.server() as databases:
            await place.upload(databases, "r_a")
            await place.remove(databases, "r_a")
            await marks.note_rollback(place.store, UID)
            assert await room_for(place, databases, 0) == len(b"footage")
            assert await place.names("media") == {"r_a"}

    run(tmp_path, scene)


def test_a_fenced_server_that_stored_an_object_rolled_nothing_back(tmp_path: Path) -> None:
    async def scene(place: Place) -> None:
        async with place.server() as databases:
            await place.upload(databases, "r_a")
            other = Databases(place.store, tmp_path / "other")
            async with other.use(UID):  # opened before the object is stored, which would count as newer
                await place.upload(other, "r_b")
            await other.close(5)
            with pytest.raises(Fenced):
                await place.upload(databases, "r_never_acknowledged")
            async with databases.use(UID):
                assert await marks.rollback_of(place.store, UID) is None
            place.age("media", 2)
            await place.sweep(databases)
            assert await place.names("trash") == {"r_never_acknowledged"}

    run(tmp_path, scene)


def test_previews_of_a_window_stay_as_long_as_the_window(tmp_path: Path) -> None:
    """Their file stays as long as any part of it is shown; a deleted part leaves only its own previews behind."""
    place = Place(tmp_path)

    async def scene() -> None:
        async with place.server() as databases:
            await place.upload(databases, "r_one")
            key = media_key(UID, "r_one")
            await place.write(databases, WINDOW, ("r_two", key))
            parts = [Part(key), Part(key, 1.0, 2.0), Part(key, 3.0, None)]
            for part in parts:
                for ending in (".strip.jpg", ".strip.json", ".peaks.json", ".proxy.mp4"):
                    await place.store.put(part.previews + ending, b"pictures")
            await place.store.put(f"{key}.json", b"facts")
            place.age("media", 2)
            await place.sweep(databases)
            gone = parts[2].previews.rpartition("/")[2]
            assert {name.rpartition(".")[0] for name in await place.names("trash")} >= {f"{gone}.proxy"}
            assert all(name.startswith(gone) for name in await place.names("trash"))
            assert len(await place.names("trash")) == 4
            await place.write(databases, "DELETE FROM raw_clips WHERE id = ?", ("r_one",))
            await place.sweep(databases)
            assert len(await place.names("trash")) == 8, "the file and its facts are the window's too"

    asyncio.run(scene())
