"""No acknowledged save is lost: whatever the store does, after any lost disk, and beside any other writer."""

from __future__ import annotations

import asyncio
import shutil
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from server.storage import snapshots, sync
from server.storage.database import DatabaseFailed, Transaction
from server.storage.folder import FolderStore
from server.storage.objects import ObjectStore, StoreFailed
from server.storage.snapshots import Damaged, key_of
from server.storage.sync import Fenced, NotDurable
from server.storage.tenants import Databases, Overdue, UserDatabase
from tests.server.faults import FaultStore, Plan, nth
from tests.server.waiting import PATIENCE

INSERT = "INSERT INTO raw_clips VALUES (?, 'n', 'k', 'e', 1, '{}', NULL, NULL, 'now')"
UID = "ann"


class Clock:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sync, "FIRST_PAUSE", 0.001)
    monkeypatch.setattr(sync, "LONGEST_PAUSE", 0.01)


async def commit(user_database: UserDatabase, name: str) -> int:
    async def work(unit: Transaction) -> None:
        await unit.run(INSERT, (name,))

    _, n = await user_database.write(work)
    assert n is not None
    return n


async def save(databases: Databases, name: str, within: float = PATIENCE) -> None:
    """A save in the way of a request: it is acknowledged when this returns."""
    async with databases.use(UID) as user_database:
        await user_database.durable(await commit(user_database, name), within)


async def names(databases: Databases) -> set[str]:
    async with databases.use(UID) as user_database:
        rows = await user_database.read(lambda reader: reader.all("SELECT id FROM raw_clips"))
    return {row["id"] for row in rows}


def run(scene: Callable[[], Awaitable[None]]) -> None:
    async def whole() -> None:
        await scene()

    asyncio.run(whole())


def place(tmp_path: Path, plan: Plan = lambda n, name: None) -> tuple[FolderStore, FaultStore]:
    folder = FolderStore(tmp_path / "objects")
    return folder, FaultStore(folder, plan)


async def wiped(store: ObjectStore, tmp_path: Path) -> set[str]:
    """The data that a server with an empty disk restores."""
    shutil.rmtree(tmp_path / "another", ignore_errors=True)
    databases = Databases(store, tmp_path / "another")
    found = await names(databases)
    await databases.close(5)
    return found


def test_what_was_acknowledged_is_found_on_an_empty_disk(tmp_path: Path) -> None:
    async def scene() -> None:
        store, _ = place(tmp_path)
        databases = Databases(store, tmp_path / "local")
        for name in "abc":
            await save(databases, name)
            assert name in await wiped(store, tmp_path)
        await databases.close(5)

    run(scene)


def test_saves_at_once_share_uploads(tmp_path: Path) -> None:
    async def scene() -> None:
        store, faulty = place(tmp_path)
        faulty.delay = 0.02
        databases = Databases(faulty, tmp_path / "local")
        wanted = {f"{number:02}" for number in range(40)}
        await asyncio.gather(*(save(databases, name) for name in wanted))
        assert await wiped(store, tmp_path) == wanted
        assert faulty.calls.count("put") < 20
        await databases.close(5)

    run(scene)


def test_reading_uploads_nothing(tmp_path: Path) -> None:
    async def scene() -> None:
        _, faulty = place(tmp_path)
        databases = Databases(faulty, tmp_path / "local")
        assert await names(databases) == set()
        await databases.close(5)
        assert "put" not in faulty.calls

    run(scene)


@pytest.mark.further
@pytest.mark.parametrize("fault", ["fail", "swallow"])
def test_whichever_call_fails_nothing_is_lost_and_nobody_fenced(tmp_path: Path, fault: str) -> None:
    """The n-th call of a run (save, restart, save, empty disk, save) fails, for every n until none is left to fail."""

    async def life(store: FaultStore, local: Path) -> set[str]:
        acknowledged = set()
        for turn in range(3):
            databases = Databases(store, local)
            for name in (f"{turn}a", f"{turn}b"):
                try:
                    await save(databases, name)
                except StoreFailed:  # opening asks the store, and reports when it does not answer
                    await save(databases, name)
                acknowledged.add(name)
            await databases.close(5)
            if turn:
                shutil.rmtree(local)
        return acknowledged

    async def scene() -> None:
        for n in range(1, 100):
            folder = tmp_path / f"{n}"
            store, faulty = place(folder, nth(n, fault))  # type: ignore[arg-type]
            acknowledged = await life(faulty, folder / "local")
            assert await wiped(store, folder) == acknowledged
            if len(faulty.calls) < n:
                return
        raise AssertionError("a life has fewer calls")

    run(scene)


def test_a_save_that_takes_too_long_is_not_acknowledged_but_goes_on(tmp_path: Path) -> None:
    async def scene() -> None:
        down = True
        store, faulty = place(tmp_path, lambda n, name: "fail" if down and name == "put" else None)
        databases = Databases(faulty, tmp_path / "local")
        with pytest.raises(NotDurable):
            await save(databases, "a", within=0.05)
        async with databases.use(UID) as user_database:
            assert user_database.sync.pending > 0
            down = False
            await user_database.durable(user_database.database.n, 5)
            assert user_database.sync.pending == 0
        assert await wiped(store, tmp_path) == {"a"}
        await databases.close(5)

    run(scene)


def test_what_was_pending_at_a_kill_goes_on_at_the_next_start(tmp_path: Path) -> None:
    async def scene() -> None:
        store, faulty = place(tmp_path, lambda n, name: "fail" if name == "put" else None)
        first = Databases(faulty, tmp_path / "local")
        with pytest.raises(NotDurable):
            await save(first, "a", within=0.05)
        await first.close(0.01)
        second = Databases(store, tmp_path / "local")
        await second.resume()
        (user_database,) = second.opened()
        await user_database.durable(user_database.database.n, 5)
        assert await wiped(store, tmp_path) == {"a"}
        await second.close(5)

    run(scene)


def test_after_long_without_the_store_nothing_more_is_taken(tmp_path: Path) -> None:
    async def scene() -> None:
        clock, down = Clock(), True
        _, faulty = place(tmp_path, lambda n, name: "fail" if down and name == "put" else None)
        databases = Databases(faulty, tmp_path / "local", refuse_after=30, clock=clock)
        async with databases.use(UID) as user_database:
            await commit(user_database, "a")
            clock.now += 29
            await commit(user_database, "b")
            clock.now += 2
            with pytest.raises(Overdue):
                await commit(user_database, "c")
            down = False
            await user_database.durable(2, 5)
            assert await commit(user_database, "d") == 3
        assert await names(databases) == {"a", "b", "d"}
        await databases.close(5)

    run(scene)


def test_the_second_of_two_servers_is_fenced_and_then_has_what_the_first_wrote(tmp_path: Path) -> None:
    async def scene() -> None:
        store, _ = place(tmp_path)
        one, two = Databases(store, tmp_path / "one"), Databases(store, tmp_path / "two")
        await save(one, "a")
        assert await names(two) == {"a"}
        await save(one, "b")
        with pytest.raises(Fenced):
            await save(two, "lost, and said so")
        await save(two, "c")
        assert await names(two) == {"a", "b", "c"}
        with pytest.raises(Fenced):
            await save(one, "d")
        assert await names(one) == {"a", "b", "c"}
        await asyncio.gather(one.close(5), two.close(5))
        assert len([*(tmp_path / "one" / "users" / UID / "aside").iterdir()]) == 1

    run(scene)


def test_of_two_servers_that_race_none_loses_what_it_acknowledged(tmp_path: Path) -> None:
    async def scene() -> None:
        store, _ = place(tmp_path)
        both = [Databases(store, tmp_path / name) for name in ("one", "two")]
        acknowledged: set[str] = set()
        refused = 0

        async def saver(databases: Databases, label: str) -> None:
            nonlocal refused
            for number in range(25):
                name = f"{label}{number:02}"
                try:
                    await save(databases, name)
                    acknowledged.add(name)
                except Fenced:
                    refused += 1

        await asyncio.gather(*(saver(databases, label) for databases, label in zip(both, "xy", strict=True)))
        assert acknowledged <= await wiped(store, tmp_path)
        assert refused
        await asyncio.gather(*(databases.close(5) for databases in both))

    run(scene)


def test_a_server_that_slept_finds_that_its_number_was_pruned(tmp_path: Path) -> None:
    async def scene() -> None:
        clock = Clock()
        store, _ = place(tmp_path)
        sleeper = Databases(store, tmp_path / "sleeper", clock=clock)
        await save(sleeper, "a")
        other = Databases(store, tmp_path / "other")
        for name in "bcdefghi":
            await save(other, name)
        for number in range(2, 9):  # snapshot 9 is based on the first one
            await store.delete(key_of(UID, number))
        clock.now += sync.SURE_FOR + 1
        with pytest.raises(Fenced):
            await save(sleeper, "stale")
        assert await names(sleeper) == {*"abcdefghi"}
        await asyncio.gather(sleeper.close(5), other.close(5))

    run(scene)


def test_a_database_that_was_overtaken_is_put_aside_at_the_start(tmp_path: Path) -> None:
    async def scene() -> None:
        store, _ = place(tmp_path)
        one = Databases(store, tmp_path / "one")
        await save(one, "a")
        await one.close(5)
        two = Databases(store, tmp_path / "two")
        await save(two, "b")
        await two.close(5)
        again = Databases(store, tmp_path / "one")
        assert await names(again) == {"a", "b"}
        await again.close(5)
        (aside,) = (tmp_path / "one" / "users" / UID / "aside").iterdir()
        assert "overtaken" in aside.name

    run(scene)


def test_an_upload_that_was_not_written_down_is_known_as_our_own(tmp_path: Path) -> None:
    """Killed between the store's answer and the note of it, with further commits since."""

    async def scene() -> None:
        store, _ = place(tmp_path)
        one = Databases(store, tmp_path / "one")
        await save(one, "a")
        async with one.use(UID) as user_database:
            before = user_database.sync.synced
            await save(one, "b")
            user_database.sync.fenced = True  # no more uploads, as after a kill
            await user_database.database.write(lambda unit: unit.run(INSERT, ("c",)))
            await user_database.database.note(before)
            await user_database.database.close()
        again = Databases(store, tmp_path / "one")
        assert await names(again) == {"a", "b", "c"}
        await again.close(5)
        assert await wiped(store, tmp_path) == {"a", "b", "c"}

    run(scene)


def test_a_disk_that_forgot_its_last_commits_gets_them_from_the_store(tmp_path: Path) -> None:
    """After a loss of power, the disk may lack commits that were not flushed to it."""

    async def scene() -> None:
        store, _ = place(tmp_path)
        one = Databases(store, tmp_path / "local")
        await save(one, "a")
        here = tmp_path / "local" / "users" / UID
        shutil.copytree(here, tmp_path / "earlier")
        await save(one, "b")
        await save(one, "c")
        async with one.use(UID) as user_database:
            await user_database.database.close()
        shutil.rmtree(here)
        (tmp_path / "earlier").rename(here)
        again = Databases(store, tmp_path / "local")
        assert await names(again) == {"a", "b", "c"}
        await save(again, "d")
        await again.close(5)
        assert await wiped(store, tmp_path) == {"a", "b", "c", "d"}

    run(scene)


def test_what_was_closed_well_is_opened_without_reading_a_snapshot(tmp_path: Path) -> None:
    async def scene() -> None:
        store, faulty = place(tmp_path)
        one = Databases(store, tmp_path / "local")
        await save(one, "a")
        await save(one, "b")
        await one.close(5)
        again = Databases(faulty, tmp_path / "local")
        assert await names(again) == {"a", "b"}
        assert faulty.calls == ["list"]
        await again.close(5)

    run(scene)


@pytest.mark.parametrize("where", [10, snapshots.HEADER + 20])
def test_a_damaged_snapshot_is_reported_and_nothing_older_used(tmp_path: Path, where: int) -> None:
    async def scene() -> None:
        store, _ = place(tmp_path)
        one = Databases(store, tmp_path / "local")
        await save(one, "a")
        await save(one, "b")
        await one.close(5)
        body = bytearray(await store.get(key_of(UID, 2)))
        body[where] ^= 0xFF
        await store.put(key_of(UID, 2), bytes(body))
        with pytest.raises(Damaged):
            await wiped(store, tmp_path)

    run(scene)


def test_a_snapshot_whose_body_has_another_checksum_is_not_believed(tmp_path: Path) -> None:
    """Also one that is a whole database."""

    async def scene() -> None:
        store, _ = place(tmp_path)
        one = Databases(store, tmp_path / "local")
        await save(one, "a")
        await one.close(5)
        content = await store.get(key_of(UID, 1))
        stated = content.index(b'"sha256"') + len('"sha256": "')
        digit = b"0" if content[stated : stated + 1] != b"0" else b"1"
        await store.put(key_of(UID, 1), content[:stated] + digit + content[stated + 1 :])
        with pytest.raises(Damaged, match="checksum"):
            await wiped(store, tmp_path)

    run(scene)


def test_a_damaged_disk_is_put_aside_and_restored(tmp_path: Path) -> None:
    async def scene() -> None:
        store, _ = place(tmp_path)
        one = Databases(store, tmp_path / "local")
        await save(one, "a")
        await one.close(5)
        (tmp_path / "local" / "users" / UID / "edit.sqlite").write_bytes(b"rubbish" * 1000)
        again = Databases(store, tmp_path / "local")
        assert await names(again) == {"a"}
        await again.close(5)

    run(scene)


def test_no_blank_database_is_made_when_the_store_does_not_answer(tmp_path: Path) -> None:
    async def scene() -> None:
        store, faulty = place(tmp_path, nth(1, "fail"))
        one = Databases(store, tmp_path / "local")
        await save(one, "a")
        await one.close(5)
        another = Databases(faulty, tmp_path / "another")
        with pytest.raises(StoreFailed):
            await names(another)
        assert await names(another) == {"a"}
        await another.close(5)

    run(scene)


def test_idle_databases_are_closed_and_opened_again(tmp_path: Path) -> None:
    async def scene() -> None:
        clock = Clock()
        store, _ = place(tmp_path)
        databases = Databases(store, tmp_path / "local", idle_after=10, clock=clock)
        await save(databases, "a")
        await databases.close_idle()
        assert len(databases.opened()) == 1
        clock.now += 11
        async with databases.use(UID):
            await databases.close_idle()
            assert len(databases.opened()) == 1
        await databases.resume()
        clock.now += 11
        await databases.resume()  # as every minute: what was resumed before is not opened, and does not count as used
        await databases.close_idle()
        await databases.resume()
        assert databases.opened() == []
        await save(databases, "b")
        assert await names(databases) == {"a", "b"}
        await databases.close(5)

    run(scene)


def test_many_at_once_open_one_database(tmp_path: Path) -> None:
    async def scene() -> None:
        store, faulty = place(tmp_path)
        databases = Databases(faulty, tmp_path / "local")
        await asyncio.gather(*(names(databases) for _ in range(20)))
        assert faulty.calls == ["list", "head", "get"]
        await databases.close(5)
        await store.close()

    run(scene)


def left_open() -> list[threading.Thread]:
    """The threads of connections that are still open."""
    ours = [thread for thread in threading.enumerate() if "_connection_worker_thread" in thread.name]
    for thread in ours:
        thread.join(5)
    return [thread for thread in ours if thread.is_alive()]


@pytest.mark.parametrize("answers", [True, False], ids=["a store that answers", "a store that never does"])
@pytest.mark.parametrize("there", [True, False], ids=["from the disk", "from the store"])
def test_what_is_being_opened_at_the_end_is_closed_too(tmp_path: Path, answers: bool, there: bool) -> None:
    """Cancelled at every moment of its opening: a database left open would keep the process alive."""

    async def scene() -> None:
        store, faulty = place(tmp_path)
        databases = Databases(store, tmp_path / "local")
        await save(databases, "a")
        await databases.close(5)
        faulty.delay = 0 if answers else 3600
        turns, opened = 0, False
        while not opened:
            if not there:
                shutil.rmtree(tmp_path / "local", ignore_errors=True)
            databases = Databases(faulty, tmp_path / "local")
            asking = asyncio.create_task(names(databases))
            for _ in range(turns):
                await asyncio.sleep(0)
                opened = opened or asking.done()
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
            await databases.close(0.01)
            assert left_open() == []
            with pytest.raises(DatabaseFailed):
                await names(databases)
            turns += 1 + turns // 10
            opened = opened or (not answers and turns > 50)
        await store.close()

    run(scene)


@pytest.mark.parametrize("uid", ["", "../ann", "a/b", "Ann", "a" * 33, "."])
def test_only_ids_are_users(tmp_path: Path, uid: str) -> None:
    async def scene() -> None:
        with pytest.raises(ValueError, match="not a user's id"):
            async with Databases(FolderStore(tmp_path), tmp_path).use(uid):
                pass

    run(scene)
