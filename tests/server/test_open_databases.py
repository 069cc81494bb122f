"""Open databases are bounded, and a start opens those of users with unfinished exports alone."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest

from server.exports import accept
from server.exports.accept import Asked
from server.exports.job import Job
from server.exports.progress import Tracker
from server.exports.queue import Jobs
from server.exports.resume import resume_exports
from server.exports.unfinished import COMPLETE, FOLDER
from server.settings import Settings
from server.storage import room
from server.storage.database import Database, Transaction, open_database
from server.storage.folder import FolderStore
from server.storage.objects import Missing, StoreFailed
from server.storage.tenants import Databases, UserDatabase
from server.web.services import Services, make_services
from tests.server.editing import awaited, begin, long_project, one_clip, standing
from tests.server.site import Site
from tests.server.test_sync import commit
from tests.server.waiting import until

MOST = 3
USERS = [f"user-{number}" for number in range(3 * MOST)]


class Opened:
    """Counts the databases that are open, and those that were at most open, and notes their users."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self.most, self.users = 0, 0, list[str]()
        close = Database.close

        async def opening(path: Path) -> Database:
            database = await open_database(path)
            self.users.append(path.parent.name)
            self.now += 1
            self.most = max(self.most, self.now)
            return database

        async def closing(database: Database) -> None:
            await close(database)
            self.now -= 1

        monkeypatch.setattr("server.storage.database.open_database", opening)
        monkeypatch.setattr(Database, "close", closing)


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Opened:
    return Opened(monkeypatch)


def files_below(folder: Path) -> int:
    """The files below a folder that this process has open."""
    links = [f"/proc/self/fd/{fd}" for fd in os.listdir("/proc/self/fd")]
    return sum(os.path.exists(link) and os.readlink(link).startswith(f"{folder}/") for link in links)


async def save_as(databases: Databases, uid: str) -> None:
    """A durable save of a user."""
    async with databases.use(uid) as user_database:
        await user_database.durable(await commit(user_database, f"of-{uid}"), 5)


async def saved_of(databases: Databases, uid: str) -> list[str]:
    """What is saved of a user."""
    async with databases.use(uid) as user_database:
        rows = await user_database.read(lambda reader: reader.all("SELECT id FROM raw_clips"))
    return sorted({row["id"] for row in rows})


def test_databases_beyond_the_bound_are_closed_the_longest_unused_first(tmp_path: Path, opened: Opened) -> None:
    async def scene() -> None:
        databases = Databases(FolderStore(tmp_path / "objects"), tmp_path / "local", most=MOST)
        for uid in USERS:
            await save_as(databases, uid)
            assert files_below(tmp_path / "local") <= 8 * MOST
        assert [each.uid for each in databases.opened()] == USERS[-MOST:]
        for uid in USERS:
            assert await saved_of(databases, uid) == [f"of-{uid}"]
        await databases.close(5)
        again = Databases(FolderStore(tmp_path / "objects"), tmp_path / "local", most=MOST)
        await again.resume()
        assert len(again.opened()) <= MOST
        await again.close(5)

    asyncio.run(scene())
    assert opened.most <= MOST


def test_a_database_in_use_or_not_durable_stays_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "PAUSE", 0)

    async def scene() -> None:
        databases = Databases(FolderStore(tmp_path / "objects"), tmp_path / "local", most=1)
        async with databases.use("ann") as ann:
            async with databases.use("bob") as bob:
                assert not ann.closed
                bob.sync._since = 0.0  # as while an upload is under way
            async with databases.use("cem"):
                assert not bob.closed
        async with databases.use("dan"):
            assert (ann.closed, bob.closed) == (True, False)
        bob.sync._since = None
        async with databases.use("eve"):
            assert [each.uid for each in databases.opened()] == ["eve"]
        await databases.close(5)

    asyncio.run(scene())


def test_users_who_come_at_once_share_the_bound(
    tmp_path: Path, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "PAUSE", 0.001)
    monkeypatch.setattr(room, "TRIES", 10_000)

    async def scene() -> None:
        databases = Databases(FolderStore(tmp_path / "objects"), tmp_path / "local", most=1)
        await asyncio.gather(*(save_as(databases, uid) for uid in USERS))
        for uid in USERS:
            assert await saved_of(databases, uid) == [f"of-{uid}"]
        await databases.close(5)

    asyncio.run(scene())
    assert opened.most == 1


async def queued(unit: Transaction) -> None:
    """The row of an export that waits."""
    columns = "(export_id, project_id, state, stage, attempt, boot_id, request_hash, created_at, edit)"
    project = "(id, name, aspect_ratio, settings, created_at, updated_at) VALUES ('p', 'p', '9:16', '{}', '', '')"
    await unit.run(f"INSERT INTO projects {project}")
    await unit.run(f"INSERT INTO exports {columns} VALUES ('Mine', 'p', 'queued', 'queued', 0, 'b', 'h', '', '{{}}')")


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The users whose exports are resumed, none of which is rendered."""
    started = list[str]()

    async def start(_: Jobs, uid: str, *__: Any) -> None:
        started.append(uid)

    monkeypatch.setattr(Jobs, "start", start)
    return started


def at_start(folder: Path, work: Callable[[Services], Awaitable[None]]) -> None:
    """Work with the services of a server that has just started."""

    async def whole() -> None:
        services = make_services(Settings(data=folder))
        await work(services)
        await services.databases.close(5)
        services.compiler.close()

    asyncio.run(whole())


async def resume(services: Services) -> None:
    await resume_exports(services.jobs, services.databases, services.accounts, services.leases, 60)


def test_a_start_opens_the_databases_of_unfinished_exports_alone(
    tmp_path: Path, opened: Opened, started: list[str]
) -> None:
    async def before_the_index(services: Services) -> None:
        for uid in USERS[:4]:
            await services.accounts.add(uid)
        async with services.databases.use(USERS[2]) as user_database:
            _, n = await user_database.write(queued)
            assert n
            await user_database.durable(n, 5)

    async def first(services: Services) -> None:
        await resume(services)
        assert await services.jobs.unfinished.users() == {USERS[2]}

    at_start(tmp_path, before_the_index)
    opened.users.clear()
    at_start(tmp_path, first)
    assert (sorted(opened.users), started) == (USERS[:4], [USERS[2]])
    opened.users.clear()
    at_start(tmp_path, resume)
    assert (opened.users, started) == ([USERS[2]], [USERS[2]] * 2)


def test_a_database_that_cannot_be_opened_holds_up_no_others_exports(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, started: list[str]
) -> None:
    away = [USERS[0], USERS[0]]
    opening = Databases._opening

    async def failing(databases: Databases, uid: str, known: int) -> UserDatabase:
        if uid in away:
            away.remove(uid)
            assert (uid, started) == (USERS[0], [USERS[1]] * (len(away) == 0))
            raise StoreFailed("the store is away")
        return await opening(databases, uid, known)

    async def scene(services: Services) -> None:
        for uid in USERS[:2]:
            async with services.databases.use(uid) as user_database:
                await user_database.write(queued)
            await services.jobs.unfinished.add(uid, "Mine")
        await services.jobs.unfinished.complete()

    at_start(tmp_path, scene)
    monkeypatch.setattr("server.exports.resume.AGAIN_AFTER", 0)
    monkeypatch.setattr(Databases, "_opening", failing)
    at_start(tmp_path, resume)
    assert started == [USERS[1], USERS[0]]


def test_entries_without_an_export_are_removed_when_they_are_old(tmp_path: Path) -> None:
    async def scene(services: Services) -> None:
        unfinished = services.jobs.unfinished
        for name in ("one", "two"):
            await unfinished.add("ann", name)
        now = datetime.now(UTC)
        await unfinished.tidy("ann", set(), now - timedelta(days=1))
        await unfinished.tidy("ann", {"one"}, now + timedelta(days=1))
        assert [stat.key async for stat in services.store.listing(FOLDER)] == [f"{FOLDER}ann/{hash_of('one')}"]
        await unfinished.remove("ann", "one")
        assert [stat.key async for stat in services.store.listing(FOLDER)] == []
        with pytest.raises(Missing):
            await services.store.head(COMPLETE)

    at_start(tmp_path, scene)


def hash_of(export_id: str) -> str:
    return sha256(export_id.encode()).hexdigest()


def test_an_export_is_acknowledged_when_the_index_has_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene(services: Services) -> None:
        jobs, asked = services.jobs, Asked("ann", "e", "p")
        add, away = jobs.unfinished.add, [True]

        async def failing(uid: str, export_id: str) -> None:
            if away:
                raise StoreFailed("the store is away")
            await add(uid, export_id)

        async def begun(*_: object) -> None:
            jobs._jobs["ann", "e"] = Job("ann", "e", "p", Tracker("e"))

        monkeypatch.setattr(jobs.unfinished, "add", failing)
        monkeypatch.setattr(accept, "_begin", begun)
        for _ in range(2):
            with pytest.raises(StoreFailed):
                await accept.accept(asked, jobs, services.request_databases)
        away.clear()
        await accept.accept(asked, jobs, services.request_databases)
        assert [stat.key async for stat in services.store.listing(FOLDER)] == [f"{FOLDER}ann/{hash_of('e')}"]

    at_start(tmp_path, scene)


def test_an_export_is_in_the_index_until_its_end(site: Site, user: httpx.Client, game: Path) -> None:
    index = site.data / "objects" / FOLDER
    cancelled, made = standing(user, site.data, long_project(user, game)), begin(user, one_clip(user, game))
    assert {path.name for path in index.glob("*/*")} >= {hash_of(cancelled)}
    awaited(user, made)
    user.delete(f"/api/export/{cancelled}")
    until(lambda: not {hash_of(made), hash_of(cancelled)} & {path.name for path in index.glob("*/*")}, "still indexed")
