"""The units that run at once, and the order of those that wait: by priority, then users take turns."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from compiler.supervise.films.unit import PortableUnit


@dataclass(eq=False, slots=True)
class _Waiting:
    unit: PortableUnit
    granted: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class UnitWindow:
    """At most `size` units run at once.

    Of those that wait, the next is one of the highest priority; among them one of the user whose last turn is the
    longest ago; and of that user the one that came first.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.running = 0
        self._waiting: list[_Waiting] = []
        self._turns = 0
        self._last: dict[str, int] = {}
        """The number of each user's last turn, while anything runs."""

    @property
    def units(self) -> int:
        """The units that run or wait."""
        return self.running + len(self._waiting)

    def resize(self, size: int) -> None:
        """Let so many run at once from now on; those that run go on."""
        self.size = size
        self._grant()

    @asynccontextmanager
    async def turn(self, unit: PortableUnit) -> AsyncIterator[None]:
        """Wait for the turn of a unit, which runs inside the context."""
        waiting = _Waiting(unit)
        self._waiting.append(waiting)
        self._grant()
        try:
            await waiting.granted
        except asyncio.CancelledError:
            if waiting in self._waiting:
                self._waiting.remove(waiting)
            elif not waiting.granted.cancelled():  # granted at the same moment
                self._freed()
            raise
        try:
            yield
        finally:
            self._freed()

    def _freed(self) -> None:
        self.running -= 1
        self._grant()

    def _grant(self) -> None:
        while self.running < self.size and (left := [each for each in self._waiting if not each.granted.cancelled()]):
            found = min(left, key=lambda each: (-each.unit.priority, self._last.get(each.unit.owner, 0)))
            self._waiting.remove(found)
            self.running += 1
            self._turns += 1
            self._last[found.unit.owner] = self._turns
            found.granted.set_result(None)
        if not self.running:
            self._last.clear()
