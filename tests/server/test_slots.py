"""The order in which exports are begun: users take turns, short films have a slot of their own, places are stated."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from server.exports.complete import Completer
from server.exports.job import Job
from server.exports.progress import State
from server.exports.queue import Jobs
from server.exports.slots import Slots
from server.settings import Settings
from server.storage.unshared import Unshared

HOURS, SECOND = 10_000.0, 1.0


@dataclass
class Film:
    """A film as exports see it."""

    seconds: float
    identity: str | None = None


class Films(Completer):
    """Films that take until they are `made`, and then are there for other exports."""

    def __init__(self, settings: Settings, render: Any) -> None:
        nothing: Any = None
        super().__init__("", settings, nothing, nothing, render, nothing, nothing, str)
        self.begun: list[str] = []
        self.made: dict[str, asyncio.Event] = {}
        self.there: set[str] = set()

    async def _shared(self, job: Job, prepared: Any) -> bool:
        if prepared.identity in self.there:
            job.tracker.end("complete", "the film is ready")
        return prepared.identity in self.there

    async def _begin(self, job: Job) -> None:
        self.begun.append(job.export_id)

    async def _make(self, job: Job, prepared: Any) -> None:
        job.tracker.at("rendering", 0.5, "half of it")
        await self.made[job.export_id].wait()
        self.there.add(prepared.identity)
        job.tracker.end("complete", "the film is ready")


class Exports(Jobs):
    """Jobs whose films take until they are `made`, and whose rows are durable at once."""

    def __init__(self, **settings: Any) -> None:
        metrics = SimpleNamespace(
            under_way=SimpleNamespace(set_function=lambda _: None),
            exports=SimpleNamespace(labels=lambda _: SimpleNamespace(inc=lambda: None)),
        )

        async def same(film: Film) -> Film:
            return film

        def is_short(seconds: float) -> bool:
            return seconds <= self._settings.short_film

        render: Any = SimpleNamespace(is_short=is_short, with_known_film=same)
        databases = SimpleNamespace(store=None, leases=Unshared())
        given: Any = (databases, render, None, metrics, None, str)
        super().__init__(Settings(**settings), *given)
        self._writes: Any = SimpleNamespace(accepted=self._accepted, stopping=False)
        self._completer = self.films = Films(self._settings, render)

    @property
    def begun(self) -> list[str]:
        """The exports that were begun, in order."""
        return self.films.begun

    async def _accepted(self, job: Job) -> None:
        pass

    async def ask(self, uid: str, *films: float, identity: str | None = None) -> None:
        """Films of a user, named after the user, that are forecast to take these seconds."""
        for seconds in films:
            name = f"{uid}{sum(key[0] == uid for key in self._jobs) + 1}"
            self.films.made[name] = asyncio.Event()
            row: Any = {"export_id": name, "project_id": "p"}
            film: Any = Film(seconds, identity)
            await self.start(uid, row, seconds, film)
        await settled()

    async def make(self, name: str) -> None:
        """Let a film be ready."""
        self.films.made[name].set()
        await settled()

    def state(self, name: str) -> State:
        """The progress of an export."""
        job = self.of(name[:3], name)
        assert job
        return job.tracker.state

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


def test_an_export_that_was_accepted_elsewhere_keeps_its_forecast_and_counts_as_long_without_one() -> None:
    async def work(exports: Exports) -> None:
        await exports.ask("ann", HOURS)
        for name, seconds in (("bob1", None), ("cem1", SECOND)):
            exports.films.made[name] = asyncio.Event()
            row: Any = {"export_id": name, "project_id": "p"}
            film: Any = Film(HOURS)
            await exports.start(name[:3], row, seconds, film)
        await settled()
        assert exports.begun == ["ann1", "cem1"]

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


def test_an_export_of_a_film_that_is_made_waits_without_a_slot_and_shows_its_progress() -> None:
    async def work(exports: Exports) -> None:
        await exports.ask("ann", HOURS, HOURS, identity="x")
        await exports.ask("bob", HOURS, identity="x")
        assert exports.begun == ["ann1", "bob1"], "each user's films are their own"
        one, two = exports.state("ann1"), exports.state("ann2")
        assert (two.state, two.stage, two.progress) == ("running", "rendering", one.progress)
        assert two.message == "another export makes the same film: half of it"
        await exports.ask("ann", HOURS, identity="y")
        assert "ann3" in exports.begun
        await exports.make("ann1")
        assert (exports.state("ann2").state, "ann2" in exports.begun) == ("complete", False)

    run(work, export_slots=3, short_slots=0)


def test_exports_of_a_film_that_waits_for_its_turn_show_its_place() -> None:
    async def work(exports: Exports) -> None:
        await exports.ask("ann", HOURS)
        await exports.ask("ann", HOURS, HOURS, identity="x")
        await exports.ask("ann", HOURS)
        assert exports.places() == {"ann2": 1, "ann3": 1, "ann4": 2}
        assert exports.state("ann3").state == "queued"

    run(work, exports_per_user=9)


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
