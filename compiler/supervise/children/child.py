"""The launcher: a process that limits itself, then becomes the command.

    child 'NAME=NUMBER ...' RULE... -- COMMAND...

Rules are of `compiler.supervise.children.reach`, and may name a cgroup to join. It uses the standard library only, to
start fast. It exists because `preexec_fn` is unsafe in a process with threads.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import sys
from collections.abc import Mapping, Sequence

from compiler.supervise.children.confine import confine
from compiler.supervise.children.watch import be_watched

PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS = 1, 38
CANNOT_START = 127
JOIN, PROCESSES = "g", "cgroup.procs"
"""Begins the rule with the cgroup that the child joins; the file of the group that it writes itself to."""

RLIMITS = {
    "memory": resource.RLIMIT_AS,
    "data": resource.RLIMIT_DATA,
    "file": resource.RLIMIT_FSIZE,
    "files": resource.RLIMIT_NOFILE,
    "cpu": resource.RLIMIT_CPU,
}

BESIDE_DATA = 2 << 30
"""Bytes of address space of a child whose heap and stacks are bounded, besides these. Libraries take 0.2 to 0.4 GiB.
Memory that is written and then made read-only, or that grows downwards, is neither heap nor stack for the kernel."""

AFTER_CPU = 5
"""Seconds of processor time between the signal that ends a child at its limit, which ffmpeg catches and obeys after the
third, and its death."""


def main() -> None:
    """Become the command, or end with 127 and one line with the reason."""
    split = sys.argv.index("--")
    (stated, *rules), command = sys.argv[1:split], sys.argv[split + 1 :]
    limits = {name: int(number) for name, _, number in (word.partition("=") for word in stated.split())}
    doing = "the sandbox"
    try:
        limit(limits, rules)
        doing = command[0]
        os.execvp(command[0], command)
    except OSError as error:
        os.write(2, f"launcher: {doing}: {error.strerror}\n".encode(errors="surrogateescape"))
        os._exit(CANNOT_START)


def limit(limits: Mapping[str, int], rules: Sequence[str]) -> None:
    """Take the limits of `ChildLimits` and the number of the parent process, and be confined to what `rules` grant."""
    if sys.platform == "linux":
        bind(limits["parent"])
    for rule in rules:
        if rule.startswith(JOIN):
            _join(rule.removeprefix(JOIN))
    _limit(resource.RLIMIT_CORE, 0, 0)
    bounds = {**({"memory": limits["data"] + BESIDE_DATA} if "data" in limits else {}), **limits}
    for name, kind in RLIMITS.items():
        if name in bounds:
            _limit(kind, bounds[name], bounds[name] + (AFTER_CPU if name == "cpu" else 0))
    if limits["nice"]:
        os.nice(limits["nice"])
    # With SIGXFSZ ignored, a write past RLIMIT_FSIZE is an error that ffmpeg can report; by default it kills ffmpeg.
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    if "watched" in limits:
        be_watched(limits["watched"])
    if limits["confined"]:
        granted = [rule for rule in rules if not rule.startswith(JOIN)]
        filtered, forks, threads = (bool(limits[name]) for name in ("filtered", "forks", "threads"))
        confine(granted, limits["landlock"], filtered=filtered, forks=forks, threads=threads)


def _join(group: str) -> None:
    """Move this process into a cgroup: all that it starts is in it too. 0 stands for the process that writes it."""
    processes = os.open(f"{group}/{PROCESSES}", os.O_WRONLY)
    os.write(processes, b"0")
    os.close(processes)


def bind(parent: int) -> None:
    """Die with `parent`, and never gain privileges."""
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() != parent:  # the parent died before the call above
        os._exit(CANNOT_START)


def _limit(kind: int, soft: int, hard: int) -> None:
    most = resource.getrlimit(kind)[1]
    allowed = [limit if most == resource.RLIM_INFINITY else min(limit, most) for limit in (soft, hard)]
    with contextlib.suppress(ValueError):  # a kernel without this limit
        resource.setrlimit(kind, (allowed[0], allowed[1]))


if __name__ == "__main__":
    main()
