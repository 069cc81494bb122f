"""The files of a user's local database: written from an image, and moved aside when they must not be used."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import sqlite3
import time
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import quote

from server.logs import logger

SUFFIXES = ("", "-wal", "-shm")
ASIDE_FOR = timedelta(days=30)
"""Time that a database stays in `aside/`."""


def write_image(path: Path, image: bytes) -> None:
    """Write the image to `path` atomically, and delete the WAL files of an earlier database."""
    coming = path.with_suffix(".coming")
    with coming.open("wb") as file:
        file.write(image)
        file.flush()
        os.fsync(file.fileno())
    for suffix in SUFFIXES:
        Path(f"{path}{suffix}").unlink(missing_ok=True)
    coming.replace(path)
    handle = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def local_base(local: Path, uid: str) -> int:
    """The number of the snapshot that a user's local database is based on; 0 if there is none that can be read."""
    path = local / "users" / uid / "edit.sqlite"
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)) as database:
            (base,) = database.execute("SELECT base FROM sync_head").fetchone()
    except (sqlite3.Error, TypeError):
        return 0
    return int(base)


def put_aside(path: Path, why: str) -> None:
    """Move an unusable database into `aside/`, where it is kept."""
    stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime())
    place = path.parent / "aside" / f"{stamp}-{why}-{secrets.token_hex(3)}"
    place.mkdir(parents=True)
    for suffix in SUFFIXES:
        with contextlib.suppress(FileNotFoundError):
            Path(f"{path}{suffix}").rename(place / f"{path.name}{suffix}")
    logger.warning("database moved aside", extra={"path": str(place), "why": why})


def remove_local(path: Path) -> None:
    """Delete the database of a user who was removed, with those of the user that were put aside."""
    shutil.rmtree(path.parent)
    path.parent.mkdir()
    logger.warning("the database of a removed user is deleted", extra={"path": str(path)})


def delete_aside(folder: Path, now: datetime) -> None:
    """Delete the databases that were put aside long ago."""
    for place in folder.glob("*"):
        if place.stat().st_mtime < (now - ASIDE_FOR).timestamp():
            shutil.rmtree(place)
