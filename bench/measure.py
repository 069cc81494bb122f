"""The cost of running a program: wall and CPU seconds, and the memory of its largest process."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from time import perf_counter


@dataclass(frozen=True, slots=True)
class Cost:
    """Wall seconds, user and system seconds of all processes, and the peak MiB of the largest process."""

    wall: float
    cpu: float
    peak: float


def cost_of(command: Sequence[str]) -> Cost:
    """Run a command and return its cost; a command that fails ends the benchmark with its output."""
    began = perf_counter()
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as child:
        assert child.stderr
        output = child.stderr.read()
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    wall = perf_counter() - began
    if child.returncode:
        sys.exit(f"exit code {child.returncode} of {shlex.join(command)}\n{output}")
    return Cost(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def middle(costs: Sequence[Cost]) -> Cost:
    """The median of each figure."""
    return Cost(*(median(getattr(cost, name) for cost in costs) for name in ("wall", "cpu", "peak")))
