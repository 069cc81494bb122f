"""Temporary files: in memory where that is possible, else in the folder for them, which may be missing or full."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from compiler.errors import Loc, ReelError


def nameless_file() -> IO[bytes]:
    """A file without a name, which is gone when it is closed; no disk is needed on Linux."""
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("reelc"), "w+b")
    return tempfile.TemporaryFile()


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """A new folder, removed at the end; RC612 if there is no place for one."""
    try:
        made = tempfile.TemporaryDirectory(prefix="reelc-")
    except OSError as error:
        what = f"no temporary folder can be made: {error.strerror}"
        raise ReelError("RC612", Loc(), what, hint="name a folder that can be written in TMPDIR") from error
    with made as folder:
        yield Path(folder)
