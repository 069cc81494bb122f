"""The command line: `reelc compile | render | frame | verify | probe | straighten | cache | schema | doctor`.

Results go to stdout, progress and messages to stderr. Exit codes: 0 done, 1 render failed, 2 usage, 3 invalid reel,
4 ffmpeg missing or unfit, 5 a server, store or scheduler unreachable, 6 media missing or unreadable, 7 storage unfit,
130 interrupted (143 by SIGTERM, 129 by SIGHUP): nothing is left behind.
"""

from __future__ import annotations

import atexit
import gc
import io
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from compiler.cli.caching import cache_command
from compiler.cli.compiling import compile_command
from compiler.cli.endings import report_and_exit_code
from compiler.cli.facts import doctor_command, probe_command, schema_command
from compiler.cli.help import Command, Group, wanted_colour
from compiler.cli.interrupts import Interrupted, interruptible
from compiler.cli.rendering import frame_command, render_command
from compiler.cli.straightening import straighten_command
from compiler.cli.verifying import verify_command

COLLECTED_AFTER = 50_000
"""New objects after which Python looks for cycles among them. By itself it looks after 700, and so some hundred times
while a command is imported, whose objects stay."""

EPILOG = (
    "Start with: reelc render reel.json -o film.mp4\n\n"
    "Exit codes: 0 done, 1 render failed, 2 usage, 3 invalid reel, 4 ffmpeg missing or unfit, "
    "5 a server, store or scheduler unreachable, 6 media missing or unreadable, 7 storage unfit, "
    "130 interrupted, 129 and 143 ended by SIGHUP and SIGTERM."
)

app = typer.Typer(
    name="reelc",
    help="Compile stored clip edits into one exact ffmpeg filtergraph, and render it.",
    epilog=EPILOG,
    cls=Group,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
app.command("compile", cls=Command)(compile_command)
app.command("render", cls=Command)(render_command)
app.command("frame", cls=Command)(frame_command)
app.command("verify", cls=Command)(verify_command)
app.command("probe", cls=Command)(probe_command)
app.command("straighten", cls=Command)(straighten_command)
app.command("cache", cls=Command)(cache_command)
app.command("schema", cls=Command)(schema_command)
app.command("doctor", cls=Command)(doctor_command)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"reelc {version('reelc')}")
        raise typer.Exit


@app.callback()
def root(
    show_version: Annotated[
        bool, typer.Option("--version", "-V", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Compile stored clip edits into one exact ffmpeg filtergraph, and render it."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit the program: errors as text on stderr, never a traceback."""
    gc.set_threshold(COLLECTED_AFTER)
    atexit.register(gc.freeze)  # Python ends by looking for cycles among all that is left
    if isinstance(sys.stdout, io.TextIOWrapper):  # print escapes for characters that the terminal cannot show
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        with interruptible():
            app(args=arguments, prog_name="reelc", color=wanted_colour())
    except (Exception, Interrupted) as end:  # the last boundary
        sys.exit(report_and_exit_code(end))
