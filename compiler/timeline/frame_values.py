"""Frame values: a value for every frame of a clip, and one for all frames of a stay, during which nothing changes.

A picture that is held for an hour costs what one frame costs.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")
U = TypeVar("U")


class Stay(NamedTuple):
    """Frames [first, until) that share value number `place`."""

    first: int
    until: int
    place: int


@dataclass(frozen=True)
class FrameValues(Generic[T]):
    """A value for every frame: `values` in order of frames, where the frames of each of `stays` share one."""

    values: Sequence[T]
    stays: Sequence[Stay] = ()

    @cached_property
    def frames(self) -> int:
        """The number of frames."""
        return len(self.values) + sum(stay.until - stay.first - 1 for stay in self.stays)

    @cached_property
    def _firsts(self) -> list[int]:
        return [stay.first for stay in self.stays]

    def at(self, frame: int) -> T:
        """The value of a frame."""
        return self.values[self._place(frame)]

    def between(self, first: int, until: int) -> Iterator[tuple[int, int, Sequence[T]]]:
        """Frames [first, until) in spans: each with its values, or within a stay with the one value."""
        at = first
        for stay in self.stays[max(0, bisect_right(self._firsts, first) - 1) : bisect_right(self._firsts, until - 1)]:
            if at < stay.first:
                yield at, stay.first, self.values[self._place(at) : stay.place]
            low, high = max(first, stay.first), min(until, stay.until)
            if low < high:
                yield low, high, self.values[stay.place : stay.place + 1]
                at = high
        if at < until:
            place = self._place(at)
            yield at, until, self.values[place : place + until - at]

    def along(self, values: Sequence[U]) -> FrameValues[U]:
        """Other values of the same frames."""
        return FrameValues(values, self.stays)

    def _place(self, frame: int) -> int:
        before = bisect_right(self._firsts, frame) - 1
        if before < 0:
            return frame
        stay = self.stays[before]
        return stay.place if frame < stay.until else stay.place + 1 + frame - stay.until
