"""Selects the cases of a test that `make test` runs; `make conform` runs all of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TypeVar

import pytest
from _pytest.mark import ParameterSet

Case = TypeVar("Case")


def cases(
    every: Iterable[Case], *, slow: Collection[Case] = (), both: Collection[Case] = ()
) -> list[Case | ParameterSet]:
    """The parameters of a test: `make conform` runs all of them, `make test` leaves out those that are `slow` and
    renders those in `both` with the system's ffmpeg too."""
    listed = list(every)
    assert all(case in listed for case in (*slow, *both)), "no such case"
    marked: list[Case | ParameterSet] = []
    for case in listed:
        marks = [pytest.mark.slow] * (case in slow) + [pytest.mark.both_builds] * (case in both)
        marked.append(pytest.param(case, marks=marks) if marks else case)
    return marked
