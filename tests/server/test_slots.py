"""The order in which exports are begun: users take turns, short films have a slot of their own, places are stated."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

from server.exports.job import Job
from server.exports.queue import Jobs
from server.exports.slots import Slots
from server.settings import Settings
from server.storage.unshared import Unshared

HOURS, SECOND = 10_000.0, 1.0


class Exports(Jobs):
    """Jobs whose films take until they are `made`, and whose rows are durable at once."""

    def __init__(self, **settings: Any) -> None:
        metrics = SimpleNamespace(
            under_way=SimpleNamespace(set_function=lambda _: None),
            exports=SimpleNamespace(labels=lambda _: SimpleNamespace(inc=lambda: None)),
        )
        render: Any = SimpleNamespace(is_short=lambda prepared: prepared <= self._settings.short_film)
        databases = SimpleNamespace(store=None, leases=Unshared())
        given: Any = (databases, render, None, metrics, None, str)
        super().__init__(Settings(**settings), *given)
        self._writes: Any = SimpleNamespace(accepted=self._accepted, stopping=False)
        self.begun: list[str] = []
        self.made: dict[str, asyncio.Event] = {}

    async def _accepted(self, job: Job) -> None:
        pass

    async def _shared(self, job: Job) -> bool:
        return False

    async def _run(self, job: Job) -> None:
        self.begun.append(job.export_id)
        await self.made[job.export_id].wait()
        job.tracker.end("complete", "the film is ready")

    async def ask(self, uid: str, *films: float) -> None:
        """Films of a user, named after the user, that are forecast to take these seconds."""
        for seconds in films:
            name = f"{uid}{sum(key[0] == uid for key in self._jobs) + 1}"
            self.made[name] = asyncio.Event()
            row: Any = {"export_id": name, "project_id": "p"}
            await self.start(uid, row, seconds)  # type: ignore[arg-type]
        await settled()

    async def make(self, name: str) -> None:
        """Let a film be ready."""
        self.made[name].set()
        await settled()

    def places(self) -> dict[str, int]:
        """The places of the exports that wait."""
        return {job.export_id: place for job in self.under_way() if (place := job.tracker.state.place)}


async def settled() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


def run(work: Callable[[Exports], Any], **settings: Any) -> None:
    async def whole() -> None:
        await work(Exports(**settings))

    asyncio.run(whole())


def test_a_short_film_does_not_wait_for_anothers_long_ones() -> None:
    async def work(exports: Exports) -> None:
        await exports.ask("ann", HOURS, HOURS, HOURS)
        await exports.ask("bob", SECOND)
        assert exports.begun == ["ann1", "bob1"]
        await exports.ask("ann", SECOND)  # the kept slot is bob's
        assert exports.begun == ["ann1", "bob1"]
        await exports.make("bob1")
        assert exports.begun == ["ann1", "bob1", "ann4"]

    run(work)


def test_users_take_turns() -> None:
    async def work(exports: Exports) -> None:
        await exports.ask("ann", HOURS, HOURS, HOURS)
        await exports.ask("bob", HOURS, HOURS)
        await exports.ask("cem", HOURS)
        assert exports.places() == {"bob1": 1, "cem1": 2, "ann2": 3, "bob2": 4, "ann3": 5}
        for name in ("ann1", "bob1", "cem1", "ann2", "bob2", "ann3"):
            assert exports.begun[-1] == name
            assert name not in exports.places()
            await exports.make(name)
        assert exports.places() == {}

    run(work, short_slots=0)


def test_the_kept_slot_is_given_in_turns_too_and_long_films_never_have_it() -> None:
    async def work(exports: Exports) -> None:
        await exports.ask("ann", HOURS, SECOND, SECOND)
        await exports.ask("bob", HOURS, SECOND)
        assert exports.begun == ["ann1", "ann2"]
        assert exports.places() == {"ann3": 2, "bob1": 1, "bob2": 1}
        await exports.make("ann2")
        assert exports.begun == ["ann1", "ann2", "bob2"]
        await exports.make("bob2")
        await exports.make("ann3")
        assert exports.begun == ["ann1", "ann2", "bob2", "ann3"]
        assert exports.places() == {"bob1": 1}

    run(work)


def test_an_export_that_is_cancelled_leaves_the_queue_and_its_slot() -> None:
    async def work(exports: Exports) -> None:
        exports._end = ended  # type: ignore[method-assign]
        await exports.ask("ann", HOURS, HOURS)
        await exports.ask("bob", HOURS)
        for name in ("bob1", "ann1"):
            job = exports.of(name[:3], name)
            assert job
            exports.cancel(job)
            await settled()
        assert exports.begun == ["ann1", "ann2"]

    async def ended(job: Job, state: str, message: str, error: Any = None) -> None:
        job.tracker.end(state, message, error)

    run(work)


def test_a_slot_that_is_granted_to_a_film_that_just_left_is_given_on() -> None:
    async def work() -> list[str]:
        slots, begun, done = Slots(1, 0), list[str](), asyncio.Event()

        async def film(uid: str) -> None:
            async with taken(slots, uid):
                begun.append(uid)
                await done.wait()

        first, second, third = [asyncio.ensure_future(film(uid)) for uid in ("ann", "bob", "cem")]
        await settled()
        first.cancel()
        await asyncio.sleep(0)  # now bob has a slot, and does not know it
        second.cancel()
        await settled()
        done.set()
        await third
        return begun

    assert asyncio.run(work()) == ["ann", "cem"]


@asynccontextmanager
async def taken(slots: Slots, uid: str) -> AsyncIterator[None]:
    async with slots.of(uid, False, lambda _: None):
        yield
