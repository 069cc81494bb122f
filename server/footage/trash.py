"""The trash: objects whose rows are gone stay under their keys for a while, so that they can be taken back.

An empty object `users/<uid>/trash/<name>` marks `users/<uid>/media/<name>` as trash since the mark was stored. To take
an object back, write its row: the next sweep removes the mark.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from datetime import datetime

from server.footage.facts import facts_key
from server.storage.objects import Missing, ObjectStore

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


async def is_whole(store: ObjectStore, key: str) -> bool:
    """Whether footage and its facts are still in the store: without one of them it cannot be restored."""
    try:
        await asyncio.gather(store.head(key), store.head(facts_key(key)))
    except Missing:
        return False
    return True


async def restorable(store: ObjectStore, uid: str, keys: Collection[str]) -> dict[str, datetime | None]:
    """The deleted footage among `keys` that can be restored, and since when it is in the trash; None if not yet."""
    since = await trash_of(store, uid) if keys else {}
    whole = await asyncio.gather(*(is_whole(store, key) for key in keys))
    return {key: since.get(key) for key, there in zip(keys, whole, strict=True) if there}


async def take_all_back(store: ObjectStore, key: str) -> None:
    """Take footage and all objects that belong to it out of the trash."""
    marked = [stat.key async for stat in store.listing(mark_of(key)) if stat.key.partition(".")[0] == mark_of(key)]
    await asyncio.gather(*(store.delete(each) for each in marked))
