"""`reelc straighten`: the stream that ffmpeg gets in place of an odd file's own."""

from __future__ import annotations

import json
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Annotated

import typer

from compiler.cli.interrupts import finish
from compiler.errors import Loc, ReelError


def straighten_command(
    media: Annotated[Path, typer.Argument(metavar="MEDIA", help="The media file.")],
    video: Annotated[bool, typer.Option("--video", help="The picture.")] = False,
    audio: Annotated[bool, typer.Option("--audio", help="The sound.")] = False,
    begin: Annotated[str, typer.Option("--from", metavar="SECONDS", help="The source time to begin at.")] = "0",
) -> None:
    """Stream the picture or the sound of an odd file to ffmpeg.

    Raw frames or samples in source time, as NUT on stdout: whole frames of one shape at increasing times, or samples
    without a gap. The commands of `reelc compile` read files that need it so; `reelc probe` says why.

    \b
    Example:
      reelc straighten recording.ts --video --from 90 | ffmpeg -f nut -i - film.mp4
    """
    from compiler.emit.straightened import spec_of
    from compiler.ir.ops import Source
    from compiler.supervise.facts_cache import FactsCache
    from compiler.supervise.films.feed import straightener
    from compiler.supervise.probe import probing
    from compiler.supervise.temporary import temporary_folder

    if video == audio:
        raise typer.BadParameter("name one of --video and --audio")
    facts = finish(probing([(media.absolute(), Loc())], FactsCache()))[media.absolute()]
    if audio and facts.audio is None:
        raise ReelError("RC604", Loc(), f'"{media.name}" has no sound', hint="take its picture with --video")
    spec = spec_of(Source(facts, "video" if video else "audio", _seconds(begin)))
    with temporary_folder() as folder:
        listed = folder / "spec.json"
        listed.write_text(json.dumps(spec), encoding="utf-8")
        ended = subprocess.run(straightener(listed, facts.path), stdin=subprocess.DEVNULL, check=False)
    sys.exit(ended.returncode)


def _seconds(text: str) -> Fraction:
    try:
        return Fraction(text)
    except (ValueError, ZeroDivisionError) as error:
        raise typer.BadParameter(f"{text} is no number of seconds") from error
