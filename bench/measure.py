"""What running a program costs: wall and CPU seconds, and the memory of its largest process."""

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
    """Seconds by the clock, user and system seconds of all its processes, peak MiB of the largest of them."""

    wall: float
    cpu: float
    peak: float


def cost_of(command: Sequence[str]) -> Cost:
    """What the command costs; one that fails ends the benchmark with what it said."""
    began = perf_counter()
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as child:
        assert child.stderr
        said = child.stderr.read()
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    wall = perf_counter() - began
    if child.returncode:
        sys.exit(f"exit code {child.returncode} of {shlex.join(command)}\n{said}")
    return Cost(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def middle(costs: Sequence[Cost]) -> Cost:
    """The median of each."""
    return Cost(*(median(getattr(cost, name) for cost in costs) for name in ("wall", "cpu", "peak")))
