"""Leases: which server has a user, as seen by several servers over one store, each with a clock of its own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from itertools import count
from pathlib import Path

import pytest

from server.storage.leases import Leases
from server.storage.objects import ObjectStore, Stat, StoreFailed
from server.storage.servers import Servers
from server.storage.sync import Fenced
from server.storage.tenants import Databases
from server.storage.terms import Elsewhere
from tests.server.memory import MemoryStore
from tests.server.test_sync import names, save

BEAT, STALE = 1.5, 6.0


class Clock:
    """Seconds that the test sets."""

    def __init__(self, now: float = 0.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


class AwayStore(MemoryStore):
    """A store that fails while `away` is set, or takes no data while `full` is."""

    away = full = False

    async def put(self, key: str, body: bytes, *, if_absent: bool = False) -> Stat:
        if self.away or self.full:
            raise StoreFailed("away")
        return await super().put(key, body, if_absent=if_absent)

    async def listing(self, prefix: str, after: str = "") -> AsyncIterator[Stat]:
        if self.away:
            raise StoreFailed("away")
        async for stat in super().listing(prefix, after):
            yield stat


class Server:
    """A server of the test: its leases, and the clock of its machine."""

    numbers = count(1)

    def __init__(self, store: ObjectStore, folder: str, started: float = 0.0) -> None:
        self.clock = Clock(started)
        name = f"{folder}.{next(self.numbers)}"
        self.taken: list[str] = []
        servers = Servers(store, name, f"http://localhost/{folder}", beat=BEAT, stale=STALE, clock=self.clock)
        self.leases = Leases(store, servers, BEAT, self.clock)
        self.leases.on_takeover = lambda uid, _: self.taken.append(uid)

    async def pass_by(self, seconds: float) -> None:
        """Let time pass, with a round at each beat, as `keep` has them."""
        for _ in range(round(seconds / BEAT)):
            self.clock.now += BEAT
            await self.round()

    async def round(self) -> None:
        await self.leases._round()
        assert self.leases._renewing is not None
        await self.leases._renewing


def run(scene: Callable[[AwayStore], Awaitable[None]]) -> None:
    asyncio.run(scene(AwayStore()))  # type: ignore[arg-type]


async def has(server: Server, uid: str = "ann") -> bool:
    try:
        await server.leases.hold(uid)
    except Elsewhere:
        return False
    return True


def test_a_user_is_at_the_server_that_came_first() -> None:
    async def scene(store: AwayStore) -> None:
        one, two = Server(store, "a"), Server(store, "b", 1e6)
        assert (await has(one), await has(two), await has(one)) == (True, False, True)
        for _ in range(20):
            await one.pass_by(BEAT)
            await two.pass_by(BEAT)
        assert (await has(two), await has(one), await has(two, "ben")) == (False, True, True)

    run(scene)


def test_of_servers_that_take_a_user_at_once_one_succeeds() -> None:
    async def scene(store: AwayStore) -> None:
        servers = [Server(store, f"f{number}") for number in range(8)]
        assert sum(await asyncio.gather(*map(has, servers))) == 1

    run(scene)


def test_a_server_that_was_killed_is_followed_when_its_beat_was_unchanged_for_long() -> None:
    async def scene(store: AwayStore) -> None:
        one, two = Server(store, "a"), Server(store, "b", 777.0)
        assert await has(one)
        await two.round()
        assert not two.leases.gone.is_set()
        await two.pass_by(STALE - BEAT)
        assert not await has(two)
        await two.pass_by(BEAT)
        assert two.leases.gone.is_set()
        assert await has(two)
        assert (two.taken, two.leases.contested("ann")) == (["ann"], True)

    run(scene)


def test_a_server_has_gone_whichever_look_finds_that() -> None:
    """The look for a user of a third server, too."""

    async def scene(store: AwayStore) -> None:
        one, two, three = (Server(store, name) for name in "abc")
        assert await has(one)
        await two.round()
        await one.leases.stop()
        assert await has(three, "ben")
        assert not await has(two, "ben")
        assert two.leases.gone.is_set()
        two.leases.gone.clear()
        assert await has(two)
        assert two.leases.gone.is_set()  # a user taken over may have unfinished exports

    run(scene)


def test_clocks_are_not_compared_and_time_without_the_store_does_not_count() -> None:
    async def scene(store: AwayStore) -> None:
        one, two = Server(store, "a"), Server(store, "b", 5e8)
        assert await has(one)
        await two.round()
        store.away = True
        two.clock.now += 3600
        with pytest.raises(StoreFailed):
            await two.round()
        store.away = False
        await two.round()
        await one.round()
        await two.pass_by(BEAT)
        assert not await has(two)

    run(scene)


def test_a_clean_stop_gives_all_users_back_at_once() -> None:
    async def scene(store: AwayStore) -> None:
        one, two = Server(store, "a"), Server(store, "b")
        assert await has(one)
        assert await has(one, "ben")
        await two.round()
        await one.leases.stop()
        await two.round()
        assert two.leases.gone.is_set()
        assert await has(two)
        assert await has(two, "ben")

    run(scene)


def test_a_server_that_starts_again_on_its_folder_has_its_users_at_once() -> None:
    async def scene(store: AwayStore) -> None:
        assert await has(Server(store, "a"))
        again, other = Server(store, "a"), Server(store, "b")
        assert await has(again)
        assert (again.taken, again.leases.contested("ann")) == ([], False)
        assert not await has(other)

    run(scene)


def test_what_an_earlier_process_of_a_folder_had_is_free_for_others_once_the_next_one_beats() -> None:
    async def scene(store: AwayStore) -> None:
        assert await has(Server(store, "a"))
        again, other = Server(store, "a"), Server(store, "b")
        assert await has(again, "ben")
        assert await has(other)

    run(scene)


def test_a_server_that_was_suspended_takes_its_leases_anew_or_loses_them() -> None:
    async def scene(store: AwayStore) -> None:
        one, two = Server(store, "a"), Server(store, "b")
        assert await has(one)
        assert await has(one, "ben")
        term = one.leases.term("ben")
        await two.round()
        await two.pass_by(STALE)
        assert await has(two)
        one.clock.now += 60
        assert one.leases.overdue() > 0
        assert not await has(one)
        assert await one.leases.lost.get() == "ann"
        assert await has(one, "ben")
        assert one.leases.term("ben") > term
        assert one.leases.held() == ["ben"]

    run(scene)


def test_a_suspended_server_finds_what_it_lost_without_a_request() -> None:
    async def scene(store: AwayStore) -> None:
        one, two = Server(store, "a"), Server(store, "b")
        assert await has(one)
        await two.round()
        await two.pass_by(STALE)
        assert await has(two)
        one.clock.now += 60
        await one.round()
        assert (one.leases.held(), one.leases.lost.get_nowait()) == ([], "ann")

    run(scene)


def test_while_the_store_is_away_a_server_keeps_its_users() -> None:
    async def scene(store: AwayStore) -> None:
        one = Server(store, "a")
        assert await has(one)
        store.away = True
        one.clock.now += 3600
        assert await has(one)
        with pytest.raises(StoreFailed):
            await has(one, "ben")
        store.away = False
        await one.round()
        assert (await has(one), one.leases.overdue()) == (True, 0)

    run(scene)


def test_a_store_that_takes_no_data_lets_users_without_a_server_read() -> None:
    async def scene(store: AwayStore) -> None:
        one, two = Server(store, "a"), Server(store, "b")
        assert await has(two, "ben")
        store.full = True
        assert await has(one)
        assert not await has(one, "ben")
        store.full = False
        assert await has(two)
        await one.round()
        assert (one.leases.held(), one.leases.lost.get_nowait()) == ([], "ann")

    run(scene)


def test_a_slow_server_does_not_take_a_term_that_was_deleted() -> None:
    class SlowStore(AwayStore):
        meanwhile: Callable[[], Awaitable[None]] | None = None

        async def put(self, key: str, body: bytes, *, if_absent: bool = False) -> Stat:
            if self.meanwhile and key.startswith("leases/"):
                meanwhile, self.meanwhile = self.meanwhile, None
                await meanwhile()
            return await super().put(key, body, if_absent=if_absent)

    async def scene() -> None:
        store = SlowStore()
        slow, quick, third = (Server(store, name) for name in ("slow", "quick", "third"))

        async def meanwhile() -> None:
            assert await has(quick)
            await quick.leases.stop()
            assert await has(third)

        store.meanwhile = meanwhile
        assert not await has(slow)
        assert await has(third)

    asyncio.run(scene())


def test_the_server_of_a_user_is_looked_up_once() -> None:
    async def scene(store: AwayStore) -> None:
        one, two = Server(store, "a"), Server(store, "b")
        assert await has(one)
        assert not await has(two)
        store.away = True
        with pytest.raises(Elsewhere) as found:
            await two.leases.hold("ann")
        assert found.value.server == one.leases.servers.name
        store.away = False
        assert await two.leases.servers.address_of(found.value.server) == "http://localhost/a"
        assert await has(one, "ben")
        await one.leases.give_back("ann")
        assert not await has(two)
        two.leases.look_for("ann")
        assert await has(two)

    run(scene)


def test_an_unused_user_is_given_back_unless_something_needs_the_lease() -> None:
    async def scene(store: AwayStore) -> None:
        one, two = Server(store, "a"), Server(store, "b")
        assert await has(one)
        assert await has(one, "ben")
        with one.leases.kept("ben"):
            one.clock.now += 100
            assert one.leases.idle(99) == ["ann"]
            await one.leases.give_back("ben")
            assert "ben" in one.leases.held()
        await one.leases.give_back("ann")
        assert (await has(two), two.taken) == (True, [])

    run(scene)


def test_a_server_without_users_is_silent() -> None:
    async def scene(store: AwayStore) -> None:
        one = Server(store, "a")
        await one.pass_by(6)
        assert not store.objects
        assert await has(one)
        assert any(key.startswith("servers/") for key in store.objects)
        await one.leases.give_back("ann")
        await one.round()
        assert not any(key.startswith("servers/") for key in store.objects)
        assert len(store.objects) == 1

    run(scene)


def test_beats_are_one_put_however_many_users_there_are() -> None:
    async def scene(store: AwayStore) -> None:
        one = Server(store, "a")
        for number in range(50):
            await one.leases.hold(f"user{number}")
        puts: list[str] = []
        put = store.put

        async def counted(key: str, body: bytes, *, if_absent: bool = False) -> Stat:
            puts.append(key)
            return await put(key, body, if_absent=if_absent)

        store.put = counted  # type: ignore[method-assign]
        await one.pass_by(3 * BEAT)
        assert puts == [f"servers/{one.leases.servers.name}"] * 3
        for number in range(50):
            await one.leases.hold(f"user{number}")
        assert len(puts) == 3

    run(scene)


def test_a_paused_server_can_store_nothing_after_a_takeover(tmp_path: Path) -> None:
    """Its lease is gone, and its next snapshot has a number that the other one took at the takeover."""

    async def scene(store: AwayStore) -> None:
        servers = [Server(store, name) for name in "ab"]
        one, two = (Databases(store, tmp_path / each.leases.servers.name, leases=each.leases) for each in servers)
        await save(one, "first")
        await servers[1].round()
        await servers[1].pass_by(STALE)
        assert await names(two) == {"first"}
        with pytest.raises(Fenced):  # its clock stood still, so it believes that it has the lease
            await save(one, "late")
        with pytest.raises(Elsewhere):
            await save(one, "later")
        await save(two, "second")
        assert await names(two) == {"first", "second"}
        await one.leave("ann")
        assert one.opened() == []
        await two.close(5)

    run(scene)


@pytest.mark.parametrize("ends", ["gives back", "is killed"])
def test_what_others_wrote_while_a_server_was_suspended_is_read_anew(tmp_path: Path, ends: str) -> None:
    """The lease is free again when it wakes up, but its open database is not the newest."""

    async def scene(store: AwayStore) -> None:
        servers = [Server(store, name) for name in "ab"]
        one, two = (Databases(store, tmp_path / each.leases.servers.name, leases=each.leases) for each in servers)
        await save(one, "first")
        await servers[1].round()
        await servers[1].pass_by(STALE)
        await save(two, "second")
        await two.close(5)
        if ends == "gives back":
            await servers[1].leases.give_back("ann")
        await servers[0].round()
        servers[0].clock.now += 60
        await servers[0].pass_by(STALE + BEAT)
        assert await names(one) == {"first", "second"}
        assert servers[0].leases.lost.get_nowait() == "ann"
        await save(one, "third")
        await one.close(5)

    run(scene)


def test_a_lease_that_nobody_had_meanwhile_keeps_its_open_database(tmp_path: Path) -> None:
    async def scene(store: AwayStore) -> None:
        server = Server(store, "a")
        databases = Databases(store, tmp_path, leases=server.leases)
        await save(databases, "first")
        (before,) = databases.opened()
        server.clock.now += 60
        await save(databases, "second")
        assert databases.opened() == [before]
        assert server.leases.lost.empty()
        await databases.close(5)

    run(scene)


def test_an_unused_database_is_closed_and_its_user_given_back(tmp_path: Path) -> None:
    async def scene(store: AwayStore) -> None:
        server, other = Server(store, "a"), Server(store, "b")
        databases = Databases(store, tmp_path, idle_after=900, clock=server.clock, leases=server.leases)
        await save(databases, "first")
        server.clock.now += 901
        await server.round()
        await databases.close_idle()
        assert (databases.opened(), server.leases.held(), await has(other)) == ([], [], True)
        with pytest.raises(Elsewhere):
            await names(databases)

    run(scene)
