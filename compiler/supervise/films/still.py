"""Renders a still's script to a picture file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from time import monotonic

from compiler.errors import Loc, ReelError
from compiler.supervise.children.reach import Reach
from compiler.supervise.films.film import check_output, publish, to_be_made, workplace
from compiler.supervise.films.progress import ProgressMeter
from compiler.supervise.films.run import run
from compiler.supervise.films.verdict import UNKNOWN, Origins

BuildCommand = Callable[[Path, Path], list[str]]
"""The argv that renders the script at the first path to the second, which ends in `.part`: it must state the muxer."""


async def render_still(
    build_command: BuildCommand,
    script: str,
    output: Path,
    *,
    reads: Sequence[str],
    origins: Origins = UNKNOWN,
    overwrite: bool = False,
    stall_after: float = 60,
    feeds: Mapping[str, str] | None = None,
) -> None:
    """Render the picture to `output` from the media in `reads`; on a coded error `output` stays untouched."""
    check_output(output, overwrite)
    with workplace(output) as (folder, part):
        graph = folder / "filtergraph.txt"
        graph.write_text(script, encoding="utf-8")
        command = build_command(graph, part)
        await run(
            command,
            ProgressMeter(1, monotonic()),
            reach=Reach(command[:1], [*reads, folder], [to_be_made(part, output)]),
            on_progress=lambda _: None,
            stall_after=stall_after,
            origins=origins,
            cwd=folder,
            feeds=feeds,
        )
        if not part.exists() or not part.stat().st_size:
            raise ReelError("RC610", Loc(), "ffmpeg ended well but wrote no picture", hint="run reelc doctor")
        publish(part, output, overwrite)
