"""The folder that `reelc compile -o` writes: graph, script, command and plan as files."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from compiler.emit.sound import GAIN, MEASURED
from compiler.errors import Loc, ReelError
from compiler.ir.text import show
from compiler.pipeline import Compiled
from compiler.pipeline.forms import MEASURE, SCRIPT, command, plan_of
from compiler.profiles import PROFILES
from compiler.supervise.plain import plain

if TYPE_CHECKING:
    from compiler.cli.made_before import MadeBefore

GRAPH, COMMAND, PLAN = "graph.txt", "command.sh", "plan.json"

SHELL = """\
#!/bin/sh
# Renders the film beside this file, as reelc render does, but without its supervision and verification.
CDPATH= cd -- "$(dirname -- "$0")" || exit
"""


def outputs(folder: Path) -> Iterator[Path]:
    """Every file that compiling, or running the command, puts into the folder."""
    films = dict.fromkeys(f"film{profile.endings[0]}" for profile in PROFILES.values())
    return (folder / name for name in (GRAPH, SCRIPT, MEASURE, COMMAND, PLAN, GAIN, MEASURED, *films))


def check_folder(folder: Path) -> None:
    """Raise RC612 if the folder cannot be written."""
    place = next(place for place in (folder.absolute(), *folder.absolute().parents) if os.path.lexists(place))
    if not os.path.isdir(place):
        raise _unwritable(folder, f'"{plain(place.name)}" is not a folder')
    if not os.access(place, os.W_OK | os.X_OK):
        raise _unwritable(folder, f'"{plain(place.name)}" may not be written')


def write(compiled: Compiled, folder: Path, before: MadeBefore | None = None) -> None:
    """Write graph, script, command and plan to the folder, and make it if it is missing; RC611 or RC612 on failure.

    `before` says in the plan which parts of the film are in the cache.
    """
    measuring = compiled.measuring
    texts = {
        **({MEASURE: measuring.script} if measuring else {}),
        GRAPH: show(compiled.graph),
        SCRIPT: compiled.script,
        COMMAND: _shell(command(compiled)),
        PLAN: json.dumps(plan_of(compiled, before.as_json() if before else None), indent=2) + "\n",
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".reelc-", dir=folder) as aside:
            for name, text in texts.items():
                Path(aside, name).write_text(text, encoding="utf-8", errors="surrogateescape")
            Path(aside, COMMAND).chmod(0o755)
            for name in texts:
                Path(aside, name).replace(folder / name)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise ReelError("RC611", Loc(), "the disk is full", hint="free some space and compile again") from error
        raise _unwritable(folder, str(error.strerror)) from error


def _shell(commands: str) -> str:
    """A script for any shell; for bash where an input is the output of a process, which other shells do not spell."""
    interpreter = "/usr/bin/env bash" if "<(" in commands else "/bin/sh"
    return SHELL.replace("/bin/sh", interpreter) + commands


def _unwritable(folder: Path, why: str) -> ReelError:
    what = f'"{plain(str(folder))}" cannot be written: {why}'
    return ReelError("RC612", Loc(), what, hint="name a folder that you may write to")
