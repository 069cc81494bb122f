"""`reelc cache`: the units that renders keep for the next one."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Annotated

import typer

from compiler.cli.options import AsJson, bytes_of
from compiler.supervise.plain import plain

if TYPE_CHECKING:
    from compiler.supervise.unit_cache import UnitCache

LIMIT = "REELC_UNIT_CACHE"
"""The variable that states how many bytes are kept: 500M, 20G; 0 for none."""


def unit_cache() -> UnitCache | None:
    """The user's cache of units; None if the environment states a limit of 0, a usage error if it states no size."""
    from compiler.supervise.unit_cache import LIMIT as USUAL
    from compiler.supervise.unit_cache import UnitCache

    stated = os.environ.get(LIMIT)
    if stated is None:
        return UnitCache(limit=USUAL)
    limit = bytes_of(stated)
    if limit is None:
        raise typer.BadParameter(f"{LIMIT}={stated!r} is not a size: give bytes, such as 500M or 20G, or 0 for none")
    return UnitCache(limit=limit) if limit else None


def cache_command(
    clear: Annotated[bool, typer.Option("--clear", help="Remove everything that is kept.")] = False,
    as_json: AsJson = False,
) -> None:
    """Print where units of films are kept, and how many.

    reelc render keeps the units of films, so that the next render makes only what changed, and goes on where an
    interrupted one ended. At most 10 GB are kept; those that were used longest ago are removed first. REELC_UNIT_CACHE
    states another limit (500M, 20G), or 0 for no cache.

    \b
    Examples:
      reelc cache
      reelc cache --clear
    """
    from compiler.supervise.unit_cache import default_folder

    cache = unit_cache()
    if cache and clear:
        cache.trim(0)
    entries = cache.entries() if cache else []
    size, limit = sum(entry.size for entry in entries), cache.limit if cache else 0
    if as_json:
        folder = str(default_folder())
        document = {"cache": 1, "folder": folder, "units": len(entries), "size": size, "limit": limit}
        typer.echo(json.dumps(document, indent=2))
        return
    typer.echo(f"{plain(str(default_folder()))}")
    typer.echo(f"{len(entries)} units, {size / 1e6:.1f} MB of at most {limit / 1e9:g} GB")
