"""Servers as forks of a process that has imported the server, which takes a second of processor time for each start;
workers and schedulers as forks of one that has imported Dask too.

A child runs its program as `python -W error -c` would, in its own folder, with its own environment, output and log. The
server has been imported before: a program can replace attributes of modules and of classes, but not what other modules
have imported by name.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import gc
import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from threading import Lock
from typing import IO, Any

from server.storage.s3 import Bucket, S3Store

ROOT = Path(__file__).parents[2]
LONGEST = 1 << 18
"""Bytes of an order: a program, its arguments and its environment."""
PR_SET_PDEATHSIG = 1

SERVER = ("server.cli", "server.process", "uvicorn.lifespan.on", "uvicorn.protocols.websockets.auto")
"""What a server imports until it answers."""
FARM = ("server.cli", "server.farm.worker", "server.farm.dask", "server.checkup", "distributed.cli.dask_scheduler")
"""What the commands of a farm import, and Dask's scheduler."""


class Child:
    """A process that another one has forked, with the methods of `subprocess.Popen` that tests use."""

    def __init__(self, ending: socket.socket, stdout: IO[str]) -> None:
        self._ending, self.stdout = ending, stdout
        self.stderr: IO[str] | None = None
        self._lock = Lock()
        self.pid = int(ending.recv(100))
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """The exit code, or minus the number of the signal that ended it; None while it runs."""
        with self._lock:
            if self.returncode is None and select.select([self._ending], [], [], 0)[0]:
                self.returncode = int(self._ending.recv(100))
                self._ending.close()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """The exit code; subprocess.TimeoutExpired if there is none after `timeout` seconds."""
        if self.poll() is None:
            select.select([self._ending], [], [], timeout)
        if (code := self.poll()) is None:
            raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0)
        return code

    def send_signal(self, number: int) -> None:
        """Send a signal, unless the process has ended."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):  # it has ended since
                os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask the process to end, unless it has ended."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Kill the process, unless it has ended."""
        self.send_signal(signal.SIGKILL)


def fork(
    program: str,
    arguments: Sequence[str],
    environment: Mapping[str, str],
    folder: Path,
    log: int,
    imported: tuple[str, ...] = SERVER,
) -> Child:
    """A process that runs a program's text in a folder; its errors go to the open file `log`.

    The modules `imported` are there already.
    """
    order = {"program": program, "arguments": arguments, "environment": dict(environment), "folder": str(folder)}
    reading, stdout = os.pipe()
    ending, ended = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ended:
        socket.send_fds(_parent(imported), [json.dumps(order).encode()], [stdout, log, ended.fileno()])
        os.close(stdout)
    return Child(ending, os.fdopen(reading))


def new(
    program: str, arguments: Sequence[str], environment: Mapping[str, str], folder: Path, log: int
) -> subprocess.Popen[str]:
    """The same, with an interpreter of its own."""
    command = [sys.executable, "-W", "error", "-c", program, *arguments]
    return subprocess.Popen(command, env=environment, cwd=folder, stdout=subprocess.PIPE, stderr=log, text=True)


@cache
def _parent(imported: tuple[str, ...]) -> socket.socket:
    """The socket of the process that has these modules and forks; that process ends with this one."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        strictly = ["-W", "error"] if imported == SERVER else []  # Dask's use of TLS is deprecated
        command = [sys.executable, *strictly, "-m", "tests.server.forking", str(theirs.fileno()), *imported]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        process = subprocess.Popen(command, env=environment, pass_fds=[theirs.fileno()], stdout=subprocess.DEVNULL)

    def end() -> None:
        ours.close()
        process.wait(60)

    atexit.register(end)
    return ours


def _ordered(orders: socket.socket) -> str | None:
    """In each new child, the program that it has to run; in this process None, at the end of the orders."""
    while True:
        text, files, _, _ = socket.recv_fds(orders, LONGEST, 3)
        if not text:
            return None
        if _fork() == 0:
            return _begun(json.loads(text), *files)
        for file in files:
            os.close(file)
        _reap()


def _fork() -> int:
    """The same as `os.fork`; the child is killed when its parent ends, so that no server outlives its tests."""
    if (pid := os.fork()) == 0:
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    return pid


def _reap() -> None:
    """Take leave of children that have ended."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def _begun(order: dict[str, Any], stdout: int, log: int, ended: int) -> str:
    """Fork once more: the child becomes what was ordered and gets its program, its parent waits for its exit code."""
    if pid := _fork():
        os.close(stdout)
        os.close(log)
        with socket.socket(fileno=ended) as report:
            report.send(str(pid).encode())
            report.send(str(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])).encode())
        os._exit(0)
    os.close(ended)
    for number, file in enumerate((stdout, log), start=1):
        os.dup2(file, number)
        os.close(file)
    sys.stdout = open(1, "w", closefd=False)  # noqa: SIM115 - the old one takes its file for one that can seek
    os.chdir(order["folder"])
    os.environ.clear()
    os.environ.update(order["environment"])
    sys.argv = ["-c", *order["arguments"]]
    return str(order["program"])


def _import_all(names: Sequence[str]) -> None:
    """Import modules, and keep them out of garbage collections: they would copy them."""
    for name in names:
        importlib.import_module(name)
    S3Store(Bucket("none", "http://127.0.0.1", "none", "a-key", "a-secret"))  # reads boto3's description of S3
    gc.collect()
    gc.freeze()


if __name__ == "__main__":
    _import_all(sys.argv[2:])
    with socket.socket(fileno=int(sys.argv[1])) as way:
        text = _ordered(way)
    if text is not None:
        exec(text, {"__name__": "__main__"})
