"""Goldens: texts kept beside the reel they come from, `golden/<case>/<name>.txt`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.data import SnapshotCollections
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode
from syrupy.location import PyTestLocation

from tests.golden.compiling import GOLDEN


class Golden(SingleFileSnapshotExtension):
    """One text file per snapshot, in the folder of the test's case. A house test, not this class, finds stale files."""

    _write_mode = WriteMode.TEXT
    file_extension = "txt"

    @classmethod
    def dirname(cls, *, test_location: PyTestLocation) -> str:
        return str(GOLDEN / Path(_parameters(test_location)["case"]))

    @classmethod
    def discovery_dirname(cls, *, test_location: PyTestLocation) -> str:
        return str(GOLDEN)

    @classmethod
    def get_file_basename(cls, *, test_location: PyTestLocation, index: int | str) -> str:
        return str(index)

    @classmethod
    def matches_test_location(cls, *, test_location: PyTestLocation, snapshot_location: str) -> bool:
        return Path(snapshot_location).parent == Path(cls.dirname(test_location=test_location))

    def discover_snapshots(self, **_: Any) -> SnapshotCollections:
        return SnapshotCollections()


def _parameters(test_location: PyTestLocation) -> dict[str, str]:
    parameters: dict[str, str] = test_location.item.callspec.params  # type: ignore[attr-defined]
    return parameters


@pytest.fixture
def golden(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    """`text == golden(name="ir")` compares with `golden/<case>/ir.txt`."""
    return snapshot.use_extension(Golden)
