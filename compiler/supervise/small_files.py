"""Small files: texts that others may read at any time, which appear complete, by a rename; and what ffmpeg made."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from compiler.errors import Loc, ReelError

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
    """The bytes of a file of ffmpeg's, whose size a hostile source may have chosen; RC610 beyond `most`. OSError."""
    with path.open("rb") as file:
        content = file.read(most + 1)
    if len(content) > most:
        detail = f"{path.name} has more than {most} bytes"
        raise ReelError("RC610", Loc(), "ffmpeg wrote more than it was asked for", detail=detail, hint=CHECK)
    return content


def keep_newest(folder: Path, most: int) -> None:
    """Remove the files of a folder that were used longest ago, beyond `most`; OSError."""
    entries = sorted(folder.iterdir(), key=lambda entry: entry.stat().st_mtime)
    for entry in entries[:-most]:
        entry.unlink(missing_ok=True)
