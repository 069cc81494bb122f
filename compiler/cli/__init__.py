"""The command line: `reelc compile | render | frame | probe | schema | doctor`.

Results go to stdout, progress and messages to stderr. Exit codes: 0 ok, 1 render failed, 2 usage, 3 invalid reel,
4 ffmpeg missing or unfit, 5 server unreachable, 6 media missing or unreadable, 130 interrupted.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.metadata import version
from traceback import format_exception
from typing import Annotated

import typer

from compiler.cli.compiling import compile_command
from compiler.cli.facts import doctor_command, probe_command, schema_command
from compiler.cli.rendering import frame_command, render_command
from compiler.errors import Loc, ReelError, ReelErrors

app = typer.Typer(
    name="reelc",
    help="Compile stored clip edits into one exact ffmpeg filtergraph, and render it.",
    epilog="Start with: reelc render reel.json -o film.mp4",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("compile")(compile_command)
app.command("render")(render_command)
app.command("frame")(frame_command)
app.command("probe")(probe_command)
app.command("schema")(schema_command)
app.command("doctor")(doctor_command)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"reelc {version('reelc')}")
        raise typer.Exit


@app.callback()
def root(
    show_version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Compile stored clip edits into one exact ffmpeg filtergraph, and render it."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit the program: errors as text on stderr, never a traceback."""
    try:
        app(args=arguments)
    except (ReelError, ReelErrors) as error:
        sys.exit(_tell(error))
    except Exception as fault:  # the last boundary: what reaches it is a bug of ours, told as one
        sys.exit(_tell(_bug(fault)))


def _bug(fault: Exception) -> ReelError:
    return ReelError(
        "RC901",
        Loc(),
        "reelc failed, and the reel is not to blame",
        detail="".join(format_exception(fault)[-3:]).strip(),
        hint="please report this with the reel file; nothing was written",
    )


def _tell(error: ReelError | ReelErrors) -> int:
    typer.echo(str(error), err=True)
    if isinstance(error, ReelErrors):
        typer.echo(f"{len(error.errors)} errors", err=True)
    return error.exit_code
