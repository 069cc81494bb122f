"""The look-up of tokens: repeated beside the requests that carry them, and soon refused after they are revoked."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from server.accounts import BELIEVED, REMEMBERED, STALE, Accounts
from server.ages import BELIEVED_AFTER
from server.storage.folder import FolderStore
from server.storage.objects import StoreFailed
from server.tokens import LINK_FOR, LISTED_FOR, TIDY_EVERY, key_of
from tests.server.faults import FaultStore
from tests.server.test_sync import Clock

STRAYS = {
    "empty": "",
    "list": "[]",
    "deep": "[" * 100_000,
    "number": '{"uid": 1, "kind": "link", "created_at": "", "expires_at": null}',
    "timeless": '{"uid": "ann", "kind": "link", "created_at": "", "expires_at": "2026-01-01T00:00:00"}',
}
"""Objects that are no tokens, by their names."""


class Door:
    """Accounts over a store that can fail on demand, and a token of Ann's that was looked up just now."""

    def __init__(self, folder: Path) -> None:
        self.clock, self.down, self.lost = Clock(), False, ""
        self.store = FaultStore(FolderStore(folder), lambda n, name: "fail" if self.down or name == self.lost else None)
        self.accounts = Accounts(self.store, self.clock)
        self.secret = ""

    async def asked(self) -> str | None:
        return await self.accounts.user_of(self.secret, "bearer")

    async def later(self, seconds: float) -> None:
        """Let time pass, and let the look-ups beside requests finish."""
        await asyncio.gather(*(task for task in asyncio.all_tasks() if task.get_name() == "token"))
        self.clock.now += seconds


def run(folder: Path, scene: Callable[[Door], Awaitable[None]]) -> None:
    async def whole() -> None:
        door = Door(folder)
        await door.accounts.add("ann")
        door.secret = await door.accounts.issue("ann", "bearer")
        assert await door.asked() == "ann"
        door.store.calls.clear()
        await scene(door)
        await door.store.close()

    asyncio.run(whole())


def test_who_is_busy_never_waits_for_the_store(tmp_path: Path) -> None:
    async def scene(door: Door) -> None:
        for _ in range(20):
            await door.later(STALE)
            looked = len(door.store.calls)
            assert await door.asked() == "ann"
            assert len(door.store.calls) == looked  # the answer came before the store was asked
        await door.later(0)
        assert door.store.calls == ["get"] * 20

    run(tmp_path, scene)


def test_who_comes_back_is_looked_up_again(tmp_path: Path) -> None:
    async def scene(door: Door) -> None:
        await door.later(REMEMBERED)
        assert await door.asked() == "ann"
        assert door.store.calls == ["get"]

    run(tmp_path, scene)


def test_a_token_that_was_revoked_elsewhere_is_soon_worthless(tmp_path: Path) -> None:
    async def scene(door: Door) -> None:
        assert await Accounts(door.store).revoke("ann") == 1
        await door.later(STALE)
        assert await door.asked() == "ann"
        await door.later(REMEMBERED - STALE)
        assert await door.asked() is None

    run(tmp_path, scene)


def test_a_token_that_is_forgotten_while_it_is_looked_up_stays_worthless(tmp_path: Path) -> None:
    async def scene(door: Door) -> None:
        await door.later(STALE)
        door.store.delay = 0.01  # the look-up gets its answer before the token is deleted, and returns after that
        assert await door.asked() == "ann"
        await door.accounts.forget(door.secret)
        await door.later(0)
        assert await door.asked() is None

    run(tmp_path, scene)


def test_who_is_known_goes_on_while_the_store_is_away_but_not_for_ever(tmp_path: Path) -> None:
    async def scene(door: Door) -> None:
        door.down = True
        for _ in range(int(BELIEVED / STALE) - 1):
            await door.later(STALE)
            assert await door.asked() == "ann"
        await door.later(STALE)
        with pytest.raises(StoreFailed):
            await door.asked()
        door.down = False
        await door.later(STALE)
        assert await door.asked() == "ann"

    run(tmp_path, scene)


def test_who_is_not_known_waits_for_the_store(tmp_path: Path) -> None:
    async def scene(door: Door) -> None:
        door.down = True
        with pytest.raises(StoreFailed):
            await Accounts(door.store, door.clock).user_of(door.secret, "bearer")

    run(tmp_path, scene)


def test_a_process_that_knows_of_a_revocation_refuses_whatever_the_store_does(tmp_path: Path) -> None:
    async def scene(door: Door) -> None:
        for revoke in (lambda: door.accounts.forget(door.secret), lambda: door.accounts.revoke("ann")):
            door.secret = await door.accounts.issue("ann", "bearer")
            assert await door.asked() == "ann"
            door.lost = "delete"
            with pytest.raises(StoreFailed):
                await revoke()
            assert await door.asked() is None  # though the store still has it
            door.lost = ""
            await door.accounts.tidy()
            assert await Accounts(door.store).user_of(door.secret, "bearer") is None

    run(tmp_path, scene)


def test_a_token_that_is_revoked_while_a_request_looks_it_up_is_refused(tmp_path: Path) -> None:
    async def scene(door: Door) -> None:
        accounts = Accounts(door.store, door.clock)
        door.store.delay = 0.01
        looking = asyncio.create_task(accounts.user_of(door.secret, "bearer"))
        await asyncio.sleep(0)  # the look-up has begun
        await accounts.forget(door.secret)
        await looking
        assert await accounts.user_of(door.secret, "bearer") is None

    run(tmp_path, scene)


def test_of_two_servers_one_uses_a_link(tmp_path: Path) -> None:
    async def scene(door: Door) -> None:
        servers = [door.accounts, Accounts(door.store, door.clock)]
        link = await door.accounts.issue("ann", "link", LINK_FOR)
        assert [await each.user_of(link, "link") for each in servers] == ["ann", "ann"]
        assert sorted([await each.use_link(link) for each in servers]) == [False, True]
        assert await door.accounts.use_link(door.secret)
        assert await door.asked() == "ann"  # a bearer is not used up

    run(tmp_path, scene)


def test_a_link_is_used_though_it_cannot_be_deleted(tmp_path: Path) -> None:
    async def scene(door: Door) -> None:
        link = await door.accounts.issue("ann", "link", LINK_FOR)
        door.lost = "delete"
        assert await door.accounts.use_link(link)
        door.lost = ""
        assert not await Accounts(door.store, door.clock).use_link(link)

    run(tmp_path, scene)


def test_expired_tokens_and_old_marks_are_deleted(tmp_path: Path) -> None:
    async def scene(door: Door) -> None:
        now = datetime.now(UTC)
        accounts = Accounts(door.store, door.clock, lambda: now)
        await accounts.issue("ann", "link", LINK_FOR)
        lasting = await accounts.issue("ann", "session", timedelta(days=30))
        await accounts.use_link(await accounts.issue("ann", "link", LINK_FOR))
        for name, text in STRAYS.items():
            (tmp_path / "tokens" / name).write_text(text)
        await accounts.tidy()
        assert len(await accounts.sessions("ann")) == 3
        now += timedelta(days=2)
        door.clock.now += TIDY_EVERY
        await accounts.tidy()
        assert [stat.key async for stat in door.store.listing("used/")] != []  # the clock may be wrong
        door.clock.now += BELIEVED_AFTER
        await accounts.tidy()
        kept = {stat.key async for stat in door.store.listing("tokens/")}
        assert kept == {key_of(door.secret), key_of(lasting), *(f"tokens/{name}" for name in STRAYS)}
        assert [stat.key async for stat in door.store.listing("used/")] == []

    run(tmp_path, scene)


def test_sessions_of_all_users_are_listed_once_a_second(tmp_path: Path) -> None:
    async def scene(door: Door) -> None:
        for _ in range(5):
            assert len(await door.accounts.sessions("ann")) == 1
        assert door.store.calls.count("list") == 1
        await Accounts(door.store).issue("ann", "session")
        await door.later(LISTED_FOR)
        assert len(await door.accounts.sessions("ann")) == 2

    run(tmp_path, scene)


def test_a_new_session_ends_the_oldest_of_too_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.accounts.MOST_SESSIONS", 3)

    async def scene(door: Door) -> None:
        now = datetime.now(UTC)
        accounts = Accounts(door.store, door.clock, lambda: now)
        secrets = []
        for _ in range(6):
            now += timedelta(minutes=1)
            secrets.append(await accounts.issue("ann", "session"))
        assert [await accounts.user_of(secret, "session") for secret in secrets] == [None] * 3 + ["ann"] * 3
        assert await accounts.user_of(door.secret, "bearer") == "ann"

    run(tmp_path, scene)


def test_what_was_revoked_while_the_store_was_away_is_worthless_when_it_is_back(tmp_path: Path) -> None:
    async def scene(door: Door) -> None:
        assert await Accounts(door.store).revoke("ann") == 1
        door.down = True
        await door.later(REMEMBERED)
        assert await door.asked() == "ann"
        door.down = False
        await door.later(STALE)
        await door.asked()
        await door.later(0)
        assert await door.asked() is None

    run(tmp_path, scene)
