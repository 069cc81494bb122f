"""Compiles a stored edit for an export: its rows, its footage, its reel. Nothing comes from the client's request."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from compiler.model import Reel
from compiler.pipeline import Compiled
from server.edits.compiled import Compiler, Edit, footage_of
from server.footage.cache import MediaCache
from server.footage.facts import Facts
from server.storage.objects import ObjectStore, Stat


@dataclass(frozen=True, slots=True)
class Prepared:
    """An edit, ready to be rendered once its footage is in the cache."""

    edit: Edit
    compiled: Compiled
    footage: tuple[tuple[Stat, Facts], ...]
    identity: str
    """A hash of everything that decides the film's bytes: the ffmpeg, the graph, the encoding, the footage."""


async def prepare(uid: str, edit: Edit, store: ObjectStore, cache: MediaCache, compiler: Compiler) -> Prepared:
    """Compile a user's edit and look its footage up.

    Raises the first error that applies, as a Problem, in the order of "Errors of an export" in docs/server.md;
    StoreFailed when the store does not answer.
    """
    reel = await compiler.read(uid, edit)
    found = await footage_of(edit, store, cache, lambda _, stat: cache.path(stat))
    compiled = await compiler.compile(uid, reel, {raw_id: facts.media for raw_id, (_, facts) in found.items()})
    stats = [stat for stat, _ in found.values()]
    cache.check_room(stats)
    return Prepared(edit, compiled, tuple(found.values()), _identity(reel, compiled, stats))


def _identity(reel: Reel, compiled: Compiled, footage: Sequence[Stat]) -> str:
    decisive = {
        "ffmpeg": compiled.build.version,
        "script": compiled.script,
        "units": compiled.plan.units,
        "encode": [asdict(reel.audio), asdict(reel.encode)],
        "footage": sorted((stat.key, stat.etag) for stat in footage),
    }
    return hashlib.sha256(json.dumps(decisive, default=str).encode()).hexdigest()
