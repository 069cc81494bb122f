"""The level of the sandbox: how far this machine can confine children, and how far REELC_SANDBOX wants them to be."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from compiler.errors import Loc, ReelError
from compiler.supervise.children.confine import can_filter, landlock_version

VARIABLE = "REELC_SANDBOX"
"""The environment variable that chooses among MODES."""

MODES = ("best", "require", "off")
"""Confine children as far as the machine can; refuse to start any unless fully confined; do not confine them."""

REMEDY = "run on Linux 5.13 or newer, on x86_64 or aarch64, with Landlock and seccomp switched on"


@dataclass(frozen=True, slots=True)
class Level:
    """The means of confinement that this machine has."""

    landlock: int
    """The version of Landlock; 0 for none."""
    filtered: bool
    """Whether system calls are filtered."""
    reason: str = ""
    """Why there is no Landlock."""

    @property
    def lacks(self) -> str:
        """The missing means in words; empty for a complete sandbox."""
        return "; ".join(self._lacking())

    def _lacking(self) -> Iterator[str]:
        if not self.landlock:
            yield f"files are within reach (no Landlock: {self.reason})"
        if not self.filtered:
            yield "network and system calls are within reach (no seccomp filter for this kernel or machine)"

    def __str__(self) -> str:
        """As `reelc doctor` prints it: the guarded things, then the means."""
        guarded = ("files",) * bool(self.landlock) + ("network", "system calls") * self.filtered
        means = (f"Landlock {self.landlock}",) * bool(self.landlock) + ("seccomp",) * self.filtered
        return f"{', '.join(guarded)} ({', '.join(means)})" if means else "none"


@cache
def level() -> Level:
    """The level of this machine."""
    try:
        return Level(landlock_version(), can_filter())
    except (OSError, AttributeError) as error:  # no such call in this kernel; no Linux
        return Level(0, can_filter(), getattr(error, "strerror", None) or "this system has none")


def mode() -> str:
    """The mode that the environment chooses; RC615 for an unknown one."""
    chosen = os.environ.get(VARIABLE) or MODES[0]
    if chosen not in MODES:
        raise ReelError("RC615", Loc(), f"{VARIABLE} is {chosen}", hint=f"set it to {', '.join(MODES)}, or unset it")
    return chosen


def confinement() -> dict[str, bool | int]:
    """The launcher's fields on how to confine; RC615 if the mode requires more than this machine can do."""
    chosen, reached = mode(), level()
    if chosen == "require" and reached.lacks:
        what = f"the sandbox is incomplete, and {VARIABLE} requires it"
        raise ReelError("RC615", Loc(), what, detail=reached.lacks, hint=REMEDY)
    return {"confined": chosen != "off", "landlock": reached.landlock, "filtered": reached.filtered}
