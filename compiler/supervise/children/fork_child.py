"""The fork server: imports the modules of its children once, then forks a child for each request.

    fork_child.main CHANNEL_FD PACKAGES MODULE...

PACKAGES are folders of packages besides the compiler's, separated by colons; each MODULE has a `main`.

Each message on the channel, with four to six file descriptors, asks for a child that limits and confines itself as the
launcher does and runs a module's `main`: its stdout, its stderr, a pipe that gets the child's process number and, when
it has ended, its exit code, a line each, a file {"module": NAME, "argv": [...], "limits": {...}, "rules": [...],
"given": ..., "watched": ...}, the child's stdin, if it is "given", without which it is empty, and the socket that gets
the listener of its reads, if they are "watched". The server opens no files of a request. It ends, with all its
children, when its channel is closed.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import selectors
import signal
import socket
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn

from compiler.supervise.children import child

REQUEST = b"fork"
"""The message, whose meaning is in its file."""

MOST, FILES = 1024, 6
"""Bytes, and file descriptors, that are read at once."""

LISTENER = 3
"""The number of a watched child's socket."""


def main() -> None:
    """Serve until the channel is closed."""
    channel, packages, *modules = sys.argv[1:]
    for folder in filter(None, packages.split(os.pathsep)):
        _add_package(Path(folder))
    for name in modules:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()  # the collector of a child would write to every page, and so copy it
    Server(socket.socket(fileno=int(channel))).serve()


def _add_package(folder: Path) -> None:
    """Make a package by hand, as `BOOT` makes the compiler's."""
    package = ModuleType(folder.name)
    package.__path__ = [str(folder)]
    sys.modules[folder.name] = package


class Server:
    """Forks the children that messages on the channel ask for, and says how each has ended."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._statuses: dict[int, int] = {}
        """The pipes that get exit codes, by process number."""
        self._woken, wakes = os.pipe()
        os.set_blocking(wakes, False)
        os.set_blocking(self._woken, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # of a terminal, for the program that asks
        signal.set_wakeup_fd(wakes, warn_on_full_buffer=False)

    def serve(self) -> None:
        """Answer messages until the channel is closed, then kill what still runs."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._channel, selectors.EVENT_READ)
            selector.register(self._woken, selectors.EVENT_READ)
            while True:
                for key, _ in selector.select():
                    if key.fileobj is self._channel:
                        if not self._answer():
                            return self._kill()
                    else:
                        self._reap()

    def _answer(self) -> bool:
        text, fds, _, _ = socket.recv_fds(self._channel, MOST, FILES)
        if not text:
            return False
        out, err, status, request, *given = fds
        with os.fdopen(request, "rb") as file:
            message = json.load(file)
        sys.stdout.flush()
        number = os.fork()
        if number == 0:
            _become(message, out, err, given)
        with contextlib.suppress(OSError):  # the child was faster
            os.setpgid(number, number)
        self._statuses[number] = status
        _state(status, number)
        for fd in (out, err, *given):
            os.close(fd)
        return True

    def _reap(self) -> None:
        os.read(self._woken, MOST)
        while self._statuses:
            found = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            if found is None:
                return
            number = found.si_pid
            with contextlib.suppress(ProcessLookupError):  # what it started ends with it; its number is still its own
                os.killpg(number, signal.SIGKILL)
            ended = os.waitpid(number, 0)[1]
            status = self._statuses.pop(number, None)
            if status is not None:  # else a child of a child that made it beside itself
                _state(status, os.waitstatus_to_exitcode(ended))
                os.close(status)

    def _kill(self) -> None:
        for number in self._statuses:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(number, signal.SIGKILL)


def _state(pipe: int, number: int) -> None:
    with contextlib.suppress(BrokenPipeError):  # nobody asks any more
        os.write(pipe, b"%d\n" % number)


def _become(message: dict[str, Any], out: int, err: int, given: Sequence[int]) -> NoReturn:
    """Be the child: of a process group of its own, limited, with nothing open but its input and output."""
    code = 1
    try:
        with contextlib.suppress(OSError):  # the server was faster
            os.setpgid(0, 0)
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGCHLD, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        os.dup2(given[0] if message["given"] else os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(out, 1)
        os.dup2(err, 2)
        watched = {"watched": os.dup2(given[-1], LISTENER)} if message["watched"] else {}
        os.closerange(LISTENER + len(watched), max(os.sysconf("SC_OPEN_MAX"), 1024))
        child.limit({**message["limits"], **watched, "parent": os.getppid()}, message["rules"])
        sys.argv = ["-c", *message["argv"]]
        importlib.import_module(message["module"]).main()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(OSError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)
