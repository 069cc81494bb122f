"""Compiles a stored edit for an export: its rows, its footage, its reel. Nothing comes from the client's request."""

from __future__ import annotations

from dataclasses import dataclass

from compiler.film_identity import KnownFilm
from compiler.pipeline import Compiled
from server.edits.compiled import Compiler, Edit, footage_of, read_edit
from server.footage.by_parts import placed
from server.footage.cache import MediaCache
from server.footage.facts import Facts
from server.storage.database import Reader
from server.storage.objects import ObjectStore, Stat
from server.tables import exports


@dataclass(frozen=True, slots=True)
class Prepared:
    """An edit, ready to be rendered once its footage is in the cache."""

    edit: Edit
    compiled: Compiled
    footage: tuple[tuple[Stat, Facts], ...]
    known: KnownFilm | None = None
    """The film's steps and its identity, once they are computed."""

    @property
    def identity(self) -> str | None:
        """The hash of everything that decides the film's bytes; None while it is unknown."""
        return self.known.stamp.identity if self.known else None


async def prepare(uid: str, edit: Edit, store: ObjectStore, cache: MediaCache, compiler: Compiler) -> Prepared:
    """Compile a user's edit and look its footage up.

    Raises the first error that applies, as a Problem, in the order of "Errors of an export" in docs/server.md;
    StoreFailed when the store does not answer.
    """
    reel = await compiler.read(uid, edit)
    found = await footage_of(edit, store, cache, lambda _, stat: cache.path(stat))
    found = {raw_id: (stat, await placed(cache, stat, facts)) for raw_id, (stat, facts) in found.items()}
    compiled = await compiler.compile(uid, reel, {raw_id: facts.media for raw_id, (_, facts) in found.items()})
    files = {stat.key: (stat, facts) for stat, facts in found.values()}
    cache.check_room(stat for stat, _ in files.values())
    return Prepared(edit, compiled, tuple(files.values()))


async def edit_of(export_id: str, reader: Reader) -> Edit:
    """The edit that an unfinished export renders."""
    return await read_edit(reader, *await exports.edit_of(reader, export_id))
