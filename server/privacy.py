"""Keeps the server's secrets, memory and files from children and from other programs and users of the machine."""

from __future__ import annotations

import ctypes
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

from server.logs import logger
from server.secret_files import is_secret
from server.settings import AUDIT_FILE, PREFIX, Settings
from server.storage.lock import FILE

PR_SET_DUMPABLE = 4

OTHERS = 0o077
"""The permissions of everybody but the owner of a file."""

AWS_SECRETS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN")
"""Variables of the AWS tools; boto3 reads them when the store is opened, if at all."""


def close_memory() -> None:
    """Deny other programs of this user the process's memory, open files and environment; it leaves no core dumps."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


def forget_secrets() -> None:
    """Remove secrets from the environment, and overwrite the copy that the kernel shows in /proc."""
    secrets = (PREFIX + name.upper() for name, field in Settings.model_fields.items() if is_secret(field))
    getenv = ctypes.CDLL(None).getenv
    getenv.restype = ctypes.c_void_p
    for name in (*secrets, *AWS_SECRETS):
        if place := getenv(name.encode()):
            ctypes.memset(place, 0, len(ctypes.string_at(place)))
        os.environ.pop(name, None)


def close_new_files() -> None:
    """From now on, deny other users of the machine the files and folders that this process makes."""
    os.umask(OTHERS)


def close_files(settings: Settings) -> None:
    """Deny other users the files and folders that an earlier server made in the data folder."""
    ours = (settings.local, settings.objects)
    if {path.name for path in settings.data.iterdir()} <= {FILE, AUDIT_FILE, *(path.name for path in ours)}:
        _close(settings.data)  # else the folder has other files too, which may be for others
    failed = [path for folder in ours for path in _below(folder) if not _close(path)]
    if failed:
        logger.warning("other users may read files of the data folder", extra={"files": len(failed)})


def _below(folder: Path) -> Iterator[Path]:
    yield folder
    for parent, folders, files in os.walk(folder):
        yield from (Path(parent, name) for name in (*folders, *files))


def _close(path: Path) -> bool:
    """Whether the file or folder is closed now; links, and files that were deleted meanwhile, need nothing."""
    try:
        mode = path.stat(follow_symlinks=False).st_mode
        if mode & OTHERS and (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            path.chmod(stat.S_IMODE(mode) & ~OTHERS)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True
