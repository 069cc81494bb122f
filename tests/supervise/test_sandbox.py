from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from compiler.supervise.children.child import BESIDE_DATA, CANNOT_START
from compiler.supervise.children.reach import Reach
from compiler.supervise.children.sandbox import ENVIRONMENT, Answer, ChildLimits, answer_of, launcher, start
from tests.supervise.conftest import python_reach

ROOT = Path(__file__).parents[2]


def run_limited(
    program: str,
    limits: ChildLimits = ChildLimits(),  # noqa: B008
    within: float = 20,
    writes: Sequence[Path] = (),
) -> Answer:
    return asyncio.run(ask([sys.executable, "-I", "-S", "-c", program], limits, python_reach(*writes), within))


async def ask(command: Sequence[str], limits: ChildLimits, reach: Reach, within: float) -> Answer:
    return await answer_of(await start(command, limits, reach), within)


EVER_LATER = 2, 10, 50
"""Limits in seconds, of which the next one is tried where a child had not begun yet when its time was over."""


def alive(pid: int) -> bool:
    """Whether the process still runs; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def gone(pid: int) -> bool:
    """Whether the process ends, within the time that a slow machine may need."""
    for _ in range(400):
        if not alive(pid):
            return True
        time.sleep(0.05)
    return False


def wait_for(path: Path) -> str:
    for _ in range(3000):
        if path.exists() and path.read_text():
            return path.read_text()
        time.sleep(0.02)
    raise TimeoutError(path)


def test_limits_are_set() -> None:
    asked = ChildLimits(memory=1 << 30, data=1 << 29, file=1000, files=55, cpu=7, nice=3)
    own, nicer = os.nice(0), min(os.nice(0) + 3, 19) - os.nice(0)
    program = """
import os, resource as r
kinds = (r.RLIMIT_AS, r.RLIMIT_DATA, r.RLIMIT_FSIZE, r.RLIMIT_NOFILE, r.RLIMIT_CPU, r.RLIMIT_CORE)
print(*(r.getrlimit(kind)[0] for kind in kinds), os.nice(0) - %d)
"""
    answer = run_limited(program % own, asked)
    assert answer.stdout.split() == [b"1073741824", b"536870912", b"1000", b"55", b"7", b"0", b"%d" % nicer]


def test_what_is_not_asked_for_is_not_limited() -> None:
    import resource

    answer = run_limited("import resource as r; print(r.getrlimit(r.RLIMIT_AS)[0])", ChildLimits())
    assert int(answer.stdout) == resource.getrlimit(resource.RLIMIT_AS)[0]


def test_no_privileges_no_environment_no_terminal_and_a_group_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET", "x")
    program = """
import os, sys
print("NoNewPrivs:\\t1" in open("/proc/self/status").read(), os.getpgid(0) == os.getsid(0) == os.getpid())
print(sys.stdin.read() == "", *sorted(os.environ))
"""
    answer = run_limited(program).stdout.decode().split()
    assert answer[:3] == ["True", "True", "True"]
    assert set(answer[3:]) <= {*ENVIRONMENT, "LC_CTYPE"}  # Python adds the last by itself


def test_a_write_past_the_limit_is_an_error_and_not_a_death(tmp_path: Path) -> None:
    program = f"""
file = open({str(tmp_path / "big")!r}, "wb", buffering=0)
try:
    print(file.write(bytes(5000)))
    file.write(b"more")
except OSError as error:
    print(error.strerror)
"""
    assert run_limited(program, ChildLimits(file=4000), writes=[tmp_path]).stdout == b"4000\nFile too large\n"


def test_memory_is_bounded() -> None:
    answer = run_limited("bytearray(1 << 30)", ChildLimits(memory=300 << 20))
    assert answer.exit_code == 1
    assert "MemoryError" in answer.stderr


def test_heap_is_bounded() -> None:
    answer = run_limited("bytearray(1 << 30)", ChildLimits(data=300 << 20))
    assert (answer.exit_code, "MemoryError" in answer.stderr) == (1, True)


def test_memory_that_is_no_heap_any_more_is_bounded() -> None:
    """The kernel counts memory as heap while it may be written. It keeps what was written."""
    program = """
import ctypes, mmap
libc, taken = ctypes.CDLL(None, use_errno=True), 0
libc.mmap.restype, libc.mmap.argtypes = ctypes.c_void_p, (ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 4)
libc.mprotect.argtypes = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int
while taken < 1 << 40:
    part = libc.mmap(None, 64 << 20, mmap.PROT_READ | mmap.PROT_WRITE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS, -1, 0)
    if part == ctypes.c_void_p(-1).value or libc.mprotect(part, 64 << 20, mmap.PROT_READ):
        break
    taken += 64 << 20
print(taken)
"""
    taken = int(run_limited(program, ChildLimits(data=300 << 20)).stdout)
    assert 0 < taken < (300 << 20) + BESIDE_DATA


def test_processor_time_is_bounded() -> None:
    """A child gets a signal that it may catch at its limit, and is killed if it goes on for five seconds."""
    program = "import resource as r; print(*r.getrlimit(r.RLIMIT_CPU))"
    assert run_limited(program, ChildLimits(cpu=2)).stdout.split() == [b"2", b"7"]


def test_no_more_is_heard_than_a_child_may_say() -> None:
    """A child that a hostile file has taken over could otherwise fill the memory of the server."""

    async def heard(program: str) -> Answer:
        command = [sys.executable, "-I", "-S", "-c", program]
        return await answer_of(await start(command, ChildLimits(), python_reach()), 60, most=1000)

    endless = asyncio.run(heard("import sys\nwhile True: sys.stdout.write('x' * 4096)"))
    assert (endless.exit_code, len(endless.stdout)) == (-signal.SIGKILL, 1001)
    just = asyncio.run(heard("import sys; sys.stderr.write('y' * 1000000); print('x' * 999)"))
    assert (just.exit_code, len(just.stdout), len(just.stderr) < 200_000) == (0, 1000, True)


def test_what_cannot_be_started_says_so(tmp_path: Path) -> None:
    answer = asyncio.run(ask([str(tmp_path / "nothing")], ChildLimits(), Reach([]), 20))
    assert answer.exit_code == CANNOT_START
    assert answer.stderr == f"launcher: {tmp_path / 'nothing'}: No such file or directory\n"


def test_death_by_a_signal_is_told() -> None:
    assert run_limited("import os; os.kill(os.getpid(), 9)").exit_code == -signal.SIGKILL


@pytest.mark.further
def test_a_child_that_takes_too_long_is_gone(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    program = f"import os, time; open({str(note)!r}, 'w').write(str(os.getpid())); time.sleep(600)"
    for within in EVER_LATER:
        with pytest.raises(TimeoutError):
            run_limited(program, within=within, writes=[tmp_path])
        if note.exists():
            break
    assert gone(int(note.read_text()))


def test_a_child_dies_with_its_parent(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    child = f"import os, time; open({str(note)!r}, 'w').write(str(os.getpid())); time.sleep(600)"
    parent = f"""
import asyncio, sys
from time import monotonic
from compiler.supervise.films.progress import ProgressMeter
from compiler.supervise.children.reach import Reach, python_files
from compiler.supervise.films.run import run
reach = Reach([sys.executable], python_files(), [{str(tmp_path)!r}])
command = [sys.executable, "-I", "-c", {child!r}]
asyncio.run(run(command, ProgressMeter(1, monotonic()), reach=reach, on_progress=print))
"""
    with subprocess.Popen([sys.executable, "-c", parent], cwd=ROOT) as started:
        pid = int(wait_for(note))
        assert alive(pid)
        started.kill()
    assert gone(pid)


def test_a_child_whose_parent_is_already_gone_does_not_start(tmp_path: Path) -> None:
    def orphan(command: Sequence[str]) -> int:
        return subprocess.run(command, check=False).returncode

    command = launcher([shutil.which("true") or "true"], ChildLimits(), Reach([shutil.which("true") or "true"]))
    assert orphan(command) == 0
    stranger = [part.replace(f"parent={os.getpid()}", "parent=1") for part in command]
    assert stranger != command
    assert orphan(stranger) == CANNOT_START
