"""The look-up of tokens: repeated beside the requests that carry them, and soon refused after they are revoked."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from server.accounts import BELIEVED, REMEMBERED, STALE, Accounts
from server.storage.folder import FolderStore
from server.storage.objects import StoreFailed
from tests.server.faults import FaultStore
from tests.server.test_sync import Clock


class Door:
    """Accounts over a store that can fail on demand, and a token of Ann's that was looked up just now."""

    def __init__(self, folder: Path) -> None:
        self.clock, self.down = Clock(), False
        self.store = FaultStore(FolderStore(folder), lambda n, name: "fail" if self.down else None)
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
