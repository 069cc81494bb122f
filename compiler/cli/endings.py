"""Errors and interrupts of a command: the text on stderr, and the exit code."""

from __future__ import annotations

import errno
from traceback import format_exception

import typer

from compiler.cli.interrupts import Interrupted
from compiler.errors import Loc, ReelError, ReelErrors


def report_and_exit_code(end: Exception | Interrupted) -> int:
    """The exit code, after printing the error on stderr; an unexpected exception is reported as RC901."""
    match end:
        case Interrupted():
            typer.echo("interrupted", err=True)
            return end.exit_code
        case ReelErrors():
            typer.echo(f"{end}\n{len(end.errors)} errors", err=True)
            return end.exit_code
        case ReelError():
            typer.echo(str(end), err=True)
            return end.exit_code
        case OSError(errno=errno.ENOSPC | errno.EDQUOT):
            return report_and_exit_code(
                ReelError("RC611", Loc(), "the disk is full", hint="free some space and try again")
            )
        case _:
            return report_and_exit_code(_bug(end))


def _bug(fault: Exception) -> ReelError:
    return ReelError(
        "RC901",
        Loc(),
        "reelc failed, and the reel is not to blame",
        detail="".join(format_exception(fault)[-3:]).strip(),
        hint="please report this with the reel file; nothing was written",
    )
