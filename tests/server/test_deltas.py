"""Snapshots of changed pages: what they cost, what is read back from them, and servers of before and after them."""

from __future__ import annotations

import asyncio
import hashlib
import json
import random
import shutil
from pathlib import Path

import pytest

from server.downgrade import InUse, downgrade
from server.storage import chain, snapshots, sync
from server.storage.database import Transaction, open_database
from server.storage.objects import ObjectStore, Stat
from server.storage.snapshots import HEADER, Damaged, Header, TooNewSnapshot, key_of
from server.storage.sync import NotDurable
from server.storage.tenants import Databases
from tests.server.faults import Fault, FaultStore
from tests.server.memory import MemoryStore
from tests.server.test_sync import UID, Clock, commit, names, run, save, wiped

WIDE = "INSERT INTO raw_clips VALUES (?, ?, 'k', 'e', 1, '{}', NULL, NULL, 'now')"
MEMBERS_OF_BEFORE = {"snapshot", "writer", "head", "sha256", "size"}


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sync, "FIRST_PAUSE", 0.001)
    monkeypatch.setattr(sync, "LONGEST_PAUSE", 0.01)


async def fill(databases: Databases, rows: int) -> None:
    """Rows of a kilobyte of random text, which compression does not make small."""
    chance = random.Random(1)

    async def work(unit: Transaction) -> None:
        for number in range(rows):
            await unit.run(WIDE, (f"row{number}", chance.randbytes(500).hex()))

    async with databases.use(UID) as user_database:
        _, n = await user_database.write(work)
        assert n is not None
        await user_database.durable(n, 5)


async def with_a_delta(local: Path) -> MemoryStore:
    """A store with two snapshots of one user: a whole image, and a delta based on it."""
    store = MemoryStore()
    databases = Databases(store, local)
    await fill(databases, 100)
    await save(databases, "a")
    await databases.close(5)
    return store


async def headers(store: ObjectStore) -> list[Header]:
    """The headers of all snapshots, the oldest first."""
    return [await snapshots.check(store, UID, number) async for number, _ in snapshots.points(store, UID)]


async def base_of_newest(store: ObjectStore) -> int:
    """The base of the newest snapshot; 0 if it is a whole image."""
    link = (await headers(store))[-1].link
    assert link is not None
    return link.base


async def rows_at(store: ObjectStore, number: int) -> set[str]:
    """The rows of a snapshot, which has the head that it says."""
    header, image = await snapshots.fetch(store, UID, number)
    database = snapshots.opened(image)
    assert database.execute("SELECT n FROM sync_head").fetchall() == [(header.head,)]
    found = {row[0] for row in database.execute("SELECT id FROM raw_clips")}
    database.close()
    return found


def test_a_save_stores_what_it_changed(tmp_path: Path) -> None:
    async def scene() -> None:
        store = MemoryStore()
        databases = Databases(store, tmp_path / "local")
        await fill(databases, 1000)
        whole = store.size()
        await save(databases, "a")
        assert store.size() - whole < 5000 < 500_000 < whole
        assert await base_of_newest(store) == 1
        assert await wiped(store, tmp_path) == await names(databases)
        await databases.close(5)

    run(scene)


def test_a_save_reads_what_it_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And not the whole database, which may be large."""

    async def scene() -> None:
        databases = Databases(MemoryStore(), tmp_path / "local")
        await fill(databases, 1000)
        async with databases.use(UID) as user_database:
            read: list[int] = []
            pages = user_database.database.pages
            content = pages.read

            def counted(numbers: list[int]) -> dict[int, bytes]:
                read.extend(numbers)
                return content(numbers)

            monkeypatch.setattr(pages, "read", counted)
            monkeypatch.setattr(user_database.database, "image", None)
            for name in "abc":
                await save(databases, name)
        assert 0 < len(read) < 40
        await databases.close(5)

    run(scene)


@pytest.mark.parametrize("large", [False, True], ids=["whole at once", "whole later"])
@pytest.mark.parametrize("seed", range(2))
def test_every_snapshot_is_what_was_saved(
    tmp_path: Path, seed: int, large: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Through lost answers, closed and killed servers, and a WAL that another process begins anew."""
    chance = random.Random(seed)
    if large:
        monkeypatch.setattr(chain, "LARGE", 0)

    def fault(_: int, name: str) -> Fault | None:
        return chance.choice(("fail", "swallow")) if name == "put" and chance.random() < 0.2 else None

    async def scene() -> None:
        store = MemoryStore()
        faulty, local = FaultStore(store, fault), tmp_path / "local"
        databases = Databases(faulty, local)
        await fill(databases, 100)
        saved = await names(databases)
        for turn in range(30):
            before = set(saved)
            new = [f"{turn}-{number}" for number in range(chance.choice((1, 1, 1, 5)))]
            saved.update(new)
            await asyncio.gather(*(save(databases, name) for name in new))
            newest = await snapshots.latest(store, UID)
            assert before <= await rows_at(store, newest) == saved
            match chance.randrange(8):
                case 0:
                    await databases.close(5)
                    databases = Databases(faulty, local)
                case 1:
                    shutil.copytree(local, tmp_path / f"killed{turn}")
                    await databases.close(5)
                    local = tmp_path / f"killed{turn}"
                    databases = Databases(faulty, local)
                case 2:
                    async with databases.use(UID) as user_database:
                        checkpoint = "PRAGMA wal_checkpoint(TRUNCATE)"
                        await user_database.database._writer.execute_fetchall(checkpoint)
        every = await headers(store)
        most = chain.MOST if large else 1
        assert all(link.depth <= chain.DEEPEST and link.path <= most * link.whole for link in links(every))
        assert {bool(link.base) for link in links(every)} == {True, False}
        await databases.close(5)

    run(scene)


def test_what_was_written_after_an_upload_without_an_answer_is_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync, "FIRST_PAUSE", 0.05)

    async def scene() -> None:
        store, losing = MemoryStore(), False
        faulty = FaultStore(store, lambda _, name: "swallow" if name == "put" and losing else None)
        databases = Databases(faulty, tmp_path / "local")
        await fill(databases, 100)
        async with databases.use(UID) as user_database:
            losing = True
            await commit(user_database, "a")
            while await snapshots.latest(store, UID) == 1:
                await asyncio.sleep(0)
            losing = False
            for name in "bc":  # the first one is written before the next try
                await user_database.durable(await commit(user_database, name), 5)
                assert await rows_at(store, await snapshots.latest(store, UID)) == await names(databases)
        await databases.close(5)

    run(scene)


def links(every: list[Header]) -> list[snapshots.Link]:
    return [header.link for header in every if header.link is not None]


def test_saves_of_a_large_database_do_not_wait_for_a_whole_image(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chain, "LARGE", 0)
    monkeypatch.setattr(chain, "DEEPEST", 5)

    async def scene() -> None:
        store = MemoryStore()
        databases = Databases(store, tmp_path / "local")
        await fill(databases, 200)
        async with databases.use(UID) as user_database:
            monkeypatch.setattr(user_database.database, "image", None)
            for number in range(40):
                await save(databases, f"{number}")
                if user_database.sync._renewing is not None and number % 3:
                    await user_database.sync._renewing
            assert sum(link.base == 0 for link in links(await headers(store))) > 3
            for number in range(2, 42):
                assert len(await rows_at(store, number)) == 199 + number
        await databases.close(5)

    run(scene)


async def one_of_many_pages(unit: Transaction, chance: random.Random) -> None:
    """A row whose page few others have; the first call makes them."""
    if not await unit.one("SELECT 1 FROM raw_clips"):
        for number in range(50):
            await unit.run(WIDE, (f"row{number}", chance.randbytes(2000).hex()))
    name = chance.randbytes(2000).hex()
    await unit.run("UPDATE raw_clips SET name = ? WHERE id = ?", (name, f"row{chance.randrange(50)}"))


@pytest.mark.parametrize("seed", range(3))
def test_snapshots_are_made_whole_while_others_are_stored(
    tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A renewal ends at any moment, also when a newer whole image is stored by then."""
    chance = random.Random(seed)
    monkeypatch.setattr(chain, "FAN", 2)  # many deltas have a base far away

    async def scene() -> None:
        store, database = MemoryStore(), await open_database(tmp_path / "d")
        stored, renewals, states = chain.Chain(store, UID, database), dict[int, int](), dict[int, bytes]()
        for number in range(1, 60):
            await database.write(lambda unit: one_of_many_pages(unit, chance))
            if chance.random() < 0.15:
                stored.distrust()
            _, header, body = await stored.pack(number, "w")
            states[number] = (await database.image())[1]
            for renewed in [each for each, at in renewals.items() if at <= number]:
                del renewals[renewed]
                stored.renewed(renewed, await snapshots.make_whole(store, UID, renewed))
            await store.put(key_of(UID, number), body, if_absent=True)
            stored.stored(number, header)
            if chance.random() < 0.3:
                renewals[number] = number + chance.randrange(1, 12)
        for number, state in states.items():
            assert (await snapshots.fetch(store, UID, number))[1] == state
        await database.close()

    run(scene)


def test_the_first_save_after_a_restart_is_a_delta(tmp_path: Path) -> None:
    async def scene() -> None:
        store = MemoryStore()
        databases = Databases(store, tmp_path / "local")
        await fill(databases, 100)
        for turn in range(3):
            await databases.close(5)
            if turn == 2:
                shutil.rmtree(tmp_path / "local")
            databases = Databases(store, tmp_path / "local")
            await save(databases, f"{turn}")
            assert await base_of_newest(store) == turn + 1
        await databases.close(5)

    run(scene)


def test_a_chain_of_many_saves_is_short(tmp_path: Path) -> None:
    async def scene() -> None:
        store = MemoryStore()
        databases = Databases(store, tmp_path / "local")
        await fill(databases, 300)
        for number in range(100):
            await save(databases, f"{number}")
        assert max(link.depth for link in links(await headers(store))) <= 16
        await databases.close(5)

    run(scene)


@pytest.mark.parametrize("where", [10, HEADER + 20])
def test_a_damaged_base_is_reported(tmp_path: Path, where: int) -> None:
    async def scene() -> None:
        store = await with_a_delta(tmp_path / "local")
        assert await base_of_newest(store) == 1
        body = bytearray(await store.get(key_of(UID, 1)))
        body[where] ^= 0xFF
        await store.put(key_of(UID, 1), bytes(body))
        with pytest.raises(Damaged):
            await wiped(store, tmp_path)

    run(scene)


def test_another_base_is_noticed(tmp_path: Path) -> None:
    """A whole snapshot of another state has a checksum of its own, but is not what the delta changes."""

    async def scene() -> None:
        store = await with_a_delta(tmp_path / "local")
        _, image = await snapshots.fetch(store, UID, 1)
        at = image.index(random.Random(1).randbytes(500).hex().encode())  # a page that the delta does not have
        _, body = snapshots.packed("w", 1, image[:at] + b"other" + image[at + 5 :])
        await store.put(key_of(UID, 1), body)
        with pytest.raises(Damaged, match="fingerprint"):
            await wiped(store, tmp_path)

    run(scene)


async def stored_before(store: MemoryStore, local: Path) -> None:
    """The store and the disk as a server of before deltas leaves them."""
    databases = Databases(store, local)
    await fill(databases, 100)
    await databases.close(5)
    header, image = await snapshots.fetch(store, UID, 1)
    _, body = snapshots.packed_for_servers_of_before(header.writer, header.head, image)
    await store.put(key_of(UID, 1), body)
    (local / "users" / UID / "edit.pages").unlink()


@pytest.mark.parametrize("disk", ["kept", "lost"])
def test_a_store_of_before_deltas_is_taken_over(tmp_path: Path, disk: str) -> None:
    async def scene() -> None:
        store, local = MemoryStore(), tmp_path / "local"
        await stored_before(store, local)
        before = await rows_at(store, 1)
        if disk == "lost":
            shutil.rmtree(local)
        databases = Databases(store, local)
        for name in "ab":
            await save(databases, name)
        await databases.close(5)
        assert [header.snapshot for header in await headers(store)] == [1, 2, 2]
        assert [link.base for link in links(await headers(store))] == [0, 2]
        assert await wiped(store, tmp_path) == before | {"a", "b"}

    run(scene)


def test_a_server_of_before_deltas_refuses_them(tmp_path: Path) -> None:
    """It reads five members of 1024 bytes of JSON, and goes on only if `snapshot` is 1."""

    async def scene() -> None:
        store = await with_a_delta(tmp_path / "local")
        for number in (1, 2):
            members = json.loads((await store.get(key_of(UID, number)))[:1024])
            assert (set(members), members["snapshot"]) == (MEMBERS_OF_BEFORE, 2)

    run(scene)


def test_a_newer_snapshot_is_refused_and_stays(tmp_path: Path) -> None:
    async def scene() -> None:
        store, clock = MemoryStore(), Clock()
        sleeper = Databases(store, tmp_path / "sleeper", clock=clock)
        await save(sleeper, "a")
        newer = json.dumps({"snapshot": 3, "writer": "w", "head": 9, "sha256": "", "size": 0}).encode()
        await store.put(key_of(UID, 2), newer.ljust(HEADER))
        with pytest.raises(NotDurable):
            await save(sleeper, "b", within=0.05)
        await sleeper.close(0.01)
        with pytest.raises(TooNewSnapshot, match="version 3"):
            await wiped(store, tmp_path)
        with pytest.raises(TooNewSnapshot, match="version 3"):
            await names(Databases(store, tmp_path / "sleeper"))
        assert [key for key in store.objects if "/db/" in key] == [key_of(UID, 1), key_of(UID, 2)]

    run(scene)


def test_the_wal_is_emptied_once_it_is_stored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sync, "CHECKPOINT", 20)

    async def scene() -> None:
        store = MemoryStore()
        databases = Databases(store, tmp_path / "local")
        for number in range(40):
            await save(databases, f"{number}")
        async with databases.use(UID) as user_database:
            await commit(user_database, "last")
            assert (tmp_path / "local" / "users" / UID / "edit.sqlite-wal").stat().st_size < 40 * 4096
        await databases.close(5)
        assert len(await wiped(store, tmp_path)) == 41

    run(scene)


def test_an_idle_database_gives_its_free_pages_back(tmp_path: Path) -> None:
    async def scene() -> None:
        clock, store = Clock(), MemoryStore()
        databases = Databases(store, tmp_path / "local", idle_after=10, clock=clock)
        await fill(databases, 500)
        await save(databases, "a")
        async with databases.use(UID) as user_database:
            _, n = await user_database.write(lambda unit: unit.run("DELETE FROM raw_clips WHERE id LIKE 'row%'"))
            assert n is not None
            await user_database.durable(n, 5)
            clock.now += 11
            await databases.close_idle()
        clock.now += 11
        await databases.close_idle()
        (still_open,) = databases.opened()
        await still_open.durable(still_open.database.n, 5)
        await databases.close_idle()
        assert databases.opened() == []
        assert (tmp_path / "local" / "users" / UID / "edit.sqlite").stat().st_size < 150_000
        _, image = await snapshots.fetch(store, UID, await snapshots.latest(store, UID))
        assert len(image) < 150_000
        await save(databases, "b")
        assert await wiped(store, tmp_path) == {"a", "b"}
        await databases.close(5)

    run(scene)


@pytest.mark.parametrize("disk", ["kept", "lost"])
def test_a_server_of_before_deltas_can_go_on_after_a_downgrade(tmp_path: Path, disk: str) -> None:
    async def scene() -> None:
        store, local = MemoryStore(), tmp_path / "local"
        databases = Databases(store, local)
        await fill(databases, 100)
        await save(databases, "a")
        saved = await names(databases)
        await databases.close(5)
        newest = await snapshots.read_header(store, UID, 2)
        assert await downgrade(store) == [UID]
        assert await downgrade(store) == []
        line, image = (await store.get(key_of(UID, 3)))[:1024], (await store.get(key_of(UID, 3)))[1024:]
        assert json.loads(line) == {
            "snapshot": 1,
            "writer": newest.writer,
            "head": newest.head,
            "sha256": hashlib.sha256(image).hexdigest(),
            "size": len(image),
        }
        if disk == "lost":
            shutil.rmtree(local)
        databases = Databases(store, local)
        assert await names(databases) == saved
        assert not (local / "users" / UID / "aside").exists()
        await databases.close(5)

    run(scene)


def test_a_downgrade_beside_a_server_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene() -> None:
        store = MemoryStore()
        databases = Databases(store, tmp_path / "local")
        await save(databases, "a")
        put = store.put

        async def later(key: str, body: bytes, *, if_absent: bool = False) -> Stat:
            await put(key, b"", if_absent=True)
            return await put(key, body, if_absent=if_absent)

        monkeypatch.setattr(store, "put", later)
        with pytest.raises(InUse):
            await downgrade(store)
        monkeypatch.undo()
        await databases.close(5)

    run(scene)


@pytest.mark.parametrize("killed", [False, True], ids=["a delta", "a whole image"])
def test_what_is_written_while_all_pages_are_read_is_stored(tmp_path: Path, killed: bool) -> None:
    async def scene() -> None:
        store, local = MemoryStore(), tmp_path / "local"
        databases = Databases(store, local)
        await fill(databases, 100)
        await databases.close(5)
        if killed:
            (local / "users" / UID / "edit.pages").unlink()
        databases = Databases(store, local)
        async with databases.use(UID) as user_database:
            database, image = user_database.database, user_database.database.image

            async def later() -> tuple[int, bytes]:
                await commit(user_database, f"{database.n}")
                found = await image()
                await commit(user_database, f"{database.n}")
                return found

            database.image = later  # type: ignore[method-assign]
            for name in "ab":
                await save(databases, name)
                assert name in await rows_at(store, await snapshots.latest(store, UID))
            await user_database.durable(database.n, 5)
        assert await rows_at(store, await snapshots.latest(store, UID)) == await names(databases)
        await databases.close(5)

    run(scene)


def test_an_image_for_somebody_else_hides_no_changes(tmp_path: Path) -> None:
    async def scene() -> None:
        store = MemoryStore()
        databases = Databases(store, tmp_path / "local")
        await fill(databases, 100)
        async with databases.use(UID) as user_database:
            change = "UPDATE raw_clips SET name = 'changed' WHERE id = 'row20'"
            await user_database.database.write(lambda unit: unit.run(change))
            await user_database.database.image()
        await save(databases, "a")
        assert await base_of_newest(store) == 1
        _, image = await snapshots.fetch(store, UID, 2)
        database = snapshots.opened(image)
        assert database.execute("SELECT name FROM raw_clips WHERE id = 'row20'").fetchall() == [("changed",)]
        database.close()
        await databases.close(5)

    run(scene)


def test_a_damaged_newest_snapshot_is_repaired_by_a_whole_one(tmp_path: Path) -> None:
    async def scene() -> None:
        store = MemoryStore()
        databases = Databases(store, tmp_path / "local")
        await fill(databases, 100)
        await save(databases, "a")
        await store.put(key_of(UID, 2), b"rubbish")
        async with databases.use(UID) as user_database:
            user_database.sync.store_whole()
        await save(databases, "b")
        assert await wiped(store, tmp_path) == await names(databases)
        await databases.close(5)

    run(scene)
