"""The memory and the processors of this machine, and films that need more memory than there is."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from compiler.errors import Loc, Notice, ReelError

MIB = 1 << 20
CGROUPS, OWN = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")
CANVAS = Loc(None, "/canvas")
"""The field that decides most of the memory that a render takes."""


def user_cache(name: str) -> Path:
    """A place in the user's caches: `$XDG_CACHE_HOME/reelc/<name>`. A relative path there counts for nothing, as the
    XDG specification demands; for a user without a home it is a place where nothing can be written."""
    stated = os.environ.get("XDG_CACHE_HOME", "")
    if os.path.isabs(stated):
        return Path(stated, "reelc", name)
    home = os.path.expanduser("~")
    return Path(home if os.path.isabs(home) else os.devnull, ".cache", "reelc", name)


def processors() -> int:
    """The number of processors that this process and its children may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def machine_memory(cgroups: Path = CGROUPS, own: Path = OWN) -> int:
    """Bytes of memory that this process and its children can have: the machine's, or less by a cgroup v2 around it."""
    return min(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"), *_bounds(cgroups, own))


def _bounds(cgroups: Path, own: Path) -> Iterator[int]:
    """The limits of the groups around this process."""
    yield 1 << 62
    try:
        lines = own.read_text(encoding="utf-8").splitlines()
    except OSError:  # no Linux
        return
    path = next((line.removeprefix("0::/") for line in lines if line.startswith("0::/")), "")
    for group in (cgroups / path, *(cgroups / path).parents):
        try:
            limit = (group / "memory.max").read_text(encoding="ascii").strip()
        except OSError:
            continue
        if limit.isdecimal():
            yield int(limit)


def memory_notice(forecast: int) -> Notice | None:
    """A warning if a render's forecast, MiB, is more than the machine has."""
    machine = machine_memory()
    if forecast * MIB <= machine:
        return None
    what = f"to render the film takes some {forecast} MiB of memory; the machine has {machine // MIB} MiB"
    return Notice(CANVAS, what)


def check_memory(forecast: int, allowed: int, machine: int) -> None:
    """RC210 if a render's forecast, MiB, is more than the bytes that are allowed or that the machine has."""
    if forecast * MIB <= min(allowed, machine):
        return
    most = min(allowed, machine) // MIB
    bound = f"the machine has {most} MiB" if machine < allowed else f"{most} MiB are allowed"
    what = f"to render the film takes some {forecast} MiB of memory"
    raise ReelError("RC210", CANVAS, what, detail=f"{bound}; the forecast is rough", hint="choose a smaller canvas")
