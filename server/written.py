"""Files and folders that a command writes beside a server: they get their names when they are whole.

They are written in a folder beside their place, `.<name>.<random>.part`, which is removed at the end. After SIGKILL the
next command for the same name removes it: a living command holds the lock of its folder.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from compiler.errors import Loc, ReelError

EXISTS = "it exists already"


@contextmanager
def written(target: Path, what: str, *, parents: bool = False) -> Iterator[Path]:
    """A path that is moved to `target` at the end, which is `what` for people; `parents` makes its folder. RC706 if
    something is there, or if it cannot be written."""
    if target.exists():
        raise _unwritable(target, what, EXISTS)
    try:
        if parents:
            target.parent.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(target)
        with _folder(target) as folder:
            yield folder / target.name
            if target.exists():  # made meanwhile
                raise _unwritable(target, what, EXISTS)
            (folder / target.name).rename(target)
    except OSError as error:
        raise _unwritable(target, what, str(error.strerror)) from error


@contextmanager
def _folder(target: Path) -> Iterator[Path]:
    """A new folder beside the target, locked where the file system has locks."""
    folder = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    folder.mkdir()
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        with contextlib.suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(handle)


def _remove_abandoned(target: Path) -> None:
    """Remove what killed commands left of this target."""
    name = re.compile(rf"\.{re.escape(target.name)}\.[0-9a-f]{{8}}\.part")
    for folder in [path for path in target.parent.iterdir() if name.fullmatch(path.name)]:
        with contextlib.suppress(OSError):  # a living command holds it
            handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder)
            finally:
                os.close(handle)


def _unwritable(target: Path, what: str, detail: str) -> ReelError:
    hint = "name a new file or folder on a disk with room"
    return ReelError("RC706", Loc(), f'{what} "{target}" cannot be written', detail=detail, hint=hint)
