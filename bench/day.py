"""A day of renders, made from a seed: when each comes, whose it is, its units and how long they take."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from random import Random

BASE = 0.4
"""Share of the renders that come evenly over the day; the others come around its busiest moment."""

BUSIEST = 0.6
"""Busiest moment, as a share of the day."""

SPREAD = 0.8
"""Standard deviation of the logarithm of a unit's length."""


class Priority(IntEnum):
    """The classes of units; one with a lower number goes first."""

    INTERACTIVE = 0
    SHORT = 1
    FILM = 2


@dataclass(frozen=True, slots=True)
class Demand:
    """What is asked of the farm; times in seconds."""

    renders: int = 100_000
    seconds: float = 86_400
    peak: float = 5
    """Arrivals at the busiest moment, in means."""
    users: int = 5_000
    units: float = 15
    """Units of a render, in the mean, its join among them."""
    unit_seconds: float = 20
    """Length of a film's unit, in the mean."""
    longest: float = 120
    short: float = 30
    """Sum of its units' lengths up to which a film is a short one."""
    previews: int = 2
    """Interactive units, one frame each, for each render, in the minutes before it."""
    preview_seconds: float = 1
    burst: int = 500
    """Renders that one more user asks for at once, at the busiest moment."""


@dataclass(slots=True, eq=False)
class Unit:
    """One piece of work with one output object, of which `key` is the name."""

    key: int
    render: Render
    priority: Priority
    seconds: float
    ready: float = 0.0


@dataclass(slots=True, eq=False)
class Render:
    """One request: a film's pieces and the join that follows the last of them, or a preview's one piece."""

    at: float
    user: int
    burst: bool
    pieces: list[Unit] = field(default_factory=list)
    join: Unit | None = None
    left: int = 0


class Day:
    """The renders of one day; the same seed makes the same day."""

    def __init__(self, demand: Demand, seed: int) -> None:
        self._demand, self._chance, self._keys = demand, Random(seed), 0

    def renders(self) -> list[Render]:
        """Every request, previews among them, in the order of their times."""
        return sorted(self._all(), key=lambda render: render.at)

    def _all(self) -> Iterator[Render]:
        demand, chance = self._demand, self._chance
        for _ in range(demand.renders):
            at, user = self._time(), int(demand.users * chance.random() ** 3)
            yield self._film(at, user)
            for _ in range(demand.previews):
                yield self._preview(max(0.0, at - chance.uniform(0, 600)), user)
        for _ in range(demand.burst):
            yield self._film(BUSIEST * demand.seconds, demand.users)

    def _time(self) -> float:
        """A density of `BASE` means everywhere, and a bell on it that reaches `peak` means."""
        day, peak = self._demand.seconds, self._demand.peak
        if self._chance.random() < BASE:
            return self._chance.uniform(0, day)
        width = (1 - BASE) * day / ((peak - BASE) * math.sqrt(2 * math.pi))
        return min(day, max(0.0, self._chance.gauss(BUSIEST * day, width)))

    def _film(self, at: float, user: int) -> Render:
        count = 1 + round(self._chance.expovariate(1 / (self._demand.units - 2)))
        lengths = [self._length(self._demand.unit_seconds) for _ in range(count + 1)]
        priority = Priority.SHORT if sum(lengths) <= self._demand.short else Priority.FILM
        return self._render(at, user, priority, lengths)

    def _preview(self, at: float, user: int) -> Render:
        return self._render(at, user, Priority.INTERACTIVE, [self._length(self._demand.preview_seconds)])

    def _render(self, at: float, user: int, priority: Priority, lengths: list[float]) -> Render:
        render = Render(at, user, burst=user == self._demand.users)
        units = [self._unit(render, priority, each) for each in lengths]
        render.pieces = units[:-1] or units
        render.join = units[-1] if len(units) > 1 else None
        render.left = len(render.pieces)
        return render

    def _unit(self, render: Render, priority: Priority, seconds: float) -> Unit:
        self._keys += 1
        return Unit(self._keys, render, priority, seconds)

    def _length(self, mean: float) -> float:
        """A length around a mean, most below it and some far above."""
        return min(self._demand.longest, self._chance.lognormvariate(math.log(mean) - SPREAD**2 / 2, SPREAD))
