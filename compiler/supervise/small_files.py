"""Small text files that other processes may read at any time: each appears complete, by a rename."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


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


def keep_newest(folder: Path, most: int) -> None:
    """Remove the files of a folder that were used longest ago, beyond `most`; OSError."""
    entries = sorted(folder.iterdir(), key=lambda entry: entry.stat().st_mtime)
    for entry in entries[:-most]:
        entry.unlink(missing_ok=True)
