"""A finished film: is it the one that was predicted, may it be put there, and putting it there."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import stat
from fractions import Fraction
from pathlib import Path
from typing import Any

from compiler.errors import Loc, ReelError
from compiler.supervise.plain import plain
from compiler.supervise.probe import question

AAC_FRAME = 1024
"""Samples by which an audio track may be longer than asked: the encoder's last frame."""


async def verify_film(
    path: Path,
    *,
    frames: int,
    fps: Fraction,
    size: tuple[int, int],
    samples: int | None,
    codec: str = "h264",
    pix_fmt: str = "yuv420p",
) -> None:
    """RC610 unless the film is what was predicted, every packet counted and on the grid n / fps.

    `samples` is of the 48 kHz sound, None for a film without.
    """
    try:
        found = await question("film", path, fps, loc=Loc())
    except ReelError as error:  # the user's media are sound: what cannot be read is ours
        raise _differs("\n".join(filter(None, (error.message, error.detail)))) from error
    predicted = {
        "video streams": 1,
        "audio streams": 0 if samples is None else 1,
        "video codec": codec,
        "pixel format": pix_fmt,
        "size": f"{size[0]}x{size[1]}",
        "frames": frames,
        "frames off the grid": "none",
        "samples": "none" if samples is None else samples,
    }
    got = _as_predicted(found, samples)
    wrong = [f"{name}: got {got[name]}, predicted {value}" for name, value in predicted.items() if got[name] != value]
    if wrong:
        raise _differs("\n".join(wrong))


def _differs(detail: str) -> ReelError:
    hint = "render again; if it stays so, report it with the reel file"
    return ReelError("RC610", Loc(), "the film is not what was predicted", detail=detail, hint=hint)


def check_output(path: Path, overwrite: bool = False) -> None:
    """RC611, RC612 or RC613 if no film could be put there, before any work is done for it."""
    try:
        _check_place(path, overwrite)
    except OSError as error:  # a name too long, a folder that may not be entered
        raise _unwritable(path, str(error.strerror), "choose another name") from error


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


def part_of(output: Path) -> Path:
    """A new name beside the output, for it while it is made: it begins with a dot and ends in `.part`."""
    return output.absolute().with_name(f".{output.stem[:40]}.{secrets.token_hex(6)}.part")


def publish(part: Path, final: Path, overwrite: bool = False) -> None:
    """Make `part` durable and give it its final name in one step; RC613 rather than lose a film that is there."""
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
    """The coded error for a file system that would not take what belongs at `path`."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return ReelError("RC611", Loc(), "the disk is full", hint="free some space and render again")
    return _unwritable(path, str(error.strerror), "choose another folder")


def _claim(part: Path, final: Path) -> None:
    try:
        final.hardlink_to(part)
        part.unlink()
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links: take the name first, then replace our own empty file
        os.close(os.open(final, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        part.replace(final)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _as_predicted(found: dict[str, Any], samples: int | None) -> dict[str, object]:
    heard = None if found["samples"] is None else Fraction(found["samples"])
    enough = samples is not None and heard is not None and samples <= heard < samples + AAC_FRAME
    return {
        "video streams": found["videos"],
        "audio streams": found["audios"],
        "video codec": found["codec"],
        "pixel format": found["pix_fmt"],
        "size": "x".join(map(str, found["size"])),
        "frames": found["frames"],
        "frames off the grid": "none" if found["off_grid"] is None else f"frame {found['off_grid']} first",
        "samples": samples if enough else "none" if heard is None else float(heard),
    }


def _unwritable(path: Path, why: str, hint: str) -> ReelError:
    return ReelError("RC612", Loc(), f'"{plain(path.name)}" cannot be written: {why}', hint=hint)


def _exists(path: Path) -> ReelError:
    return ReelError(
        "RC613", Loc(), f'"{plain(path.name)}" exists already', hint="choose another name, or overwrite it"
    )
