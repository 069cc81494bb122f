"""The output path of a film: checks before rendering, and the final rename."""

from __future__ import annotations

import errno
import fcntl
import os
import re
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from compiler.errors import Loc, ReelError
from compiler.profiles import Profile
from compiler.supervise.plain import plain

UNFINISHED = ".part"


def check_output(path: Path, overwrite: bool = False) -> None:
    """Raise RC611, RC612 or RC613 if no film can be written to the path, before any work is done."""
    try:
        _check_place(path, overwrite)
    except OSError as error:  # a name too long, a folder that may not be entered
        raise _unwritable(path, str(error.strerror), "choose another name") from error


def check_ending(path: Path, profile: Profile) -> None:
    """Raise RC614 if the film's name has an ending of another format; a name without an ending is legal."""
    ending = path.suffix.lower()
    if ending and ending not in profile.endings:
        raise ReelError(
            "RC614",
            Loc(None, "/encode/codec"),
            f'"{plain(path.name)}" does not name {profile.title}',
            detail=f"it ends in {plain(ending)}; the reel's codec is {profile.name}",
            hint=f"end it in {' or '.join(profile.endings)}, or choose another codec",
        )


def _check_place(path: Path, overwrite: bool) -> None:
    folder = path.absolute().parent
    if not folder.is_dir():
        raise _unwritable(path, "its folder does not exist", "create the folder first")
    if path.is_dir():
        raise _unwritable(path, "it is a folder", "name a file in it")
    if os.path.lexists(path) and not overwrite:
        raise _exists(path)
    if path.exists() and not stat.S_ISREG(path.stat().st_mode):
        raise _unwritable(path, "it is not a regular file", "choose another name")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise _unwritable(path, "its folder may not be written", "choose another folder, or change its permissions")
    if not shutil.disk_usage(folder).free:
        raise ReelError("RC611", Loc(), "the disk is full", hint="free some space and render again")


@contextmanager
def workplace(output: Path) -> Iterator[tuple[Path, Path]]:
    """A new folder beside the output, removed at the end, and the path of the unfinished film in it.

    The folder's name begins with a dot and ends in `.part`. What killed renders of the same film left is removed first:
    a living one holds the lock of its folder.
    """
    output = output.absolute()
    _remove_abandoned(output)
    try:
        made, held = _locked_folder(output)
    except OSError as error:
        raise refusal(output, error) from error
    try:
        with made as folder:
            yield Path(folder), Path(folder) / "film.part"
    finally:
        if held is not None:
            os.close(held)


def _prefix(output: Path) -> str:
    return f".{output.stem[:40]}."


def _remove_abandoned(output: Path) -> None:
    name = re.compile(f"{re.escape(_prefix(output))}[a-z0-9_]{{8}}{re.escape(UNFINISHED)}")
    with suppress(OSError):  # where this fails, the making of the film's own folder says why
        for folder in [path for path in output.parent.iterdir() if name.fullmatch(path.name)]:
            with suppress(OSError):
                held = _lock(folder)
                shutil.rmtree(folder, ignore_errors=True)
                os.close(held)


def _locked_folder(output: Path) -> tuple[tempfile.TemporaryDirectory[str], int | None]:
    """A new folder, and the descriptor that holds its lock; None where the file system has no locks. OSError."""
    while True:
        made = tempfile.TemporaryDirectory(prefix=_prefix(output), suffix=UNFINISHED, dir=output.parent)
        try:
            held = _lock(Path(made.name))
        except (BlockingIOError, FileNotFoundError):  # another render took it for abandoned before it was locked
            made.cleanup()
            continue
        except OSError:
            return made, None
        if os.path.isdir(made.name):
            return made, held
        os.close(held)
        made.cleanup()


def _lock(folder: Path) -> int:
    """The descriptor that holds the lock of a folder; BlockingIOError if another one holds it, OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def to_be_made(file: Path, film: Path) -> Path:
    """Make the file that ffmpeg is to write, empty: it may write to this file, and can make no other. RC611 or RC612,
    which name the film, if it cannot be made."""
    try:
        file.touch()
    except OSError as error:
        raise refusal(film, error) from error
    return file


def check_written(file: Path) -> None:
    """RC610 if ffmpeg ended well and wrote nothing to the file that it was to write."""
    if not file.exists() or not file.stat().st_size:
        raise ReelError("RC610", Loc(), "ffmpeg ended well but wrote no film", hint="run reelc doctor")


def publish(part: Path, final: Path, overwrite: bool = False) -> None:
    """Make `part` durable and give it its final name atomically; RC613 rather than overwrite an existing film."""
    try:
        with part.open("rb") as file:
            os.fsync(file.fileno())
        if overwrite:
            part.replace(final)
        else:
            _claim(part, final)
        _sync_folder(final.absolute().parent)
    except FileExistsError as error:
        raise _exists(final) from error
    except OSError as error:
        raise refusal(final, error) from error


def refusal(path: Path, error: OSError) -> ReelError:
    """The coded error for a file system that refused to write `path`."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return ReelError("RC611", Loc(), "the disk is full", hint="free some space and render again")
    return _unwritable(path, str(error.strerror), "choose another folder")


def _claim(part: Path, final: Path) -> None:
    try:
        final.hardlink_to(part)
        part.unlink()
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links: create the name as an empty file, then replace that
        os.close(os.open(final, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        part.replace(final)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _unwritable(path: Path, why: str, hint: str) -> ReelError:
    return ReelError("RC612", Loc(), f'"{plain(path.name)}" cannot be written: {why}', hint=hint)


def _exists(path: Path) -> ReelError:
    return ReelError(
        "RC613", Loc(), f'"{plain(path.name)}" exists already', hint="choose another name, or overwrite it"
    )
