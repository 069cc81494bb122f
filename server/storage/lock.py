"""The lock of a data folder: one server at a time uses it, because two would overwrite each other's databases.

The kernel releases the lock when its process ends, however it ends. The file stays and names its last holder, and on a
second line the address that it serves.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import secrets
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

from compiler.errors import Loc, ReelError

FILE = "reelc.lock"
ID_FILE, ID = "reelc.id", re.compile(r"[0-9a-f]{16}")
LONGEST = 1024
"""Bytes of the file that are read."""

REMEDY = (
    "stop that process, or give this server a folder of its own with --data: "
    "servers that share work have a folder each and one store"
)

WRITABLE = "mount the disk for writing, correct the folder's owner or permissions, or name another folder with --data"


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold the lock of a data folder, which is made if necessary.

    RC701 if another process holds it; RC704 if nothing can be written there.
    """
    with _writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder / FILE, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        with _writing(folder):
            _lock(folder, handle)
            _write(handle, f"{this_process()}\n")
        yield
    finally:
        os.close(handle)


def check_writable(folder: Path) -> None:
    """RC704 if no file can be made in a folder, which is made if necessary."""
    with _writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=folder)
        os.close(handle)
        os.unlink(name)


def folder_id(folder: Path) -> str:
    """The id of a data folder, made at the first call: every process that ever held its lock has it in its name."""
    path = folder / ID_FILE
    with contextlib.suppress(FileNotFoundError, UnicodeDecodeError):
        if ID.fullmatch(found := path.read_text(encoding="utf-8").strip()):
            return found
    made = secrets.token_hex(8)
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{made}\n", encoding="utf-8")
    return made


@contextlib.contextmanager
def _writing(folder: Path) -> Iterator[None]:
    """The errors of files as RC704."""
    try:
        yield
    except OSError as error:
        message = f'the data folder "{folder}" cannot be written'
        raise ReelError("RC704", Loc(), message, detail=str(error.strerror), hint=WRITABLE) from error


def _lock(folder: Path, handle: int) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise _in_use(folder, handle) from error


def name_address(folder: Path, address: str) -> None:
    """Write the address that this process, which holds the lock, serves into the file."""
    with (folder / FILE).open("r+b") as file:
        _write(file.fileno(), f"{this_process()}\n{address}\n")


def address_of(folder: Path) -> str:
    """The address that a running server of this machine serves the folder at; empty if none does."""
    try:
        holder, _, address = (folder / FILE).read_text(encoding="utf-8").partition("\n")
        process, machine = (part for part in holder.removeprefix("process ").split(" on "))
        os.kill(int(process), 0)
    except (OSError, ValueError):
        return ""
    return address.strip() if machine == socket.gethostname() else ""


def this_process() -> str:
    """This process as people find it."""
    return f"process {os.getpid()} on {socket.gethostname()}"


def _write(handle: int, text: str) -> None:
    """Write the file's text; the file is never empty in between, because others read it without a lock."""
    os.pwrite(handle, text.encode(), 0)
    os.ftruncate(handle, len(text.encode()))


def _in_use(folder: Path, handle: int) -> ReelError:
    holder = os.pread(handle, LONGEST, 0).decode(errors="replace").partition("\n")[0]
    message = f'the data folder "{folder}" is in use by another reelc serve'
    return ReelError("RC701", Loc(), message, detail=holder, hint=REMEDY)
