"""Confines the calling process for good: Landlock for files, signals and connections, a filter for system calls.

The launcher uses it in the child, before it becomes the command, and the parent asks it for what the kernel can do.
Standard library only.
"""

from __future__ import annotations

import ctypes
import os
import stat
import struct
from collections.abc import Sequence

from compiler.supervise.children.system_calls import has_filter, program

LIBC = ctypes.CDLL(None, use_errno=True)

PR_GET_SECCOMP, PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 21, 22, 2
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
"""Landlock's system calls, of the same numbers on every machine."""

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR, REMOVE_FILE, MAKE_REG, TRUNCATE = 1, 2, 4, 8, 1 << 5, 1 << 8, 1 << 14
READING = READ_FILE | READ_DIR
RIGHTS = {
    "r": READING,
    "w": READING | WRITE_FILE | TRUNCATE | MAKE_REG | REMOVE_FILE,
    "x": READ_FILE | EXECUTE,
}
"""The rights that a rule grants, by its first character."""

OF_A_FILE = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE

KNOWN = ((1, 13), (2, 14), (3, 15), (5, 16))
"""The number of rights on files that are known from a version of Landlock on."""

TCP, SCOPES = 0b11, 0b11
"""Rights to bind and connect (version 4), and scopes of abstract sockets and of signals (version 6): all are denied."""

CAP_DAC_OVERRIDE = 1 << 1
CAP_VERSION_3 = 0x20080522

_filtered: list[bool] = []
"""Holds something in a process whose calls are filtered."""


def landlock_version() -> int:
    """The version of Landlock that this kernel has; OSError if it has none."""
    return _call(CREATE_RULESET, None, 0, 1)


def can_filter() -> bool:
    """Whether this kernel and reelc have a filter of system calls for this machine."""
    return has_filter() and LIBC.prctl(PR_GET_SECCOMP, 0, 0, 0, 0) >= 0


def confine(rules: Sequence[str], version: int, *, filtered: bool, forks: bool, threads: bool) -> None:
    """Leave the calling process only what `rules` grant; OSError if the kernel refuses. It gains no privileges."""
    _drop_capabilities()
    if version:
        _confine_files(rules, version)
    if filtered:
        _filter_calls(program(os.getpid(), forks, threads))
        _filtered.append(True)


def start_no_more() -> None:
    """Start neither processes nor threads from here on, if this process's calls are filtered; OSError if the kernel
    refuses. A process that may start others is so confined further once it has its own task."""
    if _filtered:
        _filter_calls(program(os.getpid(), False, False))


def _drop_capabilities() -> None:
    """Keep of root's powers only access to files of other users, which Landlock bounds."""
    header = ctypes.create_string_buffer(struct.pack("<Ii", CAP_VERSION_3, 0))
    held = ctypes.create_string_buffer(24)
    if LIBC.capget(header, held) == 0:
        kept = struct.unpack("<6I", held.raw)[1] & CAP_DAC_OVERRIDE
        LIBC.capset(header, struct.pack("<6I", kept, kept, 0, 0, 0, 0))


def _confine_files(rules: Sequence[str], version: int) -> None:
    handled = (1 << max(count for since, count in KNOWN if since <= version)) - 1
    fields = (handled, TCP, SCOPES)[: 1 if version < 4 else 2 if version < 6 else 3]
    attributes = struct.pack(f"<{len(fields)}Q", *fields)
    ruleset = _call(CREATE_RULESET, attributes, len(attributes), 0)
    for rule in rules:
        _grant(ruleset, RIGHTS[rule[0]] & handled, rule[1:])
    _call(RESTRICT_SELF, ruleset, 0)
    os.close(ruleset)


def _grant(ruleset: int, rights: int, path: str) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:  # it does not exist, or is out of reach already
        return
    try:
        if not stat.S_ISDIR(os.fstat(place).st_mode):
            rights &= OF_A_FILE
        _call(ADD_RULE, ruleset, 1, struct.pack("<Qi", rights, place), 0)
    finally:
        os.close(place)


def _filter_calls(instructions: bytes) -> None:
    kept = ctypes.create_string_buffer(instructions, len(instructions))
    filter = struct.pack("<HxxxxxxQ", len(instructions) // 8, ctypes.addressof(kept))
    if LIBC.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, filter, 0, 0):
        raise _failed()


def _call(number: int, *arguments: int | bytes | None) -> int:
    """A system call of Landlock; OSError if it fails."""
    words = (each if isinstance(each, bytes) else ctypes.c_long(each or 0) for each in arguments)
    result = LIBC.syscall(ctypes.c_long(number), *words)
    if result < 0:
        raise _failed()
    return int(result)


def _failed() -> OSError:
    number = ctypes.get_errno()
    return OSError(number, os.strerror(number))
