"""Reels compiled concurrently, as in a server, give the same results as alone."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.golden.compiling import FILMS, compile_case

pytestmark = pytest.mark.further


@pytest.fixture(autouse=True)
def _restless() -> Iterator[None]:
    """Threads that switch as often as possible."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def test_reels_compiled_side_by_side_are_what_each_is_alone() -> None:
    alone = {case: compile_case(case) for case in FILMS}
    with ThreadPoolExecutor(4) as pool:
        for case, compiled in zip(FILMS, pool.map(compile_case, FILMS), strict=True):
            assert (compiled.script, compiled.plan) == (alone[case].script, alone[case].plan), case
