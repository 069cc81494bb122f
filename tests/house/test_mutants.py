"""Rules for the planted faults: each can still be planted, and the slow tests remain responsible for enough of them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.mutants.fault import Fault
from tests.mutants.faults import FAULTS

ROOT = Path(__file__).parents[2]

LEAST = {"conform": 14, "server": 10, "cli": 4, "studio": 2, "browser": 25}
"""The least number of faults that the tests in each folder must catch: slow tests are the likeliest to be removed."""


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_can_be_planted(fault: Fault) -> None:
    assert (ROOT / fault.file).read_text(encoding="utf-8").count(fault.old) == 1
    assert fault.old != fault.new


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_fault_has_judges_that_look_at_what_it_does(fault: Fault) -> None:
    assert fault.judges
    for judge in fault.judges:
        assert judge.startswith("tests/")
        assert not judge.startswith("tests/golden"), "a golden sees every change of a text"
        path, _, name = judge.partition("::")
        assert (ROOT / path).exists()
        assert not name or f"def {name}(" in (ROOT / path).read_text(encoding="utf-8")


def test_the_slow_tests_have_faults_to_catch() -> None:
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)
    folders = Counter(fault.judges[0].split("/")[1] for fault in FAULTS)
    assert {folder: least for folder, least in LEAST.items() if folders[folder] < least} == {}
