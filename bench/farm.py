"""A model of an engine on machines that come and go, with an object store; a clock of events, nothing sleeps."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Literal, TypeVar

from bench.day import Unit

T = TypeVar("T")

FOUND = 0.05
"""Seconds of an attempt that finds its output in the store."""


@dataclass(frozen=True, slots=True)
class Farm:
    """The machines and their rules; times in seconds, costs in seconds of the scheduler's processor."""

    workers: int = 1_000
    warm: int = 100
    """Workers that are never taken away by the autoscaler."""
    slots: int = 2
    headroom: float = 1.25
    """Slots that the autoscaler wants, in units that run or wait."""
    scale_every: float = 15
    scale_lag: tuple[float, float] = (60, 180)
    scale_down_after: float = 300
    kills_an_hour: float = 0.05
    """Rate at which a worker is taken away, as spot machines are."""
    cut: float = 0.1
    """Share of these that lose their network instead: they finish their units, and are missed after `cut_noticed`."""
    noticed: float = 5
    cut_noticed: float = 60
    retry_within: float = 10
    """Longest delay of the retry of a lost attempt; the delays are spread evenly."""
    scheduler_kills: int = 1
    back_within: tuple[float, float] = (5, 15)
    """Time from a kill of the scheduler until a worker is connected to the next one."""
    window: float = 2
    """Units that the engine has at a time, in slots."""
    queue: Literal["scheduler", "workers"] = "scheduler"
    """Where a unit waits that the engine has: at the scheduler, or at a worker that it is sent to at once."""
    hand_over: float = 0.03
    unit_cost: float = 0.0024
    event_cost: float = 0.00013
    """Of one progress event; each unit that runs sends one a second."""
    idle_cost: float = 0.02
    """Of a scheduler without work, each second."""
    heartbeat_cost: float = 0.0005


def heartbeats(workers: int) -> float:
    """Heartbeats a second of all workers; each asks the scheduler for its interval, which is Dask's own."""
    intervals = ((10, 0.5), (49, 1.0), (199, 2.0))
    return workers / next((seconds for most, seconds in intervals if workers <= most), workers / 200 + 1)


@dataclass(slots=True, eq=False)
class Attempt:
    """One try of a unit."""

    unit: Unit
    worker: Worker | None = None
    started: float = 0.0
    dead: bool = False


@dataclass(slots=True, eq=False)
class Worker:
    """One machine with the attempts that run on it, and those that wait there."""

    number: int
    running: dict[Attempt, None] = field(default_factory=dict)
    sent: list[tuple[int, int, Attempt]] = field(default_factory=list)
    cut: bool = False

    @property
    def load(self) -> int:
        """The number of its attempts."""
        return len(self.running) + len(self.sent)


class Clock:
    """Events in the order of their times."""

    def __init__(self) -> None:
        self.now = 0.0
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()

    def after(self, seconds: float, event: Callable[[], None]) -> None:
        """Add an event."""
        heapq.heappush(self._events, (self.now + seconds, next(self._order), event))

    def run(self, ended: Callable[[], bool]) -> None:
        """Let the events happen until this is true, or none is left."""
        while self._events and not ended():
            self.now, _, event = heapq.heappop(self._events)
            event()


class Store:
    """An object store with a conditional put: the first object of a name stays."""

    def __init__(self) -> None:
        self.made: Counter[int] = Counter()
        self.refused = 0

    def put(self, key: int) -> None:
        """Make the object, unless it is there."""
        if key in self.made:
            self.refused += 1
        else:
            self.made[key] += 1


class Engine:
    """A scheduler and its workers; attempts end or are lost, and the coordinator hears of it."""

    def __init__(self, farm: Farm, clock: Clock, store: Store) -> None:
        self.farm, self.running, self.ended = farm, 0, 0
        self.on_end: Callable[[Attempt], None] = lambda _: None
        self.on_loss: Callable[[Attempt], None] = lambda _: None
        self._clock, self._store, self._order = clock, store, count()
        self._levels: list[dict[Worker, None]] = [{}]
        self._waiting: list[tuple[int, int, Attempt]] = []

    @property
    def workers(self) -> list[Worker]:
        """All connected workers, those with the fewest attempts first."""
        return [worker for level in self._levels for worker in level]

    def __contains__(self, worker: Worker) -> bool:
        return worker in self._levels[worker.load]

    @property
    def size(self) -> int:
        """The number of connected workers."""
        return sum(map(len, self._levels))

    def submit(self, attempt: Attempt) -> None:
        """Give an attempt to a worker with the fewest, or let it wait."""
        entry = (attempt.unit.priority, next(self._order), attempt)
        level = next((each for each in self._levels if each), None)
        worker = next(iter(level)) if level else None
        if worker and worker.load < self.farm.slots:
            self._start(attempt, worker)
        elif worker and self.farm.queue == "workers":
            self._moved(worker, lambda: heapq.heappush(worker.sent, entry))
        else:
            heapq.heappush(self._waiting, entry)

    def connect(self, worker: Worker) -> None:
        """Take in a new worker."""
        self._levels[0][worker] = None
        for _ in range(self.farm.slots):
            self._next(worker)

    def disconnect(self, worker: Worker, *, cut: bool = False) -> None:
        """Lose a worker with its attempts; one that is cut off works on."""
        del self._levels[worker.load][worker]
        worker.cut, attempts = cut, [*worker.running, *(attempt for *_, attempt in worker.sent)]
        self.running -= len(worker.running)
        for attempt in attempts:
            attempt.dead = not cut
        self._lose(attempts, self.farm.cut_noticed if cut else self.farm.noticed)

    def restart(self) -> int:
        """Lose the scheduler, what waits at it and all workers; return their number."""
        gone, waiting = self.workers, [attempt for *_, attempt in self._waiting]
        self._waiting.clear()
        self._lose(waiting, self.farm.noticed)
        for worker in gone:
            self.disconnect(worker)
        return len(gone)

    def _lose(self, attempts: list[Attempt], noticed: float) -> None:
        for attempt in attempts:
            self._clock.after(noticed, lambda lost=attempt: self.on_loss(lost))  # type: ignore[misc]

    def _start(self, attempt: Attempt, worker: Worker) -> None:
        self._moved(worker, lambda: worker.running.update({attempt: None}))
        self.running += 1
        attempt.worker, attempt.started = worker, self._clock.now + self.farm.hand_over
        seconds = FOUND if attempt.unit.key in self._store.made else attempt.unit.seconds
        self._clock.after(self.farm.hand_over + seconds, lambda: self._finish(attempt, worker))

    def _finish(self, attempt: Attempt, worker: Worker) -> None:
        if attempt.dead:
            return
        self._store.put(attempt.unit.key)
        if worker.cut:
            return
        self._moved(worker, lambda: worker.running.pop(attempt))
        self.running -= 1
        self.ended += 1
        self._next(worker)
        self.on_end(attempt)

    def _next(self, worker: Worker) -> None:
        """Start what waits at the worker, or at the scheduler."""
        if worker.sent:
            self._start(self._taken(worker), worker)
        elif self._waiting:
            self._start(heapq.heappop(self._waiting)[2], worker)

    def _taken(self, worker: Worker) -> Attempt:
        return self._moved(worker, lambda: heapq.heappop(worker.sent))[2]

    def _moved(self, worker: Worker, change: Callable[[], T]) -> T:
        """Change a worker's attempts, and keep it at the level of their number."""
        del self._levels[worker.load][worker]
        changed = change()
        while len(self._levels) <= worker.load:
            self._levels.append({})
        self._levels[worker.load][worker] = None
        return changed
