"""A sample of odd files; `make sweep` judges many more."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.field.odd import judged

pytestmark = pytest.mark.further

SEEDS = range(int(os.environ.get("REELC_ODD", "6")))


@pytest.mark.parametrize("seed", SEEDS)
def test_an_odd_file_is_rendered_or_refused_rightly(seed: int, tmp_path: Path) -> None:
    verdict = judged(seed, tmp_path)
    assert not verdict.fault, verdict
