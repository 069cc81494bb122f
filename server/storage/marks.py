"""Marks in the object store about a user's data: that there is some, that it was rolled back, and that it was removed.

    accounts/<uid>.data     the user saved something: if no snapshot is left, the data is lost
    users/<uid>/rollback    an older state was restored: nothing is swept, because the lost rows may name it
    removed/<hash of uid>   all of the user was removed: databases of lower numbers, on any machine, are those that were

The first mark is outside `users/`, so that it survives the loss of that folder, and has the form of an account, which
earlier servers can read. The last one does not name the user.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime

from server.logs import logger
from server.storage import snapshots
from server.storage.objects import Exists, Missing, ObjectStore, Stat

DATA = ".data"
"""The end of the key of a mark that a user has data; no user's name has a dot."""


class Lost(Exception):
    """The object store lost everything that it had of a user; the operator has to restore it."""


@dataclass(frozen=True, slots=True)
class Rollback:
    """A user's database may lack rows of objects that were stored in `[since, until]`.

    The rollback is certain if `since` is None: `reelc restore` put an older state in place of the newest.
    """

    since: datetime | None
    until: datetime

    def concerns(self, stat: Stat) -> bool:
        """Whether the lost rows may name this object."""
        return self.since is None or self.since <= stat.modified <= self.until


def data_key(uid: str) -> str:
    """The key of the mark that a user has data."""
    return f"accounts/{uid}{DATA}"


def rollback_key(uid: str) -> str:
    """The key of the mark that a user's data was rolled back."""
    return f"users/{uid}/rollback"


async def note_data(store: ObjectStore, uid: str) -> None:
    """Mark that a user has data."""
    mark = {"uid": uid, "created_at": datetime.now(UTC).isoformat(timespec="seconds")}
    try:
        await store.put(data_key(uid), json.dumps(mark).encode(), if_absent=True)
    except Exists:
        return


async def has_data(store: ObjectStore, uid: str) -> bool:
    """Whether a user ever had data."""
    try:
        await store.head(data_key(uid))
    except Missing:
        return False
    return True


async def newest(store: ObjectStore, uid: str) -> int:
    """The number of a user's newest snapshot; 0 for a new user. Lost when a user who has data has no snapshot.

    Another server may store a new user's first snapshot, and then the mark, between the two looks.
    """
    number = await snapshots.latest(store, uid)
    if not number and await has_data(store, uid):
        number = await snapshots.latest(store, uid)
        if not number:
            raise Lost(f"no snapshot of {uid} is left in the object store")
    return number


async def note_rollback(store: ObjectStore, uid: str) -> None:
    """Mark that an older state of a user's data takes the place of the newest."""
    await store.put(rollback_key(uid), json.dumps({"since": None}).encode())


async def note_restored(store: ObjectStore, uid: str, number: int) -> None:
    """Mark a possible rollback if media are newer than the snapshot that is restored.

    Newer snapshots may have been removed by hand. The media may also be another server's, which is about to write their
    rows; `sweep` decides later.
    """
    since = (await store.head(snapshots.key_of(uid, number))).modified
    newer = [stat async for stat in store.listing(f"users/{uid}/media/") if stat.modified >= since]
    if newer:
        try:
            await store.put(rollback_key(uid), json.dumps({"since": since.isoformat()}).encode(), if_absent=True)
        except Exists:
            return


async def rollback_of(store: ObjectStore, uid: str) -> Rollback | None:
    """The rollback of a user's data; an unreadable mark is a certain one."""
    key = rollback_key(uid)
    try:
        stat, text = await store.head(key), await store.get(key)
    except Missing:
        return None
    try:
        since = json.loads(text)["since"]
        return Rollback(since and datetime.fromisoformat(since).astimezone(UTC), stat.modified)
    except (ValueError, TypeError, KeyError, RecursionError):
        return Rollback(None, stat.modified)


async def accept(store: ObjectStore, uid: str) -> None:
    """Remove the mark of a rollback: objects without a row may be deleted."""
    await store.delete(rollback_key(uid))


def removed_key(uid: str) -> str:
    """The key of the mark that a user was removed."""
    return f"removed/{hashlib.sha256(uid.encode()).hexdigest()}"


async def note_removed(store: ObjectStore, uid: str, local: int) -> None:
    """Mark that all databases of a user are removed, whose snapshots have at most the newest number in the store, or
    `local`. A user of the same name begins after them."""
    newest = max(await snapshots.latest(store, uid), local)
    first = max(newest + 1, await removed_before(store, uid))
    await store.put(removed_key(uid), json.dumps({"first": first}).encode())


async def was_removed(store: ObjectStore, uid: str, base: int) -> bool:
    """Whether a local database of this number is that of a removed user, of whom the store has nothing; not that of a
    later user of the name, whom a server added that knows no such marks."""
    if base >= await removed_before(store, uid):
        return False
    return not await has_data(store, uid) and not await snapshots.latest(store, uid)


async def removed_before(store: ObjectStore, uid: str) -> int:
    """The number before which all databases of a user are removed; 0 if none was, or the mark cannot be read."""
    try:
        return int(json.loads(await store.get(removed_key(uid)))["first"])
    except Missing:
        return 0
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        logger.error("the mark of a removed user is damaged", extra={"sync_user": uid, "why": repr(error)})
        return 0
