"""Objects that no row names: what a crash left between a film or an upload and its row. They go after a day."""

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
    """The objects of this server that are stored, or about to be, and whose rows are still to be written.

    Their age does not protect them: a clock that is put forward makes everything old.
    """

    def __init__(self) -> None:
        self._keys: Counter[str] = Counter()

    @contextlib.contextmanager
    def kept(self, key: str) -> Iterator[None]:
        """Within, the object is nobody's orphan."""
        self._keys[key] += 1
        try:
            yield
        finally:
            self._keys[key] -= 1
            self._keys += Counter()

    def keys(self) -> frozenset[str]:
        """All of them."""
        return frozenset(self._keys)


async def sweep(
    store: ObjectStore, sending: Sending, user_database: UserDatabase, coming: Coming, older: timedelta
) -> int:
    """Delete a user's media that no row names and that are `older`; how many there were.

    Nothing is deleted unless the database here is the newest there is: another server's rows are not seen.
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
    # in this order: what was listed and is not coming any more has its row by now, or never will
    spared = coming.keys()
    spared |= await user_database.read(films.keys)
    for key in old:
        footage = key.partition(".")[0]
        if footage not in spared and not sending.is_sent(footage) and not sending.is_sent(key):
            await store.delete(key)
            count += 1
    return count
