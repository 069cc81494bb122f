"""Children that are forks: as limited, as killed and as cut off from everything as those that are started."""

from __future__ import annotations

import asyncio
import gc
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest

from compiler.supervise.children import fork_server, sandbox
from compiler.supervise.children.child import CANNOT_START
from compiler.supervise.children.fork_server import ForkedChild, ForkServer, start_fork
from compiler.supervise.children.level import VARIABLE, level
from compiler.supervise.children.reach import Reach, python_files
from compiler.supervise.children.reads import reading
from compiler.supervise.children.sandbox import Answer, ChildLimits, answer_of, start, stop
from tests.supervise.conftest import python_reach
from tests.supervise.test_reads import CALLS, Hole
from tests.supervise.test_sandbox import EVER_LATER, gone, wait_for

ROOT = Path(__file__).parents[2]

# A module whose main runs a program, in the server only; `{}` is the server's own.
WITNESS = """
import sys, types
sys.path.insert(0, sys.argv.pop(1).removesuffix("/compiler"))
module = sys.modules["compiler.supervise.witness"] = types.ModuleType("witness")
def main():
    exec(sys.argv[1], dict())
module.main = main
from compiler.supervise.{} import main
main()
"""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ForkServer]:
    """A server of the test's own, whose children run programs."""
    server = ForkServer()
    monkeypatch.setattr(sandbox, "BOOT", WITNESS)
    monkeypatch.setattr(fork_server, "_SERVER", server)
    yield server
    server.close()


def run_forked(
    program: str,
    limits: ChildLimits = ChildLimits(),  # noqa: B008
    within: float = 20,
    reach: Reach = Reach(()),  # noqa: B008
) -> Answer:
    async def answer() -> Answer:
        return await answer_of(await start_fork("witness", [program], limits, reach), within)

    return asyncio.run(answer())


def test_limits_are_set(server: ForkServer) -> None:
    asked = ChildLimits(memory=4 << 30, file=1000, files=55, cpu=7, nice=3)
    nicer = min(os.nice(0) + 3, 19) - os.nice(0)
    program = f"""
import os, resource as r
kinds = (r.RLIMIT_AS, r.RLIMIT_FSIZE, r.RLIMIT_NOFILE, r.RLIMIT_CPU, r.RLIMIT_CORE)
print(*(r.getrlimit(kind)[0] for kind in kinds), os.nice(0) - {os.nice(0)})
"""
    assert run_forked(program, asked).stdout.split() == [b"4294967296", b"1000", b"55", b"7", b"0", b"%d" % nicer]
    unlimited = run_forked(program, ChildLimits(files=None, nice=0)).stdout.split()
    assert (unlimited[0], unlimited[1], unlimited[5]) == (b"-1", b"-1", b"0")


def test_what_a_child_started_ends_with_it(server: ForkServer) -> None:
    """Also what no longer waits for its parent's death, as code of a hostile file would make it."""
    program = """
import ctypes, os, time
if pid := os.fork():
    print(pid)
else:
    ctypes.CDLL(None).prctl(1, 0)
    os.close(1), os.close(2)
    time.sleep(600)
"""
    reach = Reach((), python_files(), forks=True)
    assert gone(int(run_forked(program, reach=reach).stdout))


@pytest.mark.parametrize("mode", ["best", "off"])
def test_no_child_makes_children_of_the_server(server: ForkServer, monkeypatch: pytest.MonkeyPatch, mode: str) -> None:
    """The sandbox refuses it, and without one the server lives on, with the children of others."""
    monkeypatch.setenv(VARIABLE, mode)
    program = """
import ctypes, os, platform
call, parent = {"x86_64": 56}.get(platform.machine(), 220), os.getpid()
result = ctypes.CDLL(None).syscall(call, 0x8011, 0, 0, 0, 0)
if os.getpid() == parent:
    print("refused" if result < 0 else "made")
    while result > 0 and os.path.exists(f"/proc/{result}"):
        pass
"""
    made = run_forked(program, reach=Reach((), python_files(), forks=True))
    if mode != "off" and not level().lacks:
        assert made.stdout == b"refused\n"
    running = server._process
    assert run_forked("print('here')").stdout == b"here\n"
    assert server._process is running
    assert running is not None
    assert running.poll() is None


def test_the_reads_of_a_fork_and_of_its_forks_are_filled_first(server: ForkServer, tmp_path: Path) -> None:
    hole = Hole(tmp_path / "hole")
    reading_it = f"f = open({str(hole.path)!r}, 'rb', buffering=0); {CALLS['read']}"
    forked = f"import os\nif os.fork():\n    os.wait()\nelse:\n    {reading_it}"

    async def found() -> Answer:
        async with reading(hole) as reads:
            reach = Reach((), [hole.path], forks=True)
            return await answer_of(await start_fork("witness", [forked], ChildLimits(), reach, reads), 20)

    answer = asyncio.run(found())
    assert (answer.exit_code, answer.stdout) == (0, b"78901\n"), answer.stderr


def test_the_limit_of_memory_is_kept(server: ForkServer) -> None:
    answer = run_forked("bytearray(1 << 30)", ChildLimits(memory=1 << 30))
    assert (answer.exit_code, "MemoryError" in answer.stderr) == (1, True)


@pytest.mark.parametrize(
    ("program", "code", "stdout", "stderr"),
    [
        ("print(1)", 0, b"1\n", ""),
        ("import sys; print(2, file=sys.stderr); sys.exit(3)", 3, b"", "2\n"),
        ("raise SystemExit", 0, b"", ""),
        ("import os; os.kill(os.getpid(), 11)", -11, b"", ""),
        ("print('x' * 300_000)", 0, b"x" * 300_000 + b"\n", ""),
    ],
)
def test_output_and_exit_code_are_told(server: ForkServer, program: str, code: int, stdout: bytes, stderr: str) -> None:
    assert run_forked(program) == Answer(code, stdout, stderr)


def test_a_child_has_no_secrets_and_nothing_open(server: ForkServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REELC_SECRET", "x")
    listed = "import os; print([fd for fd in range(3, 4096) if os.path.exists(f'/proc/self/fd/{fd}')], *os.environ)"
    with open(os.devnull, "rb"):
        assert run_forked(listed).stdout.split()[0] == b"[]"
    assert b"REELC_SECRET" not in run_forked(listed).stdout


def test_a_child_reads_what_it_is_given(server: ForkServer) -> None:
    async def answer(given: IO[bytes] | None) -> Answer:
        program = ["import sys; print(len(sys.stdin.buffer.read()))"]
        start = server.start("compiler.supervise.witness", program, ChildLimits(), Reach(()), given)
        return await answer_of(await start, 20)

    with tempfile.TemporaryFile() as given:
        given.write(bytes(300_000))
        given.seek(0)
        assert asyncio.run(answer(given)).stdout == b"300000\n"
    assert asyncio.run(answer(None)).stdout == b"0\n"


def test_a_caller_that_is_cancelled_leaves_no_child(server: ForkServer, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, beginning, children = ForkedChild.begun, asyncio.Event(), list[ForkedChild]()

    async def noted(child: ForkedChild) -> None:
        children.append(child)
        beginning.set()
        await begun(child)

    monkeypatch.setattr(ForkedChild, "begun", noted)

    async def cancelled() -> None:
        start = start_fork("witness", ["import time; time.sleep(60)"], ChildLimits(), Reach(()))
        starting = asyncio.ensure_future(start)
        await beginning.wait()
        starting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await starting

    asyncio.run(cancelled())
    assert children[0].returncode == -signal.SIGKILL


def test_children_run_side_by_side(server: ForkServer, tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    for path in (first, second):
        os.mkfifo(path)
    meet = "open({!r}, {!r}).close(); open({!r}, {!r}).close()"

    async def both() -> list[Answer]:
        programs = (meet.format(str(first), "w", str(second), "r"), meet.format(str(first), "r", str(second), "w"))
        reach = Reach((), (), [first, second])
        children = [await start_fork("witness", [program], ChildLimits(), reach) for program in programs]
        return list(await asyncio.gather(*(answer_of(child, 20) for child in children)))

    assert [answer.exit_code for answer in asyncio.run(both())] == [0, 0]


@pytest.mark.parametrize("forked", [False, True])
@pytest.mark.usefixtures("server")
def test_a_start_that_is_cancelled_again_and_again_leaves_nothing(
    forked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At every moment of a start: asyncio's own would leave the process and its pipes."""
    left: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda unraisable: left.append(unraisable.exc_value))
    forever = "import time; time.sleep(600)"

    async def scene(turns: int) -> bool:
        if forked:
            starting = asyncio.ensure_future(start_fork("witness", [forever], ChildLimits(), Reach(())))
        else:
            command = [sys.executable, "-I", "-S", "-c", forever]
            starting = asyncio.ensure_future(start(command, ChildLimits(), python_reach()))
        for _ in range(turns):
            await asyncio.sleep(0)
        if starting.done():
            await stop(starting.result())
            return True
        while not starting.done():
            starting.cancel()
            await asyncio.sleep(0)
        assert starting.cancelled()
        return False

    turns = 0
    while not asyncio.run(scene(turns)) and turns < 10:  # the further ones of a fork wait
        gc.collect()
        assert left == []
        turns += 1
    assert turns > 3


@pytest.mark.further
def test_a_late_child_is_killed_with_its_own_children(server: ForkServer, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    program = f"""
import os, time
child = os.fork()
if child:
    open({str(pids)!r}, "w").write(f"{{os.getpid()}} {{child}}")
time.sleep(60)
"""
    for within in EVER_LATER:
        with pytest.raises(TimeoutError):
            run_forked(program, within=within, reach=Reach((), (), [tmp_path], forks=True))
        if pids.exists():
            break
    assert all(gone(int(pid)) for pid in pids.read_text().split())


def test_all_end_with_the_program(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    program = f"""
import asyncio
from compiler.supervise.children import fork_server, sandbox
from compiler.supervise.children.reach import Reach, python_files
from compiler.supervise.children.sandbox import ChildLimits, answer_of
sandbox.BOOT = {WITNESS!r}
async def main():
    late = "import os, time; open({str(pid)!r}, 'w').write(f'{{os.getpid()}} {{os.getppid()}}'); time.sleep(60)"
    reach = Reach((), (), [{str(tmp_path)!r}])
    await answer_of(await fork_server.start_fork("witness", [late], ChildLimits(), reach), 60)
asyncio.run(main())
"""
    with subprocess.Popen([sys.executable, "-c", program], cwd=ROOT) as running:
        child, parent = map(int, wait_for(pid).split())
        running.send_signal(signal.SIGKILL)
    assert gone(child)
    assert gone(parent)


def test_a_server_that_died_is_replaced(server: ForkServer) -> None:
    first = int(run_forked("import os; print(os.getppid())").stdout)
    os.kill(first, signal.SIGKILL)
    assert gone(first)
    assert int(run_forked("import os; print(os.getppid())").stdout) != first


@pytest.mark.usefixtures("unconfined")
def test_a_child_of_a_server_that_dies_could_not_start(server: ForkServer) -> None:
    answer = run_forked("import os, signal, time; os.kill(os.getppid(), signal.SIGKILL); time.sleep(60)")
    assert answer.exit_code == CANNOT_START


def test_a_fork_of_this_process_has_a_server_of_its_own(server: ForkServer, tmp_path: Path) -> None:
    ours, seen = run_forked("import os; print(os.getppid())").stdout, tmp_path / "seen"
    number = os.fork()
    if number == 0:
        seen.write_bytes(run_forked("import os; print(os.getppid())").stdout)
        server.close()
        os._exit(0)
    os.waitpid(number, 0)
    assert int(seen.read_bytes()) != int(ours)
    assert run_forked("import os; print(os.getppid())").stdout == ours
