"""The first steps of every command that reads a reel: read the reel, probe its media, find ffmpeg, compile."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path

from compiler.cli.interrupts import finish
from compiler.cli.options import STDIN
from compiler.errors import Loc, ReelError
from compiler.model import Reel, read_reel
from compiler.pipeline import Compiled, compile_reel
from compiler.profiles import PROFILES
from compiler.supervise.background import begun
from compiler.supervise.calibrate import known_costs
from compiler.supervise.facts_cache import FactsCache
from compiler.supervise.ffmpeg import Build, find_build
from compiler.supervise.films.film import check_ending
from compiler.supervise.plain import plain
from compiler.supervise.probe import probing


def load(
    reel_path: str, outputs: Iterable[Path] = (), film: Path | None = None, building: Future[Build] | None = None
) -> Compiled:
    """The reel at a path, compiled for the ffmpeg in use; raises the errors of the reel, its media and ffmpeg.

    `building` is the search for ffmpeg, if it has begun. Raises, before it opens any media, RC612 if an output is the
    reel itself or one of its media, and RC614 if the film's name has an ending that does not fit the reel's codec.
    """
    reel = read_reel(read_text(reel_path))
    folder = Path.cwd() if reel_path == STDIN else Path(reel_path).absolute().parent
    paths = {clip.media: folder / clip.media for clip in reel.clips}
    for output in outputs:
        _check_apart(output, reel_path, reel, paths)
    if film:
        check_ending(film, PROFILES[reel.encode.codec])
    building = building or begun(find_build)
    found = finish(probing([(paths[clip.media], clip.loc.at("media")) for clip in reel.clips], FactsCache()))
    build = building.result()
    media = {name: found[path] for name, path in paths.items()}
    return compile_reel(reel, media, build, costs=known_costs())


def read_text(reel_path: str) -> bytes:
    """The reel file's bytes; RC115 if it cannot be read."""
    if reel_path == STDIN:
        return sys.stdin.buffer.read()
    try:
        return Path(reel_path).read_bytes()
    except OSError as error:
        what = f'"{plain(reel_path)}" cannot be read: {error.strerror}'
        raise ReelError("RC115", Loc(), what, hint="name a reel file, or - for stdin") from error


def _check_apart(output: Path, reel_path: str, reel: Reel, paths: Mapping[str, Path]) -> None:
    sources = [(clip.loc.at("media"), paths[clip.media]) for clip in reel.clips]
    for loc, source in [(Loc(), Path(reel_path)), *sources]:
        with suppress(OSError):  # a file that is missing or cannot be read gets its own error later
            if output.samefile(source):
                what = f'"{plain(output.name)}" cannot be written: the film is made from it'
                raise ReelError("RC612", loc, what, hint="choose another name for the output")
