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
from tests.supervise.test_fork_server import WITNESS
from tests.supervise.test_sandbox import ask

pytestmark = pytest.mark.skipif(bool(level().lacks), reason=f"this machine has no complete sandbox: {level().lacks}")

REFUSED = ("EPERM", "EACCES", "EXDEV")  # the last for links between folders

# The program gets the folder of the test. It prints the outcome of each attempt: "done", or the name of the error.
ATTEMPTS = r"""
import ctypes, errno, fcntl, json, mmap, os, platform, resource, socket, sys, threading
folder, parent = sys.argv[1], os.getppid()
libc = ctypes.CDLL(None, use_errno=True)
page = ctypes.create_string_buffer(256)

def call(number, *arguments):
    if libc.syscall(number, *map(ctypes.c_long, arguments)) < 0:
        raise OSError(ctypes.get_errno(), "")

def checked(result):
    if result < 0:
        raise OSError(ctypes.get_errno(), "")

def read(path):
    with open(path, "rb") as file:
        file.read()

def write(path):
    with open(path, "wb") as file:
        file.write(b"x")

def empty_a_readable_file():
    os.close(os.open(folder + "/in/given", os.O_RDONLY | os.O_TRUNC))

def command_a_file(path, access):  # to leave it out of dumps, or to take that back
    flags = ctypes.create_string_buffer(8)
    file = os.open(path, access)
    checked(libc.ioctl(file, ctypes.c_ulong(0x80086601), flags))
    flags[0] = bytes([flags.raw[0] ^ 0x40])
    checked(libc.ioctl(file, ctypes.c_ulong(0x40086602), flags))

def hold_up_who_writes():
    file = os.open(folder + "/in/given", os.O_RDONLY)
    fcntl.fcntl(file, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    os.close(file)

def have_a_signal_sent(to):
    reading, writing = os.pipe()
    fcntl.fcntl(reading, fcntl.F_SETOWN, to)
    fcntl.fcntl(reading, fcntl.F_SETSIG, 0)

def connect(address, kind=socket.SOCK_STREAM):
    with socket.socket(socket.AF_UNIX, kind) as one:
        one.connect(address)

def listen():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))

def send():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.sendto(b"x", ("127.0.0.1", 9))

def start_a_process():
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)

def mount():
    place = (folder + "/out").encode()
    checked(libc.mount(b"none", place, b"tmpfs", 0, None))
    libc.umount2(place, 2)

def old_call():  # getpid as a 32-bit program calls it, which would go past a filter of 64-bit numbers
    code = mmap.mmap(-1, 4096, prot=7)
    code.write(b"\xb8\x14\x00\x00\x00\xcd\x80\xc3")
    entry = ctypes.addressof(ctypes.c_char.from_buffer(code))
    result = ctypes.CFUNCTYPE(ctypes.c_int)(entry)()
    if result < 0:
        raise OSError(-result, "")

def thread():
    one = threading.Thread(target=int)
    one.start()
    one.join()

attempts = {
    "parent's environment": lambda: read(f"/proc/{parent}/environ"),
    "parent's memory": lambda: os.close(os.open(f"/proc/{parent}/mem", 0)),
    "list of processes": lambda: os.listdir("/proc"),
    "another file of the folder": lambda: read(folder + "/in/other"),
    "through a link": lambda: read(folder + "/out/link"),
    "list of the folder": lambda: os.listdir(folder + "/in"),
    "passwd": lambda: read("/etc/passwd"),
    "write outside": lambda: write(folder + "/in/made"),
    "write to the given file": lambda: write(folder + "/in/given"),
    "truncate": lambda: os.truncate(folder + "/in/given", 0),
    "empty a readable file": empty_a_readable_file,
    "open for commands": lambda: os.close(os.open(folder + "/in/other", 3)),
    "open a system file for commands": lambda: os.close(os.open("/etc/passwd", 3)),
    "empty a file by commands": lambda: os.close(os.open(folder + "/in/lost", 3 | os.O_TRUNC)),
    "command to the given file": lambda: command_a_file(folder + "/in/given", os.O_RDONLY),
    "command to another file": lambda: command_a_file(folder + "/in/other", 3),
    "lease of a file": hold_up_who_writes,
    "remove the given file": lambda: os.unlink(folder + "/in/lost"),
    "mode of a file": lambda: os.chmod(folder + "/in/other", 0o600),
    "times of a file": lambda: os.utime(folder + "/in/other"),
    "owner of a file": lambda: os.chown(folder + "/in/other", os.getuid(), os.getgid()),
    "attribute of a file": lambda: os.setxattr(folder + "/in/other", "user.x", b"x"),
    "hard link": lambda: os.link(folder + "/in/other", folder + "/out/hard"),
    "symbolic link": lambda: os.symlink("/etc/passwd", folder + "/out/soft"),
    "watch of a folder": lambda: checked(libc.inotify_add_watch(libc.inotify_init1(0), folder.encode(), 0x100)),
    "bind": listen,
    "send": send,
    "abstract socket": lambda: connect("\0" + folder[-100:]),
    "socket pair": lambda: [one.close() for one in socket.socketpair()],
    "trace the parent": lambda: checked(libc.ptrace(0x4206, parent, 0, 0)),
    "signal the parent": lambda: os.kill(parent, 0),
    "signal the parent by a pipe": lambda: have_a_signal_sent(parent),
    "signal everybody": lambda: os.kill(-1, 0),
    "priority of the parent": lambda: os.setpriority(os.PRIO_PROCESS, parent, os.getpriority(os.PRIO_PROCESS, parent)),
    "priority of the user": lambda: libc.setpriority(2, os.getuid(), 21) and checked(-1),
    "processors of the parent": lambda: os.sched_setaffinity(parent, os.sched_getaffinity(parent)),
    "policy of the parent": lambda: os.sched_setscheduler(parent, os.SCHED_OTHER, os.sched_param(0)),
    "disk of the parent": lambda: call({"x86_64": 251}.get(platform.machine(), 30), 1, parent, 2 << 13 | 4),
    "handle of the parent": lambda: os.close(os.pidfd_open(parent)),
    "limits of the parent": lambda: resource.prlimit(parent, resource.RLIMIT_NOFILE),
    "read the parent's memory": lambda: checked(libc.process_vm_readv(parent, None, 0, None, 0, 0)),
    "outlive the parent": lambda: checked(libc.prctl(1, 0, 0, 0, 0)),
    "process": start_a_process,
    "mount": mount,
    "namespace": lambda: checked(libc.unshare(0x08000000)),
    "program in memory": lambda: os.close(os.memfd_create("x")),
    "shared memory": lambda: checked(libc.shmget(0, 4096, 0o1600)),
    "keys": lambda: call({"x86_64": 250}.get(platform.machine(), 219), 0, -3, 1),
    "io_uring": lambda: call(425, 1, ctypes.addressof(page)),
    "fault handler": lambda: call({"x86_64": 323}.get(platform.machine(), 282), 1),
}
if platform.machine() == "x86_64":
    attempts["32-bit call"] = old_call

granted = {
    "read": lambda: read(folder + "/in/given"),
    "write": lambda: write(folder + "/out/made"),
    "rename": lambda: os.rename(folder + "/out/made", folder + "/out/moved"),
    "thread": thread,
    "randomness": lambda: read("/dev/null") or os.urandom(8),
    "signal itself": lambda: os.kill(os.getpid(), 0),
}

def outcome(attempt):
    try:
        attempt()
    except OSError as error:
        return errno.errorcode[error.errno]
    return "done"

print(json.dumps([{name: outcome(one) for name, one in each.items()} for each in (attempts, granted)]))
"""

NAMES = [line.split('"')[1] for line in ATTEMPTS.splitlines() if line.startswith('    "')]
GRANTED = NAMES[-6:]
NAMES = [*NAMES[:-6], "32-bit call"]


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
