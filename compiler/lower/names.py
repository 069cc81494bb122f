"""Names for values: each clip's id, made legal as a filter's instance name and a link label."""

from __future__ import annotations

import re
from collections.abc import Sequence

LONGEST = 32
TAKEN = {"reel", "frame", "still", "film"}
"""Reserved names: those of joins, stills and films."""


def clip_names(ids: Sequence[str]) -> list[str]:
    """A name for each clip: the letters, digits, `_` and `-` of its id, with a number where two clash."""
    taken, names = set(TAKEN), []
    for clip_id in ids:
        stem = re.sub(r"[^A-Za-z0-9_-]+", "_", clip_id).strip("_-")[:LONGEST] or "clip"
        name, number = stem, 1
        while name in taken:
            number += 1
            name = f"{stem}_{number}"
        taken.add(name)
        names.append(name)
    return names
