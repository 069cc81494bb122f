"""Small files: texts that others may read at any time, which appear complete, by a rename; and what ffmpeg made.

A sealed text begins with the hash of its own name and text, so that one that lost bytes in a crash of the machine, or
that was swapped with another one, is found.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import tempfile
from pathlib import Path
from time import time

from compiler.errors import Loc, ReelError

AHEAD = 60
"""Seconds by which the clock of another machine, whose files are in the same folder, may be ahead."""

MOST_MADE = 32 << 20
"""Bytes of a report of ffmpeg's; 40,000 peaks take 6 MB."""

CHECK = "check the media; if you trust it, convert it first"


def put_text(path: Path, text: str) -> None:
    """Write a text under a name, with the folders that lead to it; OSError, and no file is left behind."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as file:
        try:
            file.write(text)
            file.flush()
            os.rename(file.name, path)
        except OSError:
            Path(file.name).unlink(missing_ok=True)
            raise


def read_made(path: Path, most: int = MOST_MADE) -> bytes:
    """The bytes of a file of ffmpeg's, whose size a hostile source may have chosen; RC610 beyond `most`. OSError, also
    for what is no file."""
    with open(path, "rb", opener=_regular) as file:
        content = file.read(most + 1)
    if len(content) > most:
        detail = f"{path.name} has more than {most} bytes"
        raise ReelError("RC610", Loc(), "ffmpeg wrote more than it was asked for", detail=detail, hint=CHECK)
    return content


def text_of(path: Path) -> str:
    """The text of a file; OSError, also for what is no file, such as a FIFO, which nobody may ever write; ValueError
    if it is no text."""
    with open(path, encoding="utf-8", opener=_regular) as file:
        return file.read()


def put_sealed(path: Path, text: str) -> None:
    """Write a text with its seal; OSError, as `put_text`."""
    put_text(path, f"{_seal(path, text)}\n{text}")


def sealed_text(path: Path) -> str:
    """The text that was written under this name; OSError if there is none, or if it is damaged."""
    try:
        seal, _, text = text_of(path).partition("\n")
    except ValueError as error:
        raise _damaged(path) from error
    if seal != _seal(path, text):
        raise _damaged(path)
    return text


def keep_newest(folder: Path, most: int) -> None:
    """Remove the files of a folder that were used longest ago, beyond `most`; OSError. What is no file stays."""
    paths = list(folder.iterdir())
    if len(paths) <= most:
        return
    files = [path for path in paths if path.is_file()]
    for path in sorted(files, key=lambda path: last_used(path.stat()))[:-most]:
        path.unlink(missing_ok=True)


def last_used(state: os.stat_result) -> float:
    """When a file was last used, in seconds since 1970: 0 if that is yet to come. The clock was wrong then, and such a
    file would outlast all that is used until its time comes."""
    return state.st_mtime if state.st_mtime <= time() + AHEAD else 0


def _regular(path: str, flags: int) -> int:
    """The descriptor of a regular file; OSError for what is none, without a wait for it."""
    descriptor = os.open(path, flags | os.O_NONBLOCK)
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is not a regular file", str(path))
    return descriptor


def _seal(path: Path, text: str) -> str:
    return hashlib.sha256(f"{path.name}\n{text}".encode()).hexdigest()


def _damaged(path: Path) -> OSError:
    return OSError(errno.EIO, "it is damaged", str(path))
