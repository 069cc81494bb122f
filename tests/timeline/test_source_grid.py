"""Source grids say the exact source time, and ask for it only where it must be."""

from __future__ import annotations

from fractions import Fraction
from operator import truediv

from hypothesis import given
from hypothesis import strategies as st

from compiler.timeline.instant import RecordTime, nearest
from compiler.timeline.source_grid import SourceGrid
from compiler.timeline.warp import Warp
from tests.timeline.test_warp import pace, warps

RATES = st.sampled_from([Fraction(24), Fraction(30_000, 1001), Fraction(48_000)])
BEGINS = st.sampled_from([Fraction(0), Fraction(5, 7), Fraction(10**80 + 1, 3**180)])
"""The record times at which the warp begins; the last has a denominator of 286 digits."""


def floored(numerator: int, denominator: int) -> int:
    return numerator // denominator


@given(warps(), RATES, BEGINS, st.data())
def test_a_grid_is_the_source_time(warp: Warp, rate: Fraction, begins: Fraction, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(warp.paces) - 1))
    start = begins + warp.record_starts[index]
    zero, scale = Fraction(1, 3), Fraction(48_000, 7)

    def exact(n: int) -> Fraction:
        return warp.source_of(RecordTime(n / rate - begins))

    grid = SourceGrid(warp.paces[index], start, rate, exact, zero, scale)
    first, last = (int(at * rate) for at in (start, begins + warp.record_starts[index + 1]))
    for n in data.draw(st.lists(st.integers(first, last), min_size=1, max_size=9)):
        if not start <= n / rate <= begins + warp.record_starts[index + 1]:
            continue
        value = (exact(n) - zero) * scale
        assert grid.at(n, truediv) == float(value)
        assert grid.at(n, lambda a, b: (2 * a + b) // (2 * b)) == nearest(value)


def test_the_exact_time_is_asked_for_where_a_step_is_met() -> None:
    begins, asked = Fraction(10**80, 3**180), list[int]()

    def exact(n: int) -> Fraction:
        asked.append(n)
        return Fraction(n, 10) - begins

    grid = SourceGrid(pace("0", "9"), begins, Fraction(10), exact, -begins, Fraction(10))
    assert [grid.at(n, floored) for n in (20, 21, 89)] == [20, 21, 89]
    assert asked == [20, 21, 89]  # each is a whole number exactly, which no neighbour of the begin can tell
    asked.clear()
    assert [grid.at(n, truediv) for n in (20, 21, 89)] == [20, 21, 89]
    assert grid.at(99, floored) == 99  # past the pace's end
    assert asked == [99]
