"""The trash: objects whose rows are gone stay under their keys for a while, so that they can be taken back.

An empty object `users/<uid>/trash/<name>` marks `users/<uid>/media/<name>` as trash since the mark was stored. To take
an object back, write its row: the next sweep removes the mark.
"""

from __future__ import annotations

from datetime import datetime

from server.storage.objects import ObjectStore

MEDIA, TRASH = "/media/", "/trash/"


def mark_of(key: str) -> str:
    """The key of the mark of an object."""
    return key.replace(MEDIA, TRASH, 1)


async def throw_away(store: ObjectStore, key: str) -> None:
    """Put an object into the trash; one that is there already stays for the whole time again."""
    await store.put(mark_of(key), b"")


async def take_back(store: ObjectStore, key: str) -> None:
    """Take an object out of the trash, or forget that a deleted one was there."""
    await store.delete(mark_of(key))


async def trash_of(store: ObjectStore, uid: str) -> dict[str, datetime]:
    """The objects of a user that are in the trash, and since when."""
    prefix = f"users/{uid}{TRASH}"
    return {stat.key.replace(TRASH, MEDIA, 1): stat.modified async for stat in store.listing(prefix)}
