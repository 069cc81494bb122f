"""Makes a store readable for servers of before deltas, for `reelc downgrade`."""

from __future__ import annotations

from server.storage import snapshots
from server.storage.objects import Exists, ObjectStore
from server.storage.snapshots import WHOLE_IMAGE
from server.threads import in_thread


class InUse(Exception):
    """A server stored a snapshot meanwhile."""


async def users_of(store: ObjectStore) -> list[str]:
    """Every user who has data in a store."""
    return sorted({stat.key.split("/")[1] async for stat in store.listing("users/")})


async def downgrade(store: ObjectStore) -> list[str]:
    """Store the newest state of every user as a whole image in version 1; return the users of whom that was necessary.

    It has the next number and the same writer, so that a server that has the database locally goes on from it. InUse
    if a server saves meanwhile; Damaged if a snapshot cannot be read.
    """
    return [uid for uid in await users_of(store) if await _downgrade(store, uid)]


async def _downgrade(store: ObjectStore, uid: str) -> bool:
    number = await snapshots.latest(store, uid)
    if not number or (await snapshots.read_header(store, uid, number)).snapshot == WHOLE_IMAGE:
        return False
    header, image = await snapshots.fetch(store, uid, number)
    _, body = await in_thread(snapshots.packed_for_servers_of_before, header.writer, header.head, image)
    try:
        await store.put(snapshots.key_of(uid, number + 1), body, if_absent=True)
    except Exists as error:
        raise InUse(f"a server stored data of {uid} meanwhile: stop it first") from error
    return True
