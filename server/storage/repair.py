"""Snapshots that the object store lost or damaged are stored anew from a whole local database.

Lost ones are noticed when a database is opened. Damage is noticed by reading the newest snapshot once after each
opening, in the background; an upload under the next number repairs it.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from server.logs import logger
from server.storage import snapshots
from server.storage.database import Database, Head, Transaction, open_with_head
from server.storage.marks import has_data, note_data, removed_before
from server.storage.objects import Exists, Missing, ObjectStore
from server.storage.snapshots import Damaged
from server.threads import in_thread

if TYPE_CHECKING:
    from server.storage.tenants import UserDatabase


async def store_lost(store: ObjectStore, uid: str, database: Database, head: Head) -> None:
    """Store the local database under the lost numbers: those after the newest stored one, up to its own.

    Every number is taken again, so that a server that slept finds its next one taken. Commits of the local database
    that were not durable before do not become so by this: another server may have written on from the lost snapshot.
    """
    newest = await snapshots.latest(store, uid)
    n, image = await database.image()
    _, body = await in_thread(snapshots.packed, head.writer, n, image)
    for number in range(max(newest, head.base - snapshots.NEWEST) + 1, head.base + 1):
        try:
            await store.put(snapshots.key_of(uid, number), body, if_absent=True)
        except Exists:  # another server stores it, too
            continue
    logger.error("lost snapshots are stored anew", extra={"sync_user": uid, "newest": newest, "local": head.base})


async def new_database(store: ObjectStore, uid: str, path: Path) -> tuple[Database, Head]:
    """The empty database of a new user, after all those of a removed one of the name."""
    base = await removed_before(store, uid)
    database, head = await open_with_head(path)
    return database, replace(head, base=base)


async def check_newest(store: ObjectStore, user_database: UserDatabase) -> None:
    """Read the newest snapshot of an opened database once, and store the data of a damaged one anew.

    Users of before the mark that they have data get it here.
    """
    uid, synced = user_database.uid, user_database.sync.synced
    number = synced.base if synced.synced_n else 0  # nothing is stored of a user who begins after a removed one
    if number and not await has_data(store, uid):
        await note_data(store, uid)
    if number and not await _is_whole(store, uid, number) and user_database.sync.synced.base == number:
        user_database.sync.store_whole()
        await user_database.write(_count_again)
    user_database.checked = True


async def _is_whole(store: ObjectStore, uid: str, number: int) -> bool:
    """Whether a snapshot can be restored; one that was pruned meanwhile counts as whole."""
    try:
        _, image = await snapshots.fetch(store, uid, number)
        await in_thread(_check_image, image)
    except Missing:
        return True
    except Damaged as error:
        logger.error("the newest snapshot is damaged", extra={"sync_user": uid, "why": str(error)})
        return False
    return True


def _check_image(image: bytes) -> None:
    """Damaged if an image is not a whole database."""
    snapshots.opened(image).close()


async def _count_again(unit: Transaction) -> None:
    """A unit of work that changes nothing but the head, so that the whole database is uploaded again."""
    await unit.run("UPDATE sync_head SET writer = writer")
