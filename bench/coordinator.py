"""A model of our coordinator: which unit goes to the engine next, and when one that was lost is tried again."""

from __future__ import annotations

import heapq
from array import array
from collections import deque
from collections.abc import Sequence
from random import Random

from bench.day import Priority, Render, Unit
from bench.farm import Attempt, Clock, Engine


class Turns:
    """Units of one class that wait: the user with the least work so far goes first."""

    def __init__(self) -> None:
        self._units: dict[int, deque[Unit]] = {}
        self._given: dict[int, float] = {}
        self._turns: list[tuple[float, int]] = []
        self._now, self.size = 0.0, 0

    def add(self, unit: Unit) -> None:
        """Let a unit wait; a user without any begins level with the others, not with the time since."""
        user, units = unit.render.user, self._units.setdefault(unit.render.user, deque())
        if not units:
            self._given[user] = max(self._now, self._given.get(user, 0.0))
            heapq.heappush(self._turns, (self._given[user], user))
        units.append(unit)
        self.size += 1

    def take(self) -> Unit:
        """The next unit; its length counts as work for its user."""
        self._now, user = heapq.heappop(self._turns)
        unit = self._units[user].popleft()
        self._given[user] += unit.seconds
        self.size -= 1
        if self._units[user]:
            heapq.heappush(self._turns, (self._given[user], user))
        return unit


class Coordinator:
    """Keeps a window of units at the engine, and measures their waits."""

    def __init__(self, engine: Engine, clock: Clock, chance: Random) -> None:
        self._engine, self._clock, self._chance = engine, clock, chance
        self._turns = {priority: Turns() for priority in Priority}
        self.in_flight = self.losses = self.ended = 0
        self.waits = {priority: array("d") for priority in Priority}
        self.interactive_at = array("d")
        self.burst_waits, self.film_times = array("d"), array("d")
        engine.on_end, engine.on_loss = self._ended, self._lost

    @property
    def waiting(self) -> int:
        """Units that wait here."""
        return sum(turns.size for turns in self._turns.values())

    def begin(self, render: Render) -> None:
        """Take a request."""
        self._add(render.pieces)

    def pump(self) -> None:
        """Fill the engine's window, the first class first."""
        farm = self._engine.farm
        room = farm.window * farm.slots * self._engine.size - self.in_flight
        for turns in self._turns.values():
            while turns.size and room > 0:
                self.in_flight, room = self.in_flight + 1, room - 1
                self._engine.submit(Attempt(turns.take()))

    def _add(self, units: Sequence[Unit]) -> None:
        for unit in units:
            unit.ready = self._clock.now
            self._turns[unit.priority].add(unit)
        self.pump()

    def _ended(self, attempt: Attempt) -> None:
        unit, self.in_flight = attempt.unit, self.in_flight - 1
        waits = self.burst_waits if unit.render.burst else self.waits[unit.priority]
        waits.append(attempt.started - unit.ready)
        if unit.priority is Priority.INTERACTIVE:
            self.interactive_at.append(unit.ready)
        self._advance(unit.render)
        self.pump()

    def _advance(self, render: Render) -> None:
        """Count a unit's end: the join follows the last piece, and ends the render."""
        render.left -= 1
        if render.left == 0 and render.join:
            self._add([render.join])
        elif render.left <= 0:
            self.ended += 1
            if render.join:
                self.film_times.append(self._clock.now - render.at)

    def _lost(self, attempt: Attempt) -> None:
        """Try again within a window, so that the losses of many do not come back at one moment."""
        self.in_flight -= 1
        self.losses += 1
        delay = self._chance.uniform(0, self._engine.farm.retry_within)
        self._clock.after(delay, lambda: self._again(attempt.unit))
        self.pump()

    def _again(self, unit: Unit) -> None:
        self._turns[unit.priority].add(unit)
        self.pump()
