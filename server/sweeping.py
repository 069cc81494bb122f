"""Objects that no row names: what a crash left between a film or an upload and its row. They go after a day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from server.media import Media
from server.storage import films, snapshots
from server.storage.objects import ObjectStore
from server.storage.tenants import Tenant


async def sweep(store: ObjectStore, media: Media, tenant: Tenant, older: timedelta) -> int:
    """Delete a user's media that no row names and that are `older`; how many there were.

    Nothing is deleted unless the database here is the newest there is: another server's rows are not seen.
    """
    base = tenant.sync.synced.base
    if tenant.sync.fenced or tenant.sync.pending or await snapshots.latest(store, tenant.uid, base) != base:
        return 0
    named = await tenant.read(films.keys)
    before, count = datetime.now(UTC) - older, 0
    async for stat in store.listing(f"users/{tenant.uid}/media/"):
        key = stat.key.removesuffix(".json")
        if stat.modified < before and key not in named and not media.sending(key):
            await store.delete(stat.key)
            count += 1
    return count
