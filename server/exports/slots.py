"""Turns at rendering: users take turns, and short films have slots of their own (ADR 66).

The next turn is that of the user whose last one is the longest ago, within a user in the order of acceptance. A free
slot takes any film, a free short slot the next short one.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass(eq=False)
class _Waiting:
    """A film that waits for its turn; `on_place` gets its place in the queue, from 1, and None at its turn."""

    uid: str
    short: bool
    on_place: Callable[[int | None], None]
    granted: asyncio.Future[bool] = field(default_factory=lambda: asyncio.get_running_loop().create_future())
    """Whether the slot is one of those for short films."""


class Slots:
    """The slots of one server: `slots` for all films, `short` further ones for short films."""

    def __init__(self, slots: int, short: int) -> None:
        self._short = short
        self._all = {False: slots, True: short}
        self._free = {**self._all}
        self._waiting: list[_Waiting] = []
        self._turns = 0
        self._last: dict[str, int] = {}
        """The number of each user's last turn, while any slot is taken."""

    @asynccontextmanager
    async def of(self, uid: str, short: bool, on_place: Callable[[int | None], None]) -> AsyncIterator[None]:
        """Wait for a turn of this user, and have a slot inside the context."""
        waiting = _Waiting(uid, short, on_place)
        self._waiting.append(waiting)
        self._grant()
        try:
            kind = await waiting.granted
        except asyncio.CancelledError:
            self._left(waiting)
            raise
        try:
            yield
        finally:
            self._freed(kind)

    def _left(self, waiting: _Waiting) -> None:
        """Forget a film that waits no longer; it may have been granted a slot at the same moment."""
        if waiting in self._waiting:
            self._waiting.remove(waiting)
            self._grant()
        elif not waiting.granted.cancelled():
            self._freed(waiting.granted.result())

    def _freed(self, kind: bool) -> None:
        self._free[kind] += 1
        self._grant()

    def _grant(self) -> None:
        """Give free slots to those whose turn it is, and state the places of the others."""
        for kind in (False, True):
            while self._free[kind] and (found := next(self._order(kind), None)):
                self._waiting.remove(found)
                self._free[kind] -= 1
                self._turns += 1
                self._last[found.uid] = self._turns
                found.granted.set_result(kind)
                found.on_place(None)
        if self._free == self._all:
            self._last.clear()
        for waiting, place in self._places():
            waiting.on_place(place)

    def _order(self, short: bool) -> Iterator[_Waiting]:
        """The films, or the short ones, in the order of their turns if no further one comes."""
        there = (each for each in self._waiting if not each.granted.cancelled())  # one that leaves is still listed
        left = [each for each in there if each.short or not short]
        last, turns = {**self._last}, self._turns
        while left:
            found = min(left, key=lambda each: last.get(each.uid, 0))  # the first of equals was accepted first
            left.remove(found)
            turns += 1
            last[found.uid] = turns
            yield found

    def _places(self) -> Iterable[tuple[_Waiting, int]]:
        places = {each: place for place, each in enumerate(self._order(short=False), 1)}
        if self._short:
            for place, each in enumerate(self._order(short=True), 1):
                places[each] = min(place, places[each])
        return places.items()
