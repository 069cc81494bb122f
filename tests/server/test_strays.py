"""One object that cannot be read stops neither the start of a server nor the requests of others."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from server.accounts import Accounts
from server.cli import print_link
from server.metrics import Metrics
from server.settings import Settings
from server.storage import skipped
from server.storage.folder import FolderStore, _stat
from server.storage.objects import StoreFailed
from server.storage.tenants import Databases
from tests.server.site import Site, add_somebody
from tests.server.test_http import refused

DAMAGED = [b"", b"null", b"{}", b"\xff\x00", b"[" * 100_000, b'{"uid": 5, "created_at": 5}']
DAMAGED_TOKENS = [
    *DAMAGED,
    b'{"uid": "../x", "kind": "bearer", "created_at": "", "expires_at": null}',
    b'{"uid": "ann", "kind": "bearer", "created_at": "", "expires_at": 7}',
    b'{"uid": "ann", "kind": "bearer", "created_at": "", "expires_at": "2999-01-01"}',
]
STRAYS = ["notes.txt", "Ann", ".DS_Store", "a b", "folder/inside", ".data", "x.data.data"]


def run(tmp_path: Path, scene: Callable[[FolderStore, Accounts], Awaitable[None]]) -> None:
    async def whole() -> None:
        store = FolderStore(tmp_path / "objects")
        await scene(store, Accounts(store))
        await store.close()

    asyncio.run(whole())


def write(tmp_path: Path, key: str, body: bytes) -> None:
    """An object that somebody else put there."""
    path = tmp_path / "objects" / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)


@pytest.mark.parametrize("body", DAMAGED)
def test_an_account_that_cannot_be_read_is_skipped(tmp_path: Path, body: bytes) -> None:
    async def scene(store: FolderStore, accounts: Accounts) -> None:
        await accounts.add("bob")
        write(tmp_path, "accounts/ann", body)
        for stray in STRAYS:
            write(tmp_path, f"accounts/{stray}", body)
        assert [user.uid for user in await accounts.users()] == ["bob"]
        assert await accounts.names() == ["ann", "bob"]
        await print_link(accounts, Settings())
        assert await accounts.names() == ["ann", "bob"]

    run(tmp_path, scene)


def test_a_server_whose_only_account_cannot_be_read_starts(tmp_path: Path) -> None:
    async def scene(store: FolderStore, accounts: Accounts) -> None:
        write(tmp_path, "accounts/me", b"")
        await print_link(accounts, Settings())

    run(tmp_path, scene)


@pytest.mark.parametrize("body", DAMAGED_TOKENS)
def test_a_token_that_cannot_be_read_is_none_and_keeps_no_other_from_being_revoked(tmp_path: Path, body: bytes) -> None:
    async def scene(store: FolderStore, accounts: Accounts) -> None:
        await accounts.add("ann")
        damaged, whole = await accounts.issue("ann", "bearer"), await accounts.issue("ann", "bearer")
        write(tmp_path, f"tokens/{hashlib.sha256(damaged.encode()).hexdigest()}", body)
        write(tmp_path, "tokens/stray", body)
        assert await accounts.user_of(damaged, "bearer") is None
        assert await accounts.user_of(whole, "bearer") == "ann"
        assert await accounts.revoke("ann") == 2  # it made the damaged one too, and so knows whose that was
        assert await accounts.user_of(whole, "bearer") is None

    run(tmp_path, scene)


def test_a_damaged_token_is_401(site: Site) -> None:
    token = add_somebody(site.data)
    (site.data / "objects" / "tokens" / hashlib.sha256(token.encode()).hexdigest()).write_bytes(b"")
    with site.client(token) as somebody:
        refused(somebody.get("/api/projects"), 401, "unauthorized")


def test_skipped_objects_are_counted_once_each(tmp_path: Path) -> None:
    async def scene(store: FolderStore, accounts: Accounts) -> None:
        write(tmp_path, "accounts/empty-one", b"")
        write(tmp_path, "accounts/Stray One", b"")
        before = skipped.skipped()
        for _ in range(3):
            await accounts.users()
        assert skipped.skipped() == before + 2
        text = Metrics(Databases(store, tmp_path / "local")).text().decode()
        assert f"reelc_skipped_objects {before + 2}.0" in text

    run(tmp_path, scene)


def test_a_folder_that_cannot_be_read_is_not_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def scene(store: FolderStore, accounts: Accounts) -> None:
        await accounts.add("ann")
        monkeypatch.setattr("os.scandir", refuse)
        with pytest.raises(StoreFailed):
            await accounts.names()

    def refuse(_: object) -> None:
        raise PermissionError(13, "Permission denied")

    run(tmp_path, scene)


@pytest.mark.parametrize("time", [-1e15, -1.0, 1e13, 1e18])
def test_an_object_of_an_impossible_time_is_listed(time: float) -> None:
    """A wrong clock, or an archive, can give a file a time that has no date."""
    found: Any = SimpleNamespace(st_mtime=time, st_mtime_ns=int(time * 1e9), st_ino=1, st_size=5)
    stat = _stat("users/ann/media/r_x", found)
    assert stat.size == 5
    assert timedelta(days=-400_000) < datetime.now(UTC) - stat.modified < timedelta(days=40_000)
