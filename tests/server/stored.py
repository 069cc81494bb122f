"""What a store has, read without a server."""

from __future__ import annotations

import asyncio
from pathlib import Path

from server.storage import snapshots
from server.storage.folder import FolderStore


def newest_database(data: Path, uid: str, place: Path) -> Path:
    """Write the database that another machine would restore to a file; return its path."""

    async def fetched() -> bytes:
        store = FolderStore(data / "objects")
        _, image = await snapshots.fetch(store, uid, await snapshots.latest(store, uid))
        await store.close()
        return image

    place.write_bytes(asyncio.run(fetched()))
    return place
