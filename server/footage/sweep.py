"""Moves objects without a row to the trash, and deletes old trash.

A crash leaves such objects after storing a film or an upload and before writing its row.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from weakref import WeakValueDictionary

from server.ages import settled
from server.footage.previews import previews_of
from server.footage.sending import Sending
from server.footage.trash import take_back, throw_away, trash_of
from server.footage.units import make_room_of_units
from server.footage.windows import Part
from server.logs import logger
from server.storage import marks, snapshots
from server.storage.objects import ObjectStore, Stat
from server.storage.tenants import UserDatabase
from server.tables import films, raw_clips

DURABLE_WITHIN = 10.0
"""Seconds in which a user's last change must be durable before trash is deleted early."""


class Coming:
    """The keys of objects that this server is storing, or has stored before writing their rows.

    The age of an object does not protect it: a clock that is set forward makes every object old.
    """

    def __init__(self) -> None:
        self._keys: Counter[str] = Counter()
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @contextlib.contextmanager
    def kept(self, key: str) -> Iterator[None]:
        """Protect an object from `sweep` inside the context."""
        self._keys[key] += 1
        try:
            yield
        finally:
            self._keys[key] -= 1
            self._keys += Counter()

    def turn(self, uid: str) -> asyncio.Lock:
        """Held while a user's trash is deleted, and while an object is taken out of it for a row."""
        return self._turns.setdefault(uid, asyncio.Lock())

    def keys(self) -> frozenset[str]:
        """The protected keys."""
        return frozenset(self._keys)


@dataclass(frozen=True, slots=True)
class Delays:
    """The age at which an object without a row goes to the trash, and the time that it stays there."""

    unnamed: timedelta
    trashed: timedelta


async def sweep(
    store: ObjectStore, sending: Sending, user_database: UserDatabase, coming: Coming, delays: Delays
) -> int:
    """Move a user's old media without a row to the trash, and delete old trash; return the number of deleted objects.

    Nothing is done unless the local database is the newest, because rows of another server are not visible here, nor
    after a rollback that nobody accepted, because the lost rows may name the objects.
    """
    async with coming.turn(user_database.uid):
        return await _sweep(store, sending, user_database, coming, delays)


async def _sweep(
    store: ObjectStore, sending: Sending, user_database: UserDatabase, coming: Coming, delays: Delays
) -> int:
    uid = user_database.uid
    if user_database.sync.pending or not await _is_newest(store, user_database):
        return 0
    trash = await trash_of(store, uid)
    unnamed = await _unnamed(store, user_database, coming)
    if await _is_rolled_back(store, uid, [stat for stat in unnamed if stat.key not in trash]):
        return 0
    now = settled()
    for key in trash.keys() - {stat.key for stat in unnamed}:
        await take_back(store, key)
    for stat in unnamed:
        if stat.key not in trash and stat.modified < now - delays.unnamed:
            await throw_away(store, stat.key)
    old = [stat.key for stat in unnamed if trash.get(stat.key, now) < now - delays.trashed]
    return await _deleted(store, sending, old)


async def make_room(
    store: ObjectStore, sending: Sending, user_database: UserDatabase, coming: Coming, room: int
) -> int:
    """Delete a user's oldest trash, if `sweep` may delete, and then the oldest units of films, until the rest has at
    most `room` bytes; return its bytes.

    A user who uploads and deletes again and again would fill the disk otherwise.
    """
    async with coming.turn(user_database.uid):
        trash = await _make_room(store, sending, user_database, coming, room)
    return trash + await make_room_of_units(store, user_database.uid, room - trash)


async def _make_room(
    store: ObjectStore, sending: Sending, user_database: UserDatabase, coming: Coming, room: int
) -> int:
    uid = user_database.uid
    trash = await trash_of(store, uid)
    if not trash:
        return 0
    unnamed = await _unnamed(store, user_database, coming)
    sizes = {stat.key: stat.size for stat in unnamed if stat.key in trash}
    left = sum(sizes.values())
    if left <= room:
        return left
    await user_database.durable(user_database.database.n, DURABLE_WITHIN)
    if not await _is_newest(store, user_database) or await marks.rollback_of(store, uid) is not None:
        return left
    for key in sorted(sizes, key=lambda key: (trash[key], key)):
        if left > room:
            left -= sizes[key] * await _deleted(store, sending, [key])
    return left


async def _is_newest(store: ObjectStore, user_database: UserDatabase) -> bool:
    """Whether no other server has stored a newer database."""
    base = user_database.sync.synced.base
    return not user_database.sync.fenced and await snapshots.latest(store, user_database.uid, base) == base


async def _unnamed(store: ObjectStore, user_database: UserDatabase, coming: Coming) -> list[Stat]:
    """A user's media without a row, except those that this server is storing; previews belong to the rows of their part
    of a file."""
    media = [stat async for stat in store.listing(f"users/{user_database.uid}/media/")]
    # in this order: an object that was listed and is no longer being stored has its row by now, or never gets one
    spared = coming.keys()
    spared |= await user_database.read(films.keys)
    shown = {Part(*each).previews for each in await user_database.read(raw_clips.every_part)}
    return [
        stat
        for stat in media
        if stat.key.partition(".")[0] not in spared or ((of := previews_of(stat.key)) is not None and of not in shown)
    ]


async def _is_rolled_back(store: ObjectStore, uid: str, unnamed: list[Stat]) -> bool:
    """Whether rows of these objects may be lost; a mark that concerns none of them is removed."""
    rollback = await marks.rollback_of(store, uid)
    if rollback is None:
        return False
    lost = [stat.key for stat in unnamed if rollback.concerns(stat)]
    if rollback.since is not None and not lost:
        await marks.accept(store, uid)
        return False
    logger.warning("not swept: rolled back, see reelc restore", extra={"sync_user": uid, "objects": len(lost)})
    return True


async def _deleted(store: ObjectStore, sending: Sending, keys: list[str]) -> int:
    """Delete objects that are not being sent, each before its mark, so that a crash in between leaves the mark."""
    count = 0
    for key in keys:
        if not sending.is_sent(key.partition(".")[0]) and not sending.is_sent(key):
            await store.delete(key)
            await take_back(store, key)
            count += 1
    return count
