"""The room on a disk for a file that ffmpeg makes there."""

from __future__ import annotations

import shutil
from pathlib import Path

from compiler.errors import Loc, ReelError
from server.settings import Settings

COPIES = 2
"""Copies of what is made: a film's units and the film that they are joined to; a proxy and the object in the store."""


def room_for_file(settings: Settings, folder: Path) -> int:
    """The most bytes of a file that is made in `folder`, whose disk keeps `room_kept`; RC611 if nothing is left."""
    room = shutil.disk_usage(folder).free - settings.room_kept
    if room < COPIES:
        raise ReelError("RC611", Loc(), "the disk is full", hint="free some space and render again")
    return room // COPIES
