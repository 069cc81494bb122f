"""`reelc verify`: whether a film was made from a reel."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from compiler.cli.interrupts import finish
from compiler.cli.options import AsJson, ReelPath, file_name
from compiler.codes import RENDER_FAILED
from compiler.supervise.plain import plain

if TYPE_CHECKING:
    from compiler.verification import Parting, Verified

FilmPath = Annotated[Path, typer.Argument(metavar="FILM", parser=file_name, help="The film.")]
Deep = Annotated[bool, typer.Option("--deep", help="Render the reel again, and compare the bytes.")]

SENTENCES = {
    "same": "the same: {film} was made from this reel",
    "damaged": "damaged: {film} was made from this reel, but its bytes have changed since",
    "other_edit": "not the same: {film} was made from another edit",
    "other_maker": "not the same: {film} was made from this edit, by other programs",
    "no_identity": "unknown: {film} carries no identity; --deep renders the reel again and compares",
}


def verify_command(film: FilmPath, reel: ReelPath, deep: Deep = False, as_json: AsJson = False) -> None:
    """Tell whether a film was made from a reel.

    Films carry their identity: a hash of all that decides their bytes, without paths and names. Exit codes: 0 the same,
    1 another film, or one without an identity, 3 invalid reel, 6 film or media missing or unreadable.

    \b
    Examples:
      reelc verify film.mp4 reel.json
      reelc verify film.mp4 reel.json --deep
    """
    from compiler.cli.caching import unit_cache
    from compiler.cli.loading import load
    from compiler.film_identity import contents_by
    from compiler.verification import tag_of, verified, verified_deep

    tag_of(film)  # a film that is missing ends the command before the reel's media are read
    compiled, content = load(reel), contents_by(unit_cache())
    found = finish((verified_deep if deep else verified)(film, compiled, content))
    typer.echo(_as_json(found) if as_json else "\n".join(_lines(found, film)))
    if found.answer != "same":
        raise typer.Exit(RENDER_FAILED)


def _as_json(found: Verified) -> str:
    parting = found.parting and {
        "frame": found.parting.frame,
        "sample": found.parting.sample,
        "clip": found.parting.clip,
    }
    document = {"verify": 1, "answer": found.answer, "details": [*found.details], "parting": parting}
    return json.dumps(document, indent=2)


def _lines(found: Verified, film: Path) -> list[str]:
    sentence = SENTENCES[found.answer]
    if found.parting:
        sentence = sentence.partition(";")[0]
    lines = [sentence.format(film=plain(film.name)), *(f"  {detail}" for detail in found.details)]
    return [*lines, f"  {_as_text(found.parting)}"] if found.parting else lines


def _as_text(parting: Parting) -> str:
    places = [
        *([f"frame {parting.frame}"] if parting.frame is not None else []),
        *([f"sample {parting.sample}"] if parting.sample is not None else []),
    ]
    if not places:
        return "the bytes differ, and every picture and every sound is the same"
    clip = f", clip {plain(parting.clip)}" if parting.clip else ""
    return f"they part at {' and '.join(places)}{clip}"
