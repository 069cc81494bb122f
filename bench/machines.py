"""A model of workers that come and go: the autoscaler, spot kills, the end of a scheduler."""

from __future__ import annotations

import math
from collections import deque
from random import Random

from bench.coordinator import Coordinator
from bench.farm import Clock, Engine, Worker


class Machines:
    """The autoscaler and the machines' ends."""

    def __init__(self, engine: Engine, coordinator: Coordinator, clock: Clock, chance: Random) -> None:
        self._engine, self._coordinator, self._clock, self._chance = engine, coordinator, clock, chance
        self._starting, self._number = 0, 0
        self._wanted: deque[int] = deque(maxlen=round(engine.farm.scale_down_after / engine.farm.scale_every))

    def begin(self) -> None:
        """Connect the warm workers, and look at the queue from now on."""
        for _ in range(self._engine.farm.warm):
            self._connect()
        self._scale()

    def kill_scheduler(self) -> None:
        """End the scheduler; the workers end with it, and connect to the next one when they are started again."""
        for _ in range(self._engine.restart()):
            self._starting += 1
            self._clock.after(self._chance.uniform(*self._engine.farm.back_within), self._started)

    def _scale(self) -> None:
        farm, engine = self._engine.farm, self._engine
        slots = farm.headroom * (self._coordinator.in_flight + self._coordinator.waiting)
        self._wanted.append(min(farm.workers, max(farm.warm, math.ceil(slots / farm.slots))))
        wanted = max(self._wanted)
        for _ in range(wanted - engine.size - self._starting):
            self._starting += 1
            self._clock.after(self._chance.uniform(*farm.scale_lag), self._started)
        for worker in engine.workers[: max(0, engine.size - wanted)]:
            if worker.load == 0:
                engine.disconnect(worker)
        self._clock.after(farm.scale_every, self._scale)

    def _started(self) -> None:
        self._starting -= 1
        self._connect()

    def _connect(self) -> None:
        self._number += 1
        worker, rate = Worker(self._number), self._engine.farm.kills_an_hour / 3600
        self._engine.connect(worker)
        if rate:
            self._clock.after(self._chance.expovariate(rate), lambda: self._kill(worker))
        self._coordinator.pump()

    def _kill(self, worker: Worker) -> None:
        if worker in self._engine:
            self._engine.disconnect(worker, cut=self._chance.random() < self._engine.farm.cut)
