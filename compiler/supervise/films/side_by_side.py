"""Runs the steps of a film side by side, within memory; the failure that counts is the earliest step's."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Protocol

from compiler.costs import BUSY
from compiler.supervise.machine import MIB, processors

STACKS = 290
"""MiB that an ffmpeg reserves for the stacks of its threads and does not use. Its limit covers them (ADR 64)."""


class Startable(Protocol):
    """What is asked of a step of a render: as `RenderStep`."""

    @property
    def independent(self) -> bool:
        """Whether it needs nothing that earlier steps make."""

    @property
    def memory(self) -> int:
        """The forecast of its memory, MiB."""

    @property
    def weight(self) -> float:
        """Its work in seconds, by the forecast."""


@dataclass(frozen=True, slots=True)
class Side:
    """How many steps may run at once, and the bytes of memory that they may have together."""

    jobs: int
    memory: int

    def shares(self, steps: Sequence[Startable]) -> list[int]:
        """The bytes of each step: an equal share, or its forecast if that is more, and never more than all."""
        share = self.memory // max(1, min(self.jobs, sum(step.independent for step in steps)))
        return [min(self.memory, max(share, (step.memory + STACKS) * MIB)) for step in steps]


def usual_jobs() -> int:
    """The number of ffmpegs that keep the processors of this process busy, also while one starts or ends."""
    return min(processors(), -(-processors() // BUSY) + 1)


Run = Callable[[int, int], Awaitable[None]]
"""Runs a step, given its number and its bytes of memory."""


async def side_by_side(steps: Sequence[Startable], side: Side, run: Run, done: Collection[int] = ()) -> None:
    """Run all steps but those that are `done`, as many at once as `side` allows.

    A step that is not independent waits for all earlier ones. Of those that a step waits for, the heaviest begin first,
    so that none of them runs alone at the end. Where steps fail, those after them are stopped and those before them go
    on, so that the error raised is that of steps run one after the other. On a cancel all are stopped, and have ended
    when this returns.
    """
    work = _Work(steps, side, run, done)
    try:
        while work.begin():
            await asyncio.wait(work.running, return_when=asyncio.FIRST_COMPLETED)
            await work.settle()
        if work.failed is not None:
            raise work.failed[1]
    finally:
        await ended(work.running)
        work.forget()


class _Work:
    """The steps of one film: those that wait, those that run, and the earliest that failed."""

    def __init__(self, steps: Sequence[Startable], side: Side, run: Run, done: Collection[int]) -> None:
        self._steps, self._side, self._run = steps, side, run
        self._shares = side.shares(steps)
        self._waiting = [number for number in _order(steps) if number not in done]
        self.running: dict[asyncio.Task[None], int] = {}
        self.failed: tuple[int, BaseException] | None = None

    def begin(self) -> bool:
        """Start what may be started; whether anything runs."""
        for number in list(self._waiting):
            if self._blocked(number):
                continue
            if not self._fits(number):
                break
            self._waiting.remove(number)
            self.running[asyncio.ensure_future(self._started(number))] = number
        return bool(self.running)

    async def settle(self) -> None:
        """Take what has ended off the list; after a failure, stop and forget what comes after it."""
        for task in [task for task in self.running if task.done()]:
            number = self.running.pop(task)
            error = asyncio.CancelledError() if task.cancelled() else task.exception()
            if error is not None and (self.failed is None or number < self.failed[0]):
                self.failed = number, error
        if self.failed is not None:
            last = self.failed[0]
            self._waiting = [number for number in self._waiting if number < last]
            later = [task for task, number in self.running.items() if number > last]
            await ended(later)
            for task in later:
                del self.running[task]

    def forget(self) -> None:
        """Drop what has ended: the exceptions of tasks hold this, and would wait with it for the garbage collector."""
        self.running.clear()
        self.failed = None

    async def _started(self, number: int) -> None:
        await self._run(number, self._shares[number])

    def _blocked(self, number: int) -> bool:
        """Whether a step needs others that have not ended."""
        return not self._steps[number].independent and min((*self._waiting, *self.running.values())) < number

    def _fits(self, number: int) -> bool:
        used = sum(self._shares[other] for other in self.running.values())
        return len(self.running) < self._side.jobs and used + self._shares[number] <= self._side.memory


def _order(steps: Sequence[Startable]) -> list[int]:
    """The numbers of the steps in the order in which they begin where nothing holds them up."""
    needing = list(accumulate((not step.independent for step in steps), initial=0))
    return sorted(range(len(steps)), key=lambda n: (needing[n], not steps[n].independent, -steps[n].weight))


async def ended(tasks: Collection[asyncio.Task[None]]) -> None:
    """Cancel tasks, and return only when all have ended; a cancel of the caller meanwhile is raised after that."""
    for task in tasks:
        task.cancel()
    cancelled = False
    while left := [task for task in tasks if not task.done()]:
        try:
            await asyncio.wait(left)
        except asyncio.CancelledError:
            cancelled = True
    for task in tasks:
        if not task.cancelled():
            task.exception()  # it has been looked at
    if cancelled:
        raise asyncio.CancelledError
