"""A planted fault, and a copy of the tree that contains it."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]

LINKED = (".venv", ".footage")
"""Folders outside of the tree that its tests need: a copy has links to them."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: `old`, which occurs once in `file`, becomes `new`; at least one test of `judges` must fail then."""

    name: str
    file: str
    old: str
    new: str
    judges: tuple[str, ...]
    """Test files, folders or single tests, as `file::name`. Goldens are excluded: they see every change of a text, but
    not its effect on a film."""

    def plant(self, tree: Path) -> None:
        """Put the fault into a copy of the tree; ValueError unless `old` occurs there once."""
        path = tree / self.file
        text = path.read_text(encoding="utf-8")
        if (found := text.count(self.old)) != 1:
            raise ValueError(f"{self.name}: {self.file} has {self.old!r} {found} times")
        path.write_text(text.replace(self.old, self.new), encoding="utf-8")


def copy_tree(to: Path) -> Path:
    """A copy of every tracked file in its current state."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, to / name)
    for name in LINKED:
        if (ROOT / name).exists():
            os.symlink((ROOT / name).resolve(), to / name)
    return to
