"""Has units made by the workers of a Dask cluster.

Dask distributes and restarts; the truth is the object that a unit becomes. A key of Dask is that of one attempt and is
never used again. Dask itself makes a unit again when a worker is lost, as often as its scheduler is set to; when it
gives up, or the scheduler is lost, a new attempt begins here.
"""

from __future__ import annotations

import asyncio
import random
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any

from distributed import Client, Future
from distributed.client import FutureCancelledError
from distributed.scheduler import KilledWorker

from compiler.errors import Loc, ReelError
from compiler.pipeline.identity import digest
from compiler.supervise.films.unit import Capacity, OnEvent, PortableUnit, UnitEvent, UnitResult
from compiler.supervise.films.window import UnitWindow
from server.farm.plugin import answer_of_worker, make_unit
from server.farm.scheduler import SchedulerAddress, quiet, unreachable
from server.logs import logger
from server.storage.objects import StoreFailed

PREFIX = "reelc_unit"
"""The constant beginning of all keys, by which Dask knows that the units are alike."""

ATTEMPTS = 5
"""Attempts at a unit whose machines are lost."""

PAUSE = 0.5
"""Seconds before the second attempt at most; the pause before each further one is twice as long, and random."""

CONNECT_WITHIN = 10.0
"""Seconds for a connection to a scheduler."""

BACK_WITHIN = 120.0
"""Seconds in which a scheduler that was lost must be back."""

STOP_WITHIN, NEVER_BEGAN = 2.0, 0.3
"""Seconds in which a worker says that a unit has stopped, and in which one that never began would have said so."""

REFRESH = 2.0
"""Seconds between two looks at the workers."""


class _Lost(Exception):
    """The machines that made a unit are gone, or the store failed there."""


@dataclass(eq=False, slots=True)
class _Followed:
    """An attempt whose events are passed on."""

    on_event: OnEvent
    stopped: asyncio.Event
    worker: str = ""
    """The worker that it began on."""


class Dask:
    """The workers of one scheduler."""

    def __init__(self, scheduler: SchedulerAddress) -> None:
        scheduler.check()
        quiet()
        self._scheduler = scheduler
        self._topic = f"reelc-{uuid.uuid4().hex}"
        self._window = UnitWindow(1)
        self._client: Client | None = None
        self._subscribed: object = None
        """The connection through which events come."""
        self._connecting = asyncio.Lock()
        self._followed: dict[str, _Followed] = {}
        self._tasks: set[asyncio.Future[Any]] = set()
        self._refreshing: asyncio.Task[None] | None = None
        self._memory = 0

    async def start(self) -> None:
        """Connect; RC801 if the scheduler does not answer."""
        try:
            await self._connect()
        except OSError as error:
            raise unreachable(self._scheduler.address, error) from error
        self.refresh()

    def refresh(self) -> None:
        """Look at the workers from time to time, which sets how many units are with the scheduler."""
        if self._refreshing is None:
            self._refreshing = asyncio.create_task(self._refresh(), name="workers of the farm")

    async def aclose(self) -> None:
        """Stop every unit, and disconnect."""
        running = [*self._tasks, *([self._refreshing] if self._refreshing else [])]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        if self._client is not None:
            await self._client.close()

    async def capacity(self) -> Capacity:
        """The slots of all workers, now; RC801 if the scheduler does not answer."""
        try:
            client = await self._connect()
            workers = (await client.scheduler.identity(n_workers=-1))["workers"]
        except (OSError, AttributeError) as error:
            raise unreachable(self._scheduler.address, error) from error
        ours = {name: worker for name, worker in workers.items() if "cores" in worker["resources"]}
        slots = sum(int(worker["resources"]["cores"]) for worker in ours.values())
        self._memory = max((int(worker["resources"]["memory"]) for worker in ours.values()), default=0)
        self._window.resize(max(1, slots))  # units beyond would wait at workers, where previews cannot overtake them
        return Capacity(slots, self._memory, True, tuple(str(worker["name"]) for worker in ours.values()))

    @property
    def units(self) -> int:
        """The units that run or wait."""
        return self._window.units

    async def run(self, unit: PortableUnit, on_event: OnEvent) -> UnitResult:
        """Make a unit; ReelError, and what the store raises. RC803 if the machines of every attempt are lost."""
        self.refresh()
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            async with self._window.turn(unit):
                return await self._attempts(unit, on_event)
        finally:
            self._tasks.discard(task)

    async def ask(self, key: str) -> list[dict[str, Any]]:
        """What each worker makes units with, and whether it reads the object of this key; RC801."""
        client = await self._connected()
        answers = await client.run(answer_of_worker, key, on_error="return")
        return [answer if isinstance(answer, dict) else {"name": str(address)} for address, answer in answers.items()]

    async def _attempts(self, unit: PortableUnit, on_event: OnEvent) -> UnitResult:
        begun = monotonic()
        for number in range(ATTEMPTS):
            attempt = replace(unit, attempt=uuid.uuid4().hex, elapsed=unit.elapsed + monotonic() - begun)
            try:
                return await self._attempt(attempt, on_event)
            except _Lost as error:
                on_event(UnitEvent("attempt_lost"))
                logger.warning("a unit is made again", extra={"unit": unit.name, "key": unit.key, "why": str(error)})
                lost = error
            await asyncio.sleep(random.uniform(0, PAUSE * 2**number))
        message = f"a unit was lost {ATTEMPTS} times with the machines that made it"
        hint = "look at the logs of the workers: ffmpeg may have needed more memory than they have"
        raise ReelError("RC803", Loc(), message, detail=str(lost), hint=hint) from lost

    async def _attempt(self, unit: PortableUnit, on_event: OnEvent) -> UnitResult:
        client = await self._connected()
        if not self._memory:  # the first unit
            await self.capacity()
        followed = self._followed[unit.attempt] = _Followed(on_event, asyncio.Event())
        future = client.submit(
            make_unit,
            unit.as_json(),
            self._topic,
            key=f"{PREFIX}-{digest(unit.key, unit.attempt)}",
            pure=False,
            retries=0,
            priority=unit.priority,
            resources=self._resources(unit),
        )
        try:
            return _result(await future)
        except (FutureCancelledError, KilledWorker, StoreFailed, OSError) as error:
            raise _Lost(f"{type(error).__name__}: {error}") from error
        except asyncio.CancelledError:
            await self._cancelled(client, future, followed)
            raise
        finally:
            del self._followed[unit.attempt]

    def _resources(self, unit: PortableUnit) -> Mapping[str, float]:
        """What a worker must have free; a unit that needs more memory than any has gets one that makes nothing else."""
        memory = min(unit.memory, self._memory)
        return {"cores": unit.cores, "memory": memory, **({f"hw-{unit.hw}": 1} if unit.hw else {})}

    async def _cancelled(self, client: Client, future: Future, followed: _Followed) -> None:
        """Have an attempt stopped, and say whether it did; further cancels of the caller wait for that."""
        stopping = asyncio.ensure_future(self._stop(client, future, followed))
        while not stopping.done():
            with suppress(asyncio.CancelledError):
                await asyncio.shield(stopping)

    async def _stop(self, client: Client, future: Future, followed: _Followed) -> None:
        with suppress(Exception):  # the connection is lost: the scheduler lets go of the units of a client that went
            await client.cancel([future], reason="reelc-cancelled")
        kind = "stopped"
        try:
            async with asyncio.timeout(STOP_WITHIN if followed.worker else NEVER_BEGAN):
                await followed.stopped.wait()
        except TimeoutError:
            kind = "stop_unconfirmed" if followed.worker else "stopped"
        followed.on_event(UnitEvent(kind, worker=followed.worker))

    async def _connected(self) -> Client:
        """A connection, for which a lost scheduler has some time to come back; RC801 after it."""
        begun = monotonic()
        while True:
            try:
                return await self._connect()
            except OSError as error:
                if monotonic() - begun > BACK_WITHIN:
                    raise unreachable(self._scheduler.address, error) from error
            await asyncio.sleep(random.uniform(0, 2 * PAUSE))

    async def _connect(self) -> Client:
        """A connection, the one there is or a new one; OSError."""
        async with self._connecting:
            if self._client is not None and self._client.status == "running":
                self._subscribe(self._client)
                return self._client
            if self._client is not None:
                await self._client.close()
                self._client = None
            client = Client(
                self._scheduler.address,
                asynchronous=True,
                set_as_default=False,
                security=self._scheduler.security(),
                timeout=CONNECT_WITHIN,
                name="reelc",
            )
            try:
                await client
            except BaseException:
                await client.close()
                raise
            self._subscribe(client)
            self._client = client
            return client

    def _subscribe(self, client: Client) -> None:
        """Hear the events of workers, anew where the client has connected anew by itself."""
        if self._subscribed is not client.scheduler_comm:
            client.subscribe_topic(self._topic, self._heard)
            self._subscribed = client.scheduler_comm

    def _heard(self, event: tuple[float, Mapping[str, Any]]) -> None:
        """Pass an event of a worker on to the unit that it is of."""
        message = event[1]
        followed = self._followed.get(message["attempt"])
        if followed is None:
            return
        kept = {name: message[name] for name in ("kind", "frame", "heard", "speed") if name in message}
        heard = UnitEvent(**kept, worker=message.get("machine", ""))
        if heard.kind == "stopped":
            followed.stopped.set()
            return
        if heard.kind == "begun" and followed.worker:  # Dask gave it to another worker
            followed.on_event(UnitEvent("attempt_lost", worker=followed.worker))
        followed.worker = heard.worker or followed.worker
        followed.on_event(heard)

    async def _refresh(self) -> None:
        while True:
            with suppress(ReelError):  # the scheduler is away: units wait for it
                await self.capacity()
            await asyncio.sleep(REFRESH)


def no_workers(address: str) -> ReelError:
    """RC801 for a scheduler without workers of reelc."""
    hint = "start workers with reelc worker --scheduler ADDRESS"
    return ReelError("RC801", Loc(), f"the scheduler {address} has no workers", hint=hint)


def _result(answer: Mapping[str, Any]) -> UnitResult:
    """The result in a worker's answer; the ReelError in it; _Lost for a unit that the worker stopped by itself."""
    if "error" in answer:
        found = answer["error"]
        raise ReelError(
            found["code"],
            Loc(found["clip_id"], found["pointer"] or ""),
            found["message"],
            detail=found["detail"] or "",
            hint=found["hint"] or "",
        )
    if "result" not in answer:
        raise _Lost("the worker stopped it")
    return UnitResult(**answer["result"])
