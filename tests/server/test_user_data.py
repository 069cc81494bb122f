"""All data of one user: taken out whole, and deleted whole, with nobody else's."""

from __future__ import annotations

import asyncio
import hashlib
import json
from datetime import timedelta
from pathlib import Path
from typing import NoReturn

import pytest

from server.accounts import Accounts
from server.exports.unfinished import COMPLETE, Unfinished
from server.footage.cache import MediaCache
from server.footage.facts import media_key
from server.settings import Settings
from server.storage.database import Transaction
from server.storage.folder import FolderStore
from server.storage.lock import locked
from server.storage.marks import removed_key
from server.storage.objects import StoreFailed
from server.storage.tenants import Databases
from server.tables import projects
from server.tokens import key_of
from server.user_data import UserData
from server.web.shares import KEY, Shares
from tests.server.faults import FaultStore
from tests.server.test_commands import reelc

FOOTAGE, FILM = b"what was recorded", b"what was rendered"
MADE = "2026-01-01T00:00:00.000+00:00"


async def fill(data: Path, uid: str) -> None:
    """Give a user footage, its copy in the cache, a preview, a project with a film, a token, a session and a link."""
    store = FolderStore(data / "objects")
    accounts, settings = Accounts(store), Settings(data=data)
    await accounts.add(uid)
    for kind in ("bearer", "session", "link"):
        await accounts.issue(uid, kind)
    raw, film = media_key(uid, "r_1"), media_key(uid, "v_1")
    stat = await store.put(raw, FOOTAGE)
    await store.put(film, FILM)
    await store.put(f"{raw}.strip", b"pictures")
    await Unfinished(store).add(uid, "an export")
    copy = MediaCache(store, settings.local / "footage", settings.temporary, 100).path(stat)
    copy.parent.mkdir(parents=True, exist_ok=True)
    copy.write_bytes(FOOTAGE)

    async def work(unit: Transaction) -> None:
        await projects.add(unit, {"id": "p_1", "name": "x", "aspect_ratio": "9:16", "settings": {}}, MADE)
        await unit.run(
            "INSERT INTO raw_clips VALUES ('r_1', 'a/b.mp4', ?1, 'e', ?2, '{}', NULL, NULL, ?3),"
            " ('r_2', 'goal.mp4', ?1, 'e', ?2, '{}', 0, 1, ?3)",
            (raw, len(FOOTAGE), MADE),
        )
        given = (film, len(FILM), hashlib.sha256(FILM).hexdigest(), MADE)
        await unit.run("INSERT INTO working_videos VALUES ('v_1', 'p_1', 'film.mp4', ?, 1, 1, 30, ?, ?, 'i', ?)", given)

    databases = Databases(store, settings.local)
    async with databases.use(uid) as database:
        _, head = await database.write(work)
        assert head
        await database.durable(head, 10)
    await databases.close(10)
    await store.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of a data folder of two users."""
    for uid in ("ann", "annabel"):
        asyncio.run(fill(tmp_path / "data", uid))
    return tmp_path


def mentions(folder: Path, name: str) -> list[Path]:
    """Files whose path or content names a user."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != "audit.jsonl"]
    return [p for p in files if name in p.relative_to(folder).parts or f'"uid": "{name}"'.encode() in p.read_bytes()]


def test_all_of_a_user_is_exported(folder: Path) -> None:
    ended = reelc(folder, "user", "export", "ann", "-o", "out")
    assert ended.returncode == 0, ended.stderr
    database = json.loads((folder / "out" / "database.json").read_text())
    rows, files = database["tables"], database["files"]
    assert [row["name"] for row in rows["projects"]] == ["x"]
    assert (folder / "out" / files[rows["raw_clips"][0]["object_key"]]).read_bytes() == FOOTAGE
    assert (folder / "out" / files[rows["working_videos"][0]["object_key"]]).read_bytes() == FILM
    assert sorted(each["kind"] for each in database["sessions"]) == ["bearer", "link", "session"]
    assert reelc(folder, "user", "export", "ann", "-o", "out").returncode == 2
    assert reelc(folder, "user", "export", "nobody", "-o", "none").returncode == 2


def test_an_export_that_fails_leaves_nothing_and_can_be_repeated(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: object, **__: object) -> NoReturn:
        raise StoreFailed("away")

    with monkeypatch.context() as changed:
        changed.setattr("server.user_data.copy_object", fail)
        assert reelc(folder, "user", "export", "ann", "-o", "out").returncode == 5
    assert sorted(path.name for path in folder.iterdir()) == ["data"]
    assert reelc(folder, "user", "export", "ann", "-o", "out").returncode == 0


@pytest.mark.parametrize("damage", ["changed", "cut", "gone"])
def test_damage_is_reported(folder: Path, damage: str) -> None:
    raw, film = (folder / "data" / "objects" / media_key("ann", name) for name in ("r_1", "v_1"))
    damaged = {"changed": film, "cut": raw, "gone": raw}[damage]
    damaged.write_bytes(FILM[::-1] if damage == "changed" else b"")
    if damage == "gone":
        damaged.unlink()
    ended = reelc(folder, "user", "export", "ann", "-o", "out")
    assert (ended.returncode, ended.stderr.count(f"users/ann/media/{damaged.name}")) == (6, 1)
    assert len(list((folder / "out").rglob("*-*.mp4"))) == (1 if damage == "gone" else 2)


def test_copies_of_footage_that_was_deleted_before_are_removed(folder: Path) -> None:
    data, store = folder / "data", FolderStore(folder / "data" / "objects")

    async def removed() -> None:
        await store.delete(media_key("ann", "r_1"))
        await UserData(store, Settings(data=data), "ann").remove()
        kept = MediaCache(store, data / "local" / "footage", data, 100).path(
            await store.head(media_key("annabel", "r_1"))
        )
        assert [*(data / "local" / "footage").iterdir()] == [kept.resolve()]

    asyncio.run(removed())


def test_all_of_a_user_is_removed_and_nothing_of_another(folder: Path) -> None:
    data = folder / "data"
    before = mentions(data, "annabel")
    assert len(mentions(data, "ann")) == len(before) > 7
    with locked(data):
        assert "RC701" in reelc(folder, "user", "remove", "ann", "--yes").stderr
    assert reelc(folder, "user", "remove", "ann").returncode == 1  # nobody answers the question
    assert len(mentions(data, "ann")) == len(before)
    ended = reelc(folder, "user", "remove", "ann", "--yes")
    assert (ended.returncode, "0 left of ann" in ended.stderr) == (0, True), ended.stderr
    deleted = ended.stdout.splitlines()
    assert {"accounts/ann", media_key("ann", "r_1"), media_key("ann", "r_1.strip"), media_key("ann", "v_1")} < set(
        deleted
    )
    assert sum(key.startswith("tokens/") for key in deleted) == 3
    assert mentions(data, "ann") == []
    assert mentions(data, "annabel") == before
    assert len(list((data / "local" / "footage").iterdir())) == 1
    assert reelc(folder, "user", "remove", "../ann", "--yes").returncode == 2


@pytest.mark.parametrize("name", ["shares", "indexed", "media"])
def test_objects_of_the_server_are_no_users_whatever_his_name_is(tmp_path: Path, name: str) -> None:
    """The key of all links to films is `keys/shares`; `exports/indexed` says that an index is complete."""

    async def whole() -> list[str]:
        store = FolderStore(tmp_path / "objects")
        await Accounts(store).add(name)
        await Shares(store).make("ann", "v_1", timedelta(days=1))
        await store.put(COMPLETE, b"")
        await store.put("farm/media/x", b"of reelc render")
        await UserData(store, Settings(data=tmp_path), name).remove()
        return [stat.key async for stat in store.listing("")]

    assert sorted(asyncio.run(whole())) == [COMPLETE, "farm/media/x", KEY, removed_key(name)]


def test_an_object_that_is_not_deleted_is_found(tmp_path: Path) -> None:
    async def whole() -> None:
        store = FaultStore(FolderStore(tmp_path / "objects"))
        await Accounts(store).add("ann")
        token = await Accounts(store).issue("ann", "bearer")
        await store.put("users/ann/later/x", b"")
        await store.put("accounts/ann.data", b"")
        await store.put("users/annabel/db/1", b"")

        async def keep(key: str) -> None:
            """Delete nothing, and say nothing."""

        delete, store.delete = store.delete, keep  # type: ignore[method-assign]
        data = UserData(store, Settings(data=tmp_path), "ann")
        left = {"accounts/ann", "accounts/ann.data", "users/ann/later/x", key_of(token)}
        assert set((await data.remove()).left) == left
        store.delete = delete  # type: ignore[method-assign]
        removal = await data.remove()
        assert (set(removal.deleted) >= left, removal.left) == (True, [])
        await store.close()

    asyncio.run(whole())
