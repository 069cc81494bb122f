"""What runs in a Dask worker: units in a thread with a loop of its own, each stopped when Dask lets go of it."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import CancelledError
from contextlib import suppress
from dataclasses import asdict
from time import monotonic
from typing import Any

from distributed import Worker, WorkerPlugin, get_worker
from distributed.worker import thread_state

from compiler.errors import Loc, ReelError
from compiler.supervise.films.unit import OnEvent, PortableUnit, UnitEvent, UnitResult

NAME = "reelc"
"""The plugin's name."""

EVERY = 1.0
"""Seconds between two reports of a unit's progress: a scheduler reads those of all workers."""

ENDED = ("memory", "error")
"""The states that a task enters when its function has returned or raised."""

GONE = 1000
"""Units that are remembered as let go of."""

STOP_WITHIN = 10.0
"""Seconds that the units of a worker that ends have to end before it ends without them; the kernel kills the rest."""

READ_WITHIN = 15.0
"""Seconds in which a worker must read a small object for `reelc doctor`."""

MakeUnit = Callable[[PortableUnit, OnEvent], Awaitable[UnitResult]]


def make_unit(document: Mapping[str, Any], topic: str) -> dict[str, Any]:
    """Make the unit in a document, and report to a topic: the function that Dask calls, in a thread of a worker."""
    plugin = get_worker().plugins.get(NAME)
    if not isinstance(plugin, UnitPlugin):
        error = ReelError("RC802", Loc(), "a worker is not one of reelc", hint="start workers with reelc worker")
        return {"error": error.fields()}
    return plugin.make(thread_state.key, document, topic)


class UnitPlugin(WorkerPlugin):  # type: ignore[misc]
    """Makes units for one worker, by `make` in a thread that lives as long as the worker: the kernel kills a child
    when the thread that started it ends. `facts` says what they are made with now; it reads ffmpeg after an update."""

    name = NAME

    def __init__(
        self, make: MakeUnit, read: Callable[[str], Awaitable[bytes]], facts: Callable[[], Mapping[str, Any]]
    ) -> None:
        self._make_unit, self._read, self.facts = make, read, facts
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name="reelc units", daemon=True)
        self._lock = threading.Lock()
        self._running: dict[str, asyncio.Task[UnitResult] | None] = {}
        self._gone: deque[str] = deque(maxlen=GONE)
        """Units that Dask let go of before they began, or just after they ended."""
        self._worker: Worker | None = None

    def setup(self, worker: Worker) -> None:
        """Begin with a worker."""
        self._worker = worker
        self._thread.start()

    async def teardown(self, worker: Worker) -> None:
        """Stop every unit, within a bound."""
        for key in list(self._running):
            self._stop(key)
        with suppress(TimeoutError):
            async with asyncio.timeout(STOP_WITHIN):
                while self._running:
                    await asyncio.sleep(0.02)
        self.loop.call_soon_threadsafe(self.loop.stop)

    async def fault_of_store(self, key: str) -> str:
        """Why the object of a key, which holds the key, cannot be read; empty if it can."""
        reading = asyncio.run_coroutine_threadsafe(self._found(key), self.loop)
        try:
            async with asyncio.timeout(READ_WITHIN):
                found = await asyncio.wrap_future(reading)
        except Exception as error:
            return f"{type(error).__name__}: {error}"
        return "" if found == key.encode() else "another object is there"

    async def _found(self, key: str) -> bytes:
        return await self._read(key)

    def transition(self, key: str, start: str, finish: str, **_: Any) -> None:
        """Stop a unit that Dask lets go of while it is made: the client cancelled it, or has gone."""
        if start == "executing" and finish not in ENDED:
            self._stop(key)

    def make(self, key: str, document: Mapping[str, Any], topic: str) -> dict[str, Any]:
        """Make a unit, and return what became of it as plain JSON."""
        with self._lock:
            if key in self._gone:
                return {"stopped": True}
            self._running[key] = None
        try:
            result = asyncio.run_coroutine_threadsafe(self._made(key, document, topic), self.loop).result()
            return {"result": asdict(result)}
        except ReelError as error:
            return {"error": error.fields()}
        except (CancelledError, asyncio.CancelledError):
            self._report(topic, {"attempt": document.get("attempt"), "kind": "stopped"})
            return {"stopped": True}
        finally:
            with self._lock:
                self._running.pop(key, None)

    async def _made(self, key: str, document: Mapping[str, Any], topic: str) -> UnitResult:
        unit = PortableUnit.of(document)
        with self._lock:
            task = self._running[key] = asyncio.ensure_future(self._make_unit(unit, self._reporting(unit, topic)))
            if key in self._gone:
                task.cancel()
        return await task

    def _stop(self, key: str) -> None:
        with self._lock:
            task = self._running.get(key)
            if task is None:
                self._gone.append(key)
            else:
                self.loop.call_soon_threadsafe(task.cancel)

    def _reporting(self, unit: PortableUnit, topic: str) -> OnEvent:
        last = 0.0

        def on_event(event: UnitEvent) -> None:
            nonlocal last
            now = monotonic()
            if event.kind == "progress" and now - last < EVERY:
                return
            last = now if event.kind == "progress" else last
            said = asdict(event)
            machine = said.pop("worker")  # a name that the scheduler takes for its own
            self._report(topic, {"attempt": unit.attempt, "machine": machine, **said})

        return on_event

    def _report(self, topic: str, message: Mapping[str, Any]) -> None:
        assert self._worker is not None
        self._worker.log_event(topic, dict(message))


async def answer_of_worker(key: str, dask_worker: Worker) -> dict[str, Any]:
    """What a worker makes units with, and as `store` why it cannot read an object; its name alone if it is not one of
    reelc."""
    plugin = dask_worker.plugins.get(NAME)
    if not isinstance(plugin, UnitPlugin):
        return {"name": str(dask_worker.name)}
    facts = await asyncio.to_thread(plugin.facts)
    return {**facts, "store": await plugin.fault_of_store(key)}
