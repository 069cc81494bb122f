"""The JavaScript tests, run by node, one test per file."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
FILES = sorted(HERE.glob("*.test.js"))


@pytest.mark.further
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name.partition(".")[0])
def test_what_node_tests(file: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("this machine has no node")
    run = subprocess.run([node, "--test", str(file)], capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr


def test_there_are_some() -> None:
    assert {file.name for file in FILES} >= {"model.test.js", "store.test.js"}
