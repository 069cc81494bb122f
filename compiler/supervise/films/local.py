"""Makes units in this process, which is what every render does unless it is told otherwise."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

from compiler.supervise.children.reads import Partial
from compiler.supervise.films.film import check_written, refusal
from compiler.supervise.films.run_unit import Inputs, Machine, run_unit
from compiler.supervise.films.unit import Capacity, Input, OnEvent, PortableUnit, UnitEvent, UnitResult
from compiler.supervise.films.window import UnitWindow
from compiler.supervise.machine import MIB, machine_memory


class Local:
    """Makes up to `slots` units at once on this machine, each by an ffmpeg of its own."""

    def __init__(self, machine: Machine, slots: int) -> None:
        self._machine, self._window = machine, UnitWindow(slots)
        self._running: set[asyncio.Task[Any]] = set()

    async def start(self) -> None:
        """Be ready for units."""

    async def aclose(self) -> None:
        """Stop every unit."""
        running = [*self._running]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def capacity(self) -> Capacity:
        """What can be made at once, now."""
        return Capacity(self._window.size, machine_memory() // MIB)

    @property
    def units(self) -> int:
        """The units that run or wait."""
        return self._window.units

    async def run(self, unit: PortableUnit, on_event: OnEvent) -> UnitResult:
        """Make a unit; ReelError. On a cancel its ffmpeg has ended when this returns."""
        task = asyncio.current_task()
        assert task is not None
        self._running.add(task)
        try:
            async with self._window.turn(unit):
                return await run_unit(unit, self._machine, on_event)
        except asyncio.CancelledError:
            on_event(UnitEvent("stopped"))
            raise
        finally:
            self._running.discard(task)


class InPlace:
    """The media and the folder of one film, for units that are made beside it: nothing is copied."""

    def __init__(self, folder: Path, output: Path, partial: Partial | None) -> None:
        self._folder, self._output, self._partial = folder, output, partial
        self._paths: dict[str, str] = {}

    async def input_of(self, path: str, *, read: bool) -> Input:
        """A media file as an input."""
        key = next((key for key, known in self._paths.items() if known == path), f"media/{len(self._paths)}")
        self._paths[key] = path
        return Input(key, Path(path).name, 0, "", "", read)

    def output(self, key: str) -> str:
        """No object key: what a unit becomes stays in the film's folder."""
        return ""

    async def fetch(self, result: UnitResult, target: Path) -> bool:
        """What a unit became is in the film's folder already."""
        return True

    async def forget(self, keys: Sequence[str]) -> None:
        """Nothing: the film's folder ends with the film."""

    async def find(self, unit: PortableUnit) -> UnitResult | None:
        """Nothing is there: the cache of units was asked before."""
        return None

    @asynccontextmanager
    async def inputs(self, unit: PortableUnit, folder: Path) -> AsyncIterator[Inputs]:
        """The media where they are."""
        yield Inputs([self._paths[each.key] for each in unit.inputs], self._partial)

    async def publish(self, unit: PortableUnit, made: Path, complete: bool) -> UnitResult:
        """Move what was made to where other steps find it."""
        check_written(made)
        try:
            made.rename(self._folder / unit.made)
        except OSError as error:
            raise refusal(self._output, error) from error
        return UnitResult(unit.key, "", 0, "", complete)

    @contextmanager
    def workplace(self, unit: PortableUnit) -> Iterator[Path]:
        """The unit's folder within that of the film, with which it ends."""
        place = self._folder / unit.name
        try:
            place.mkdir(exist_ok=True)
        except OSError as error:
            raise refusal(self._output, error) from error
        yield place
