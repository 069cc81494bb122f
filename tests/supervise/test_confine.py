"""Confinement, in process: the kernel's calls are recorded and not made."""

from __future__ import annotations

import ctypes
import errno
import os
import struct
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from compiler.supervise.children import confine as module
from compiler.supervise.children.confine import confine, landlock_version

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR, REMOVE_FILE, MAKE_REG, TRUNCATE = 1, 2, 4, 8, 1 << 5, 1 << 8, 1 << 14

Kernel = SimpleNamespace
"""A stand-in for the C library, with the calls it got, in order."""


@pytest.fixture
def kernel(monkeypatch: pytest.MonkeyPatch) -> Kernel:
    """A kernel that records; the ruleset is a descriptor of this process, `granted` are the rules by path."""
    kernel = SimpleNamespace(calls=[], granted={}, refuses=0)

    def syscall(number: Any, *words: Any) -> int:
        kernel.calls.append((number.value, *(word if isinstance(word, bytes) else word.value for word in words)))
        if number.value == kernel.refuses:
            ctypes.set_errno(errno.EOPNOTSUPP)
            return -1
        if number.value == 445:
            rights, place = struct.unpack("<Qi", words[2])
            kernel.granted[os.readlink(f"/proc/self/fd/{place}")] = rights
        return os.open(os.devnull, os.O_RDONLY) if number.value == 444 and words[0] else 3

    kernel.syscall = syscall
    kernel.prctl = lambda *words: kernel.calls.append(("prctl", *words[:2])) or 0
    kernel.capget = lambda header, held: -1
    monkeypatch.setattr(module, "LIBC", kernel)
    return kernel


@pytest.mark.parametrize(
    ("version", "rights", "others"),
    [
        (1, 13, ()),
        (2, 14, ()),
        (3, 15, ()),
        (4, 15, (3,)),
        (5, 16, (3,)),
        (6, 16, (3, 3)),
        (7, 16, (3, 3)),
        (9, 16, (3, 3)),
    ],
)
def test_all_that_a_version_knows_is_denied(version: int, rights: int, others: tuple[int, ...], kernel: Kernel) -> None:
    confine([], version, filtered=False, forks=False, threads=True)
    words = ((1 << rights) - 1, *others)
    assert kernel.calls[0] == (444, struct.pack(f"<{len(words)}Q", *words), 8 * len(words), 0)
    assert [number for number, *_ in kernel.calls] == [444, 446]


def test_rules_grant_what_they_say_and_files_get_the_rights_of_files(kernel: Kernel, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    for name in ("in", "film", "ffmpeg"):
        (tmp_path / name).touch()
    rules = [
        f"r{tmp_path}/in",
        f"r{tmp_path}",
        f"w{tmp_path}/out",
        f"w{tmp_path}/film",
        f"x{tmp_path}/ffmpeg",
        "r/no/such",
    ]
    confine(rules, 7, filtered=False, forks=False, threads=True)
    assert kernel.granted == {
        f"{tmp_path}/in": READ_FILE,
        f"{tmp_path}": READ_FILE | READ_DIR,
        f"{tmp_path}/out": READ_FILE | READ_DIR | WRITE_FILE | TRUNCATE | MAKE_REG | REMOVE_FILE,
        f"{tmp_path}/film": READ_FILE | WRITE_FILE | TRUNCATE,
        f"{tmp_path}/ffmpeg": READ_FILE | EXECUTE,
    }


def test_an_older_kernel_gets_no_right_that_it_does_not_know(kernel: Kernel, tmp_path: Path) -> None:
    confine([f"w{tmp_path}"], 2, filtered=False, forks=False, threads=True)
    assert not kernel.granted[str(tmp_path)] & TRUNCATE


def test_without_landlock_there_is_a_filter_still(kernel: Kernel) -> None:
    confine(["r/"], 0, filtered=True, forks=False, threads=True)
    assert kernel.calls == [("prctl", module.PR_SET_SECCOMP, module.SECCOMP_MODE_FILTER)]


@pytest.mark.parametrize("call", [444, 445, 446])
def test_a_refusal_is_an_error(call: int, kernel: Kernel) -> None:
    kernel.refuses = call
    with pytest.raises(OSError, match="not supported"):
        confine(["r/"], 7, filtered=True, forks=False, threads=True)
    assert kernel.calls[-1][0] == call


def test_a_kernel_without_landlock_says_why(kernel: Kernel) -> None:
    kernel.refuses = 444
    with pytest.raises(OSError, match="not supported"):
        landlock_version()
