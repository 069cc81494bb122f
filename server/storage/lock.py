"""The lock of a data folder: one server at a time uses it, because two would overwrite each other's databases.

The kernel releases the lock when its process ends, however it ends. The file stays and names its last holder.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

from compiler.errors import Loc, ReelError

FILE = "reelc.lock"
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
            _name_holder(handle)
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


def _name_holder(handle: int) -> None:
    """Write this process into the file; the file is never empty in between, because others read it without a lock."""
    text = f"process {os.getpid()} on {socket.gethostname()}\n".encode()
    os.pwrite(handle, text, 0)
    os.ftruncate(handle, len(text))


def _in_use(folder: Path, handle: int) -> ReelError:
    holder = os.pread(handle, LONGEST, 0).decode(errors="replace").strip()
    message = f'the data folder "{folder}" is in use by another reelc serve'
    return ReelError("RC701", Loc(), message, detail=holder, hint=REMEDY)
