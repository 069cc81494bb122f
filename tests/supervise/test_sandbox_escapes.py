"""A child that runs hostile code: every way out is refused, and is open without the sandbox."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from compiler.supervise.children import fork_server, sandbox
from compiler.supervise.children.fork_server import ForkServer, start_fork
from compiler.supervise.children.level import VARIABLE, level
from compiler.supervise.children.reach import Reach, python_files
from compiler.supervise.children.sandbox import Answer, ChildLimits, answer_of
from tests.supervise.attempts import ATTEMPTS, GRANTED, NAMES
from tests.supervise.test_fork_server import WITNESS
from tests.supervise.test_sandbox import ask

pytestmark = pytest.mark.skipif(bool(level().lacks), reason=f"this machine has no complete sandbox: {level().lacks}")

REFUSED = ("EPERM", "EACCES", "EXDEV")  # the last for links between folders


def run(program: str, folder: Path, *extra: Path | str) -> Answer:
    """The answer of a program that may read one file of `folder/in`, and write to `folder/out`."""
    reach = Reach([sys.executable, *extra], [*python_files(), folder / "in" / "given"], [folder / "out"])
    return asyncio.run(ask([sys.executable, "-I", "-S", "-c", program, str(folder)], ChildLimits(nice=0), reach, 60))


def run_forked(program: str, folder: Path) -> Answer:
    """The same, in a child of the fork server."""
    program = f"import sys; sys.argv[1:] = [{str(folder)!r}]\n{program}"
    server = ForkServer()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sandbox, "BOOT", WITNESS)
        patch.setattr(fork_server, "_SERVER", server)
        try:
            reach = Reach((), [*python_files(), folder / "in" / "given"], [folder / "out"])
            return asyncio.run(answer_of_fork(program, reach))
        finally:
            server.close()


async def answer_of_fork(program: str, reach: Reach) -> Answer:
    return await answer_of(await start_fork("witness", [program], ChildLimits(nice=0), reach), 60)


def outcomes(folder: Path, runs: Callable[[str, Path], Answer] = run) -> tuple[dict[str, str], dict[str, str]]:
    """The outcome of every attempt, and of everything that is granted."""
    for name in ("in", "out"):
        (folder / name).mkdir(parents=True)
    for name in ("given", "other", "lost"):
        (folder / "in" / name).write_text(name)
    (folder / "out" / "kept").touch()
    (folder / "out" / "link").symlink_to(folder / "in" / "other")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("\0" + str(folder)[-100:])
        listening.listen()
        answer = runs(ATTEMPTS, folder)
    assert answer.exit_code == 0, answer.stderr
    attempts, granted = json.loads(answer.stdout)
    return attempts, granted


@pytest.fixture(scope="module", params=["started", "forked"])
def confined(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[dict[str, str], dict[str, str]]:
    return outcomes(tmp_path_factory.mktemp("confined") / "data", run if request.param == "started" else run_forked)


@pytest.fixture(scope="module")
def free(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The outcomes without the sandbox."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, "off")
        return outcomes(tmp_path_factory.mktemp("free") / "data")[0]


@pytest.mark.parametrize("name", NAMES)
def test_a_way_out_is_closed(name: str, confined: tuple[dict[str, str], dict[str, str]], free: dict[str, str]) -> None:
    if name not in free:
        pytest.skip("this machine has no such call")
    assert confined[0][name] in REFUSED
    if free[name] != "done":
        pytest.skip(f"this machine refuses it to everybody: {free[name]}")


@pytest.mark.parametrize("name", GRANTED)
def test_a_granted_thing_works(name: str, confined: tuple[dict[str, str], dict[str, str]]) -> None:
    assert confined[1][name] == "done"


EXECUTES = """
import errno, os, sys
try:
    os.execv({0!r}, {1!r})
except OSError as error:
    print(errno.errorcode[error.errno])
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("in", "out"):
        (tmp_path / name).mkdir()
    (tmp_path / "in" / "given").write_text("given")
    return tmp_path


@pytest.mark.parametrize("program", ["/bin/sh", "/proc/self/exe", "own"])
def test_no_other_program_is_executed(program: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if program == "own":  # one that the child could have written
        program = str(folder / "out" / "own")
        Path(program).write_bytes(Path("/bin/sh").read_bytes())
        Path(program).chmod(0o755)
    words = ["sh", "-c", "echo escaped"] if program != "/proc/self/exe" else ["python", "-c", "print('escaped')"]
    code = EXECUTES.format(program, words)
    if program != "/proc/self/exe":  # the interpreter itself may be executed again
        assert run(code, folder).stdout.decode().strip() in REFUSED
    monkeypatch.setenv(VARIABLE, "off")
    assert run(code, folder).stdout == b"escaped\n"


def test_a_program_that_is_executed_stays_confined(
    embedded: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def reads(name: str) -> str:
        words = ["ffmpeg", "-v", "error", "-f", "rawvideo", "-s", "1x1", "-pix_fmt", "gray", "-i"]
        program = EXECUTES.format(embedded, [*words, f"file:{name}", "-f", "null", "-"])
        return run(program, folder, embedded).stderr

    assert reads(str(folder / "in" / "given")) == ""
    assert "Permission denied" in reads("/etc/passwd")
    monkeypatch.setenv(VARIABLE, "off")
    assert reads("/etc/passwd") == ""


def test_a_start_that_states_nothing_reaches_nothing(folder: Path) -> None:
    reach = Reach([sys.executable], python_files())
    program = f"open({str(folder / 'in' / 'given')!r})"
    answer = asyncio.run(ask([sys.executable, "-I", "-S", "-c", program], ChildLimits(), reach, 60))
    assert "PermissionError" in answer.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has capabilities to lose")
def test_root_keeps_only_access_to_files(folder: Path) -> None:
    program = "print(*(line for line in open('/proc/self/status') if line.startswith('Cap')))"
    kept = run(program, folder).stdout.split()
    assert {int(each, 16) for each in kept[1:6:2]} <= {0, 1 << 1}
