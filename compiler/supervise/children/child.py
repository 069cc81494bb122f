"""The launcher: a process that limits itself, then becomes the command.

    python -I -S child.py LIMITS_JSON -- COMMAND...

It uses the standard library only, as it runs without the project on its path. It exists because `preexec_fn` is unsafe
in a process with threads.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import signal
import sys
from collections.abc import Mapping
from typing import Any

PR_SET_PDEATHSIG, PR_SET_NO_NEW_PRIVS = 1, 38
CANNOT_START = 127

RLIMITS = {
    "memory": resource.RLIMIT_AS,
    "file": resource.RLIMIT_FSIZE,
    "files": resource.RLIMIT_NOFILE,
    "cpu": resource.RLIMIT_CPU,
}


def main() -> None:
    """Become the command, or end with 127 and one line with the reason."""
    limits, command = json.loads(sys.argv[1]), sys.argv[3:]
    limit(limits)
    try:
        os.execvp(command[0], command)
    except OSError as error:
        os.write(2, f"launcher: {command[0]}: {error.strerror}\n".encode(errors="surrogateescape"))
        os._exit(CANNOT_START)


def limit(limits: Mapping[str, Any]) -> None:
    """Take the limits of `ChildLimits` and the number of the parent process."""
    if sys.platform == "linux":
        bind(limits["parent"])
    _limit(resource.RLIMIT_CORE, 0)
    for name, kind in RLIMITS.items():
        if limits[name] is not None:
            _limit(kind, limits[name])
    if limits["nice"]:
        os.nice(limits["nice"])
    # With SIGXFSZ ignored, a write past RLIMIT_FSIZE is an error that ffmpeg can report; by default it kills ffmpeg.
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)


def bind(parent: int) -> None:
    """Die with `parent`, and never gain privileges."""
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() != parent:  # the parent died before the call above
        os._exit(CANNOT_START)


def _limit(kind: int, most: int) -> None:
    hard = resource.getrlimit(kind)[1]
    allowed = most if hard == resource.RLIM_INFINITY else min(most, hard)
    with contextlib.suppress(ValueError):  # a kernel without this limit
        resource.setrlimit(kind, (allowed, allowed))


if __name__ == "__main__":
    main()
