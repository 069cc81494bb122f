"""Machines of the farm that die: nothing is lost, nothing is made twice over, no ffmpeg stays."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from compiler.supervise.films.unit import PortableUnit, UnitEvent, UnitResult
from server.farm.dask import Dask
from server.farm.scheduler import SchedulerAddress
from server.storage.folder import FolderStore
from tests.server.farm import Cluster, close, cluster, ffmpegs, kill, stopped, unit
from tests.server.forking import FARM, fork
from tests.server.site import ROOT
from tests.server.waiting import reached, until

pytestmark = pytest.mark.fault


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with cluster(tmp_path_factory.mktemp("farm"), workers=2) as running:
        yield running


@pytest.fixture
def farm(shared: Cluster) -> Cluster:
    """The scheduler and two workers, whatever an earlier test killed."""
    shared.mend(2)
    return shared


Work = Callable[[Dask, FolderStore], Awaitable[None]]


def scenario(farm: Cluster, work: Work) -> None:
    @asynccontextmanager
    async def opened() -> AsyncIterator[tuple[Dask, FolderStore]]:
        store, executor = farm.store(), Dask(SchedulerAddress(farm.address))
        await executor.start()
        try:
            yield executor, store
        finally:
            await executor.aclose()
            await store.close()

    async def whole() -> None:
        async with opened() as (executor, store):
            await work(executor, store)

    asyncio.run(whole())


async def once_each(store: FolderStore, units: list[PortableUnit]) -> None:
    """Every unit is there, once."""
    for each in units:
        assert len([stat async for stat in store.listing(each.output)]) == 1


def test_a_killed_worker_loses_an_attempt_and_no_unit(farm: Cluster) -> None:
    async def work(executor: Dask, store: FolderStore) -> None:
        events: list[UnitEvent] = []
        units = [unit(f"loses {n}", frames=30, paced=True) for n in range(4)]
        tasks = [asyncio.create_task(executor.run(each, events.append)) for each in units]
        await reached(lambda: len([each for each in units if stopped(each.name)]) == 2)
        farm.lose(0)
        for each in units:
            for pid in ffmpegs(each.name):
                with suppress(ProcessLookupError):  # it was the lost worker's
                    os.kill(pid, signal.SIGCONT)
        results = await asyncio.gather(*tasks)
        assert all(result.complete for result in results)
        assert "attempt_lost" in [event.kind for event in events]
        await once_each(store, units)

    scenario(farm, work)


def test_the_ffmpeg_of_a_killed_worker_dies_with_it(farm: Cluster) -> None:
    farm.lose(1)

    async def work(executor: Dask, store: FolderStore) -> None:
        task = asyncio.create_task(executor.run(unit("orphan", frames=6000, paced=True), lambda _: None))
        await reached(lambda: ffmpegs("orphan"))
        farm.lose(0)
        await reached(lambda: not ffmpegs("orphan"))
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    scenario(farm, work)


def test_a_killed_coordinator_leaves_no_ffmpeg(farm: Cluster, tmp_path: Path) -> None:
    """The scheduler lets go of the units of a coordinator that goes, and the workers stop them."""
    making = f"Dask(SchedulerAddress({farm.address!r})).run(unit('left', 6000, paced=True), lambda _: None)"
    program = f"""
import asyncio
from server.farm.dask import Dask
from server.farm.scheduler import SchedulerAddress
from tests.server.farm import unit
async def main(): await {making}
asyncio.run(main())
"""
    with (tmp_path / "log").open("w") as log:
        coordinator = fork(program, [], os.environ, ROOT, log.fileno(), FARM)
    until(lambda: ffmpegs("left"))
    kill(coordinator)
    close(coordinator)
    until(lambda: not ffmpegs("left"))


def test_a_killed_scheduler_comes_back_and_what_was_made_is_not_made_again(farm: Cluster) -> None:
    async def work(executor: Dask, store: FolderStore) -> None:
        events: list[UnitEvent] = []
        first = unit("made before", paced=True)
        made = await executor.run(first, lambda _: None)
        tasks = [
            asyncio.create_task(executor.run(each, events.append))
            for each in (first, unit("made after", frames=40, paced=True))
        ]
        await reached(lambda: stopped("made after"))
        assert farm.scheduler is not None
        kill(farm.scheduler)
        await asyncio.to_thread(until, lambda: not farm.living())
        assert {worker.returncode for worker in farm.workers} == {5}
        farm.start_scheduler()
        await asyncio.to_thread(farm.start_worker)
        again, after = await asyncio.gather(*tasks)
        assert (again.output, after.complete) == (made.output, True)
        assert "attempt_lost" in [event.kind for event in events]
        assert (await executor.run(first, lambda _: None)).found
        heard: list[UnitEvent] = []
        await executor.run(unit("heard again"), heard.append)
        assert "begun" in [event.kind for event in heard]
        await once_each(store, [first])

    scenario(farm, work)


def test_a_late_worker_gets_units(farm: Cluster) -> None:
    for number in range(2):
        farm.lose(number)

    async def work(executor: Dask, _: FolderStore) -> None:
        begun: list[UnitEvent] = []
        tasks = [asyncio.create_task(executor.run(unit(f"late {n}"), begun.append)) for n in range(3)]
        worker = await asyncio.to_thread(farm.start_worker)
        results: list[UnitResult] = await asyncio.gather(*tasks)
        assert all(result.complete for result in results)
        assert {event.worker.rpartition("-")[2] for event in begun if event.worker} == {str(worker.pid)}

    scenario(farm, work)


def test_a_worker_that_is_told_to_end_ends_well_and_its_unit_goes_elsewhere(farm: Cluster) -> None:
    farm.lose(1)

    async def work(executor: Dask, _: FolderStore) -> None:
        events: list[UnitEvent] = []
        task = asyncio.create_task(executor.run(unit("moves", frames=30, paced=True), events.append))
        await reached(lambda: stopped("moves"))
        (leaving,) = farm.living()
        leaving.terminate()
        await asyncio.to_thread(farm.start_worker)
        assert (await task).complete
        assert leaving.wait() == 0
        assert not ffmpegs("moves")

    scenario(farm, work)


def test_events_are_heard_after_a_cut_of_the_connection(farm: Cluster) -> None:
    """Dask's client connects anew by itself, and has forgotten what it listened to."""

    async def work(executor: Dask, _: FolderStore) -> None:
        client = executor._client
        assert client is not None
        before = client.scheduler_comm
        before.comm.abort()
        await reached(lambda: client.status == "running" and client.scheduler_comm not in (None, before))
        heard: list[UnitEvent] = []
        await executor.run(unit("after a cut"), heard.append)
        assert "begun" in [event.kind for event in heard]

    scenario(farm, work)
