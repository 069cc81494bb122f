"""One suite for every executor: what a coordinator may rely on, whoever makes its units."""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from compiler.errors import Loc, ReelError
from compiler.supervise.films.unit import VERSION, Executor, PortableUnit, UnitEvent, UnitResult
from server.farm.dask import Dask
from server.farm.scheduler import SchedulerAddress
from server.storage.folder import FolderStore
from tests.server.farm import Cluster, cluster, ffmpegs, local, mine, unit
from tests.server.waiting import reached


@pytest.fixture(scope="module")
def farm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with cluster(tmp_path_factory.mktemp("farm"), workers=2) as running:
        yield running


class Bench:
    """An executor, its store, and what it says."""

    def __init__(self, executor: Executor, store: FolderStore) -> None:
        self.executor, self.store = executor, store
        self.ended: list[str] = []
        self.events: list[UnitEvent] = []

    async def run(self, made: PortableUnit) -> UnitResult:
        result = await self.executor.run(made, self.events.append)
        self.ended.append(made.name)
        return result

    def begin(self, made: PortableUnit) -> asyncio.Task[UnitResult]:
        return asyncio.create_task(self.run(made))

    async def stored(self, made: PortableUnit) -> list[str]:
        return [stat.key async for stat in self.store.listing(made.output)]

    def heard(self, kind: str) -> list[UnitEvent]:
        return [event for event in self.events if event.kind == kind]


@pytest.fixture(params=["local", pytest.param("dask", marks=pytest.mark.further)])
def scenario(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[Callable[[Bench], Awaitable[None]]], None]:
    """Runs a scenario with each executor of two slots."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[Bench]:
        if request.param == "local":
            store = FolderStore(tmp_path / "objects")
            executor: Executor = local(store, tmp_path)
        else:
            running: Cluster = request.getfixturevalue("farm")
            store = running.store()
            executor = Dask(SchedulerAddress(running.address))
        await executor.start()
        try:
            yield Bench(executor, store)
        finally:
            await executor.aclose()
            await store.close()

    def run(work: Callable[[Bench], Awaitable[None]]) -> None:
        async def whole() -> None:
            async with opened() as bench:
                await work(bench)

        asyncio.run(whole())

    return run


Scenario = Callable[[Callable[[Bench], Awaitable[None]]], None]


def test_a_unit_is_made_and_found_under_its_key(scenario: Scenario) -> None:
    async def work(bench: Bench) -> None:
        made = unit("success")
        result = await bench.run(made)
        assert result.complete
        assert await bench.stored(made) == [result.output]
        assert hashlib.sha256(await bench.store.get(result.output)).hexdigest() == result.sha256
        again = await bench.run(made)
        assert (again.output, again.found) == (result.output, True)
        assert [event.kind for event in bench.events].count("begun") == 1

    scenario(work)


@pytest.mark.further
def test_all_executors_make_the_same_bytes(farm: Cluster, tmp_path: Path) -> None:
    async def work() -> None:
        store, there = FolderStore(tmp_path / "objects"), Dask(SchedulerAddress(farm.address))
        here = local(store, tmp_path)
        results = [await each.run(unit("bytes"), lambda _: None) for each in (here, there)]
        await there.aclose()
        await store.close()
        assert results[0].sha256 == results[1].sha256

    asyncio.run(work())


def test_a_failure_of_ffmpeg_names_clip_and_field_and_is_not_tried_again(scenario: Scenario) -> None:
    async def work(bench: Bench) -> None:
        with pytest.raises(ReelError) as caught:
            await bench.run(unit("failure", filters="crop@dunk.crop=320:320"))
        assert (caught.value.code, caught.value.loc) == ("RC607", Loc("dunk", "/clips/0/crop_data"))
        assert caught.value.message == "ffmpeg refused the graph"
        assert "crop@dunk.crop" in caught.value.detail
        assert len(bench.heard("begun")) == 1

    scenario(work)


def test_progress_comes_in_order(scenario: Scenario) -> None:
    async def work(bench: Bench) -> None:
        await bench.run(unit("progress", frames=25, paced=True))
        kinds = [event.kind for event in bench.events]
        assert kinds[0] == "begun"
        assert set(kinds[1:]) == {"progress"}
        frames = [event.frame for event in bench.events]
        assert frames == sorted(frames)
        assert frames[-1] > 0

    scenario(work)


def test_a_cancel_stops_ffmpeg_and_says_so(scenario: Scenario) -> None:
    async def work(bench: Bench) -> None:
        made = unit("cancelled", frames=6000, paced=True)
        task = bench.begin(made)
        await reached(lambda: ffmpegs("cancelled"))
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert bench.events[-1].kind == "stopped"
        await reached(lambda: not ffmpegs("cancelled"))
        assert await bench.stored(made) == []

    scenario(work)


def test_the_end_of_an_executor_stops_its_units(scenario: Scenario) -> None:
    async def work(bench: Bench) -> None:
        task = bench.begin(unit("ended", frames=6000, paced=True))
        await reached(lambda: ffmpegs("ended"))
        await bench.executor.aclose()
        assert task.cancelled()
        await reached(lambda: not ffmpegs("ended"))

    scenario(work)


def test_a_duplicate_loses_quietly(scenario: Scenario) -> None:
    async def work(bench: Bench) -> None:
        made = unit("duplicate", frames=10, paced=True)
        one, two = await asyncio.gather(bench.begin(made), bench.begin(made))
        assert one.output == two.output
        assert await bench.stored(made) == [one.output]

    scenario(work)


@pytest.mark.parametrize("field", ["code", "ffmpeg", "processor", "decoder"])
def test_a_machine_refuses_a_unit_whose_bytes_it_would_not_make(scenario: Scenario, field: str) -> None:
    async def work(bench: Bench) -> None:
        with pytest.raises(ReelError) as caught:
            await bench.run(unit("other", made_by=replace(mine(), **{field: "another"})))
        assert (caught.value.code, caught.value.detail) == ("RC802", f"differs: {field}")
        assert bench.events == []

    scenario(work)


def test_a_machine_refuses_a_unit_of_another_version(scenario: Scenario) -> None:
    async def work(bench: Bench) -> None:
        with pytest.raises(ReelError) as caught:
            await bench.run(unit("later", version=VERSION + 1))
        assert caught.value.code == "RC802"

    scenario(work)


MANY = 20


async def filled(bench: Bench) -> list[asyncio.Task[UnitResult]]:
    """Two units that have the two slots until they are cancelled."""
    two = [bench.begin(unit(f"endless {n}", frames=6000, paced=True)) for n in range(2)]
    await reached(lambda: len(bench.heard("begun")) == 2)
    return two


async def given_up(units: list[asyncio.Task[UnitResult]]) -> None:
    """Cancel units, and return when they have stopped."""
    for each in units:
        each.cancel()
    await asyncio.gather(*units, return_exceptions=True)


def test_users_take_turns(scenario: Scenario) -> None:
    async def work(bench: Bench) -> None:
        endless = await filled(bench)
        waiting = [bench.begin(unit(f"ann {n}")) for n in range(MANY)]
        waiting += [bench.begin(unit(f"bob {n}", owner="bob")) for n in range(2)]
        await asyncio.sleep(0)
        await given_up(endless[:1])
        await asyncio.gather(*waiting)
        assert max(bench.ended.index(f"bob {n}") for n in range(2)) < MANY / 2
        await given_up(endless)

    scenario(work)


def test_a_unit_of_one_frame_overtakes_a_film(scenario: Scenario) -> None:
    async def work(bench: Bench) -> None:
        endless = await filled(bench)
        waiting = [bench.begin(unit(f"film {n}")) for n in range(MANY)]
        waiting.append(bench.begin(unit("a frame", frames=1, priority=20)))
        await asyncio.sleep(0)
        await given_up(endless[:1])
        await asyncio.gather(*waiting)
        assert bench.ended.index("a frame") < MANY / 2
        await given_up(endless)

    scenario(work)


def test_a_killed_ffmpeg_is_a_failure_and_is_not_tried_again(scenario: Scenario) -> None:
    async def work(bench: Bench) -> None:
        task = bench.begin(unit("shot", frames=6000, paced=True))
        await reached(lambda: ffmpegs("shot"))
        os.kill(ffmpegs("shot")[0], signal.SIGKILL)
        with pytest.raises(ReelError) as caught:
            await task
        assert (caught.value.code, len(bench.heard("begun"))) == ("RC607", 1)

    scenario(work)


def test_capacity_is_the_slots_of_all_machines(scenario: Scenario) -> None:
    async def work(bench: Bench) -> None:
        assert (await bench.executor.capacity()).slots == 2

    scenario(work)
