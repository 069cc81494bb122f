"""One trial: the judges of a fault run over a tree that contains it, and a verdict."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Timer
from time import monotonic

from tests.mutants.fault import Fault, copy_tree

MARKERS = "not slow and not fault and not browser"
"""The tests of `make check`."""

BROWSER = "browser"
"""The tests of `make browser`."""

WITHIN = 600
"""Seconds after which judges that have not ended are stopped."""

PASSED, FAILED = 0, 1
"""Exit codes of pytest; all others mean that it could not run the tests."""

_FAILED = re.compile(r"^(?:FAILED|ERROR) (tests/\S+::.+?)(?: - .*)?$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The verdict of a trial: `caught` by a test, `SURVIVED`, or `broken`: no test decided anything."""

    verdict: str
    by: str
    """The first test that failed, or the reason for no decision."""
    seconds: float


def try_fault(fault: Fault) -> Outcome:
    """Whether the fault's judges catch it."""
    return _judged(fault.judges, fault)


def try_judges(judges: Sequence[str]) -> Outcome:
    """The same without a fault: with sound judges the tree survives."""
    return _judged(judges, None)


def _judged(judges: Sequence[str], fault: Fault | None) -> Outcome:
    began = monotonic()
    with tempfile.TemporaryDirectory(prefix="reelc-mutant-") as folder:
        tree = copy_tree(Path(folder) / "tree")
        environment = {**os.environ, "PYTHONPATH": str(tree), "CI": "true"}  # random examples are the same every time
        if fault:
            fault.plant(tree)
            if reason := _unloadable(fault.file, tree, environment):
                return Outcome("broken", reason, monotonic() - began)
        markers = BROWSER if judges[0].startswith("tests/browser/") else MARKERS
        pytest = [sys.executable, "-m", "pytest", "-x", "-q", "-rfE", "-p", "no:cacheprovider", "-m", markers]
        code, output = _run([*pytest, f"--basetemp={folder}/made", *judges], tree, environment, WITHIN)
    return Outcome(*_verdict(code, output), monotonic() - began)


def _verdict(code: int, output: str) -> tuple[str, str]:
    """The verdict from pytest's output, and the test or reason. A failed collection is no failed test."""
    if code == -signal.SIGKILL:
        return "broken", f"the judges did not end within {WITHIN} s"
    failed = _FAILED.search(output)
    if code == FAILED and failed:
        return "caught", failed[1]
    return ("SURVIVED", "") if code == PASSED else ("broken", _last_line(output))


def _unloadable(file: str, tree: Path, environment: Mapping[str, str]) -> str:
    """The reason why a changed file cannot be loaded; empty when it can."""
    loads = [sys.executable, "-c", f"import {file.removesuffix('.py').removesuffix('/__init__').replace('/', '.')}"]
    code, output = _run(loads if file.endswith(".py") else ["node", "--check", file], tree, environment, 60)
    return "" if code == 0 else _last_line(output)


def _last_line(output: str) -> str:
    return (output.strip().splitlines() or ["nothing was said"])[-1]


def _run(command: Sequence[str], tree: Path, environment: Mapping[str, str], within: float) -> tuple[int, str]:
    """The exit code and the output, up to the first test that failed: a failed test may leave processes running."""
    child = subprocess.Popen(
        command,
        cwd=tree,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    assert child.stdout
    late = Timer(within, _kill, [child])
    late.start()
    lines: list[str] = []
    try:
        for line in child.stdout:
            lines.append(line)
            if _FAILED.match(line):
                return FAILED, "".join(lines)
        return child.wait(), "".join(lines)
    finally:
        late.cancel()
        _kill(child)


def _kill(child: subprocess.Popen[str]) -> None:
    """End the program and all processes that it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()
