from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from compiler.costs import BUILT_IN
from compiler.errors import ReelError
from compiler.ir.build import Build
from compiler.supervise import calibrate as calibrating
from compiler.supervise.calibrate import calibrate, costs_path, keep, kept_costs, known_costs
from compiler.supervise.doctor import examine
from compiler.supervise.machine import processors


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path


def test_costs_are_the_differences_of_what_runs_take(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    """In order: the source, the start, the sound, and the source decoded, drawn, and encoded."""
    seconds = iter([9.0, 0.5, 6.5, 2.5, 3.5, 13.5])
    monkeypatch.setattr(calibrating, "_cost", lambda *_: next(seconds))
    found = calibrate(build, frames=10, seconds=60)
    megapixels = 10 * (1920 * 1080 / 1e6)
    assert (found.start, found.hearing, found.processors) == (0.5, 6 / 60, processors())
    assert (found.decoding, found.drawing, found.encoding) == (2 / megapixels, 1 / megapixels, 10 / megapixels)


def test_runs_that_cannot_be_told_apart_fit_nothing(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calibrating, "_cost", lambda *_: 1.0)
    with pytest.raises(ReelError, match="cannot be told apart"):
        calibrate(build)


@pytest.mark.further
def test_this_machine_can_be_measured(any_build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calibrating, "_per", lambda seconds, units: 1.0)  # runs this short cannot be told apart
    found = calibrate(any_build, frames=1, seconds=1)
    assert found.start > 0


def test_what_was_fitted_is_kept_for_later_commands() -> None:
    assert kept_costs() is None
    assert known_costs() == replace(BUILT_IN, processors=processors())
    fitted = replace(BUILT_IN, encoding=0.5, processors=3)
    keep(fitted)
    assert kept_costs() == known_costs() == fitted
    assert [path.name for path in costs_path().parent.iterdir()] == ["costs.json"]


@pytest.mark.parametrize(
    "stored",
    ["", "[]", "{}", json.dumps(asdict(BUILT_IN) | {"encoding": 0}), json.dumps(asdict(BUILT_IN) | {"start": "1"})],
)
def test_a_damaged_file_counts_as_none_and_doctor_says_so(stored: str) -> None:
    costs_path().parent.mkdir()
    costs_path().write_text(stored)
    assert kept_costs() is None
    row = next(row for row in examine().rows if row.name == "forecasts")
    assert (row.state, "is damaged" in row.value, row.remedy) == ("warn", True, "run reelc doctor --calibrate")


def test_doctor_says_by_what_forecasts_count() -> None:
    first = next(row for row in examine().rows if row.name == "forecasts")
    keep(replace(BUILT_IN, encoding=0.1))
    second = next(row for row in examine().rows if row.name == "forecasts")
    assert (first.state, second.state) == ("ok", "ok")
    assert "built-in" in first.value
    assert "fitted on this machine: 10 megapixels" in second.value


def test_costs_that_cannot_be_kept_are_an_error(cache: Path) -> None:
    (cache / "reelc").write_text("a file")
    with pytest.raises(ReelError) as caught:
        keep(BUILT_IN)
    assert caught.value.code == "RC612"
