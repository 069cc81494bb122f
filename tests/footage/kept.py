"""Puts files in folders that several processes fill."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path


def keep(made: Path, path: Path) -> None:
    """Move a finished file into place, unless another process was faster: its file may be open, and confined readers
    of a file may not open another one in its place."""
    with contextlib.suppress(FileExistsError):
        os.link(made, path)
    made.unlink()
