"""Snapshots are thinned: few are kept, each of those can be read, and the numbers of the others stay taken."""

from __future__ import annotations

import asyncio
import json
import random
import zlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from server.storage import snapshots, sync
from server.storage.database import Transaction
from server.storage.objects import Missing, Stat
from server.storage.snapshots import HEADER, TooNewSnapshot, key_of
from server.storage.sync import Fenced
from server.storage.tenants import Databases
from server.storage.thinning import picked, prune
from tests.server.memory import MemoryStore
from tests.server.test_deltas import WIDE, fill, rows_at
from tests.server.test_sync import UID, Clock, names, run, save, wiped

NOW = MemoryStore().now
SAVES = 200
SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("age", "kept"), [(SECOND, 600), (2 * HOUR, 10), (2 * DAY, 1), (8 * DAY, 1), (31 * DAY, 1)], ids=str
)
def test_one_of_each_time_is_kept(age: timedelta, kept: int) -> None:
    """Of one snapshot a second for ten minutes."""
    found = [Stat(key_of(UID, number), 1, "e", NOW + number * SECOND) for number in range(1, 600)]
    newest = Stat(key_of(UID, 600), 1, "e", NOW + 600 * SECOND)
    numbers = picked([*found, newest], NOW + 600 * SECOND + age, {})
    assert kept <= len(numbers) <= kept + 1
    assert 600 in numbers


def test_of_a_minute_the_one_far_from_its_base_is_kept() -> None:
    found = [Stat(key_of(UID, number), 1, "e", NOW) for number in range(1, 20)]
    bases = {number: number - 1 for number in range(1, 20)} | {9: 1}
    assert picked(found, NOW + 2 * HOUR, bases) == {9, 19}


async def saves(store: MemoryStore, databases: Databases, count: int, every: timedelta) -> dict[int, set[str]]:
    """The rows at each number after these saves."""
    rows = {}
    for number in range(count):
        store.now += every
        await save(databases, f"{store.now:%d%H%M%S}-{number}")
        rows[await snapshots.latest(store, UID)] = await names(databases)
    return rows


@pytest.mark.parametrize("known", [True, False], ids=["bases known", "bases read"])
def test_what_is_kept_can_be_read(tmp_path: Path, known: bool) -> None:
    chance = random.Random(2)

    async def scene() -> None:
        store, rows = MemoryStore(), dict[int, set[str]]()
        databases = Databases(store, tmp_path / "local")
        await fill(databases, 50)
        for _ in range(4):
            rows |= await saves(store, databases, 25, chance.choice((SECOND, 20 * SECOND)))
            store.now += chance.choice((timedelta(minutes=20), HOUR, 5 * HOUR, DAY))
            async with databases.use(UID) as user_database:
                await prune(store, UID, store.now, user_database.sync.bases if known else None)
            points = [number async for number, _ in snapshots.points(store, UID)]
            for number in points:
                assert number == 1 or await rows_at(store, number) == rows[number]
        assert len(points) < 60
        await databases.close(5)
        assert await wiped(store, tmp_path) == rows[max(rows)]

    run(scene)


def test_thinned_numbers_stay_taken_for_a_day(tmp_path: Path) -> None:
    async def scene() -> None:
        clock, store = Clock(), MemoryStore()
        sleeper, other = (Databases(store, tmp_path / name, clock=clock) for name in ("sleeper", "other"))
        await fill(sleeper, 50)
        await saves(store, other, 20, SECOND)
        store.now += 2 * HOUR
        await prune(store, UID, store.now)
        assert await store.get(key_of(UID, 2)) == b""
        with pytest.raises(Missing):
            await snapshots.fetch(store, UID, 2)
        with pytest.raises(Fenced):  # without looking first: the clock stands still
            await save(sleeper, "stale")
        store.now += DAY + SECOND
        await prune(store, UID, store.now)
        assert key_of(UID, 2) not in store.objects
        newest = await names(other)
        await sleeper.close(5)
        await other.close(5)
        assert await wiped(store, tmp_path) == newest

    run(scene)


def test_nothing_is_thinned_beside_a_newer_server(tmp_path: Path) -> None:
    async def scene() -> None:
        store = MemoryStore()
        databases = Databases(store, tmp_path / "local")
        await saves(store, databases, 5, SECOND)
        await databases.close(5)
        await store.put(key_of(UID, 6), b'{"snapshot": 3, "writer": "w", "head": 9, "sha256": "", "size": 0}')
        before = dict(store.objects)
        with pytest.raises(TooNewSnapshot):
            await prune(store, UID, store.now + 2 * DAY)
        assert store.objects == before

    run(scene)


def test_a_server_thins_what_it_stores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sync, "PRUNE_EVERY", 60)

    async def scene() -> None:
        clock, store = Clock(), MemoryStore()
        databases = Databases(store, tmp_path / "local", clock=clock)
        store.now -= 10 * DAY
        await saves(store, databases, 20, SECOND)
        clock.now += 100
        await save(databases, "last")
        async with databases.use(UID) as user_database:
            assert user_database.sync._pruning is not None
            await user_database.sync._pruning
        assert 1 <= len([point async for point in snapshots.points(store, UID)]) < 10
        await databases.close(5)

    run(scene)


@pytest.mark.parametrize("opened", [True, False], ids=["by the server that saves", "by another one"])
def test_deleted_content_is_gone_after_38_days(tmp_path: Path, opened: bool) -> None:
    """Saves go on, so that the chain would never end by itself."""
    secret = b"a name that is in no other row"

    async def scene() -> None:
        store = MemoryStore()
        databases, another = (Databases(store, tmp_path / name) for name in ("one", "two"))
        await fill(databases, 500)
        await save(databases, secret.decode())
        async with databases.use(UID) as user_database:
            _, n = await user_database.write(lambda unit: unit.run("DELETE FROM raw_clips WHERE id LIKE 'a name%'"))
            assert n is not None
            await user_database.durable(n, 5)
            for day in range(38):
                assert (day < 3) <= is_stored(store, secret)
                store.now += DAY
                await save(databases, f"{day}")
                if opened:
                    await user_database.sync._prune(store.now)
                else:
                    await another.tend(UID, store.now)
            assert not is_stored(store, secret)
            assert secret not in (await user_database.database.image())[1]
        await asyncio.gather(databases.close(5), another.close(5))
        assert len(await wiped(store, tmp_path)) == 538

    run(scene)


def is_stored(store: MemoryStore, text: bytes) -> bool:
    """Whether the body of any snapshot has this text."""
    bodies = [body for key, (body, _) in store.objects.items() if "/db/" in key]
    return any(body and text in zlib.decompress(body[HEADER:]) for body in bodies)


def test_what_was_put_aside_is_deleted_later(tmp_path: Path) -> None:
    async def scene() -> None:
        store = MemoryStore()
        databases = Databases(store, tmp_path)
        await save(databases, "a")
        aside = tmp_path / "users" / UID / "aside" / "20261120-fenced"
        aside.mkdir(parents=True)
        now = datetime.now(UTC)
        await databases.tend(UID, now + 29 * DAY)
        assert aside.exists()
        await databases.tend(UID, now + 31 * DAY)
        assert not aside.exists()
        await databases.close(5)

    run(scene)


def test_a_day_of_saves_is_small(tmp_path: Path) -> None:
    """Of 100,000 saves a day: computed from some minutes of them."""
    chance = random.Random(3)

    async def scene() -> None:
        store = MemoryStore()
        databases = Databases(store, tmp_path / "local")
        async with databases.use(UID) as user_database:
            for number in range(SAVES):
                store.now += DAY / 100_000

                async def work(unit: Transaction, name: str = f"{number:05}") -> None:
                    text = json.dumps([{"frame": frame, "x": chance.random()} for frame in range(24)])
                    await unit.run(WIDE, (name, text))
                    await unit.run("DELETE FROM raw_clips WHERE id < ?", (f"{int(name) - 50:05}",))

                _, n = await user_database.write(work)
                assert n is not None
                await user_database.durable(n, 5)
            put = store.size()
            await prune(store, UID, store.now + 2 * HOUR, user_database.sync.bases)
        await databases.close(5)
        assert len(await wiped(store, tmp_path)) == 51
        hour = 100_000 / 24 / SAVES
        assert (2 * put + 22 * store.size()) * hour < 200e6

    run(scene)
