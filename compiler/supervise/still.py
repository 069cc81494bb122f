"""From a still's script to a picture in its place."""

from __future__ import annotations

import tempfile
from pathlib import Path

from compiler.errors import Loc, ReelError
from compiler.supervise.film import check_output, part_of, publish
from compiler.supervise.render import BuildCommand, written
from compiler.supervise.run import run
from compiler.supervise.verdict import UNKNOWN, Origins


async def render_still(
    build_command: BuildCommand,
    script: str,
    output: Path,
    *,
    origins: Origins = UNKNOWN,
    overwrite: bool = False,
    stall_after: float = 60,
) -> None:
    """The picture, whole, at `output`; or a coded error and `output` untouched."""
    check_output(output, overwrite)
    part = part_of(output)
    try:
        with tempfile.TemporaryDirectory(prefix="reelc-") as folder:
            command = build_command(written(script, Path(folder)), part)
            await run(command, frames=1, on_progress=lambda _: None, stall_after=stall_after, origins=origins)
        if not part.exists() or not part.stat().st_size:
            raise ReelError("RC610", Loc(), "ffmpeg ended well but wrote no picture", hint="run reelc doctor")
        publish(part, output, overwrite)
    finally:
        part.unlink(missing_ok=True)
