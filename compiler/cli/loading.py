"""What every command that reads a reel does first: read it, find its media and the ffmpeg, compile."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from compiler.errors import Loc, ReelError
from compiler.ir.build import Build
from compiler.model import Reel, read_reel
from compiler.pipeline import Compiled, compile_reel
from compiler.supervise.ffmpeg import find_build
from compiler.supervise.probe import probe_all
from compiler.timeline.media import Media

STDIN = "-"

ReelPath = Annotated[
    str,
    typer.Argument(metavar="REEL", help="The reel file (JSON), or `-` for stdin. Its media are relative to it."),
]


def load(reel_path: str) -> Compiled:
    """The reel at a path, compiled for the ffmpeg that is there; raises whatever is wrong with any of them."""
    reel, media, build = gather(reel_path)
    return compile_reel(reel, media, build)


def gather(reel_path: str) -> tuple[Reel, Mapping[str, Media], Build]:
    """The reel, what each of its media is, and the ffmpeg that would render it."""
    reel = read_reel(read_text(reel_path))
    folder = Path.cwd() if reel_path == STDIN else Path(reel_path).parent
    return reel, probe_media(reel, folder.absolute()), find_build()


def read_text(reel_path: str) -> bytes:
    """The reel file's bytes; RC115 where it cannot be read."""
    if reel_path == STDIN:
        return sys.stdin.buffer.read()
    try:
        return Path(reel_path).read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ReelError(
            "RC115", Loc(), f'"{reel_path}" cannot be read: {reason}', hint="name a reel file, or - for stdin"
        ) from error


def probe_media(reel: Reel, folder: Path) -> Mapping[str, Media]:
    """Every media file of the reel by the name its clips use, each opened once."""
    paths = {clip.media: folder / clip.media for clip in reel.clips}
    found = probe_all([(paths[clip.media], clip.loc.at("media")) for clip in reel.clips])
    return {name: found[path] for name, path in paths.items()}
