"""Deletes objects without a row, which a crash left after storing a film or an upload and before writing its row."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from server.footage.sending import Sending
from server.storage import snapshots
from server.storage.objects import ObjectStore
from server.storage.tenants import UserDatabase
from server.tables import films


class Coming:
    """The keys of objects that this server is storing, or has stored before writing their rows.

    The age of an object does not protect it: a clock that is set forward makes every object old.
    """

    def __init__(self) -> None:
        self._keys: Counter[str] = Counter()

    @contextlib.contextmanager
    def kept(self, key: str) -> Iterator[None]:
        """Protect an object from `sweep` inside the context."""
        self._keys[key] += 1
        try:
            yield
        finally:
            self._keys[key] -= 1
            self._keys += Counter()

    def keys(self) -> frozenset[str]:
        """The protected keys."""
        return frozenset(self._keys)


async def sweep(
    store: ObjectStore, sending: Sending, user_database: UserDatabase, coming: Coming, older: timedelta
) -> int:
    """Delete a user's media that are `older` and have no row; return their number.

    Nothing is deleted unless the local database is the newest, because rows of another server are not visible here.
    """
    base = user_database.sync.synced.base
    if (
        user_database.sync.fenced
        or user_database.sync.pending
        or await snapshots.latest(store, user_database.uid, base) != base
    ):
        return 0
    before, count = datetime.now(UTC) - older, 0
    old = [stat.key async for stat in store.listing(f"users/{user_database.uid}/media/") if stat.modified < before]
    # in this order: an object that was listed and is no longer being stored has its row by now, or never gets one
    spared = coming.keys()
    spared |= await user_database.read(films.keys)
    for key in old:
        footage = key.partition(".")[0]
        if footage not in spared and not sending.is_sent(footage) and not sending.is_sent(key):
            await store.delete(key)
            count += 1
    return count
