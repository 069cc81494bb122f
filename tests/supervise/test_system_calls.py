"""The filter of system calls, run by an interpreter of BPF, for each machine."""

from __future__ import annotations

import errno
import re
import struct
from pathlib import Path

import pytest

from compiler.supervise.children import system_calls
from compiler.supervise.children.system_calls import ALLOW, ERROR, MACHINES, NEWEST, REFUSED, program

EPERM, ENOSYS = ERROR | errno.EPERM, ERROR | errno.ENOSYS
PID = 4321
HEADERS = {
    "x86_64": Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h"),
    "aarch64": Path("/usr/include/asm-generic/unistd.h"),
}
NAMED = {
    "clone": system_calls.CLONE,
    "clone3": system_calls.CLONE3,
    "fork": system_calls.FORK,
    "vfork": system_calls.VFORK,
    "kill": system_calls.KILL,
    "tgkill": system_calls.TGKILL,
    "prlimit64": system_calls.PRLIMIT,
    "prctl": system_calls.PRCTL,
    "ioctl": system_calls.IOCTL,
    "open": system_calls.OPEN,
    "openat": system_calls.OPENAT,
    "fcntl": system_calls.FCNTL,
    "setpriority": system_calls.SETPRIORITY,
    "sched_setparam": system_calls.OF_A_PROCESS[0],
    "sched_setscheduler": system_calls.OF_A_PROCESS[1],
    "sched_setaffinity": system_calls.OF_A_PROCESS[2],
    "sched_setattr": system_calls.OF_A_PROCESS[3],
    "mmap": system_calls.MMAP,
}
NEWER = {"fchmodat2", "statmount", "listmount", "setxattrat", "removexattrat", "open_tree_attr", "file_setattr"}
NEWER |= {"uprobe", "uretprobe"}
"""Calls that older headers do not have yet."""


def verdict(filter: bytes, number: int, *arguments: int, machine: str) -> int:
    """The return value of the filter for one call."""
    data = struct.pack("<IIQ6Q", number, MACHINES[machine][1], 0, *arguments, *[0] * (6 - len(arguments)))
    at = value = 0
    while True:
        code, yes, no, operand = struct.unpack_from("<HBBI", filter, 8 * at)
        at += 1
        if code == 0x06:
            return int(operand)
        if code == 0x20:
            (value,) = struct.unpack_from("<I", data, operand)
        elif code == 0x54:
            value &= operand
        else:
            tests = {0x15: value == operand, 0x25: value > operand, 0x35: value >= operand, 0x45: value & operand}
            at += yes if tests[code] else no


@pytest.fixture(params=MACHINES)
def machine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(system_calls, "machine", lambda: request.param)
    return str(request.param)


def refused(machine: str) -> dict[str, int]:
    rows = (row.split() for row in REFUSED.replace("\n", " ").split(","))
    numbers = {name: numbers[MACHINES[machine][0]] for name, *numbers in rows}
    return {name: int(number) for name, number in numbers.items() if number != "-"}


def test_the_listed_calls_are_refused_and_no_others(machine: str) -> None:
    filter, column = program(PID, False), MACHINES[machine][0]
    decided = {numbers[column] for numbers in NAMED.values()}
    allowed = {n for n in range(NEWEST + 1) if verdict(filter, n, machine=machine) == ALLOW} - decided
    assert allowed == set(range(NEWEST + 1)) - set(refused(machine).values()) - decided
    for number in refused(machine).values():
        assert verdict(filter, number, machine=machine) == EPERM
    for number in (NEWEST + 1, 0x40000000, 0xFFFFFFFF):
        assert verdict(filter, number, machine=machine) == ENOSYS


def test_another_machines_calls_are_refused(machine: str) -> None:
    other = next(name for name in MACHINES if name != machine)
    filter = program(PID, True)
    assert {verdict(filter, number, machine=other) for number in range(NEWEST + 1)} == {EPERM}


def test_arguments_decide(machine: str) -> None:
    column = MACHINES[machine][0]
    child, forking = program(PID, False), program(PID, True)

    def of(name: str, *arguments: int, filter: bytes = child) -> int:
        number = NAMED[name][column]
        assert number is not None
        return verdict(filter, number, *arguments, machine=machine)

    alone, parent = program(PID, False, False), program(PID, True, False)
    thread, process, namespace, files = 0x3D0F00, 0x1200011, 0x10000000, 0x400
    assert (of("clone", thread), of("clone", process), of("clone", thread | namespace)) == (ALLOW, EPERM, EPERM)
    assert {of("clone", thread - files, filter=each) for each in (child, forking)} == {EPERM}
    assert of("clone", process, filter=forking) == ALLOW
    assert [of("clone", thread, filter=each) for each in (alone, parent)] == [ENOSYS, ENOSYS]
    assert [of("clone", process, filter=each) for each in (alone, parent)] == [EPERM, ALLOW]
    assert of("clone", process | namespace, filter=forking) == EPERM
    assert of("clone", process | 0x8000, filter=forking) == EPERM  # a process beside it
    assert of("clone3") == ENOSYS
    for name in ("kill", "tgkill"):
        assert [of(name, pid) for pid in (PID, PID + 1, 0, 2**32 - 1)] == [ALLOW, EPERM, EPERM, EPERM]
    assert (of("prlimit64", 0), of("prlimit64", PID + 1)) == (ALLOW, EPERM)
    assert [of("prctl", option) for option in (1, 22, 15)] == [EPERM, EPERM, ALLOW]
    assert {of("prctl", option, filter=forking) for option in (1, 22, 15)} == {ALLOW}
    shared, shared_and_checked, own, shared_file = 0x21, 0x23, 0x4022, 0x1
    of_mmap = [of("mmap", 0, 4096, 3, flags) for flags in (shared, shared_and_checked, own, shared_file)]
    assert of_mmap == [EPERM, EPERM, ALLOW, ALLOW]
    assert [of("ioctl", 0, request) for request in (0x5401, 0x5412, 0x541C)] == [ALLOW, EPERM, EPERM]
    assert [of("ioctl", 0, command) for command in (0x40086602, 0x5452, 0x802C542A)] == [EPERM, EPERM, ALLOW]
    assert {of("fcntl", 0, command) for command in (6, 7, 8, 10, 15, 37, 38, 1024, 1026, 1031)} == {EPERM}
    assert {of("fcntl", 0, command) for command in (0, 1, 2, 3, 4, 5, 1030, 1032)} == {ALLOW}
    for name in ("sched_setparam", "sched_setscheduler", "sched_setaffinity", "sched_setattr"):
        assert (of(name, 0), of(name, PID + 1)) == (ALLOW, EPERM)
    assert [of("setpriority", *words) for words in ((0, 0), (0, PID + 1), (2, 0))] == [ALLOW, EPERM, EPERM]
    opening = [(0, ALLOW), (0o1000, EPERM), (0o1101, ALLOW), (0o1002, ALLOW), (0o2001000, EPERM), (0o3, EPERM)]
    for flags, expected in (*opening, (0o1003, EPERM), (0o2000003, EPERM)):
        assert of("openat", 0, 0, flags) == expected
        if machine == "x86_64":
            assert of("open", 0, flags) == expected
    if machine == "x86_64":
        assert (of("fork"), of("vfork"), of("fork", filter=forking)) == (EPERM, EPERM, ALLOW)


@pytest.mark.parametrize("machine", HEADERS, indirect=True)
def test_numbers_are_the_kernels(machine: str) -> None:
    if not HEADERS[machine].exists():
        pytest.skip("this system has no kernel headers")
    found = re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)", HEADERS[machine].read_text())
    known = {name: int(number) for name, number in found}
    ours = refused(machine) | {
        name: number for name, numbers in NAMED.items() if (number := numbers[MACHINES[machine][0]]) is not None
    }
    assert known.keys() >= ours.keys() - NEWER
    assert {name: known.get(name, number) for name, number in ours.items()} == ours
