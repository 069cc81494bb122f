"""An index of unfinished exports in the object store: a start opens only the databases of their users (ADR 66).

    exports/unfinished/<uid>/<hash of the export's id>    an empty object for each, written before its acceptance is
                                                          acknowledged and deleted after its end is durable
    exports/indexed                                       the index is complete: written after one scan of all users

An object too many is harmless: the user's database has no such export.
"""

from __future__ import annotations

import asyncio
import hashlib
from datetime import datetime

from server.logs import logger
from server.storage.objects import Missing, ObjectStore, StoreFailed

TRIES, PAUSE = 3, 0.2
"""Tries to index an export, which goes on meanwhile, and the seconds between them."""

FOLDER, COMPLETE = "exports/unfinished/", "exports/indexed"


class Unfinished:
    """The index of one store."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    async def add(self, uid: str, export_id: str) -> None:
        """Index an export; StoreFailed after several tries."""
        for tries_left in reversed(range(TRIES)):
            try:
                await self._store.put(_key(uid, export_id), b"")
                return
            except StoreFailed:
                if not tries_left:
                    raise
            await asyncio.sleep(PAUSE)

    async def remove(self, uid: str, export_id: str) -> None:
        """Remove an export that has ended; one that cannot be removed now stays until `tidy`."""
        try:
            await self._store.delete(_key(uid, export_id))
        except StoreFailed as error:
            logger.warning("export not removed from the index", extra={"export": export_id, "why": str(error)})

    async def users(self) -> set[str] | None:
        """The users with unfinished exports; None before the index is complete. StoreFailed."""
        try:
            await self._store.head(COMPLETE)
        except Missing:
            return None
        return {stat.key.split("/")[2] async for stat in self._store.listing(FOLDER)}

    async def complete(self) -> None:
        """Note that every unfinished export is in the index; StoreFailed."""
        await self._store.put(COMPLETE, b"")

    async def tidy(self, uid: str, unfinished: set[str], before: datetime) -> None:
        """Remove what was indexed before a time and is not an unfinished export of the user; StoreFailed.

        Newer ones may be of exports that another server is accepting.
        """
        kept = {_key(uid, export_id) for export_id in unfinished}
        async for stat in self._store.listing(f"{FOLDER}{uid}/"):
            if stat.key not in kept and stat.modified < before:
                await self._store.delete(stat.key)


def _key(uid: str, export_id: str) -> str:
    return f"{FOLDER}{uid}/{hashlib.sha256(export_id.encode()).hexdigest()}"
