"""Turns are enough to find a polynomial's extremes over whole numbers."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from compiler.timeline.cubic import evaluate_all, turns

COEFFICIENTS = st.one_of(st.just(0.0), st.floats(-5, 5, allow_subnormal=False))


@given(st.lists(COEFFICIENTS, min_size=1, max_size=4), st.integers(-50, 50), st.integers(1, 200))
def test_the_extremes_are_at_turns(cubic: list[float], first: int, length: int) -> None:
    every = evaluate_all(tuple(cubic), range(first, first + length))
    found = turns(tuple(cubic), first, first + length)
    few = evaluate_all(tuple(cubic), found)
    slack = 1e-9 * max(map(abs, every))
    assert len(found) <= 6
    assert all(first <= at < first + length for at in found)
    assert max(every) - max(few) <= slack
    assert min(few) - min(every) <= slack
