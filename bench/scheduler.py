"""The real scheduler of Dask with workers whose units sleep: `python -m bench.scheduler [--workers N] [--seconds N]`.

The scheduler, the workers in a few processes, and the coordinator, which is this process, are apart. A unit lasts a
twentieth of its time, with as many progress events as in all of it: units, events and heartbeats a second are real.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import random
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dask
from distributed import Client
from distributed.client import FutureCancelledError
from distributed.scheduler import KilledWorker

from bench.cluster import Cluster
from bench.coordinator import Turns
from bench.day import Priority, Render, Unit
from bench.fake_workers import TOPIC, make_fake

SLOTS, SCALE = 2, 20
FILM, PREVIEW = 20.0, 1.0
"""Seconds of a film's unit and of a preview."""

RATE, PREVIEW_RATE = 87.0, 11.6
"""Units of films, and previews, a second: 100,000 films a day at five times the mean."""

RETRY_WITHIN = 5.0
USERS = 50


@dataclass(frozen=True, slots=True)
class Way:
    """How the engine gets units: the window in slots, and whether tasks name the cores that they need."""

    window: float = 2
    resources: bool = True

    def __str__(self) -> str:
        return f"window of {self.window:g} slots, {'with' if self.resources else 'without'} resources"


class Connection:
    """A client of the scheduler, and another one after it is lost: a client that reconnects can stay deaf."""

    def __init__(self, address: str) -> None:
        self._address, self.client, self.running = address, self._client(address), asyncio.Event()

    @staticmethod
    def _client(address: str) -> Client:
        return Client(address, asynchronous=True, set_as_default=False, timeout=60)

    async def keep(self) -> None:
        """Look at the client from time to time, for as long as this runs."""
        while True:
            try:
                await self.client
                self.client.subscribe_topic(TOPIC, lambda _: None)
                self.running.set()
                while self.client.status == "running":
                    await asyncio.sleep(0.2)
            except OSError:
                await asyncio.sleep(0.2)
            self.running.clear()
            await self.client.close()
            self.client = self._client(self._address)


class Dispatch:
    """Our rules: a window by classes and users' turns, a new key for each attempt, lost ones again after a pause."""

    def __init__(self, connection: Connection, workers: int, folder: Path, way: Way, events: int = SCALE) -> None:
        """Progress is sent `events` times a second."""
        self._connection, self._folder, self._way, self._events = connection, str(folder), way, events
        self._window, self._in_flight = round(way.window * SLOTS * workers), 0
        self._turns = {priority: Turns() for priority in Priority}
        self._tasks: set[asyncio.Task[None]] = set()
        self._failures: list[BaseException] = []
        self._attempts = 0
        self.waits: dict[Priority, list[float]] = {priority: [] for priority in Priority}
        self.outcomes: Counter[str] = Counter()

    def add(self, unit: Unit) -> None:
        """Take a unit."""
        unit.ready = unit.ready or time.time()
        self._turns[unit.priority].add(unit)
        self._pump()

    async def ended(self) -> None:
        """Wait for every unit."""
        while self._tasks:
            await asyncio.wait(self._tasks)
        for failure in self._failures:
            raise failure

    def _pump(self) -> None:
        for turns in self._turns.values():
            while turns.size and self._in_flight < self._window:
                self._in_flight += 1
                self._spawn(self._attempt(turns.take()))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._gone)

    def _gone(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if failure := task.exception():
            self._failures.append(failure)

    async def _attempt(self, unit: Unit) -> None:
        await self._connection.running.wait()
        self._attempts += 1
        future = self._connection.client.submit(
            make_fake,
            unit.key,
            unit.seconds,
            max(1, round(unit.seconds * self._events)),
            self._folder,
            key=f"unit-{self._attempts}",
            pure=False,
            retries=0,
            priority=-unit.priority,
            resources={"cores": 1} if self._way.resources else None,
        )
        try:
            outcome, began = await future
        except (FutureCancelledError, KilledWorker, OSError):
            self.outcomes["lost"] += 1
            self._spawn(self._again(unit))
        else:
            self.outcomes[outcome] += 1
            self.waits[unit.priority].append(began - unit.ready)
        self._in_flight -= 1
        self._pump()

    async def _again(self, unit: Unit) -> None:
        await asyncio.sleep(random.uniform(0, RETRY_WITHIN))
        self.add(unit)


class Bench:
    """A cluster with its client, and units with numbers of their own."""

    def __init__(self, cluster: Cluster, connection: Connection, workers: int, folder: Path, share: float) -> None:
        self.cluster, self.connection, self.workers, self.folder = cluster, connection, workers, folder
        self.rate, self.preview_rate, self.units = share * RATE, share * PREVIEW_RATE, 0

    def unit(self, priority: Priority, seconds: float) -> Unit:
        """The next unit."""
        self.units += 1
        return Unit(self.units, Render(0, self.units % USERS, burst=False), priority, seconds)

    async def idle(self, seconds: float) -> float:
        """The scheduler's share of a core without units."""
        before, begun = self.cluster.cpu(), time.perf_counter()
        await asyncio.sleep(seconds)
        return (self.cluster.cpu() - before) / (time.perf_counter() - begun)

    async def feed(self, dispatch: Dispatch, seconds: float) -> None:
        """Units at the rates of the peak, each added when it is due."""
        begun, films, previews = time.perf_counter(), 0, 0
        while (elapsed := time.perf_counter() - begun) < seconds:
            for _ in range(int(elapsed * self.rate) - films):
                films += 1
                dispatch.add(self.unit(Priority.FILM, FILM / SCALE))
            for _ in range(int(elapsed * self.preview_rate) - previews):
                previews += 1
                dispatch.add(self.unit(Priority.INTERACTIVE, PREVIEW / SCALE))
            await asyncio.sleep(0.01)

    async def peak(self, seconds: float, idle: float) -> str:
        """A row: the scheduler's share of a core and its cost of a unit, at the rates of the peak."""
        dispatch = Dispatch(self.connection, self.workers, self.folder, Way())
        before, begun, first = self.cluster.cpu(), time.perf_counter(), self.units
        await self.feed(dispatch, seconds)
        await dispatch.ended()
        spent, lasted, units = self.cluster.cpu() - before, time.perf_counter() - begun, self.units - first
        cost = 1000 * (spent - idle * lasted) / units
        figures = f"{idle:.1%} | {spent / lasted:.1%} | {units / lasted:.0f} | {cost:.2f} ms"
        return f"| {self.workers} | {figures} | {quantile(dispatch.waits[Priority.INTERACTIVE]):.2f} s |"

    async def kills(self, seconds: float) -> str:
        """A line: outputs and attempts, while workers and the scheduler are killed."""
        dispatch, first = Dispatch(self.connection, self.workers, self.folder, Way()), self.units
        feeding = asyncio.create_task(self.feed(dispatch, seconds))
        await asyncio.sleep(seconds / 3)
        self.cluster.kill_workers()
        await asyncio.sleep(seconds / 3)
        self.cluster.kill_scheduler()
        await feeding
        await dispatch.ended()
        made = sum((self.folder / str(key)).exists() for key in range(first + 1, self.units + 1))
        told = ", ".join(f"{name} {number}" for name, number in sorted(dispatch.outcomes.items()))
        return f"A twentieth of the workers killed, and the scheduler: {made} of {self.units - first} outputs; {told}."

    async def full(self, way: Way, seconds: float) -> str:
        """A row: the waits of previews while films have every slot."""
        dispatch = Dispatch(self.connection, self.workers, self.folder, way, events=1)
        length = SLOTS * self.workers / self.rate
        for _ in range(round((seconds + length) * self.rate)):
            dispatch.add(self.unit(Priority.FILM, random.uniform(0.5, 1.5) * length))
        await asyncio.sleep(length)
        for _ in range(int(seconds * self.preview_rate)):
            dispatch.add(self.unit(Priority.INTERACTIVE, PREVIEW / SCALE))
            await asyncio.sleep(1 / self.preview_rate)
        await dispatch.ended()
        waits = dispatch.waits[Priority.INTERACTIVE]
        return (
            f"| {way} | {length:.1f} s | {quantile(waits, 0.5):.2f} s | {quantile(waits):.2f} s | {max(waits):.2f} s |"
        )


def quantile(values: list[float], share: float = 0.95) -> float:
    """The value at this share of all, sorted."""
    return sorted(values)[int(share * len(values))]


@asynccontextmanager
async def started(workers: int, share: float) -> AsyncIterator[Bench]:
    """A cluster with all its workers connected."""
    cluster = Cluster(workers, SLOTS)
    connection = Connection(cluster.address)
    keeping = asyncio.create_task(connection.keep())
    try:
        with tempfile.TemporaryDirectory() as folder:
            await connection.running.wait()
            await connection.client.wait_for_workers(workers, timeout=300)
            yield Bench(cluster, connection, workers, Path(folder), share)
            keeping.cancel()
            await asyncio.wait([keeping])
            await connection.client.close()
    finally:
        cluster.stop()


async def measured(workers: int, seconds: float, share: float) -> None:
    """Print every table."""
    async with started(workers, share) as bench:
        print("| workers | idle | with units | units/s | a unit, with its events | previews, p95 |")
        print("| ---: | ---: | ---: | ---: | ---: | ---: |")
        await asyncio.sleep(5)
        print(await bench.peak(seconds, await bench.idle(seconds / 2)), end="\n\n", flush=True)
        print("| every slot busy | a unit lasts | previews, p50 | p95 | p99.9 |")
        print("| --- | ---: | ---: | ---: | ---: |")
        for way in (Way(2), Way(1), Way(2, resources=False)):
            print(await bench.full(way, seconds), flush=True)
        print()
        print(await bench.kills(seconds), flush=True)


def main() -> None:
    """Measure."""
    parser = argparse.ArgumentParser(prog="python -m bench.scheduler", description=__doc__)
    parser.add_argument("--workers", type=int, default=150, metavar="N", help="fake workers of two slots")
    parser.add_argument("--seconds", type=float, default=20, metavar="N", help="length of each part")
    parser.add_argument("--share", type=float, default=0.25, metavar="X", help="units a second, of those at the peak")
    options = parser.parse_args()
    logging.disable()  # what Dask says of the kills
    with dask.config.set({"distributed.comm.timeouts.tcp": "300s", "distributed.comm.timeouts.connect": "60s"}):
        asyncio.run(measured(options.workers, options.seconds, options.share))


if __name__ == "__main__":
    main()
