"""Steps side by side: order, memory, failures and cancels, with steps that are events instead of programs."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest

from compiler.supervise.films.side_by_side import STACKS, Side, side_by_side
from compiler.supervise.films.step import RenderStep
from compiler.supervise.machine import MIB

ROOMY = 1 << 40


def step(independent: bool = True, memory: int = 0, weight: float = 1) -> RenderStep:
    return RenderStep(lambda folder, part: [], {}, 10, independent=independent, memory=memory, weight=weight)


class Bench:
    """Runs steps that last until the test ends them."""

    def __init__(self, steps: list[RenderStep], jobs: int, memory: int = ROOMY) -> None:
        self.log: list[str] = []
        self._ends: dict[int, asyncio.Future[None]] = {}
        self._task = asyncio.ensure_future(side_by_side(steps, Side(jobs, memory), self._run))

    async def _run(self, number: int, memory: int) -> None:
        end = self._ends[number] = asyncio.get_running_loop().create_future()
        try:
            await end
        except asyncio.CancelledError:
            self.log.append(f"{number} stopped")
            raise
        finally:
            del self._ends[number]

    async def running(self) -> list[int]:
        """The steps that run, once nothing more happens by itself."""
        for _ in range(20):
            await asyncio.sleep(0)
        return sorted(self._ends)

    def end(self, number: int, error: Exception | None = None) -> None:
        if error:
            self._ends[number].set_exception(error)
        else:
            self._ends[number].set_result(None)

    async def ended(self) -> None:
        await self._task

    def cancel(self) -> None:
        self._task.cancel()


def scenario(coroutine: Coroutine[Any, Any, None]) -> None:
    asyncio.run(coroutine)


def test_as_many_run_as_there_are_jobs_and_the_others_follow_in_order() -> None:
    async def run() -> None:
        bench = Bench([step() for _ in range(4)], jobs=2)
        assert await bench.running() == [0, 1]
        bench.end(1)
        assert await bench.running() == [0, 2]
        bench.end(0)
        assert await bench.running() == [2, 3]
        bench.end(2)
        bench.end(3)
        await bench.ended()

    scenario(run())


def test_a_step_that_needs_others_waits_for_the_earlier_ones_and_holds_up_no_later_one() -> None:
    """As the sounds, their loudness, the pictures and the join."""

    async def run() -> None:
        bench = Bench([step(), step(independent=False), step(), step(independent=False)], jobs=3)
        assert await bench.running() == [0, 2]
        bench.end(0)
        assert await bench.running() == [1, 2]
        bench.end(2)
        assert await bench.running() == [1]
        bench.end(1)
        assert await bench.running() == [3]
        bench.end(3)
        await bench.ended()

    scenario(run())


def test_the_heaviest_begin_first_of_those_that_a_step_waits_for() -> None:
    """Two sounds, what is made of them, three pictures and the join: by weight among sounds, and among pictures."""

    async def run() -> None:
        sounds, pictures = [step(weight=1), step(weight=2)], [step(weight=each) for each in (5, 3, 9)]
        bench = Bench([*sounds, step(independent=False), *pictures, step(independent=False)], jobs=1)
        for number in (1, 0, 2, 5, 3, 4, 6):
            assert await bench.running() == [number]
            bench.end(number)
        await bench.ended()

    scenario(run())


@pytest.mark.parametrize(("memory", "expected"), [(2300, [0]), (3000, [0, 1]), (5000, [0, 1, 2])])
def test_no_more_run_than_there_is_memory_for(memory: int, expected: list[int]) -> None:
    async def run() -> None:
        bench = Bench([step(memory=900) for _ in range(3)], jobs=3, memory=memory * MIB)
        assert await bench.running() == expected
        bench.cancel()
        with pytest.raises(asyncio.CancelledError):
            await bench.ended()

    scenario(run())


@pytest.mark.parametrize("jobs", range(1, 7))
@pytest.mark.parametrize("memory", [500, 1500, 4000, 12_288])
def test_what_runs_at_once_shares_what_is_allowed(jobs: int, memory: int) -> None:
    """Whatever runs: the shares of those that run never add up to more, and each covers its forecast if it can."""
    steps = [step(memory=each) for each in (100, 700, 250, 1400, 60, 900)]
    shares = Side(jobs, memory * MIB).shares(steps)
    running: dict[int, int] = {}

    async def one(number: int, share: int) -> None:
        running[number] = share
        assert sum(running.values()) <= memory * MIB
        assert share == shares[number] >= min(memory, steps[number].memory + STACKS) * MIB
        await asyncio.sleep(0)
        del running[number]

    scenario(side_by_side(steps, Side(jobs, memory * MIB), one))


def test_the_error_is_the_earliest_steps_whichever_failed_first() -> None:
    async def run() -> None:
        bench = Bench([step() for _ in range(5)], jobs=3)
        await bench.running()
        bench.end(1, ValueError("second"))
        assert await bench.running() == [0]
        assert bench.log == ["2 stopped"]
        bench.end(0, ValueError("first"))
        with pytest.raises(ValueError, match="first"):
            await bench.ended()

    scenario(run())


def test_a_step_before_the_failure_that_still_waits_is_run() -> None:
    """With one job it would have failed first: the loudness before the pictures."""

    async def run() -> None:
        bench = Bench([step(), step(independent=False), step()], jobs=2)
        await bench.running()
        bench.end(2, ValueError("picture"))
        bench.end(0)
        assert await bench.running() == [1]
        bench.end(1, ValueError("loudness"))
        with pytest.raises(ValueError, match="loudness"):
            await bench.ended()

    scenario(run())


def test_a_cancel_stops_all_and_starts_nothing() -> None:
    async def run() -> None:
        bench = Bench([step() for _ in range(4)], jobs=3)
        await bench.running()
        bench.cancel()
        with pytest.raises(asyncio.CancelledError):
            await bench.ended()
        assert sorted(bench.log) == ["0 stopped", "1 stopped", "2 stopped"]

    scenario(run())


def test_a_cancel_waits_until_all_have_ended() -> None:
    """A second cancel too: nothing may write to a folder that is removed."""

    async def run() -> None:
        log: list[str] = []
        release = asyncio.Event()

        async def stubborn(number: int, _: int) -> None:
            try:
                await asyncio.Event().wait()
            finally:
                await release.wait()
                log.append(f"{number} ended")

        task = asyncio.ensure_future(side_by_side([step(), step()], Side(2, ROOMY), stubborn))
        for _ in range(3):
            await asyncio.sleep(0)
        for _ in range(2):
            task.cancel()
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        assert not task.done()
        release.set()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert sorted(log) == ["0 ended", "1 ended"]

    scenario(run())
