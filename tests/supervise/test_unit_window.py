"""The window of units that run at once: how many run or wait."""

from __future__ import annotations

import asyncio
from typing import cast

from compiler.supervise.films.unit import PortableUnit
from compiler.supervise.films.window import UnitWindow


class Plain:
    """A unit as a window sees it."""

    priority, owner = 0, "ann"


def test_units_that_run_and_that_wait_are_counted_until_they_end() -> None:
    async def whole() -> list[int]:
        window, ends = UnitWindow(1), asyncio.Event()

        async def run() -> None:
            async with window.turn(cast(PortableUnit, Plain())):
                await ends.wait()

        first, second = asyncio.create_task(run()), asyncio.create_task(run())
        await asyncio.sleep(0)
        counted = [window.units]
        second.cancel()
        await asyncio.wait({second})
        counted.append(window.units)
        ends.set()
        await first
        return [*counted, window.units]

    assert asyncio.run(whole()) == [2, 1, 0]
